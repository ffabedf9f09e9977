import { describe, expect, it } from 'vitest';
import { bandwidth, density, scoreRange, spread } from './strips';

const values = [-1.2, -0.4, 0, 0.1, 0.2, 0.9, 1.4];

describe('strips of scores', () => {
  it('have a density that is one in all', () => {
    const { at, value } = density(values, { low: -6, high: 6 }, 600);
    const sum = value.reduce((total, v) => total + v, 0) * (at[1]! - at[0]!);
    expect(sum).toBeCloseTo(1, 3);
  });

  it('have Silverman’s bandwidth', () => {
    // numpy: 0.9 * min(std(ddof=1), IQR / 1.34) * n ** -0.2 with the quartiles at ranks floor(n/4), floor(3n/4).
    const sd = Math.sqrt(values.reduce((s, v) => s + (v - 1 / 7) ** 2, 0) / 6);
    expect(bandwidth(values)).toBeCloseTo(0.9 * Math.min(sd, 1.3 / 1.34) * 7 ** -0.2, 10);
    expect(bandwidth([2, 2, 2])).toBeGreaterThan(0);
    expect(bandwidth([])).toBeGreaterThan(0);
  });

  it('spread dots within the strip, widest where they are dense, always alike', () => {
    const shape = density(values, scoreRange(values), 128);
    const places = spread(values, shape);
    expect(Math.max(...places.map(Math.abs))).toBeLessThanOrEqual(1);
    expect([...spread(values, shape)]).toEqual([...places]);
    expect(new Set(places).size).toBe(values.length);
  });

  it('hold the threshold and everything finite', () => {
    const range = scoreRange([1, 2, NaN]);
    expect(range.low).toBeLessThan(0);
    expect(range.high).toBeGreaterThan(2);
    expect(scoreRange([]).high).toBeGreaterThan(scoreRange([]).low);
    expect(scoreRange([-1, 2], 3)).toEqual({ low: -4, high: 5 });
  });
});
