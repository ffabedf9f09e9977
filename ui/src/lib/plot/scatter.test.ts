import { cleanup, fireEvent, render, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import Scatter from './Scatter.svelte';

const base = {
  coords: Float32Array.of(-1, 0, 1, 0, 0, -0.5, 0, 0.5),
  dims: 2 as const,
  rows: 4,
  category: Uint16Array.of(0, 1, 0, 1),
  colours: ['#0072b2', '#c94f00'],
  shape: Uint8Array.of(0, 1, 0, 1),
  axisLabels: ['PC1', 'PC2', 'PC3'],
  layer: 3,
  reducedMotion: true,
};

/** The points are at (-1, 0), (1, 0), (0, -0.5), (0, 0.5): the first is 24 px from the left edge. */
const first = { x: 52 + 24, y: 12 + (500 - 12 - 44) / 2 };

function pointer(type: string, at: { x: number; y: number }, more: MouseEventInit = {}): MouseEvent {
  return new MouseEvent(type, { bubbles: true, clientX: at.x, clientY: at.y, button: 0, ...more });
}

describe('the scatter', () => {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(800);
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(500);
    vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
    HTMLElement.prototype.setPointerCapture = () => {};
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
  });

  async function shown(props: Record<string, unknown> = {}) {
    const result = render(Scatter, { ...base, ...props });
    const root = result.getByTestId('scatter');
    await waitFor(() => expect(root.dataset.settled).toBe('true'));
    return { ...result, root };
  }

  it('says what it has drawn', async () => {
    const { root } = await shown();
    expect(root.dataset).toMatchObject({ points: '4', layer: '3', renderer: 'canvas' });
    expect(root.getAttribute('aria-label')).toContain('4 texts: PC1, PC2');
  });

  it('hovers, and clicks, the row under the pointer', async () => {
    const onhover = vi.fn();
    const onclick = vi.fn();
    const { root } = await shown({ onhover, onclick });
    await fireEvent(root, pointer('pointermove', { x: first.x + 3, y: first.y - 2 }));
    expect(onhover).toHaveBeenLastCalledWith(0, first.x + 3, first.y - 2);
    await fireEvent(root, pointer('pointermove', { x: first.x + 60, y: first.y }));
    expect(onhover).toHaveBeenLastCalledWith(null, first.x + 60, first.y);
    await fireEvent(root, pointer('pointerdown', first));
    await fireEvent(root, pointer('pointerup', first));
    expect(onclick).toHaveBeenCalledExactlyOnceWith(0);
  });

  it('selects what a lasso holds, with Shift in any tool, and moves nothing', async () => {
    const onlasso = vi.fn();
    const onclick = vi.fn();
    const { root } = await shown({ onlasso, onclick });
    const corners = [[-40, -40], [40, -40], [40, 40], [-40, 40]].map(([x, y]) => ({ x: first.x + x!, y: first.y + y! }));
    await fireEvent(root, pointer('pointerdown', corners[0]!, { shiftKey: true }));
    for (const corner of corners.slice(1)) await fireEvent(root, pointer('pointermove', corner));
    await fireEvent(root, pointer('pointerup', corners[3]!));
    expect(onlasso).toHaveBeenCalledExactlyOnceWith([0]);
    expect(onclick).not.toHaveBeenCalled();
    await fireEvent(root, pointer('pointermove', first));
    expect(root.querySelectorAll('path')).toHaveLength(0);
  });

  it('pans by dragging, zooms by keys, and 0 shows all again', async () => {
    const { root } = await shown();
    const ticks = (): string => [...root.querySelectorAll('text')].map((text) => text.textContent).join(' ');
    const before = ticks();
    await fireEvent(root, pointer('pointerdown', { x: 400, y: 100 }));
    await fireEvent(root, pointer('pointermove', { x: 700, y: 100 }));
    await fireEvent(root, pointer('pointerup', { x: 700, y: 100 }));
    await waitFor(() => expect(ticks()).not.toBe(before));
    await fireEvent.keyDown(root, { key: '+' });
    await fireEvent.keyDown(root, { key: '0' });
    await waitFor(() => expect(ticks()).toBe(before));
  });

  it('leaves plain arrow keys to the room around it', async () => {
    const { root } = await shown();
    expect(await fireEvent.keyDown(root, { key: 'ArrowRight' })).toBe(true);
    expect(await fireEvent.keyDown(root, { key: 'ArrowRight', altKey: true })).toBe(false);
  });

  it('goes to another layer and to three dimensions', async () => {
    const { root, rerender } = await shown();
    await rerender({ coords: Float32Array.of(9, 9, 1, 0, 0, 2, 0, 5), layer: 4 });
    await waitFor(() => expect(root.dataset.layer).toBe('4'));
    await rerender({ coords: new Float32Array(12).map((_, i) => (i * 7) % 5), dims: 3 as const, layer: 5 });
    await waitFor(() => expect(root.dataset.layer).toBe('5'));
    await waitFor(() => expect([...root.querySelectorAll('text')].map((t) => t.textContent)).toContain('PC3'));
  });

  it('is unsettled while points glide, and settled at the end', async () => {
    const { root, rerender } = await shown({ reducedMotion: false });
    await rerender({ coords: Float32Array.of(9, 9, 1, 0, 0, 2, 0, 5), layer: 4 });
    await waitFor(() => expect(root.dataset.settled).toBe('false'));
    await waitFor(() => expect(root.dataset.settled).toBe('true'), { timeout: 3000 });
    expect(root.dataset.layer).toBe('4');
  });

  it('goes to other points and to the view that comes with them in one movement', async () => {
    const zoomed = { x: { low: -0.1, high: 0.1 }, y: { low: -0.1, high: 0.1 } };
    const { root, rerender } = await shown({ reducedMotion: false, view: zoomed });
    const ticks = (): string[] => [...root.querySelectorAll('text')].map((text) => text.textContent ?? '');
    expect(ticks()).toContain('0.10');
    await rerender({ coords: Float32Array.of(90, 90, 10, 0, 0, 20, 0, 50), view: null, layer: 4 });
    // The first frame of the glide is still near to where it began.
    await waitFor(() => expect(root.dataset.layer).toBe('4'));
    expect(root.dataset.settled).toBe('false');
    expect(ticks()).not.toContain('40');
    await waitFor(() => expect(root.dataset.settled).toBe('true'), { timeout: 3000 });
    expect(ticks()).toContain('40');
  });

  it('zooms at once when only the view changes, also after a glide', async () => {
    const { root, rerender } = await shown({ reducedMotion: false });
    await rerender({ coords: Float32Array.of(9, 9, 1, 0, 0, 2, 0, 5), layer: 4 });
    await waitFor(() => expect(root.dataset).toMatchObject({ layer: '4', settled: 'true' }), { timeout: 3000 });
    let unsettled = false;
    const seen = new MutationObserver(() => (unsettled ||= root.dataset.settled === 'false'));
    seen.observe(root, { attributes: true });
    await fireEvent.keyDown(root, { key: '+' });
    await new Promise((done) => setTimeout(done, 100));
    seen.disconnect();
    expect(unsettled).toBe(false);
  });

  it('as a panel has no axes and no keys, and tells of a click beside its points', async () => {
    const [onbeside, onlasso] = [vi.fn(), vi.fn()];
    const result = render(Scatter, { ...base, panel: true, tool: 'lasso' as const, onbeside, onlasso });
    const root = result.getByTestId('panel-scatter');
    await waitFor(() => expect(root.dataset.settled).toBe('true'));
    expect(root.querySelectorAll('text')).toHaveLength(0);
    expect(root.tabIndex).toBe(-1);
    expect(await fireEvent.keyDown(root, { key: '+' })).toBe(true);
    await fireEvent(root, pointer('pointerdown', { x: 400, y: 30 }));
    await fireEvent(root, pointer('pointerup', { x: 400, y: 30 }));
    expect(onbeside).toHaveBeenCalledOnce();
    expect(onlasso).not.toHaveBeenCalled();
  });

  it('lets go of the selection by a click beside the points with the lasso in hand', async () => {
    const onlasso = vi.fn();
    const { root } = await shown({ onlasso });
    for (const shiftKey of [false, true]) {
      await fireEvent(root, pointer('pointerdown', { x: 400, y: 40 }, { shiftKey }));
      await fireEvent(root, pointer('pointerup', { x: 400, y: 40 }, { shiftKey }));
    }
    expect(onlasso).toHaveBeenCalledExactlyOnceWith([]);
  });

  it('marks a row that is pointed at elsewhere, and its pair only where there are pairs', async () => {
    const { root, rerender } = await shown({ marked: 1 });
    expect(root.querySelectorAll('circle.other')).toHaveLength(1);
    await rerender({ paired: false });
    expect(root.querySelectorAll('circle.other')).toHaveLength(0);
    expect(root.querySelectorAll('circle').length).toBeGreaterThan(0);
  });

  it('stands without points', async () => {
    const { root } = await shown({
      coords: new Float32Array(), rows: 0, category: new Uint16Array(), shape: new Uint8Array(),
    });
    expect(root.dataset.points).toBe('0');
  });
});
