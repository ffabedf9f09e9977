import { project } from './affine';
import { mixArrays } from './animate';
import { binned } from './binned';
import type { Rgb } from './colour';
import { DIAMOND, DIMMED, HOLLOW, SELECTED } from './marks';
import { canvasIn, fitCanvas, type Frame, type PointRenderer } from './renderer';

/** From so many points on, cells of the screen are painted and not single points. */
const CROWD = 100_000;

const css = (colour: Rgb, alpha = 1): string => `rgba(${colour.join(',')},${alpha})`;

/** Points and links on a 2-D canvas, where there is no WebGL. Same look, fewer points per second. */
export class CanvasRenderer implements PointRenderer {
  readonly kind = 'canvas';
  readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D | null;
  private from: Float32Array = new Float32Array();
  private to: Float32Array = new Float32Array();
  private marks: Uint8Array = new Uint8Array();
  /** Painted points by colour and bits: copying one is several times faster than tracing it. */
  private stamps = new Map<number, HTMLCanvasElement>();
  private stampsFor = '';

  constructor(host: HTMLElement) {
    this.canvas = canvasIn(host);
    this.context = this.canvas.getContext('2d');
  }

  setPositions(from: Float32Array, to: Float32Array): void {
    this.from = from;
    this.to = to;
  }

  setMarks(marks: Uint8Array): void {
    this.marks = marks;
  }

  draw(frame: Frame): void {
    const context = this.context;
    if (!context) return;
    fitCanvas(this.canvas, frame);
    const { box, ratio } = frame;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, frame.width, frame.height);
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    const positions = mixArrays(this.from, this.to, frame.mix);
    if (frame.links > 0) {
      this.drawLinks(context, frame, positions, false);
      this.drawLinks(context, frame, positions, true);
    }
    if (frame.order.length > CROWD) this.drawCells(context, frame, positions);
    else this.drawPoints(context, frame, positions);
    context.restore();
  }

  dispose(): void {
    this.canvas.remove();
  }

  private drawLinks(context: CanvasRenderingContext2D, frame: Frame, positions: Float32Array, dimmed: boolean): void {
    context.beginPath();
    for (let row = 0; row + 1 < positions.length / 3; row += 2) {
      const both = this.marks[row * 4 + 3]! & this.marks[row * 4 + 7]! & DIMMED;
      if (both > 0 !== dimmed) continue;
      const a = at(frame, positions, row);
      const b = at(frame, positions, row + 1);
      if (Number.isNaN(a.x + b.x)) continue;
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
    }
    context.strokeStyle = css(frame.ink, frame.links * (dimmed ? 0.3 : 1));
    context.lineWidth = 1;
    context.stroke();
  }

  private drawPoints(context: CanvasRenderingContext2D, frame: Frame, positions: Float32Array): void {
    const key = [frame.radius, frame.ratio, frame.ink, frame.paper].join();
    if (key !== this.stampsFor) {
      this.stamps.clear();
      this.stampsFor = key;
    }
    const side = stampSide(frame);
    for (const row of frame.order) {
      const point = at(frame, positions, row);
      if (Number.isNaN(point.x)) continue;
      const size = side * (1 + 0.22 * point.depth);
      const stamp = this.stamp(row, frame);
      if (stamp) context.drawImage(stamp, point.x - size / 2, point.y - size / 2, size, size);
    }
  }

  private drawCells(context: CanvasRenderingContext2D, frame: Frame, positions: Float32Array): void {
    const { pixels, columns, lines, cell } = binned(frame.map, frame.box, positions, this.marks, frame.order);
    const canvas = document.createElement('canvas');
    canvas.width = columns;
    canvas.height = lines;
    canvas.getContext('2d')?.putImageData(new ImageData(pixels, columns, lines), 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(canvas, frame.box.left, frame.box.top, columns * cell, lines * cell);
  }

  private stamp(row: number, frame: Frame): HTMLCanvasElement | null {
    const [r, g, b, bits] = this.marks.subarray(row * 4, row * 4 + 4);
    const key = r! + g! * 256 + b! * 65536 + bits! * 16777216;
    const seen = this.stamps.get(key);
    if (seen) return seen;
    const canvas = document.createElement('canvas');
    const side = stampSide(frame);
    canvas.width = canvas.height = Math.ceil(side * frame.ratio);
    const context = canvas.getContext('2d');
    if (!context) return null;
    context.scale(frame.ratio, frame.ratio);
    context.translate(side / 2, side / 2);
    paintPoint(context, frame, [r!, g!, b!], bits!);
    this.stamps.set(key, canvas);
    return canvas;
  }
}

function at(frame: Frame, positions: Float32Array, row: number): { x: number; y: number; depth: number } {
  return project(frame.map, positions[row * 3]!, positions[row * 3 + 1]!, positions[row * 3 + 2]!);
}

function stampSide(frame: Frame): number {
  return 2 * (frame.radius * 1.26 + 2.5);
}

function paintPoint(context: CanvasRenderingContext2D, frame: Frame, colour: Rgb, bits: number): void {
  const selected = (bits & SELECTED) > 0;
  const outline = (grow: number): void => {
    const r = Math.max(frame.radius + grow, 0.1);
    context.beginPath();
    if (bits & DIAMOND) {
      const h = 1.2533 * frame.radius + grow * Math.SQRT2;
      context.moveTo(0, -h);
      context.lineTo(h, 0);
      context.lineTo(0, h);
      context.lineTo(-h, 0);
      context.closePath();
    } else {
      context.arc(0, 0, r, 0, 2 * Math.PI);
    }
  };
  context.globalAlpha = bits & DIMMED ? 0.22 : 1;
  outline(selected ? 1.4 : 0.7);
  context.fillStyle = selected ? css(frame.ink) : css(frame.paper, 0.75);
  context.fill();
  outline(0);
  context.fillStyle = css(colour, 0.92);
  context.fill();
  if (bits & HOLLOW) {
    outline(-Math.min(1.7, 0.45 * frame.radius));
    context.fillStyle = css(frame.paper);
    context.fill();
  }
}
