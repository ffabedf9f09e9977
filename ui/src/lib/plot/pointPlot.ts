import type { Box, PlaneView, Point, Range } from './types';

/** A fitted line with its band at one x. */
export interface FitPoint {
  x: number;
  y: number;
  low: number;
  high: number;
}

/** Range of values with a twentieth of room at both ends; values that are not finite are left out. */
export function paddedRange(values: Iterable<number>): Range {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low <= high)) return { low: -1, high: 1 };
  const room = high > low ? (high - low) / 20 : Math.abs(high) / 2 || 0.5;
  return { low: low - room, high: high + room };
}

/** Screen positions, two numbers a row. */
export function placeAll(x: ArrayLike<number>, y: ArrayLike<number>, view: PlaneView, box: Box): Float32Array {
  const rows = Math.min(x.length, y.length);
  const out = new Float32Array(rows * 2);
  for (let row = 0; row < rows; row += 1) {
    out[row * 2] = box.left + ((x[row]! - view.x.low) / (view.x.high - view.x.low)) * box.width;
    out[row * 2 + 1] = box.top + ((view.y.high - y[row]!) / (view.y.high - view.y.low)) * box.height;
  }
  return out;
}

/** One path with a vertical bar for each interval, at its row's x. */
export function intervalsPath(x: ArrayLike<number>, intervals: readonly Range[], view: PlaneView, box: Box): string {
  const [low, high] = (['low', 'high'] as const).map((end) => placeAll(x, intervals.map((range) => range[end]), view, box));
  return intervals
    .map((_, row) => `M${low![row * 2]!.toFixed(1)},${low![row * 2 + 1]!.toFixed(1)}V${high![row * 2 + 1]!.toFixed(1)}`)
    .join('');
}

/** The row nearest to a position, within `reach`; null when none is. */
export function nearest(places: Float32Array, { x, y }: Point, reach: number): number | null {
  let best: number | null = null;
  let distance = reach * reach;
  for (let row = 0; row * 2 < places.length; row += 1) {
    const d = (places[row * 2]! - x) ** 2 + (places[row * 2 + 1]! - y) ** 2;
    if (d <= distance) {
      distance = d;
      best = row;
    }
  }
  return best;
}

/** The next row along an axis, `by` 1 or -1 from `row`; the first or last when there is none. */
export function nextAlong(values: ArrayLike<number>, row: number | null, by: 1 | -1): number | null {
  const order = Array.from(values, (_, i) => i)
    .filter((i) => Number.isFinite(values[i]))
    .sort((a, b) => values[a]! - values[b]! || a - b);
  if (order.length === 0) return null;
  const at = row === null ? -1 : order.indexOf(row);
  if (at < 0) return order[by > 0 ? 0 : order.length - 1]!;
  return order[Math.min(order.length - 1, Math.max(0, at + by))]!;
}

/** One path with a mark at each of the rows: circles, or diamonds of about the same area. */
export function marksPath(places: Float32Array, rows: Iterable<number>, radius: number, diamond: boolean): string {
  const d = (radius * 1.28).toFixed(2);
  const r = radius.toFixed(2);
  const turn = (radius * 2).toFixed(2);
  const parts: string[] = [];
  for (const row of rows) {
    const x = places[row * 2]!;
    const y = places[row * 2 + 1]!;
    if (!Number.isFinite(x + y)) continue;
    parts.push(
      diamond
        ? `M${(x - radius * 1.28).toFixed(1)},${y.toFixed(1)}l${d},-${d}l${d},${d}l-${d},${d}z`
        : `M${(x - radius).toFixed(1)},${y.toFixed(1)}a${r},${r} 0 1 0 ${turn},0a${r},${r} 0 1 0 -${turn},0z`,
    );
  }
  return parts.join('');
}
