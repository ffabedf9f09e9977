import { describe, expect, it } from 'vitest';
import { circles, diamonds, links, nearest, stripPlot } from './stripPlot';

const pairs = [
  { pair: 4, positive: 1, negative: -1 },
  { pair: 7, positive: -0.5, negative: 0.5 },
  { pair: 9, positive: NaN, negative: 0 },
];
const plot = stripPlot(pairs, [], { width: 600, height: 300 }, 16);

describe('a strip plot', () => {
  it('has the positive side above the negative, in order of the score', () => {
    expect(plot.positive[0]!.y).toBeLessThan(plot.negative[0]!.y);
    expect(plot.positive[0]!.x).toBeGreaterThan(plot.positive[1]!.x);
    expect(plot.positive[0]!.x).toBe(plot.x(1));
  });

  it('stays inside the drawing', () => {
    const all = [...plot.positive, ...plot.negative, ...plot.positiveCurves.flat(), ...plot.negativeCurves.flat()];
    for (const { x, y } of all.filter((point) => Number.isFinite(point.x))) {
      expect(x >= 0 && x <= 600 && y >= 0 && y <= 300).toBe(true);
    }
  });

  it('draws one dot and one line per pair, none for a pair without a score', () => {
    expect(circles(plot.positive, 4).match(/M/g)).toHaveLength(2);
    expect(diamonds(plot.negative, 4).match(/z/g)).toHaveLength(3);
    expect(links(plot, [0, 1, 2]).match(/L/g)).toHaveLength(2);
  });

  it('finds the pair under the pointer, by either of its dots', () => {
    expect(nearest(plot, plot.positive[0]!, 5)).toBe(0);
    expect(nearest(plot, plot.negative[1]!, 5)).toBe(1);
    expect(nearest(plot, { x: -100, y: -100 }, 5)).toBeNull();
  });

  it('shows a backdrop by its own densities', () => {
    const both = stripPlot(pairs.slice(0, 2), pairs.slice(0, 2), { width: 600, height: 300 }, 16);
    expect(both.positiveCurves).toHaveLength(2);
    expect(both.backNegative).toHaveLength(2);
    expect(plot.positiveCurves).toHaveLength(1);
  });
});
