import type { ShareView } from '../ipc/generated/ShareView';

/** 97.5th percentile of the normal distribution. */
const z = 1.959963984540054;

/** Hits of so many with Wilson's 95 % interval (1927), for shares that are put together in the window. */
export function wilson(hits: number, n: number): ShareView {
  if (n <= 0) return { value: null, n: 0, low: null, high: null };
  const p = hits / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  // All or none reach the end exactly, whatever rounding says.
  return { value: p, n, low: hits === 0 ? 0 : Math.max(0, middle - half), high: hits === n ? 1 : Math.min(1, middle + half) };
}
