import type { Range } from './types';

/** A step of 1, 2 or 5 times a power of ten that gives about `count` steps. */
export function niceStep(range: Range, count: number): number {
  const raw = (range.high - range.low) / Math.max(count, 1);
  if (!(raw > 0) || !Number.isFinite(raw)) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const digit = raw / power;
  return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

/** Round numbers within a range, about `count` of them, ascending. */
export function ticks(range: Range, count: number): number[] {
  const step = niceStep(range, count);
  const first = Math.ceil(range.low / step - 1e-9);
  const last = Math.floor(range.high / step + 1e-9);
  const out: number[] = [];
  // Whole multiples, not a running sum, so that errors do not add up.
  for (let i = first; i <= last; i++) out.push(i === 0 ? 0 : i * step);
  return out;
}

/** A tick and what is written at it. */
export interface Tick {
  value: number;
  text: string;
}

/** The same ticks with labels that have as many decimals as their step needs, and a true minus sign. */
export function labelledTicks(range: Range, count: number): Tick[] {
  const values = ticks(range, count);
  const step = niceStep(range, count);
  const largest = Math.max(...values.map(Math.abs), step);
  const power = Math.floor(Math.log10(step) + 1e-9);
  const short = largest >= 1e6 || step < 1e-5;
  return values.map((value) => {
    if (!short) return { value, text: minus(value.toFixed(Math.max(0, -power))) };
    if (value === 0) return { value, text: '0' };
    const digits = Math.max(0, Math.floor(Math.log10(Math.abs(value)) + 1e-9) - power);
    return { value, text: minus(value.toExponential(Math.min(digits, 12))) };
  });
}

function minus(text: string): string {
  return text.replace(/-/g, '\u2212');
}

/** Whole-number ticks from 0 to `last`, no more than `count`, always with 0. */
export function layerTicks(last: number, count: number): number[] {
  const most = Math.max(count, 2);
  const step = [1, 2, 4, 5, 8, 10, 20, 25, 50, 100].find((size) => last / size + 1 <= most) ?? Math.max(last, 1);
  const out: number[] = [];
  for (let layer = 0; layer <= last; layer += step) out.push(layer);
  return out;
}
