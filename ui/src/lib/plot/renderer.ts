import type { Affine } from './affine';
import type { Rgb } from './colour';
import type { Box } from './types';

/** What one drawing of the points needs besides the positions and marks. */
export interface Frame {
  /** Size of the drawing in CSS pixels. */
  width: number;
  height: number;
  /** Device pixels per CSS pixel. */
  ratio: number;
  /** Nothing is drawn outside. */
  box: Box;
  map: Affine;
  /** Share of the way from the old positions to the new. */
  mix: number;
  /** Rows from the lowest to the topmost; the same array means the same rows. */
  order: Uint32Array;
  /** Radius of a point in CSS pixels. */
  radius: number;
  /** Opacity of the lines that join rows 2i and 2i + 1; 0 draws none. */
  links: number;
  ink: Rgb;
  paper: Rgb;
}

/** Draws points and pair links on a canvas of its own. */
export interface PointRenderer {
  readonly kind: 'webgl' | 'canvas';
  readonly canvas: HTMLCanvasElement;
  /** Where the points come from and go to: x, y, z per row, equally long. */
  setPositions(from: Float32Array, to: Float32Array): void;
  /** Colour and bits per row, see marks.ts. */
  setMarks(marks: Uint8Array): void;
  draw(frame: Frame): void;
  /** Frees what it holds and removes its canvas. */
  dispose(): void;
}

/** A canvas that fills `host`. */
export function canvasIn(host: HTMLElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;display:block';
  host.append(canvas);
  return canvas;
}

/** Gives the canvas as many device pixels as the frame needs; does nothing when it has them. */
export function fitCanvas(canvas: HTMLCanvasElement, frame: Frame): void {
  const width = Math.max(1, Math.round(frame.width * frame.ratio));
  const height = Math.max(1, Math.round(frame.height * frame.ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
