import type { Box } from './types';

/** Side of a cell in CSS pixels; also the farthest a pick can reach. */
const CELL = 16;

/** Points sorted into square cells of the screen, to find the nearest without looking at all. */
export interface PickGrid {
  screen: Float32Array;
  box: Box;
  columns: number;
  lines: number;
  /** Where each cell starts in `rows`; one more entry than there are cells. */
  starts: Uint32Array;
  rows: Uint32Array;
}

/** Sorts the points (x, y per row) that lie in the box into cells; others cannot be picked. */
export function buildGrid(screen: Float32Array, box: Box): PickGrid {
  const columns = Math.max(1, Math.ceil(box.width / CELL));
  const lines = Math.max(1, Math.ceil(box.height / CELL));
  const starts = new Uint32Array(columns * lines + 1);
  const count = screen.length / 2;
  const cells = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const column = Math.floor((screen[row * 2]! - box.left) / CELL);
    const line = Math.floor((screen[row * 2 + 1]! - box.top) / CELL);
    // Written so that NaN falls outside too.
    const inside = column >= 0 && column < columns && line >= 0 && line < lines;
    const cell = inside ? line * columns + column : -1;
    cells[row] = cell;
    if (cell >= 0) starts[cell + 1]! += 1;
  }
  for (let cell = 0; cell < columns * lines; cell++) starts[cell + 1]! += starts[cell]!;
  const next = starts.slice();
  const rows = new Uint32Array(starts[columns * lines]!);
  for (let row = 0; row < count; row++) {
    const cell = cells[row]!;
    if (cell >= 0) rows[next[cell]!++] = row;
  }
  return { screen, box, columns, lines, starts, rows };
}

/**
 * The row nearest to a position, at most `reach` (up to 16) CSS pixels away; null when none is. Of
 * rows equally near, the one with the larger `rank` wins (what is drawn on top), then the later row.
 */
export function nearest(
  grid: PickGrid,
  x: number,
  y: number,
  reach: number,
  rank: (row: number) => number = () => 0,
): number | null {
  const column = Math.floor((x - grid.box.left) / CELL);
  const line = Math.floor((y - grid.box.top) / CELL);
  let best: number | null = null;
  let bestDistance = Math.min(reach, CELL) ** 2;
  for (let l = Math.max(line - 1, 0); l <= Math.min(line + 1, grid.lines - 1); l++) {
    for (let c = Math.max(column - 1, 0); c <= Math.min(column + 1, grid.columns - 1); c++) {
      const cell = l * grid.columns + c;
      for (let i = grid.starts[cell]!; i < grid.starts[cell + 1]!; i++) {
        const row = grid.rows[i]!;
        const distance = (grid.screen[row * 2]! - x) ** 2 + (grid.screen[row * 2 + 1]! - y) ** 2;
        if (distance > bestDistance) continue;
        if (distance === bestDistance && best !== null && rank(row) < rank(best)) continue;
        best = row;
        bestDistance = distance;
      }
    }
  }
  return best;
}
