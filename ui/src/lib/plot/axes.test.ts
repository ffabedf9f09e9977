import { describe, expect, it } from 'vitest';

import { labelledTicks, layerTicks, niceStep, ticks } from './axes';
import { ballOf, orbitAffine } from './camera3d';
import { toRgb } from './colour';
import { frame3d } from './frame3d';
import { spreadLabels } from './labels';

describe('ticks', () => {
  it('are round numbers inside the range', () => {
    expect(ticks({ low: -0.3, high: 1.1 }, 7)).toEqual([-0.2, 0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
    expect(ticks({ low: -7, high: 12 }, 4)).toEqual([-5, 0, 5, 10]);
    expect(ticks({ low: 1003, high: 1009 }, 3)).toEqual([1004, 1006, 1008]);
  });

  it('hold for every size of range', () => {
    for (let power = -12; power <= 12; power++) {
      const range = { low: -1.37 * 10 ** power, high: 2.91 * 10 ** power };
      const values = ticks(range, 6);
      expect(values.length).toBeGreaterThanOrEqual(3);
      expect(values.length).toBeLessThanOrEqual(8);
      expect(values).toContain(0);
      expect(new Set(labelledTicks(range, 6).map((tick) => tick.text)).size).toBe(values.length);
    }
  });

  it('do not run away on an empty range', () => {
    expect(niceStep({ low: 2, high: 2 }, 5)).toBe(1);
    expect(ticks({ low: 2, high: 2 }, 5)).toEqual([2]);
  });

  it('are labelled with the decimals of their step and a true minus', () => {
    const texts = (low: number, high: number, count: number): string[] =>
      labelledTicks({ low, high }, count).map((tick) => tick.text);
    expect(texts(-0.3, 0.3, 3)).toEqual(['\u22120.2', '0.0', '0.2']);
    expect(texts(-12, 13, 3)).toEqual(['\u221210', '0', '10']);
    expect(texts(0, 0.11, 3)).toEqual(['0.00', '0.05', '0.10']);
    expect(texts(1003.4, 1003.8, 1)).toEqual(['1003.5']);
    expect(texts(-1, 4.1e7, 3)).toEqual(['0', '2e+7', '4e+7']);
    expect(texts(0, 2.1e-7, 5)).toEqual(['0', '5e\u22128', '1.0e\u22127', '1.5e\u22127', '2.0e\u22127']);
  });

  it('of layers are whole, begin at 0 and fit', () => {
    expect(layerTicks(8, 20)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(layerTicks(32, 9)).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 32]);
    expect(layerTicks(12, 3)).toEqual([0, 8]);
    for (const last of [1, 2, 6, 12, 24, 31, 48, 80, 126]) {
      const values = layerTicks(last, 8);
      expect(values[0]).toBe(0);
      expect(values.length).toBeLessThanOrEqual(8);
      expect(values.at(-1)!).toBeLessThanOrEqual(last);
    }
  });
});

describe('labels beside lines', () => {
  it('stay when there is room', () => {
    expect(spreadLabels([10, 50, 90], 12, 0, 100)).toEqual([10, 50, 90]);
  });

  it('move apart in their order, about where they wanted to be', () => {
    const places = spreadLabels([51, 50, 49], 12, 0, 100);
    expect(places).toEqual([62, 50, 38]);
  });

  it('stay inside and apart at the ends', () => {
    const places = spreadLabels([99, 98, 97, 1], 12, 0, 100);
    const sorted = [...places].sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThanOrEqual(12 - 1e-9);
    expect(sorted[0]!).toBeGreaterThanOrEqual(0);
    expect(sorted.at(-1)!).toBeLessThanOrEqual(100);
    expect(spreadLabels([], 12, 0, 100)).toEqual([]);
  });
});

describe('the box of a 3-D scatter', () => {
  const bounds = { low: [-1, -1, -1], high: [1, 1, 1] } as Parameters<typeof ballOf>[0];
  const box = { left: 0, top: 0, width: 400, height: 400 };

  it('leaves out the three edges nearest to the reader', () => {
    const map = orbitAffine({ azimuth: -0.6, elevation: 0.35, zoom: 1 }, ballOf(bounds), box);
    const frame = frame3d(map, bounds);
    expect(frame.edges).toHaveLength(9);
    expect(frame.axes.map((axis) => axis.axis)).toEqual([0, 1, 2]);
  });

  it('names no axis that is seen from its end', () => {
    const map = orbitAffine({ azimuth: 0, elevation: 0, zoom: 1 }, ballOf(bounds), box);
    expect(frame3d(map, bounds).axes.map((axis) => axis.axis)).toEqual([0, 1]);
  });

  it('has ticks where the axes have them, outside the box', () => {
    const map = orbitAffine({ azimuth: 0, elevation: 0, zoom: 1 }, ballOf(bounds), box);
    const [across] = frame3d(map, bounds).axes;
    const bottom = 200 + 200 / Math.sqrt(3);
    expect(across!.ticks.map((tick) => tick.text)).toContain('0');
    for (const tick of across!.ticks) expect(tick.at.y).toBeGreaterThan(bottom);
    expect(across!.angle).toBeCloseTo(0, 9);
    expect(across!.name.y).toBeGreaterThan(across!.ticks[0]!.at.y);
    const zero = across!.ticks.find((tick) => Number(tick.text) === 0);
    expect(zero!.at.x).toBeCloseTo(200, 6);
  });
});

describe('the names along the box', () => {
  it('never stand on their heads, whatever the view', () => {
    const bounds = { low: [-1, -2, -3], high: [1, 2, 3] } as Parameters<typeof ballOf>[0];
    const box = { left: 0, top: 0, width: 600, height: 600 };
    for (let azimuth = -3; azimuth <= 3; azimuth += 0.37) {
      for (let elevation = -1.5; elevation <= 1.5; elevation += 0.29) {
        const map = orbitAffine({ azimuth, elevation, zoom: 1 }, ballOf(bounds), box);
        for (const axis of frame3d(map, bounds).axes) {
          expect(axis.angle).toBeGreaterThanOrEqual(-90.001);
          expect(axis.angle).toBeLessThan(90);
        }
      }
    }
  });
});

describe('colours', () => {
  it('are read from short and long hexadecimal', () => {
    expect(toRgb('#0072B2')).toEqual([0, 114, 178]);
    expect(toRgb(' #fa0 ')).toEqual([255, 170, 0]);
  });
});
