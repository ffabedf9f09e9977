import type { Box } from './types';

/** Side of a cell on screen, CSS pixels. */
const CELL = 16;
/** Points per cell on average, and the most cells along one side, for a grid over data. */
const CROWD = 4;
const MOST = 1024;
/** So many rows tell where most of them are. */
const SAMPLE = 4096;

/** Points sorted into square cells, to find the nearest without looking at all. */
export interface PickGrid {
  /** x and y of a row are at `row * stride` and behind. */
  points: Float32Array;
  stride: number;
  left: number;
  top: number;
  cell: number;
  columns: number;
  lines: number;
  /** Where each cell starts in `rows`; one more entry than there are cells. */
  starts: Uint32Array;
  rows: Uint32Array;
}

/** Sorts points into cells over `box`; those beyond it go to the cells at its edge, NaN nowhere. */
export function buildGrid(points: Float32Array, box: Box, stride = 2, cell = CELL): PickGrid {
  const columns = Math.max(1, Math.ceil(box.width / cell));
  const lines = Math.max(1, Math.ceil(box.height / cell));
  const starts = new Uint32Array(columns * lines + 1);
  const count = Math.floor(points.length / stride);
  const cells = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const x = points[row * stride]!;
    const y = points[row * stride + 1]!;
    const there = !Number.isNaN(x + y);
    const at = there ? place(y, box.top, cell, lines) * columns + place(x, box.left, cell, columns) : -1;
    cells[row] = at;
    if (there) starts[at + 1]! += 1;
  }
  for (let at = 0; at < columns * lines; at++) starts[at + 1]! += starts[at]!;
  const next = starts.slice();
  const rows = new Uint32Array(starts[columns * lines]!);
  for (let row = 0; row < count; row++) {
    const at = cells[row]!;
    if (at >= 0) rows[next[at]!++] = row;
  }
  return { points, stride, left: box.left, top: box.top, cell, columns, lines, starts, rows };
}

/**
 * A grid over x and y of the data itself, which zooming and panning leave as it is. Its cells are
 * where most points are: a few outliers do not make them coarse.
 */
export function dataGrid(points: Float32Array, stride: number): PickGrid {
  const count = Math.floor(points.length / stride);
  const [x, y] = [middleRange(points, stride, 0), middleRange(points, stride, 1)];
  const [width, height] = [x.high - x.low, y.high - y.low];
  const longest = Math.max(width, height);
  const share = Math.sqrt((Math.max(width, longest / MOST) * Math.max(height, longest / MOST)) / Math.max(count / CROWD, 1));
  const cell = longest > 0 ? Math.max(share, longest / MOST) : 1;
  return buildGrid(points, { left: x.low, top: y.low, width, height }, stride, cell);
}

/**
 * The row nearest to a position, at most `reach` away and inside `within`; null when none is. Of rows
 * equally near, the one with the larger `rank` wins (what is drawn on top), then the later row.
 */
export function nearest(
  grid: PickGrid,
  x: number,
  y: number,
  reach: number,
  rank: (row: number) => number = () => 0,
  within: Box | null = null,
): number | null {
  const { points, stride, cell, columns, lines } = grid;
  let best: number | null = null;
  let bestDistance = reach ** 2;
  const last = place(y + reach, grid.top, cell, lines);
  const right = place(x + reach, grid.left, cell, columns);
  for (let line = place(y - reach, grid.top, cell, lines); line <= last; line++) {
    for (let column = place(x - reach, grid.left, cell, columns); column <= right; column++) {
      const at = line * columns + column;
      for (let i = grid.starts[at]!; i < grid.starts[at + 1]!; i++) {
        const row = grid.rows[i]!;
        const px = points[row * stride]!;
        const py = points[row * stride + 1]!;
        const distance = (px - x) ** 2 + (py - y) ** 2;
        if (distance > bestDistance) continue;
        if (within && !inBox(within, px, py)) continue;
        if (distance === bestDistance && best !== null) {
          const ahead = rank(row) - rank(best);
          if (ahead < 0 || (ahead === 0 && row < best)) continue;
        }
        best = row;
        bestDistance = distance;
      }
    }
  }
  return best;
}

/** The cell that holds a place, or the nearest one to it. */
function place(value: number, low: number, cell: number, cells: number): number {
  return Math.min(Math.max(Math.floor((value - low) / cell), 0), cells - 1);
}

function inBox(box: Box, x: number, y: number): boolean {
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}

/** Where all but the outermost hundredth at either end lie, by a sample of the rows. */
function middleRange(points: Float32Array, stride: number, axis: number): { low: number; high: number } {
  const count = Math.floor(points.length / stride);
  const step = Math.max(1, Math.floor(count / SAMPLE));
  const sample: number[] = [];
  for (let row = 0; row < count; row += step) {
    const value = points[row * stride + axis]!;
    if (!Number.isNaN(value)) sample.push(value);
  }
  sample.sort((a, b) => a - b);
  const at = (share: number): number => sample[Math.round((sample.length - 1) * share)] ?? 0;
  return { low: at(0.01), high: at(0.99) };
}
