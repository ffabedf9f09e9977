import { cleanup, fireEvent, render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellAt, heatPixels, labelEvery, lowEnd, middleOf } from './heatMap';
import { intervalsPath, marksPath, nearest, nextAlong, paddedRange, placeAll } from './pointPlot';
import PointPlot from './PointPlot.svelte';

const box = { left: 10, top: 20, width: 100, height: 50 };

describe('points by two numbers', () => {
  const view = { x: { low: 0, high: 10 }, y: { low: 0, high: 1 } };
  const places = placeAll([0, 10, 5, NaN], [0, 1, 0.5, 0.5], view, box);

  it('lie where their numbers say', () => {
    expect([...places.slice(0, 6)]).toEqual([10, 70, 110, 20, 60, 45]);
  });

  it('are found by the pointer, but not from afar, and not without a place', () => {
    expect(nearest(places, { x: 62, y: 44 }, 10)).toBe(2);
    expect(nearest(places, { x: 35, y: 45 }, 10)).toBeNull();
  });

  it('are gone through along an axis, staying at its ends', () => {
    const x = [3, 1, NaN, 2];
    expect(nextAlong(x, null, 1)).toBe(1);
    expect(nextAlong(x, 1, 1)).toBe(3);
    expect(nextAlong(x, 0, 1)).toBe(0);
    expect(nextAlong(x, null, -1)).toBe(0);
    expect(nextAlong([NaN], null, 1)).toBeNull();
  });

  it('make one mark each, except those without a place', () => {
    expect(marksPath(places, [0, 1, 2, 3], 4, false).match(/M/g)).toHaveLength(3);
    expect(marksPath(places, [0], 4, true)).toContain('z');
  });

  it('have bars from the lower to the upper end of their intervals', () => {
    const path = intervalsPath([0, 5], [{ low: 0, high: 0.5 }, { low: 0.25, high: 1 }], view, box);
    expect(path).toBe('M10.0,70.0V45.0M60.0,57.5V20.0');
  });

  it('have a range even when they are all alike or none', () => {
    expect(paddedRange([3, 3])).toEqual({ low: 1.5, high: 4.5 });
    expect(paddedRange([NaN])).toEqual({ low: -1, high: 1 });
    expect(paddedRange([0, 20])).toEqual({ low: -1, high: 21 });
  });
});

describe('a heat map', () => {
  const data = { values: Float32Array.from([0, 1, NaN, 0.5]), rows: 2, columns: 2 };

  it('has the first row at the bottom', () => {
    const pixels = heatPixels(data, ['#000000', '#ffffff'], 0, 1);
    // Top row: no value (clear), one half; bottom row: 0 and 1.
    expect([...pixels]).toEqual([0, 0, 0, 0, 128, 128, 128, 255, 0, 0, 0, 255, 255, 255, 255, 255]);
    expect(middleOf({ row: 0, column: 0 }, box, data)).toEqual({ x: 35, y: 57.5 });
  });

  it('finds the cell under the pointer', () => {
    expect(cellAt({ x: 15, y: 65 }, box, data)).toEqual({ row: 0, column: 0 });
    expect(cellAt({ x: 100, y: 25 }, box, data)).toEqual({ row: 1, column: 1 });
    expect(cellAt({ x: 5, y: 25 }, box, data)).toBeNull();
  });

  it('labels as many layers as have room', () => {
    expect(labelEvery(5, 100, 20)).toEqual([0, 1, 2, 3, 4]);
    expect(labelEvery(33, 200, 30)).toEqual([0, 8, 16, 24, 32]);
    expect(labelEvery(1, 1, 30)).toEqual([0]);
  });

  it('shows values below zero as such', () => {
    expect(lowEnd(Float32Array.from([0.2, 0.9, NaN]))).toBe(0);
    expect(lowEnd(Float32Array.from([-0.13]))).toBe(-0.2);
  });
});

describe('the point plot', () => {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(500);
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(300);
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
  });

  it('is gone through by keys, says each point, and opens one', async () => {
    const onopen = vi.fn();
    const { getByTestId, container } = render(PointPlot, {
      x: [1, 2, 3, 4], y: [4, 3, 2, 1], shape: new Uint8Array([0, 1, 0, 1]), colours: ['#111111', '#222222'],
      labels: ['a', 'b'], label: 'Four points.', describe: (row: number) => `point ${row}`, thresholds: { x: 0, y: 0 }, testid: 'plot', onopen,
    });
    const plot = getByTestId('plot');
    await fireEvent.keyDown(plot, { key: 'Enter' });
    await fireEvent.keyDown(plot, { key: 'ArrowRight' });
    await fireEvent.keyDown(plot, { key: 'ArrowDown' });
    expect(container.querySelector('[aria-live]')?.textContent).toBe('point 1');
    await fireEvent.keyDown(plot, { key: 'Enter' });
    expect(onopen.mock.calls).toEqual([[1]]);
    expect(container.querySelectorAll('.guide')).toHaveLength(2);
    expect([...container.querySelectorAll('.marks')].map((marks) => marks.getAttribute('d')?.match(/M/g)?.length)).toEqual([2, 2]);
  });
});
