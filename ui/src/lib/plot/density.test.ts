import { describe, expect, it } from 'vitest';
import { contourSet } from './contours';
import { density, levelOf, rings, ringsPath, type Density } from './density';
import { inPolygon } from './lasso';
import type { Point } from './types';

/** Normal draws, the same every time (a generator apart from the code under test). */
function normals(count: number): () => number {
  let state = 7 + count;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state + 0.5) / 2147483648;
  };
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

const everyone = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Two slanted clumps of different sizes, far from the origin. */
function clumps(count: number): Float32Array {
  const draw = normals(count);
  return Float32Array.from({ length: count }, (_, i) => i).reduce((out, i) => {
    const [u, v] = [draw(), draw()];
    const big = i % 3 > 0;
    out[2 * i] = 500 + (big ? 0 : 9) + u * (big ? 2 : 0.7);
    out[2 * i + 1] = -300 + (big ? 0 : 4) + (0.8 * u + 0.6 * v) * 0.5;
    return out;
  }, new Float32Array(count * 2));
}

const toData = ({ matrix: [a, b, c, d, e, f] }: Density, { x, y }: Point): Point => ({ x: a * x + c * y + e, y: b * x + d * y + f });

/** Share of the points that the rings hold, by the even-odd rule. */
function held(coords: Float32Array, grid: Density, all: Point[][]): number {
  const polygons = all.map((ring) => ring.map((at) => toData(grid, at)));
  let inside = 0;
  for (let i = 0; i < coords.length / 2; i++) {
    const hits = polygons.filter((polygon) => inPolygon(coords[2 * i]!, coords[2 * i + 1]!, polygon)).length;
    if (hits % 2 === 1) inside += 1;
  }
  return inside / (coords.length / 2);
}

describe('the density', () => {
  it('is the sum of the kernels, taken one by one', () => {
    const n = 300;
    const coords = clumps(n);
    const grid = density(coords, 2, everyone(n))!;
    // Covariance by its definition, and the kernels without a grid.
    const mean = [0, 1].map((axis) => everyone(n).reduce((sum, i) => sum + coords[2 * i + axis]!, 0) / n);
    const cov = (p: number, q: number) => everyone(n).reduce((sum, i) => sum + (coords[2 * i + p]! - mean[p]!) * (coords[2 * i + q]! - mean[q]!), 0) / (n - 1);
    const shrink = n ** (-1 / 3);
    const [sxx, sxy, syy] = [cov(0, 0) * shrink, cov(0, 1) * shrink, cov(1, 1) * shrink];
    const det = sxx * syy - sxy * sxy;
    const kernels = (x: number, y: number) =>
      everyone(n).reduce((sum, i) => {
        const [dx, dy] = [x - coords[2 * i]!, y - coords[2 * i + 1]!];
        return sum + Math.exp(-(syy * dx * dx - 2 * sxy * dx * dy + sxx * dy * dy) / det / 2);
      }, 0) / (n * 2 * Math.PI * Math.sqrt(det));
    const [a, b, c, d] = grid.matrix;
    const cell = Math.abs(a * d - b * c);
    const peak = Math.max(...grid.values);
    for (let line = 4; line < grid.size; line += 9) {
      for (let column = 4; column < grid.size; column += 9) {
        const at = toData(grid, { x: column, y: line });
        expect(Math.abs(grid.values[line * grid.size + column]! - kernels(at.x, at.y) * cell)).toBeLessThan(0.02 * peak);
      }
    }
    expect(grid.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 3);
  });

  it('draws lines that hold the share they name', () => {
    const n = 6000;
    const coords = clumps(n);
    const grid = density(coords, 2, everyone(n))!;
    // What is drawn from the estimate itself: each point, moved by its kernel (the clumps' covariance by its lower triangle).
    const draw = normals(n + 1);
    const mean = [0, 1].map((axis) => everyone(n).reduce((sum, i) => sum + coords[2 * i + axis]!, 0) / n);
    const cov = (p: number, q: number) => everyone(n).reduce((sum, i) => sum + (coords[2 * i + p]! - mean[p]!) * (coords[2 * i + q]! - mean[q]!), 0) / (n - 1);
    const [a, width] = [Math.sqrt(cov(0, 0)), n ** (-1 / 6)];
    const [b, c] = [cov(0, 1) / a, Math.sqrt(cov(1, 1) - (cov(0, 1) / a) ** 2)];
    const drawn = coords.slice();
    for (let i = 0; i < n; i++) {
      const [u, v] = [draw() * width, draw() * width];
      drawn[2 * i]! += a * u;
      drawn[2 * i + 1]! += b * u + c * v;
    }
    for (const mass of [0.5, 0.9]) {
      const all = rings(grid, levelOf(grid, mass));
      expect(Math.abs(held(drawn, grid, all) - mass)).toBeLessThan(0.02);
      // Before the kernel smears them the points lie denser.
      expect(held(coords, grid, all)).toBeGreaterThan(mass);
    }
  });

  it('of one round cloud is a circle of the radius that theory gives', () => {
    const n = 20_000;
    const draw = normals(n);
    const coords = Float32Array.from({ length: 2 * n }, () => draw() * 3);
    const grid = density(coords, 2, everyone(n))!;
    const [ring, ...more] = rings(grid, levelOf(grid, 0.5)).map((each) => each.map((at) => toData(grid, at)));
    expect(more).toHaveLength(0);
    const expected = Math.sqrt(2 * Math.LN2) * 3 * Math.sqrt(1 + n ** (-1 / 3));
    const radii = ring!.map(({ x, y }) => Math.hypot(x, y) / expected);
    expect(Math.abs(radii.reduce((sum, radius) => sum + radius, 0) / radii.length - 1)).toBeLessThan(0.02);
    for (const radius of radii) expect(Math.abs(radius - 1)).toBeLessThan(0.1);
  });

  it('takes only the rows it is given, and of those that have a place', () => {
    const coords = clumps(600);
    const some = everyone(600).filter((i) => i % 3 === 0);
    const apart = Float32Array.from(some.flatMap((i) => [coords[2 * i]!, coords[2 * i + 1]!]));
    expect(density(coords, 2, some)!.values).toEqual(density(apart, 2, everyone(some.length))!.values);
    const holed = Float32Array.from(apart);
    holed.set([NaN, 4], 0);
    const whole = density(apart.slice(2), 2, everyone(some.length - 1))!;
    expect(density(holed, 2, everyone(some.length))!.values).toEqual(whole.values);
  });

  it('is none for a handful of points, for one place, and for a line', () => {
    expect(density(clumps(9), 2, everyone(9))).toBeNull();
    expect(density(new Float32Array(60).fill(3), 2, everyone(30))).toBeNull();
    expect(density(Float32Array.from({ length: 60 }, (_, i) => i >> 1), 2, everyone(30))).toBeNull();
    expect(contourSet(clumps(9), everyone(9), '#000')).toBeNull();
  });

  it('is not made coarse by one point far away', () => {
    const coords = clumps(3000);
    coords.set([1e6, 0], 0);
    const grid = density(coords, 2, everyone(3000))!;
    const all = rings(grid, levelOf(grid, 0.5));
    expect(all.length).toBeGreaterThan(0);
    const steps = Math.hypot(grid.matrix[0], grid.matrix[1]);
    expect(steps * grid.size).toBeLessThan(1e6);
  });
});

describe('lines of one level', () => {
  const field = (size: number, value: (column: number, line: number) => number): Density => ({
    size,
    matrix: [1, 0, 0, 1, 0, 0],
    values: Float64Array.from({ length: size * size }, (_, i) => value(i % size, Math.floor(i / size))),
  });

  it('lie where the level is, between the points of the grid', () => {
    const [ring, ...more] = rings(field(9, (c, l) => 10 - Math.abs(c - 4) - Math.abs(l - 4)), 7.5);
    expect(more).toHaveLength(0);
    for (const { x, y } of ring!) expect(Math.abs(x - 4) + Math.abs(y - 4)).toBeCloseTo(2.5, 9);
  });

  it('go round two hills and round a crater', () => {
    const hill = (at: number) => (c: number, l: number) => Math.exp(-((c - at) ** 2 + (l - 20) ** 2) / 20);
    expect(rings(field(41, (c, l) => hill(10)(c, l) + hill(30)(c, l)), 0.5)).toHaveLength(2);
    expect(rings(field(41, (c, l) => Math.exp(-((Math.hypot(c - 20, l - 20) - 10) ** 2) / 8)), 0.5)).toHaveLength(2);
  });

  it('join the opposite corners of a square as its middle says, and use no crossing twice', () => {
    const corners = (between: number) => rings(field(4, (c, l) => (c === l && c > 0 && c < 3 ? 2 : c > 0 && c < 3 && l > 0 && l < 3 ? between : 0)), 1);
    expect(corners(0.5)).toHaveLength(1);
    expect(corners(-1)).toHaveLength(2);
    for (const all of [corners(0.5), corners(-1)]) {
      const places = all.flat().map(({ x, y }) => `${x} ${y}`);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('close at the edge of the grid, and are none above the peak', () => {
    expect(rings(field(6, () => 1), 0.5)).toHaveLength(1);
    expect(rings(field(6, () => 1), 2)).toHaveLength(0);
    expect(ringsPath([[{ x: 1, y: 2 }, { x: 1.234, y: 0 }]])).toBe('M1.00 2.00L1.23 0.00Z');
  });
});
