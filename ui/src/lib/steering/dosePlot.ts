import { ticks } from '../plot/axes';
import type { Box } from '../plot/types';
import type { DoseLine, DosePoint } from './doseData';

/** Where things are in a panel, CSS pixels. */
export interface DoseFrame {
  /** Rates. */
  box: Box;
  /** Coherence. */
  strip: Box;
  /** Middle of the column of what was projected out; null without it. */
  out: number | null;
  x: (coefficient: number) => number;
  y: (rate: number) => number;
  /** Ticks along the coefficients. */
  ticks: number[];
}

/** Space between marks of models at one coefficient, CSS pixels. */
const dodge = 7;

/** Lays a panel out in a given size. */
export function frame(size: { width: number; height: number; rem: number }, coefficients: readonly number[], projected: boolean): DoseFrame {
  const { width, height, rem } = size;
  const left = 2.5 * rem;
  const outside = projected ? 2.75 * rem : 0.5 * rem;
  const stripHeight = 1.5 * rem;
  const below = 2.25 * rem;
  const inner = Math.max(width - left - outside, 10);
  const top = 0.625 * rem;
  const box = { left, top, width: inner, height: Math.max(height - top - stripHeight - 0.5 * rem - below, 10) };
  const strip = { left, top: box.top + box.height + 0.5 * rem, width: inner, height: stripHeight };
  const [low, high] = [Math.min(...coefficients, 0), Math.max(...coefficients, 0)];
  const room = Math.max((high - low) * 0.07, 1e-9);
  const x = (a: number) => left + ((a - low + room) / (high - low + 2 * room)) * inner;
  return {
    box,
    strip,
    out: projected ? left + inner + outside / 2 + 0.25 * rem : null,
    x,
    y: (rate) => box.top + (1 - rate) * box.height,
    ticks: tickValues(coefficients, inner / (2.2 * rem)),
  };
}

/** The coefficients themselves where they are few enough to be read, else round numbers. */
export function tickValues(coefficients: readonly number[], most: number): number[] {
  const gaps = coefficients.slice(1).map((value, i) => value - coefficients[i]!);
  const range = (coefficients.at(-1) ?? 0) - (coefficients[0] ?? 0);
  // Where neighbours lie much closer than others, their numbers would run into each other.
  if (coefficients.length > 0 && range > 0 && Math.min(...gaps) / range >= 1 / Math.max(most, 1)) return [...coefficients];
  return ticks({ low: coefficients[0] ?? -1, high: coefficients.at(-1) ?? 1 }, Math.max(2, Math.floor(most / 1.5)));
}

/** How far a model's marks lie to the right of their coefficient. */
export function shift(place: number, lines: number): number {
  return (place - (lines - 1) / 2) * Math.min(dodge, 20 / Math.max(lines, 1));
}

/** The line through the points that have a rate, broken where one has none. */
export function linePath(cells: readonly DosePoint[], at: DoseFrame, by: number): string {
  let pen = 'M';
  return cells
    .map(({ coefficient, rate }) => {
      if (coefficient === null || rate.value === null) {
        pen = 'M';
        return '';
      }
      const step = `${pen}${(at.x(coefficient) + by).toFixed(1)},${at.y(rate.value).toFixed(1)}`;
      pen = 'L';
      return step;
    })
    .join('');
}

/** The band of random directions, from lowest to highest; empty without two coefficients. */
export function bandPath(line: DoseLine, at: DoseFrame): string {
  const there = line.band.filter(({ low, high }) => low !== null && high !== null);
  if (there.length < 2) return '';
  const side = (of: 'low' | 'high') => there.map((entry) => `${at.x(entry.coefficient).toFixed(1)},${at.y(entry[of] ?? 0).toFixed(1)}`);
  return `M${[...side('low'), ...side('high').reverse()].join('L')}Z`;
}

/** A mark of about the same area for each model: circle, square, diamond, triangle, then over again. */
export function markPath(kind: number, x: number, y: number, r: number): string {
  const n = (value: number) => value.toFixed(2);
  switch (kind % 4) {
    case 0:
      return `M${n(x - r)},${n(y)}a${n(r)},${n(r)} 0 1 0 ${n(2 * r)},0a${n(r)},${n(r)} 0 1 0 ${n(-2 * r)},0z`;
    case 1:
      return `M${n(x - 0.89 * r)},${n(y - 0.89 * r)}h${n(1.78 * r)}v${n(1.78 * r)}h${n(-1.78 * r)}z`;
    case 2:
      return `M${n(x)},${n(y - 1.28 * r)}l${n(1.28 * r)},${n(1.28 * r)}l${n(-1.28 * r)},${n(1.28 * r)}l${n(-1.28 * r)},${n(-1.28 * r)}z`;
    default:
      return `M${n(x)},${n(y - 1.25 * r)}l${n(1.25 * r)},${n(2.1 * r)}h${n(-2.5 * r)}z`;
  }
}

/** The points of a panel in the order that the keys go: by coefficient, what is projected out last. */
export function order(lines: readonly DoseLine[]): { line: number; point: DosePoint }[] {
  const all = lines.flatMap((line, i) => [...line.cells, ...(line.projectedOut ? [line.projectedOut] : [])].map((entry) => ({ line: i, point: entry })));
  const rank = (entry: DosePoint) => entry.coefficient ?? Infinity;
  return all.sort((a, b) => rank(a.point) - rank(b.point) || a.line - b.line);
}

/** Where a point lies; null without a rate. */
export function placeOf(entry: { line: number; point: DosePoint }, lines: number, at: DoseFrame): { x: number; y: number } | null {
  const { coefficient, rate } = entry.point;
  const x = coefficient === null ? at.out : at.x(coefficient);
  return x === null ? null : { x: x + shift(entry.line, lines), y: at.y(rate.value ?? 0) };
}
