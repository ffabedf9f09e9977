import { project, projectAll, type Affine } from './affine';
import { Glide, mixArrays } from './animate';
import { boundsOf, mixBounds, type Bounds } from './bounds';
import { cameraAffine, cameraFor, mixCamera, type Camera } from './camera';
import { scaleOf, toData } from './camera2d';
import { CanvasRenderer } from './canvasRenderer';
import type { Rgb } from './colour';
import { rowsInside } from './lasso';
import { Pace, thin } from './lod';
import { linkOpacity, pointRadius } from './marks';
import { drawOrder } from './order';
import { buildGrid, dataGrid, nearest, type PickGrid } from './pick';
import type { PointRenderer } from './renderer';
import type { Box, Point, ScatterView } from './types';
import { WebglRenderer } from './webglRenderer';

/** How far from a point the pointer may be to mean it, CSS pixels beyond the point's radius. */
const REACH = 6;
/** The picture rests when nothing has moved for this long, milliseconds. */
const REST = 140;
/** After a pause like this, another movement begins. */
const PAUSE = 1000;
/** More points than this are sorted by depth only at rest. */
const SORTED = 50_000;
/** So many points a canvas without a graphics card moves smoothly; above the second number it paints cells. */
const CANVAS_MOVES = 8_000;
const CANVAS_CELLS = 100_000;
/** However slow the machine, this many points are drawn while the picture moves. */
const FEWEST = 2_000;
/** Points of a small picture are smaller. */
const SMALL = 0.62;

/** What was drawn last; the axes and the overlay are drawn from it. */
export interface Shown {
  camera: Camera;
  map: Affine;
  box: Box;
  /** Extent of the data, on its way between layers too. */
  bounds: Bounds;
  rows: number;
  layer: number | null;
  /** Nothing is moving. */
  settled: boolean;
  /** Share of the way that the points have come from where they were before. */
  mix: number;
  /** Share of the points that was drawn. */
  share: number;
  renderer: PointRenderer['kind'];
}

/** Points to show: x, y, z per row, and the layer they belong to. */
export interface SceneData {
  positions: Float32Array;
  dims: 2 | 3;
  layer: number | null;
}

/** Size of the drawing in CSS pixels, and the part of it for the data. */
export interface Size {
  width: number;
  height: number;
  ratio: number;
  box: Box;
}

/**
 * The moving picture behind the scatter: holds what is shown, glides from layer to layer, and draws
 * when something has changed (never all the time). Everything on screen comes from one `draw`, so
 * points, axes and picking are always of the same moment.
 */
export class Scene {
  private renderer: PointRenderer;
  private data: SceneData = { positions: new Float32Array(), dims: 2, layer: null };
  private from: Float32Array = this.data.positions;
  private bounds: Bounds = boundsOf(this.from);
  private boundsFrom: Bounds = this.bounds;
  private marks: Uint8Array = new Uint8Array();
  private links = false;
  private theme: { ink: Rgb; paper: Rgb } = { ink: [0, 0, 0], paper: [255, 255, 255] };
  private size: Size = { width: 1, height: 1, ratio: 1, box: { left: 0, top: 0, width: 1, height: 1 } };
  private view: ScatterView | null = null;
  private cameraFrom: Camera | null = null;
  private readonly pointGlide = new Glide();
  private readonly cameraGlide = new Glide();
  private pending: number | null = null;
  private shown: Shown | null = null;
  private order: Uint32Array | null = null;
  private orderMap: Affine | null = null;
  private thinned: { share: number; order: Uint32Array } | null = null;
  private grid: PickGrid | null = null;
  private pace = new Pace();
  private moved = -Infinity;
  private asked = 0;
  private lastMoving = -Infinity;
  private rest: ReturnType<typeof setTimeout> | null = null;

  /** `plain` is a small picture among many, drawn without WebGL: browsers keep only so many contexts. */
  constructor(
    private readonly host: HTMLElement,
    private readonly onframe: (shown: Shown) => void,
    private readonly plain = false,
  ) {
    this.renderer = plain ? new CanvasRenderer(host) : this.makeRenderer();
  }

  /** Shows other points; the same number of rows in the same dimensions glides there. */
  setData(data: SceneData, still: boolean): void {
    const now = performance.now();
    const same = data.dims === this.data.dims && data.positions.length === this.data.positions.length;
    const t = this.pointGlide.progress(now);
    if (same && !still && data.positions !== this.data.positions) {
      const camera = this.camera(now);
      this.from = mixArrays(this.from, this.data.positions, t);
      this.boundsFrom = mixBounds(this.boundsFrom, this.bounds, t);
      this.cameraFrom = camera;
      this.pointGlide.start();
      this.cameraGlide.start();
    } else if (data.positions !== this.data.positions) {
      this.from = data.positions;
      this.pointGlide.finish();
      this.cameraGlide.finish();
    }
    if (data.positions.length !== this.data.positions.length) this.setPace(data.positions.length / 3);
    this.data = data;
    this.bounds = boundsOf(data.positions);
    this.renderer.setPositions(this.from, data.positions);
    this.order = null;
    this.grid = null;
    this.redraw();
  }

  /** Sets colour and bits per row (see marks.ts) and whether pairs are joined. */
  setMarks(marks: Uint8Array, links: boolean): void {
    this.marks = marks;
    this.links = links;
    this.renderer.setMarks(marks);
    this.order = null;
    this.redraw();
  }

  setTheme(theme: { ink: Rgb; paper: Rgb }): void {
    this.theme = theme;
    this.redraw();
  }

  setSize(size: Size): void {
    this.size = size;
    this.redraw();
  }

  /** Sets what is shown; null fits the data. With `glide` it moves there, else it jumps. */
  setView(view: ScatterView | null, glide: boolean): void {
    const now = performance.now();
    if (glide) {
      this.cameraFrom = this.camera(now);
      this.cameraGlide.start();
    } else if (this.data.dims === 2) {
      this.cameraGlide.finish();
    } else if (this.cameraFrom?.kind === 'orbit' && view && 'azimuth' in view) {
      // Turned by hand while the cloud glides: follow the hand at once, the ball goes on gliding.
      this.cameraFrom = { ...this.cameraFrom, view };
    }
    this.view = view;
    this.moved = now;
    this.redraw();
  }

  /** The camera of this moment: what a gesture starts from. */
  camera(now = performance.now()): Camera {
    const target = cameraFor(this.view, this.data.dims, this.bounds, this.size.box);
    const t = this.cameraGlide.progress(now);
    return t < 1 && this.cameraFrom ? mixCamera(this.cameraFrom, target, t) : target;
  }

  /** The camera that shows everything: what zoom limits are measured against. */
  fitted(): Camera {
    return cameraFor(null, this.data.dims, this.bounds, this.size.box);
  }

  get box(): Box {
    return this.size.box;
  }

  /** The row drawn at or near a position, if any; none while the points are on their way. */
  pick(point: Point): number | null {
    const { shown } = this;
    if (!shown || !this.pointGlide.settled || !inside(shown.box, point)) return null;
    const reach = this.radius + REACH;
    const { positions } = this.data;
    if (shown.camera.kind === 'plane') {
      // The data's own grid stays while one zooms and pans.
      this.grid ??= dataGrid(positions, 3);
      const { view } = shown.camera;
      const at = toData(view, shown.box, point);
      const within = { left: view.x.low, top: view.y.low, width: view.x.high - view.x.low, height: view.y.high - view.y.low };
      return nearest(this.grid, at.x, at.y, reach / scaleOf(view, shown.box), undefined, within);
    }
    this.grid ??= buildGrid(projectAll(shown.map, positions, new Float32Array()), shown.box);
    return nearest(this.grid, point.x, point.y, reach, (row) => this.place(row)?.depth ?? 0, shown.box);
  }

  /** Rows drawn inside a polygon on screen. */
  inside(polygon: readonly Point[]): number[] {
    if (!this.shown) return [];
    return rowsInside(projectAll(this.shown.map, this.positions(), new Float32Array()), polygon);
  }

  /** Where a row was drawn last; null when it is not there or has no position. */
  place(row: number): (Point & { depth: number }) | null {
    const { shown, from } = this;
    const to = this.data.positions;
    if (!shown || row < 0 || row * 3 + 2 >= to.length) return null;
    const along = (axis: number): number => {
      const end = to[row * 3 + axis]!;
      return shown.mix < 1 ? from[row * 3 + axis]! + (end - from[row * 3 + axis]!) * shown.mix : end;
    };
    const at = project(shown.map, along(0), along(1), along(2));
    return Number.isNaN(at.x + at.y) ? null : at;
  }

  /** Radius at which points are drawn, CSS pixels. */
  get radius(): number {
    return pointRadius(this.data.positions.length / 3) * (this.plain ? SMALL : 1);
  }

  dispose(): void {
    if (this.pending !== null) cancelAnimationFrame(this.pending);
    if (this.rest !== null) clearTimeout(this.rest);
    this.renderer.dispose();
  }

  private makeRenderer(): PointRenderer {
    try {
      return new WebglRenderer(this.host, () => this.fallBack());
    } catch {
      // No WebGL 2 on this machine: the plain canvas shows the same picture.
      return new CanvasRenderer(this.host);
    }
  }

  /** The driver took the context away: go on without it. */
  private fallBack(): void {
    this.renderer.dispose();
    this.renderer = new CanvasRenderer(this.host);
    this.renderer.setPositions(this.from, this.data.positions);
    this.renderer.setMarks(this.marks);
    this.setPace(this.data.positions.length / 3);
    this.redraw();
  }

  private setPace(rows: number): void {
    const few = this.renderer.kind === 'canvas' && rows > CANVAS_MOVES && rows <= CANVAS_CELLS;
    this.pace = new Pace(few ? CANVAS_MOVES / rows : 1, FEWEST / Math.max(rows, 1));
  }

  /** Where the points are at this moment. */
  private positions(): Float32Array {
    return mixArrays(this.from, this.data.positions, this.shown?.mix ?? 1);
  }

  /** Rows to draw: all, or a share of them while the picture moves. */
  private rowsFor(map: Affine, share: number, moving: boolean): Uint32Array {
    const { positions, dims } = this.data;
    const turned = dims === 3 && map.some((value, i) => value !== this.orderMap?.[i]);
    const crowd = positions.length / 3 > SORTED;
    if (!this.order || (turned && !(crowd && moving))) {
      this.order = drawOrder(map, positions, this.marks);
      this.orderMap = map;
      this.thinned = null;
    }
    if (share >= 1) return this.order;
    if (this.thinned?.share !== share) this.thinned = { share, order: thin(this.order, share) };
    return this.thinned.order;
  }

  private redraw(): void {
    if (this.pending !== null) return;
    this.asked = performance.now();
    this.pending = requestAnimationFrame(() => {
      this.pending = null;
      this.draw(performance.now());
    });
  }

  private draw(now: number): void {
    const rows = this.data.positions.length / 3;
    // Marks and positions may arrive one after the other; both have when the next frame comes.
    if (this.marks.length !== rows * 4) return;
    this.pointGlide.frame(now);
    this.cameraGlide.frame(now);
    const mix = this.pointGlide.progress(now);
    const camera = this.camera(now);
    const { width, height, ratio, box } = this.size;
    const map = cameraAffine(camera, box);
    const settled = this.pointGlide.settled && this.cameraGlide.settled;
    const moving = !settled || now - this.moved < REST;
    if (moving && now - this.lastMoving > PAUSE) this.pace.again();
    if (moving) this.lastMoving = now;
    const share = moving ? this.pace.share : 1;
    this.renderer.draw({
      width, height, ratio, box, map, mix,
      order: this.rowsFor(map, share, moving),
      radius: this.radius,
      links: this.links ? linkOpacity(rows) : 0,
      ...this.theme,
    });
    if (moving) this.pace.frame(performance.now() - this.asked);
    if (this.data.dims === 3) this.grid = null;
    this.shown = {
      camera, map, box, rows, settled, mix, share,
      bounds: mixBounds(this.boundsFrom, this.bounds, mix),
      layer: this.data.layer,
      renderer: this.renderer.kind,
    };
    this.onframe(this.shown);
    if (!settled) this.redraw();
    else if (moving) this.drawAtRest();
  }

  /** Draws all of it, in order, once nothing has moved for a while. */
  private drawAtRest(): void {
    const sorted = this.data.dims === 2 || this.data.positions.length / 3 <= SORTED;
    if (this.pace.share >= 1 && sorted) return;
    if (this.rest !== null) clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.rest = null;
      this.redraw();
    }, REST);
  }
}

function inside(box: Box, { x, y }: Point): boolean {
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}
