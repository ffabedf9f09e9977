import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from './lib/app/app.svelte';
import type { DropEvent, Host } from './lib/backend/backend';
import { completeBrowser } from './lib/backend/browser-for-tests';
import { mockHost } from './lib/backend/mock';
import Window from './Window.svelte';

describe('the window', () => {
  let host: Host;
  let drop: (event: DropEvent) => void;

  beforeEach(async () => {
    completeBrowser();
    host = mockHost(0.1);
    host.desktop.onDrop = async (handle) => {
      drop = handle;
      return () => {};
    };
    render(Window, { app: new App(host) });
    await screen.findByTestId('scatter', {}, { timeout: 8000 });
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  const pairsCount = () => screen.getByTestId('pairs-count').dataset.count;
  const layer = () => screen.getByTestId('layer-value').textContent;

  it('opens on the sample study, at the chosen layer', async () => {
    expect(pairsCount()).toBe('50');
    expect(layer()).toBe('4');
    await waitFor(() => expect(screen.getByTestId('job-panel').dataset.state).toBe('finished'));
  });

  it('goes through the rooms by number, and by arrow on the rail', async () => {
    await fireEvent.keyDown(window, { key: '2' });
    expect(screen.getByTestId('rail-models').getAttribute('aria-current')).toBe('page');
    await fireEvent.keyDown(window, { key: '4' });
    expect(screen.getByTestId('rail-probes').getAttribute('aria-current')).toBe('page');
    expect(screen.getByTestId('sweep-facts').textContent).toContain('cross-validation');
    await fireEvent.keyDown(window, { key: '8' });
    await fireEvent.keyDown(screen.getByTestId('rail-evidence'), { key: 'ArrowDown' });
    expect(screen.getByTestId('rail-pairs').getAttribute('aria-current')).toBe('page');
  });

  it('changes the layer by the arrow keys, within bounds', async () => {
    for (let i = 0; i < 6; i += 1) await fireEvent.keyDown(screen.getByTestId('scatter'), { key: 'ArrowRight' });
    expect(layer()).toBe('8');
    await fireEvent.keyDown(screen.getByTestId('scatter'), { key: 'ArrowLeft' });
    expect(layer()).toBe('7');
    await waitFor(() => expect(screen.getByTestId('scatter').dataset.layer).toBe('7'));
  });

  it('says what hovers, and imports and reads it when it is let go', async () => {
    drop({ kind: 'enter', paths: ['/data/rivals.jsonl'] });
    await waitFor(() => expect(screen.getByTestId('drop-overlay').textContent).toContain('120 contrastive pairs'));
    drop({ kind: 'drop', paths: ['/data/rivals.jsonl'] });
    await waitFor(() => expect(pairsCount()).toBe('120'));
    expect(screen.queryByTestId('drop-overlay')).toBeNull();
    await waitFor(() => expect(screen.getByTestId('job-panel').dataset.state).toBe('running'));
    await waitFor(() => expect(screen.getByTestId('scatter').dataset.points).toBe('240'), { timeout: 8000 });
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(pairsCount()).toBe('50'));
  }, 20_000);

  it('shows why a file was refused, and keeps the study', async () => {
    drop({ kind: 'drop', paths: ['/data/empty.jsonl'] });
    const banner = await screen.findByTestId('error-banner');
    expect(banner.textContent).toContain('holds no usable pair');
    expect(banner.textContent).toContain('The study is as it was');
    expect(pairsCount()).toBe('50');
    await fireEvent.click(screen.getByLabelText('Dismiss'));
    expect(screen.queryByTestId('error-banner')).toBeNull();
  });

  it('asks for the columns of a table it does not know', async () => {
    drop({ kind: 'drop', paths: ['/data/columns.csv'] });
    await screen.findByTestId('column-dialog');
    const confirm = screen.getByTestId<HTMLButtonElement>('column-confirm');
    await fireEvent.change(screen.getByTestId('column-negative'), { target: { value: 'text_a' } });
    expect(confirm.disabled).toBe(true);
    await fireEvent.change(screen.getByTestId('column-negative'), { target: { value: 'text_b' } });
    const asked = vi.spyOn(host.backend, 'importPairs');
    await fireEvent.click(confirm);
    await waitFor(() => expect(pairsCount()).toBe('120'));
    expect(asked).toHaveBeenCalledWith('/data/columns.csv', { positive: 'text_a', negative: 'text_b', prompt: null }, expect.any(Function));
  });

  it('tells how far a large file has been read, and stops when asked to', async () => {
    const before = pairsCount();
    drop({ kind: 'drop', paths: ['/data/large.jsonl'] });
    await waitFor(() => expect(screen.getByTestId('import-progress').textContent).toMatch(/\d+ MB\s*\/\s*200 MB/), { timeout: 4000 });
    await fireEvent.click(screen.getByTestId('import-cancel'));
    await waitFor(() => expect(screen.queryByTestId('import-bar')).toBeNull(), { timeout: 4000 });
    expect(pairsCount()).toBe(before);
    expect(screen.queryByTestId('error-banner')).toBeNull();
  }, 20_000);

  it('gives the pairs the human scores that are dropped beside them, and takes them back', async () => {
    drop({ kind: 'enter', paths: ['/data/scores.csv'] });
    await waitFor(() => expect(screen.getByTestId('drop-overlay').textContent).toContain('Human scores for 48 of 50 pairs'));
    expect(screen.getByTestId('drop-overlay').textContent).toContain('Let go to open');
    drop({ kind: 'drop', paths: ['/data/scores.csv'] });
    expect((await screen.findByTestId('behaviour-scores', {}, { timeout: 8000 })).textContent).toBe('scores.csv');
    expect(screen.getByText(/^Human scores for 48 of 50 pairs, CSV; 1 row cannot be used\. .* in the room Pairs\.$/)).toBeTruthy();
    expect(pairsCount()).toBe('50');
    await fireEvent.click(screen.getByTestId('rail-pairs'));
    expect(screen.getByTestId('pairs-scores').textContent).toContain('48 pairs from scores.csv');
    expect(screen.getByTestId('problem-list').textContent).toContain('No pair has the id');
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(screen.queryByTestId('pairs-scores')).toBeNull());
  }, 20_000);

  it('takes pairs and their scores in one drop, the pairs first, and the scores only with them', async () => {
    const asked = vi.spyOn(host.backend, 'importPairs');
    const imported = () => asked.mock.calls.map(([path]) => path);
    drop({ kind: 'drop', paths: ['/data/scores.csv', '/data/rivals.jsonl', '/data/more scores.csv'] });
    expect((await screen.findByTestId('error-banner')).textContent).toContain('more scores.csv was not opened');
    await waitFor(() => expect(imported()).toEqual(['/data/rivals.jsonl', '/data/scores.csv']));
    await waitFor(() => expect(pairsCount()).toBe('120'));
    asked.mockClear();
    drop({ kind: 'drop', paths: ['/data/scores.csv', '/data/empty.jsonl'] });
    await screen.findByText(/scores\.csv was not opened, because empty\.jsonl was not/);
    expect(imported()).toEqual(['/data/empty.jsonl']);
    asked.mockClear();
    drop({ kind: 'drop', paths: ['/data/scores.csv', '/data/columns.csv'] });
    await fireEvent.click(await screen.findByTestId('column-confirm'));
    await waitFor(() => expect(imported()).toEqual(['/data/columns.csv', '/data/columns.csv', '/data/scores.csv']));
  }, 20_000);

  it('exports the figure on screen to the path that was typed', async () => {
    const wrote = vi.spyOn(host.backend, 'exportFigure');
    await fireEvent.click(screen.getByTestId('export-open'));
    const path = await screen.findByTestId<HTMLInputElement>('export-path');
    await waitFor(() => expect(path.value).toBe('/home/me/Documents/clusters-toy-llama-layer-4'));
    await fireEvent.input(path, { target: { value: '/tmp/figure' } });
    await fireEvent.click(screen.getByTestId('export-format-csv'));
    await fireEvent.click(screen.getByTestId('export-confirm'));
    const done = await screen.findByTestId('export-done');
    expect(done.textContent).toContain('/tmp/figure.png');
    expect(wrote.mock.calls[0]?.[0]).toMatchObject({
      figure: { plot: 'clusters', modelId: 'toy-llama', layer: 4, colourBy: 'side', pairLinks: true, view3d: null },
      formats: ['pdf', 'svg', 'png'],
      path: '/tmp/figure',
      caption: null,
      dpi: 300,
    });
  });

  it('opens a pair with its differences marked, and closes it by Escape', async () => {
    await fireEvent.click(screen.getByTestId('rail-pairs'));
    const table = screen.getByTestId('pairs-table').querySelector('.body');
    await screen.findByText('the-listener-01');
    if (table) await fireEvent.keyDown(table, { key: 'ArrowDown' });
    if (table) await fireEvent.keyDown(table, { key: 'Enter' });
    const drawer = await screen.findByTestId('pair-drawer');
    await waitFor(() => expect(drawer.querySelectorAll('mark').length).toBeGreaterThan(1));
    expect(drawer.dataset.index).toBe('1');
    await fireEvent.keyDown(window, { key: 'Escape' });
    expect(screen.queryByTestId('pair-drawer')).toBeNull();
  });
});
