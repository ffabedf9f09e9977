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
  for (const row of order) {
    const [x, y, z] = [positions[row * 3]!, positions[row * 3 + 1]!, positions[row * 3 + 2]!];
    const column = Math.floor((map[0]! * x + map[1]! * y + map[2]! * z + map[3]! - box.left) / CELL);
    const line = Math.floor((map[4]! * x + map[5]! * y + map[6]! * z + map[7]! - box.top) / CELL);
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
