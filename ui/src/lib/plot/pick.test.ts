import { describe, expect, it } from 'vitest';

import { projectAll } from './affine';
import { clampTo, inPolygon, rowsInside } from './lasso';
import { buildMarks, DIAMOND, DIMMED, DOT, HOLLOW, pointRadius, SELECTED } from './marks';
import { drawOrder } from './order';
import { buildGrid, dataGrid, nearest } from './pick';

const box = { left: 40, top: 10, width: 300, height: 200 };

/** The same numbers every time, spread over somewhat more than the box. */
function scattered(count: number): Float32Array {
  const screen = new Float32Array(count * 2);
  let state = 12345;
  const next = (): number => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  for (let row = 0; row < count; row++) {
    screen[row * 2] = next() * 400;
    screen[row * 2 + 1] = next() * 260;
  }
  return screen;
}

/** The last of the nearest rows, by looking at all of them. */
function byLooking(points: Float32Array, stride: number, x: number, y: number, reach: number, within: typeof box): number | null {
  let best: number | null = null;
  let bestDistance = reach ** 2;
  for (let row = 0; row < points.length / stride; row++) {
    const [px, py] = [points[row * stride]!, points[row * stride + 1]!];
    if (!(px >= within.left && px <= within.left + within.width && py >= within.top && py <= within.top + within.height)) continue;
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance <= bestDistance) [best, bestDistance] = [row, distance];
  }
  return best;
}

describe('picking', () => {
  it('finds the same row as looking at all of them', () => {
    const screen = scattered(3000);
    const grid = buildGrid(screen, box);
    for (const reach of [10, 45]) {
      for (let x = 41; x < 340; x += 7) {
        for (let y = 11; y < 210; y += 9) expect(nearest(grid, x, y, reach, () => 0, box)).toBe(byLooking(screen, 2, x, y, reach, box));
      }
    }
  });

  it('reaches no farther than asked, and not to points outside or without a place', () => {
    const grid = buildGrid(Float32Array.of(100, 100, 20, 100, NaN, NaN), box);
    expect(nearest(grid, 105, 100, 6)).toBe(0);
    expect(nearest(grid, 107, 100, 6)).toBeNull();
    expect(nearest(grid, 41, 100, 30, () => 0, box)).toBeNull();
    expect(nearest(grid, 41, 100, 30)).toBe(1);
    expect(Array.from(grid.rows).sort()).toEqual([0, 1]);
  });

  it('finds the same row on a grid over the data, with outliers, whatever the reach', () => {
    const points = new Float32Array(4000 * 3);
    scattered(4000).forEach((value, i) => (points[(i >> 1) * 3 + (i % 2)] = value / 40));
    points.set([900, -700, 0], 17 * 3);
    points.set([-5000, 4, 0], 99 * 3);
    points.set([NaN, NaN, NaN], 5 * 3);
    const grid = dataGrid(points, 3);
    // The outliers have not made the cells coarse.
    expect(Math.max(...grid.starts.map((start, i) => (grid.starts[i + 1] ?? start) - start))).toBeLessThan(120);
    const everywhere = { left: -1e4, top: -1e4, width: 2e4, height: 2e4 };
    for (const reach of [0.05, 0.4, 3]) {
      for (let x = -1; x < 12; x += 0.61) {
        for (let y = -1; y < 8; y += 0.47) expect(nearest(grid, x, y, reach)).toBe(byLooking(points, 3, x, y, reach, everywhere));
      }
    }
    expect(nearest(grid, 900.1, -700, 0.5)).toBe(17);
    expect(nearest(grid, -4999, 4, 2)).toBe(99);
  });

  it('stands points in one place, on one line, or none', () => {
    expect(nearest(dataGrid(new Float32Array(30).fill(2), 3), 2, 2, 0.1)).toBe(9);
    const line = Float32Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? i : 7));
    expect(nearest(dataGrid(line, 3), 300.4, 7, 1)).toBe(100);
    expect(nearest(dataGrid(new Float32Array(), 3), 0, 0, 1)).toBeNull();
  });

  it('takes the one on top of equals', () => {
    const grid = buildGrid(Float32Array.of(100, 100, 100, 100, 100, 100), box);
    expect(nearest(grid, 100, 100, 6)).toBe(2);
    expect(nearest(grid, 100, 100, 6, (row) => -row)).toBe(0);
  });
});

describe('the lasso', () => {
  const square = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 0, y: 10 }];

  it('knows inside from outside', () => {
    expect(inPolygon(5, 5, square)).toBe(true);
    expect(inPolygon(11, 5, square)).toBe(false);
    expect(inPolygon(5, -1, square)).toBe(false);
  });

  it('follows a hollow shape', () => {
    const horseshoe = [
      { x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 7, y: 10 },
      { x: 7, y: 3 }, { x: 3, y: 3 }, { x: 3, y: 10 }, { x: 0, y: 10 },
    ];
    expect(inPolygon(5, 1, horseshoe)).toBe(true);
    expect(inPolygon(5, 7, horseshoe)).toBe(false);
    expect(inPolygon(8, 7, horseshoe)).toBe(true);
  });

  it('does not depend on where it was begun or which way it went', () => {
    const screen = scattered(400);
    const path = Array.from({ length: 40 }, (_, i) => {
      const turn = (i / 40) * 2 * Math.PI;
      return { x: 200 + Math.cos(turn) * 90, y: 110 + Math.sin(turn) * 60 };
    });
    const rows = rowsInside(screen, path);
    expect(rows.length).toBeGreaterThan(20);
    expect(rowsInside(screen, [...path.slice(13), ...path.slice(0, 13)])).toEqual(rows);
    expect(rowsInside(screen, [...path].reverse())).toEqual(rows);
    const area = rows.every((row) => ((screen[row * 2]! - 200) / 90) ** 2 + ((screen[row * 2 + 1]! - 110) / 60) ** 2 < 1);
    expect(area).toBe(true);
  });

  it('needs an area', () => {
    expect(rowsInside(Float32Array.of(5, 5), square.slice(0, 2))).toEqual([]);
  });

  it('stays in the box', () => {
    expect(clampTo(box, { x: -5, y: 500 })).toEqual({ x: 40, y: 210 });
  });
});

describe('marks', () => {
  const look = {
    rows: 4,
    category: Uint16Array.of(0, 1, 2, 0),
    colours: ['#ff0000', '#0f0'],
    shape: Uint8Array.of(0, 1, 0, 1),
    heldOut: Uint8Array.of(0, 0, 1, 1),
  };

  it('carry colour, shape and split; colours repeat', () => {
    const marks = buildMarks(look);
    expect(Array.from(marks.subarray(0, 8))).toEqual([255, 0, 0, 0, 0, 255, 0, DIAMOND]);
    expect(Array.from(marks.subarray(8, 16))).toEqual([255, 0, 0, HOLLOW, 255, 0, 0, DIAMOND | HOLLOW]);
  });

  it('dim the others only while something is selected', () => {
    const bits = (selected: Set<number> | Uint8Array | null): number[] =>
      Array.from(buildMarks({ ...look, selected })).filter((_, i) => i % 4 === 3).map((b) => b & (DIMMED | SELECTED));
    expect(bits(new Set())).toEqual([0, 0, 0, 0]);
    expect(bits(new Uint8Array(4))).toEqual([0, 0, 0, 0]);
    const expected = [DIMMED, SELECTED, DIMMED, DIMMED];
    expect(bits(new Set([1]))).toEqual(expected);
    expect(bits(Uint8Array.of(0, 1, 0, 0))).toEqual(expected);
  });

  it('shrink as there are more', () => {
    expect(pointRadius(20)).toBeGreaterThan(pointRadius(1000));
    expect(pointRadius(1e4)).toBeGreaterThan(DOT);
    expect(pointRadius(2e5)).toBeLessThan(DOT);
    expect(pointRadius(1e7)).toBe(1);
  });
});

describe('the order of drawing', () => {
  const positions = Float32Array.of(0, 0, 0.5, 0, 0, -0.5, 0, 0, 0, NaN, 0, 0);
  const flat = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const deep = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
  const marks = new Uint8Array(16);

  it('is that of the rows in 2-D, far to near in 3-D, without rows that are nowhere', () => {
    expect(Array.from(drawOrder(flat, positions, marks))).toEqual([0, 1, 2]);
    expect(Array.from(drawOrder(deep, positions, marks))).toEqual([1, 2, 0]);
  });

  it('puts dimmed rows beneath all others', () => {
    const dimmed = Uint8Array.from(marks);
    dimmed[3] = DIMMED;
    expect(Array.from(drawOrder(deep, positions, dimmed))).toEqual([0, 1, 2]);
    expect(Array.from(drawOrder(flat, positions, dimmed))).toEqual([0, 1, 2]);
    dimmed[3] = 0;
    dimmed[11] = DIMMED;
    expect(Array.from(drawOrder(flat, positions, dimmed))).toEqual([2, 0, 1]);
  });
});

describe('projecting all', () => {
  it('maps rows one by one and reuses what it is given', () => {
    const out = new Float32Array(4);
    const screen = projectAll([2, 0, 0, 1, 0, -3, 0, 5, 0, 0, 0, 0], Float32Array.of(1, 1, 9, -2, 0, 9), out);
    expect(screen).toBe(out);
    expect(Array.from(screen)).toEqual([3, 2, -3, 5]);
  });
});
