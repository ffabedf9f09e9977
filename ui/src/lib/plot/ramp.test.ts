import { describe, expect, it } from 'vitest';
import plotColours from '../design/plot-colours.json';
import { toRgb, type Rgb } from './colour';
import { contrast, inkOn, ramp } from './ramp';

const rgb = (css: string): Rgb => css.match(/\d+/g)!.map(Number) as unknown as Rgb;

describe('colour scales', () => {
  it('go from stop to stop and stay inside', () => {
    const stops = ['#000000', '#ffffff', '#ff0000'];
    expect(ramp(stops, 0)).toEqual([0, 0, 0]);
    expect(ramp(stops, 0.25)).toEqual([128, 128, 128]);
    expect(ramp(stops, 0.5)).toEqual([255, 255, 255]);
    expect(ramp(stops, 7)).toEqual([255, 0, 0]);
    expect(ramp(stops, -1)).toEqual([0, 0, 0]);
    expect(ramp(stops, NaN)).toBeNull();
    expect(ramp([], 0.5)).toBeNull();
  });

  it('let numbers be read on every colour of both themes', () => {
    for (const theme of [plotColours.light, plotColours.dark]) {
      for (const stops of [theme.diverging, theme.sequential]) {
        for (let i = 0; i <= 60; i += 1) {
          const colour = ramp(stops, i / 60)!;
          expect(contrast(colour, rgb(inkOn(colour)))).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });

  it('are ordered by lightness: so they read without hues too', () => {
    for (const { sequential, diverging, paper } of [plotColours.light, plotColours.dark]) {
      const away = (stops: string[]) => stops.map((stop) => contrast(toRgb(stop), toRgb(paper)));
      const half = (diverging.length - 1) / 2;
      for (const steps of [away(sequential), away(diverging.slice(half)), away(diverging.slice(0, half + 1)).reverse()]) {
        expect(steps).toEqual([...steps].sort((a, b) => a - b));
      }
    }
  });
});
