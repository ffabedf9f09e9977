import type { Range } from './types';

/** Values of a density, and where they were taken. */
export interface Density {
  at: Float64Array;
  value: Float64Array;
  most: number;
}

/** Gaussian kernel density with Silverman's bandwidth at `count` places across a range. */
export function density(values: readonly number[], range: Range, count: number): Density {
  const width = bandwidth(values);
  const at = new Float64Array(count);
  const value = new Float64Array(count);
  let most = 0;
  for (let i = 0; i < count; i += 1) {
    const x = range.low + ((range.high - range.low) * i) / Math.max(count - 1, 1);
    let sum = 0;
    for (const v of values) sum += Math.exp(-0.5 * ((x - v) / width) ** 2);
    at[i] = x;
    value[i] = sum / (Math.max(values.length, 1) * width * Math.sqrt(2 * Math.PI));
    most = Math.max(most, value[i]!);
  }
  return { at, value, most };
}

/** Silverman's rule of thumb; a small fixed width where the values do not vary. */
export function bandwidth(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0.25;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1));
  const sorted = [...values].sort((a, b) => a - b);
  const spread = (sorted[Math.floor(n * 0.75)]! - sorted[Math.floor(n * 0.25)]!) / 1.34;
  const size = spread > 0 ? Math.min(sd, spread) : sd;
  return size > 0 ? 0.9 * size * n ** -0.2 : 0.1;
}

/**
 * Where each dot of a strip lies across it, -1 to 1: spread as widely as the values are dense there, by a
 * sequence that fills evenly (van der Corput), so that the same scores always give the same picture.
 */
export function spread(values: readonly number[], shape: Density): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  const low = shape.at[0] ?? 0;
  const step = (shape.at[1] ?? low + 1) - low;
  order.forEach((row, rank) => {
    const place = Math.min(Math.max(Math.round((values[row]! - low) / step), 0), shape.value.length - 1);
    const wide = shape.most > 0 ? shape.value[place]! / shape.most : 0;
    out[row] = (vanDerCorput(rank + 1) * 2 - 1) * wide;
  });
  return out;
}

function vanDerCorput(n: number): number {
  let value = 0;
  for (let scale = 0.5, rest = n; rest > 0; rest >>= 1, scale /= 2) value += (rest & 1) * scale;
  return value;
}

/** The range that holds all values and the threshold, with some room: `least` at least, that densities may end in. */
export function scoreRange(values: Iterable<number>, least = 0): Range {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const room = Math.max((high - low) * 0.14, 0.25, least);
  return { low: low - room, high: high + room };
}
