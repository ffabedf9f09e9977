import { cleanup, fireEvent, render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import LayerSweep from './LayerSweep.svelte';
import { aurocRange, chosenLayers, dotAt, lastLayer, readout, sweepLines } from './sweepData';
import { drawSweep } from './sweepPlot';

function sweep(name: string, values: (number | null)[], chosen: number): LayerSweepView {
  const estimate = (value: number) => ({ value, low: value - 0.1, high: Math.min(1, value + 0.05) });
  return {
    modelId: name, modelName: name, method: 'mean-difference', trainPairs: 35, testPairs: 15, chosenLayer: chosen,
    chosenBy: 'scenario', bestOnTestLayer: chosen, optimism: 0, provenance: '',
    layers: values.map((value, layer) => ({
      layer, cvAuroc: value, problem: value === null ? 'All texts are alike here.' : null,
      test: value === null ? null : {
        pairs: 15, auroc: estimate(value), accuracy: estimate(value), accuracyAsPublished: estimate(value), pairedAccuracy: estimate(value),
        pairedAccuracyBound: null, separation: estimate(value), cohensD: null, stdPositive: 1, stdNegative: 1,
      },
    })),
  };
}

const two = [sweep('small', [null, 0.6, 0.7, null, 0.9], 2), sweep('large', [0.5, 0.8, 0.95, 0.99, 0.99, 1, 1], 5)];

describe('sweeps as lines', () => {
  const lines = sweepLines(two, ['#111111', '#222222']);

  it('keep layers without a result as gaps', () => {
    expect(lines[0]!.dots.map((dot) => dot.value)).toEqual([NaN, 0.6, 0.7, NaN, 0.9]);
    expect(lines[0]!.dots[3]!.low).toBeNaN();
    expect(lines[1]!.colour).toBe('#222222');
  });

  it('cover all layers and values', () => {
    expect(lastLayer(lines)).toBe(6);
    expect(aurocRange(lines)).toEqual({ low: 0.4, high: 1 });
    expect(aurocRange(sweepLines([sweep('low', [0.33], 0)], []))).toEqual({ low: 0.2, high: 1 });
    expect(aurocRange([])).toEqual({ low: 0.4, high: 1 });
  });

  it('group models that chose the same layer', () => {
    expect(chosenLayers(lines).map((mark) => mark.layer)).toEqual([2, 5]);
    expect(chosenLayers([lines[0]!, { ...lines[1]!, chosen: 2 }])).toHaveLength(1);
  });

  it('read out value, interval and N', () => {
    expect(readout(dotAt(lines[0]!, 2)!)).toBe('0.70 [0.60, 0.75], N = 15 test pairs');
    expect(readout(dotAt(lines[0]!, 0)!)).toBe('no direction at this layer');
    expect(dotAt(lines[0]!, 6)).toBeNull();
  });
});

describe('the layer sweep', () => {
  beforeEach(() => {
    // jsdom lays nothing out: give every element a size.
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(600);
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(300);
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
  });

  it('is a slider over the layers that says what is there', () => {
    const { getByRole } = render(LayerSweep, { sweeps: two, colours: ['#111111', '#222222'], layer: 2 });
    const slider = getByRole('slider');
    expect(slider.getAttribute('aria-valuenow')).toBe('2');
    expect(slider.getAttribute('aria-valuemax')).toBe('6');
    expect(slider.getAttribute('aria-valuetext')).toContain('small: AUROC 0.70 [0.60, 0.75], N = 15 test pairs');
  });

  it('moves by keys and stops at the ends', async () => {
    const onlayer = vi.fn();
    const { getByRole, rerender } = render(LayerSweep, { sweeps: two, colours: ['#111111'], layer: 0, onlayer });
    await fireEvent.keyDown(getByRole('slider'), { key: 'ArrowRight' });
    await fireEvent.keyDown(getByRole('slider'), { key: 'ArrowLeft' });
    await fireEvent.keyDown(getByRole('slider'), { key: 'End' });
    await rerender({ layer: 6 });
    await fireEvent.keyDown(getByRole('slider'), { key: 'ArrowUp' });
    await fireEvent.keyDown(getByRole('slider'), { key: 'a' });
    expect(onlayer.mock.calls.map(([layer]) => layer as number)).toEqual([1, 0, 6, 6]);
  });

  it('draws a line per model, broken where a layer has no result, and names them', () => {
    const { container } = render(LayerSweep, { sweeps: two, colours: ['#111111', '#222222'], layer: 2 });
    const paths = [...container.querySelectorAll('[aria-label="line"] path')];
    expect(paths).toHaveLength(2);
    const small = paths.find((path) => path.getAttribute('stroke') === '#111111');
    // Layers 1-2, then 4 alone: two strokes.
    expect(small?.getAttribute('d')?.match(/M/g)).toHaveLength(2);
    const texts = [...container.querySelectorAll('svg text')].map((text) => text.textContent);
    for (const expected of ['emb', 'small', 'large', 'chosen: 2', 'chosen: 5', 'chance', 'Layer']) {
      expect(texts).toContain(expected);
    }
  });

  it('chooses the layer under a click', async () => {
    const onlayer = vi.fn();
    const { getByRole, container } = render(LayerSweep, { sweeps: two, colours: ['#111111', '#222222'], layer: 2, onlayer });
    const dots = [...container.querySelectorAll('[aria-label="dot"] circle')];
    const last = Math.max(...dots.map((dot) => Number(dot.getAttribute('cx'))));
    await fireEvent.click(getByRole('slider'), { clientX: last + 3 });
    expect(onlayer).toHaveBeenCalledWith(6);
  });

  it('stands without any sweep', () => {
    const { getByRole } = render(LayerSweep, { sweeps: [], colours: [], compact: true });
    expect(getByRole('slider').getAttribute('aria-valuenow')).toBe('0');
  });
});

describe('what a sweep is compared with', () => {
  const lines = sweepLines(two, ['#111111', '#222222']);
  const size = { width: 700, height: 400, rem: 16 };
  const rows = [{ layer: 0, low: 0.2, high: 0.7 }, { layer: 6, low: 0.25, high: 0.75 }];
  const words = (element: SVGSVGElement) => [...element.querySelectorAll('text')].map((text) => text.textContent);

  it('is named with its value', () => {
    const { element } = drawSweep(lines, { ceiling: { label: 'bag of words', value: 0.982, low: 0.94, high: 1, pairs: 15 }, band: { label: '95 % of random directions', rows } }, size, false);
    expect(words(element)).toEqual(expect.arrayContaining(['bag of words 0.98', '95 % of random directions']));
    const none = drawSweep(lines, { ceiling: null, band: null }, size, false);
    expect(words(none.element).some((word) => /bag of words|random/.test(word ?? ''))).toBe(false);
  });

  it('widens the scale for a low ceiling, not for random directions', () => {
    expect(aurocRange(lines, { label: 'word count', value: 0.33, low: 0.2, high: 0.5, pairs: 15 }).low).toBe(0.3);
    const banded = drawSweep(lines, { ceiling: null, band: { label: 'random', rows } }, size, false);
    const without = drawSweep(lines, { ceiling: null, band: null }, size, false);
    expect(banded.y(0.5)).toBe(without.y(0.5));
  });
});
