import { bandwidth, density, scoreRange, spread, type Density } from './strips';
import type { Point, Range } from './types';

/** A pair with the scores of its two texts. */
export interface StripPair {
  pair: number;
  positive: number;
  negative: number;
}

/** Where everything of a strip plot is, CSS pixels. */
export interface StripPlot {
  range: Range;
  x: (score: number) => number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Middle of the strip of each side. */
  positiveRow: number;
  negativeRow: number;
  /** Dots in the order of the pairs. */
  positive: Point[];
  negative: Point[];
  backPositive: Point[];
  backNegative: Point[];
  /** Outlines of the densities, the first that of the pairs themselves. */
  positiveCurves: Point[][];
  negativeCurves: Point[][];
}

/** Places across the score axis at which a density is taken. */
const PLACES = 160;
/** More dots of the backdrop than this say nothing more. */
const MOST_BACKDROP = 3000;

/** Lays out the scores of pairs; pairs without a score are left out of the densities and lie on no dot. */
export function stripPlot(
  pairs: readonly StripPair[],
  backdrop: readonly StripPair[],
  size: { width: number; height: number },
  rem: number,
): StripPlot {
  const [left, right, top, bottom] = [rem, size.width - rem, 1.5 * rem, size.height - 3 * rem];
  const values = [...pairs, ...backdrop].flatMap((pair) => [pair.positive, pair.negative]);
  const widths = (['positive', 'negative'] as const).map((side) => bandwidth(pairs.map((pair) => pair[side]).filter(Number.isFinite)));
  // where a normal kernel has come down to a twentieth of its height
  const range = scoreRange(values, 2.5 * Math.max(...widths));
  const x = (score: number): number => left + ((score - range.low) / (range.high - range.low)) * (right - left);
  const height = Math.max(bottom - top, 1);
  const [positiveRow, negativeRow, half] = [top + height * 0.36, top + height * 0.64, height * 0.075];
  const hill = height * 0.25;
  const sides = (['positive', 'negative'] as const).map((side) => {
    const sign = side === 'positive' ? -1 : 1;
    const middle = side === 'positive' ? positiveRow : negativeRow;
    const base = middle + sign * half * 1.15;
    const shapes = [pairs, backdrop].map((of) => density(of.map((pair) => pair[side]).filter(Number.isFinite), range, PLACES));
    const most = Math.max(...shapes.map((shape) => shape.most), Number.MIN_VALUE);
    const outline = (shape: Density): Point[] => [
      { x: x(range.low), y: base },
      ...Array.from(shape.at, (at, i) => ({ x: x(at), y: base + (sign * hill * shape.value[i]!) / most })),
      { x: x(range.high), y: base },
    ];
    const dots = (of: readonly StripPair[], shape: Density): Point[] => {
      const scores = of.map((pair) => pair[side]);
      const places = spread(scores, shape);
      return scores.map((score, i) => ({ x: x(score), y: middle + places[i]! * half }));
    };
    const shown = backdrop.slice(0, MOST_BACKDROP);
    return {
      dots: dots(pairs, shapes[0]!),
      back: dots(shown, shapes[1]!),
      curves: shapes.slice(0, backdrop.length > 0 ? 2 : 1).map(outline),
    };
  });
  const [positive, negative] = [sides[0]!, sides[1]!];
  return {
    range, x, left, right, top, bottom, positiveRow, negativeRow,
    positive: positive.dots, negative: negative.dots,
    backPositive: positive.back, backNegative: negative.back,
    positiveCurves: positive.curves, negativeCurves: negative.curves,
  };
}

const known = (point: Point | undefined): point is Point => point !== undefined && Number.isFinite(point.x);
const short = (value: number): string => value.toFixed(1);

/** The pair whose dot is nearest, if one is within `reach` pixels. */
export function nearest(plot: StripPlot, at: Point, reach: number): number | null {
  let best: number | null = null;
  let least = reach * reach;
  for (const dots of [plot.positive, plot.negative]) {
    dots.forEach((dot, i) => {
      const away = (dot.x - at.x) ** 2 + (dot.y - at.y) ** 2;
      if (away <= least) [best, least] = [i, away];
    });
  }
  return best;
}

/** Lines between the two dots of some pairs, as one path. */
export function links(plot: StripPlot, rows: readonly number[]): string {
  return rows
    .map((row) => [plot.positive[row], plot.negative[row]] as const)
    .filter((ends): ends is readonly [Point, Point] => known(ends[0]) && known(ends[1]))
    .map(([a, b]) => `M${short(a.x)},${short(a.y)}L${short(b.x)},${short(b.y)}`)
    .join('');
}

/** Circles as one path: thousands of dots are one element. */
export function circles(dots: readonly Point[], r: number): string {
  return dots.filter(known).map(({ x, y }) => `M${short(x - r)},${short(y)}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`).join('');
}

/** Diamonds as one path. */
export function diamonds(dots: readonly Point[], r: number): string {
  return dots.filter(known).map(({ x, y }) => `M${short(x)},${short(y - r)}l${r},${r}l${-r},${r}l${-r},${-r}z`).join('');
}

/** A closed outline. */
export function curve(points: readonly Point[]): string {
  return `M${points.map((point) => `${short(point.x)},${short(point.y)}`).join('L')}Z`;
}
