import { ramp } from './ramp';
import type { Box, Point } from './types';

/** A cell by its position: row 0 is the lowest. */
export interface Cell {
  row: number;
  column: number;
}

/** What a heat map shows: row after row, the first row being the lowest. */
export interface HeatData {
  values: Float32Array;
  rows: number;
  columns: number;
}

/** The colours of the cells, one pixel each, the top row first; cells without a value are left clear. */
export function heatPixels({ values, rows, columns }: HeatData, stops: readonly string[], low: number, high: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(rows * columns * 4);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const colour = ramp(stops, (values[row * columns + column]! - low) / (high - low));
      if (colour) pixels.set([...colour, 255], ((rows - 1 - row) * columns + column) * 4);
    }
  }
  return pixels;
}

/** The cell under a position; null beside the map. */
export function cellAt({ x, y }: Point, box: Box, { rows, columns }: HeatData): Cell | null {
  const column = Math.floor(((x - box.left) / box.width) * columns);
  const row = Math.floor(((box.top + box.height - y) / box.height) * rows);
  return column >= 0 && column < columns && row >= 0 && row < rows ? { row, column } : null;
}

/** The middle of a cell. */
export function middleOf({ row, column }: Cell, box: Box, { rows, columns }: HeatData): Point {
  return {
    x: box.left + ((column + 0.5) / columns) * box.width,
    y: box.top + box.height - ((row + 0.5) / rows) * box.height,
  };
}

/** Indices to write beside an axis, so that neighbours are at least `gap` from each other; always with the first. */
export function labelEvery(length: number, room: number, gap: number): number[] {
  const most = Math.max(1, Math.floor(room / gap));
  const step = [1, 2, 4, 5, 8, 10, 20, 25, 50].find((size) => Math.ceil(length / size) <= most) ?? Math.max(1, length);
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
}

/** Lower end of the colours: 0, or below it as far as there are values, in tenths. */
export function lowEnd(values: Float32Array): number {
  let low = 0;
  for (const value of values) if (value < low) low = value;
  return Math.floor(low * 10 + 1e-6) / 10;
}
