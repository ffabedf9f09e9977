import type { Point } from './types';

/** Points along each side of the grid on which a density is computed. */
export const GRID = 128;
/** Fewer points than this have no density to speak of. */
const FEWEST = 10;
/** Standard deviations about the mean beyond which single points do not stretch the grid. */
const FAR = 5;
/** Bandwidths of room around the points, so that the density is gone at the edge. */
const ROOM = 4;

/** A density over the plane, on a grid that need not stand upright in it. */
export interface Density {
  /** Points of the grid along either side. */
  size: number;
  /** Column and line of the grid to the plane, as SVG and CSS write it: (a, b, c, d, e, f). */
  matrix: [number, number, number, number, number, number];
  /** Share of all points, line after line; they add up to one, less what lies far outside. */
  values: Float64Array;
}

/**
 * The density of some points by a Gaussian kernel with the covariance of the points times
 * n^(-1/3) (Scott 1992, as scipy.stats.gaussian_kde has it). It is computed where that covariance is
 * round, so that two passes along the axes of the grid smooth it; points are first shared out among
 * the four grid points around them, so that a million of them cost one pass. Null for a handful of
 * points, or where all lie on one line.
 */
export function density(coords: Float32Array, stride: number, rows: ArrayLike<number>, size = GRID): Density | null {
  const shape = shapeOf(coords, stride, rows);
  if (!shape) return null;
  const { count, x, y, a, b, c } = shape;
  const round = (row: number): [number, number] => {
    const first = (coords[row * stride]! - x) / a;
    return [first, (coords[row * stride + 1]! - y - b * first) / c];
  };
  const low: [number, number] = [Infinity, Infinity];
  const high: [number, number] = [-Infinity, -Infinity];
  for (let i = 0; i < rows.length; i++) {
    const at = round(rows[i]!);
    for (const axis of [0, 1] as const) {
      if (at[axis] < low[axis]) low[axis] = at[axis];
      if (at[axis] > high[axis]) high[axis] = at[axis];
    }
  }
  const bandwidth = count ** (-1 / 6);
  const from = low.map((value) => Math.max(value, -FAR) - ROOM * bandwidth) as [number, number];
  const step = high.map((value, axis) => (Math.min(value, FAR) + ROOM * bandwidth - from[axis]!) / (size - 1)) as [number, number];
  const values = new Float64Array(size * size);
  for (let i = 0; i < rows.length; i++) {
    const at = round(rows[i]!);
    const column = (at[0] - from[0]) / step[0];
    const line = (at[1] - from[1]) / step[1];
    // Written so that NaN falls outside too.
    if (!(column >= 0 && column < size - 1 && line >= 0 && line < size - 1)) continue;
    const [col, lin] = [Math.floor(column), Math.floor(line)];
    const [fc, fl] = [column - col, line - lin];
    const place = lin * size + col;
    values[place]! += ((1 - fc) * (1 - fl)) / count;
    values[place + 1]! += (fc * (1 - fl)) / count;
    values[place + size]! += ((1 - fc) * fl) / count;
    values[place + size + 1]! += (fc * fl) / count;
  }
  // A kernel finer than the grid would show its steps.
  blur(values, size, Math.max(bandwidth / step[0], 0.75), 1, size);
  blur(values, size, Math.max(bandwidth / step[1], 0.75), size, 1);
  const matrix: Density['matrix'] = [a * step[0], b * step[0], 0, c * step[1], x + a * from[0], y + b * from[0] + c * from[1]];
  return { size, matrix, values };
}

/** The level that the densest region with this share of the points does not fall below. */
export function levelOf({ values }: Density, mass: number): number {
  const sorted = Float64Array.from(values).sort();
  let held = 0;
  for (let i = sorted.length - 1; i >= 0; i--) {
    held += sorted[i]!;
    if (held >= mass) return sorted[i]!;
  }
  return 0;
}

/**
 * The lines on which the density has one level, as closed rings in units of the grid (column, line),
 * by marching squares with straight interpolation. Where two opposite corners of a square are above
 * the level, its middle decides which of them are joined.
 */
export function rings({ values, size }: Density, level: number): Point[][] {
  // Nothing lies beyond the outermost line of the grid, so every ring closes.
  const at = (column: number, line: number): number =>
    column <= 0 || line <= 0 || column >= size - 1 || line >= size - 1 ? 0 : values[line * size + column]!;
  const joins = new Map<number, number[]>();
  const places = new Map<number, Point>();
  const join = (a: number, b: number): void => {
    joins.set(a, [...(joins.get(a) ?? []), b]);
    joins.set(b, [...(joins.get(b) ?? []), a]);
  };
  for (let line = 0; line < size - 1; line++) {
    for (let column = 0; column < size - 1; column++) {
      const corners = [at(column, line), at(column + 1, line), at(column + 1, line + 1), at(column, line + 1)] as const;
      const above = corners.map((value) => value >= level);
      if (above.every((on) => on === above[0])) continue;
      const corner = (i: number): Point => ({ x: column + (i === 1 || i === 2 ? 1 : 0), y: line + (i > 1 ? 1 : 0) });
      /** Where the level is passed between corner `i` and the next; null where it is not. */
      const crossing = (i: number): number | null => {
        const j = (i + 1) % 4;
        if (above[i] === above[j]) return null;
        const id = [2 * (line * size + column), 2 * (line * size + column + 1) + 1, 2 * ((line + 1) * size + column), 2 * (line * size + column) + 1][i]!;
        if (!places.has(id)) {
          const [a, b] = [corner(i), corner(j)];
          const t = (level - corners[i]!) / (corners[j]! - corners[i]!);
          places.set(id, { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t });
        }
        return id;
      };
      const passed = [0, 1, 2, 3].flatMap((i) => crossing(i) ?? []);
      if (passed.length === 2) join(passed[0]!, passed[1]!);
      else {
        const middle = (corners[0] + corners[1] + corners[2] + corners[3]) / 4 >= level;
        // Around the corners that stand alone: those below when the middle is above, and the other way.
        const around = above[0] === middle ? [[0, 1], [2, 3]] : [[3, 0], [1, 2]];
        for (const [a, b] of around) join(passed[a!]!, passed[b!]!);
      }
    }
  }
  return walk(joins).map((ring) => ring.map((id) => places.get(id)!));
}

/** Rings as an SVG path in units of the grid. */
export function ringsPath(all: readonly Point[][]): string {
  return all.map((ring) => `M${ring.map(({ x, y }) => `${x.toFixed(2)} ${y.toFixed(2)}`).join('L')}Z`).join('');
}

function walk(joins: Map<number, number[]>): number[][] {
  const seen = new Set<number>();
  const all: number[][] = [];
  for (const start of joins.keys()) {
    if (seen.has(start)) continue;
    const ring: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined) {
      seen.add(at);
      ring.push(at);
      at = joins.get(at)?.find((next) => !seen.has(next));
    }
    all.push(ring);
  }
  return all;
}

/** Mean and covariance of the points, the latter as the lower triangle (a; b, c) whose square it is. */
function shapeOf(coords: Float32Array, stride: number, rows: ArrayLike<number>) {
  let [count, x, y, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    const px = coords[rows[i]! * stride]!;
    const py = coords[rows[i]! * stride + 1]!;
    if (!Number.isFinite(px + py)) continue;
    // Welford: sums of squares about a mean that moves along lose nothing to a large mean.
    count += 1;
    const [dx, dy] = [px - x, py - y];
    x += dx / count;
    y += dy / count;
    xx += dx * (px - x);
    xy += dx * (py - y);
    yy += dy * (py - y);
  }
  if (count < FEWEST) return null;
  const a = Math.sqrt(xx / (count - 1));
  const b = xy / (count - 1) / a;
  const c = Math.sqrt(Math.max(yy / (count - 1) - b * b, 0));
  const size = Math.max(a, Math.abs(b), c);
  return a > 1e-9 * size && c > 1e-9 * size && size > 0 ? { count, x, y, a, b, c } : null;
}

/** Smooths along one axis by a Gaussian; `sigma` in grid steps. */
function blur(values: Float64Array, size: number, sigma: number, step: number, lineStep: number): void {
  const reach = Math.ceil(4 * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((sum, value) => sum + value, 0);
  const line = new Float64Array(size);
  for (let l = 0; l < size; l++) {
    for (let i = 0; i < size; i++) line[i] = values[l * lineStep + i * step]!;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let k = Math.max(-reach, -i); k <= Math.min(reach, size - 1 - i); k++) sum += kernel[k + reach]! * line[i + k]!;
      values[l * lineStep + i * step] = sum / total;
    }
  }
}
