import { describe, expect, it } from 'vitest';
import { rocOf } from './rocPath';

const area = (points: { x: number; y: number }[]) =>
  points.slice(1).reduce((sum, point, i) => sum + ((point.x - points[i]!.x) * (point.y + points[i]!.y)) / 2, 0);

describe('the ROC curve', () => {
  it('goes from corner to corner and never back', () => {
    const points = rocOf([3, 1, 0.5], [2, 0.5, -1]);
    expect(points[0]).toEqual({ x: 0, y: 0 });
    expect(points.at(-1)).toEqual({ x: 1, y: 1 });
    points.slice(1).forEach((point, i) => expect(point.x >= points[i]!.x && point.y >= points[i]!.y).toBe(true));
  });

  it('has the area of the share of ordered pairs, ties one half', () => {
    const [positive, negative] = [[3, 1, 0.5, 0.5], [2, 0.5, -1]];
    let wins = 0;
    for (const p of positive) for (const n of negative) wins += p > n ? 1 : p === n ? 0.5 : 0;
    expect(area(rocOf(positive, negative))).toBeCloseTo(wins / 12, 12);
  });

  it('passes ties in one slanted step', () => {
    expect(rocOf([1, 1], [1])).toEqual([{ x: 0, y: 0 }, { x: 1, y: 1 }]);
  });
});
