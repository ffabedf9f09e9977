import { limitZoom, panPlane, zoomPlane } from './camera2d';
import { FIRST_ORBIT, turnOrbit, zoomOrbit } from './camera3d';
import { clampTo } from './lasso';
import type { Scene } from './scene';
import type { Point, ScatterView } from './types';

/** A press that moves less than this is a click, CSS pixels. */
const CLICK = 4;
/** Lasso corners closer together than this add nothing. */
const STEP = 3;
/** One press of a key: zoom factor, and CSS pixels of movement. */
const KEY_ZOOM = 1.25;
const KEY_MOVE = 40;

/** What gestures need to know and bring about. */
export interface Hooks {
  tool(): 'pan' | 'lasso';
  /** Shows something else; null fits the data. With `glide`, smoothly. */
  show(view: ScatterView | null, glide: boolean): void;
  hover(row: number | null, event: PointerEvent | null): void;
  click(row: number): void;
  lasso(rows: number[]): void;
  /** A click beside all points, with the lasso in hand or not. */
  beside(lasso: boolean): void;
  /** The lasso as drawn so far; null when there is none. */
  trail(points: Point[] | null): void;
  dragging(on: boolean): void;
}

/** Pointer, wheel and keys on the scatter, turned into views, picks and lassos. */
export class Gestures {
  private press: { id: number; start: Point; last: Point; moved: boolean; lasso: boolean } | null = null;
  private path: Point[] = [];
  private hovered: number | null = null;

  constructor(
    private readonly scene: Scene,
    private readonly hooks: Hooks,
  ) {}

  readonly down = (event: PointerEvent): void => {
    if (event.button !== 0 || this.press) return;
    const at = position(event);
    const lasso = event.shiftKey || this.hooks.tool() === 'lasso';
    this.press = { id: event.pointerId, start: at, last: at, moved: false, lasso };
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  };

  readonly move = (event: PointerEvent): void => {
    const at = position(event);
    const press = this.press;
    if (!press) {
      this.hover(this.scene.pick(at), event);
      return;
    }
    if (event.pointerId !== press.id) return;
    if (!press.moved) {
      if (Math.hypot(at.x - press.start.x, at.y - press.start.y) < CLICK) return;
      press.moved = true;
      this.hover(null, null);
      this.hooks.dragging(true);
      if (press.lasso) this.path = [clampTo(this.scene.box, press.start)];
    }
    if (press.lasso) this.draw(at);
    else this.shift(at.x - press.last.x, at.y - press.last.y);
    press.last = at;
  };

  readonly up = (event: PointerEvent): void => {
    const press = this.press;
    if (!press || event.pointerId !== press.id) return;
    if (!press.moved) {
      const row = this.scene.pick(press.start);
      if (row !== null) this.hooks.click(row);
      else this.hooks.beside(press.lasso);
    } else if (press.lasso) {
      this.hooks.lasso(this.scene.inside(this.path));
    }
    this.end();
  };

  /** The pointer was taken away (a system gesture, a lost window): nothing is selected. */
  readonly cancel = (): void => this.end();

  readonly leave = (): void => {
    if (!this.press) this.hover(null, null);
  };

  readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16;
    // Pinching on a touch pad arrives as small wheel steps with Ctrl.
    const speed = event.ctrlKey ? 0.01 : 0.0015;
    const step = Math.min(Math.max(-event.deltaY * lines * speed, -0.5), 0.5);
    this.zoom(Math.exp(step), position(event));
    this.hover(null, null);
  };

  readonly double = (event: MouseEvent): void => {
    if (this.scene.pick(position(event)) === null) this.reset();
  };

  readonly key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey) return;
    const move = event.altKey ? ARROWS[event.key] : undefined;
    const { box } = this.scene;
    const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    if (event.key === '+' || event.key === '=') this.zoom(KEY_ZOOM, middle);
    else if (event.key === '-' || event.key === '_') this.zoom(1 / KEY_ZOOM, middle);
    else if (event.key === '0') this.reset();
    else if (event.key === 'Escape' && this.press) this.end();
    else if (move) this.shift(-move.x * KEY_MOVE, -move.y * KEY_MOVE);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private zoom(factor: number, at: Point): void {
    const camera = this.scene.camera();
    const { box } = this.scene;
    if (camera.kind === 'orbit') {
      this.hooks.show(zoomOrbit(camera.view, factor), false);
      return;
    }
    const fitted = this.scene.fitted();
    const limited = fitted.kind === 'plane' ? limitZoom(camera.view, fitted.view, box, factor) : factor;
    this.hooks.show(zoomPlane(camera.view, box, at, limited), false);
  }

  private shift(dx: number, dy: number): void {
    const camera = this.scene.camera();
    const next =
      camera.kind === 'plane' ? panPlane(camera.view, this.scene.box, dx, dy) : turnOrbit(camera.view, dx, dy);
    this.hooks.show(next, false);
  }

  private reset(): void {
    this.hooks.show(this.scene.camera().kind === 'plane' ? null : { ...FIRST_ORBIT }, true);
  }

  private draw(at: Point): void {
    const point = clampTo(this.scene.box, at);
    const last = this.path.at(-1);
    if (last && Math.hypot(point.x - last.x, point.y - last.y) < STEP) return;
    this.path = [...this.path, point];
    this.hooks.trail(this.path);
  }

  private hover(row: number | null, event: PointerEvent | null): void {
    if (row === null && this.hovered === null) return;
    this.hovered = row;
    this.hooks.hover(row, event);
  }

  private end(): void {
    this.press = null;
    this.path = [];
    this.hooks.trail(null);
    this.hooks.dragging(false);
  }
}

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Position of an event within the element that listens. */
function position(event: MouseEvent): Point {
  const bounds = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
}
