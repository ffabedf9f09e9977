import { describe, expect, it } from 'vitest';
import plotColours from '../design/plot-colours.json';
import { toRgb } from '../plot/colour';
import { contrast } from '../plot/ramp';
import { heatStops, meanPath, meanScore, painter, parted, placedMeans, runningMeans, shade, signOf, visible } from './heat';

const tokens = [null, 1, -2, null, 4].map((score, i) => ({ text: `t${i}`, score }));

describe('token heat', () => {
  it('shades by the scale and stops at two of it', () => {
    expect([shade(1, 1), shade(-1, 2), shade(9, 1), shade(-9, 1), shade(0, 1)]).toEqual([0.5, -0.25, 1, -1, 0]);
    expect([shade(null, 1), shade(NaN, 1), shade(1, 0)]).toEqual([null, null, null]);
  });

  it('underlines only what is away from the threshold', () => {
    expect([signOf(1, 1), signOf(-1, 1), signOf(0.4, 1), signOf(null, 1)]).toEqual(['towards', 'against', null, null]);
  });

  it('keeps every shade readable in both themes', () => {
    for (const colours of [plotColours.light, plotColours.dark]) {
      const paint = painter(heatStops(colours));
      for (let at = -1; at <= 1; at += 0.05) {
        const [back, ink] = [...(paint(at) ?? '').matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)].map((m) => m.slice(1, 4).map(Number));
        expect(contrast(back as never, ink as never)).toBeGreaterThan(4.5);
      }
      expect(paint(0)).toContain(`background:rgb(${toRgb(colours.paper).join(' ')})`);
      expect(paint(null)).toBeUndefined();
    }
  });

  it('averages over the tokens that have a score', () => {
    expect(runningMeans(tokens)).toEqual([null, 1, -0.5, null, 1]);
    expect(placedMeans(tokens, [1, -0.5])).toEqual([null, 1, -0.5, null, null]);
    expect(meanScore(tokens)).toBe(1);
    expect(meanScore([])).toBeNull();
  });

  it('draws the running mean upwards, with zero in the middle', () => {
    expect(meanPath([null, 1, -0.5])).toEqual({ path: 'M1.5,-1.0000L2.5,0.5000', most: 1 });
    expect(meanPath([]).path).toBe('');
  });

  it('leaves the white space before a token without colour, unless it is all', () => {
    expect([parted(' a b '), parted('\n'), parted('x')]).toEqual([[' ', 'a b '], ['', '\n'], ['', 'x']]);
  });

  it('makes white space visible', () => {
    expect([visible(' a'), visible('\n'), visible('')]).toEqual(['␣a', '↵', '(nothing)']);
  });
});
