import type { Affine } from './affine';
import { DIMMED } from './marks';
import type { Box } from './types';

/** Side of a cell, CSS pixels. */
const CELL = 2;
/** What one point adds to the opacity of its cell, and what a dimmed one adds. */
const POINT = 0.55;
const FAINT = 0.06;

/** Cells of the screen as pixels: red, green, blue, opacity. */
export interface Binned {
  pixels: Uint8ClampedArray<ArrayBuffer>;
  columns: number;
  lines: number;
  cell: number;
}

/**
 * Points as the share of each cell of the screen that they cover: the colour of a cell is the mean of
 * its points, its opacity grows with their number and tends to one. One pass over the points,
 * whatever their number, where single points would be painted over each other hundreds deep.
 */
export function binned(map: Affine, box: Box, positions: Float32Array, marks: Uint8Array, order: Uint32Array): Binned {
  const columns = Math.max(1, Math.ceil(box.width / CELL));
  const lines = Math.max(1, Math.ceil(box.height / CELL));
  // Red, green and blue times the weight, and the weight.
  const sums = new Float32Array(columns * lines * 4);
  // A million times: numbers by name, and nothing made in between.
  const [xx, xy, xz, x0, yx, yy, yz, y0] = map as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const x = positions[row * 3]!;
    const y = positions[row * 3 + 1]!;
    const z = positions[row * 3 + 2]!;
    const column = Math.floor((xx * x + xy * y + xz * z + x0 - box.left) / CELL);
    const line = Math.floor((yx * x + yy * y + yz * z + y0 - box.top) / CELL);
    // Written so that NaN falls outside too.
    if (!(column >= 0 && column < columns && line >= 0 && line < lines)) continue;
    const weight = marks[row * 4 + 3]! & DIMMED ? FAINT : POINT;
    const at = (line * columns + column) * 4;
    sums[at]! += weight * marks[row * 4]!;
    sums[at + 1]! += weight * marks[row * 4 + 1]!;
    sums[at + 2]! += weight * marks[row * 4 + 2]!;
    sums[at + 3]! += weight;
  }
  const pixels = new Uint8ClampedArray(columns * lines * 4);
  for (let at = 0; at < pixels.length; at += 4) {
    const weight = sums[at + 3]!;
    if (weight === 0) continue;
    for (let channel = 0; channel < 3; channel++) pixels[at + channel] = sums[at + channel]! / weight;
    pixels[at + 3] = 255 * (1 - Math.exp(-weight));
  }
  return { pixels, columns, lines, cell: CELL };
}
