import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../lib/app/app.svelte';
import type { Host } from '../lib/backend/backend';
import { completeBrowser } from '../lib/backend/browser-for-tests';
import { mockHost } from '../lib/backend/mock';
import Window from '../Window.svelte';

const LONG = { timeout: 8000 };

describe('the Clusters room', () => {
  let host: Host;
  let app: App;

  beforeEach(() => {
    completeBrowser();
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(900);
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600);
  });
  afterEach(() => {
    cleanup();
    window.history.replaceState(null, '', '/');
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  async function open(query = '', pace = 0.05): Promise<void> {
    window.history.replaceState(null, '', `/${query}`);
    host = mockHost(pace);
    app = new App(host);
    render(Window, { app });
    await screen.findByTestId('scatter', {}, LONG);
  }

  const scatter = () => screen.getByTestId('scatter');
  const choose = (testid: string) => fireEvent.click(screen.getByTestId(testid));

  it('draws a map by UMAP as soon as it is chosen, says what it is worth, and exports it', async () => {
    await open();
    await choose('map-method-umap');
    const facts = await screen.findByTestId('map-facts', {}, LONG);
    expect(facts.textContent).toMatch(/Trustworthiness 0\.9\d\s+15 nearest kept \d\d\s%/);
    expect(facts.textContent).toContain('Distances between clusters, their sizes and the turn of the map mean nothing.');
    await waitFor(() => expect(scatter().getAttribute('aria-label')).toContain('UMAP 1, UMAP 2'));
    expect(app.figure()).toMatchObject({ plot: 'clusters', method: 'umap', fit: 'all', level: 'texts', umap: { neighbors: 15, minDist: 0.1, metric: 'euclidean' } });
  }, 20_000);

  it('asks for a map of the settings that were drawn, and for each layer anew', async () => {
    await open();
    const asked = vi.spyOn(host.backend, 'drawMap');
    await choose('map-method-umap');
    await screen.findByTestId('map-facts', {}, LONG);
    await choose('umap-options');
    await fireEvent.input(screen.getByTestId('umap-neighbors'), { target: { value: '300' } });
    expect(screen.getByTestId<HTMLButtonElement>('umap-draw').disabled).toBe(true);
    await fireEvent.input(screen.getByTestId('umap-neighbors'), { target: { value: '40' } });
    await choose('umap-metric-cosine');
    await choose('umap-draw');
    await waitFor(() => expect(screen.getByTestId('map-facts').textContent).toContain('40 nearest kept'), LONG);
    await fireEvent.input(screen.getByTestId('layer-slider'), { target: { value: '6' } });
    await waitFor(() => expect(scatter().dataset.layer).toBe('6'), LONG);
    expect(asked.mock.calls.map(([request]) => [request.layer, request.umap?.neighbors, request.umap?.metric])).toEqual([
      [4, 15, 'euclidean'],
      [4, 40, 'cosine'],
      [6, 40, 'cosine'],
    ]);
  }, 20_000);

  it('leaves the picture there while it draws, and can be stopped and begun again', async () => {
    await open('', 4);
    await choose('map-method-umap');
    const drawing = await screen.findByTestId('drawing', {}, LONG);
    expect(drawing.dataset.state).toBe('drawing');
    expect(scatter().getAttribute('aria-label')).toContain('PC1');
    await waitFor(() => expect(drawing.textContent).toMatch(/\d+ epochs/), LONG);
    await choose('drawing-cancel');
    await waitFor(() => expect(screen.getByTestId('drawing').dataset.state).toBe('missing'), LONG);
    expect(app.figure()).toMatchObject({ method: 'pca' });
    await choose('draw-layer');
    expect(screen.getByTestId('drawing').dataset.state).toBe('drawing');
    // Back to what is there: nobody waits for the map any more.
    const stopped = vi.spyOn(host.backend, 'cancelJob');
    await waitFor(() => expect(screen.getByTestId('drawing').textContent).toMatch(/\d+ epochs/), LONG);
    await choose('map-method-pca');
    await waitFor(() => expect(screen.queryByTestId('drawing')).toBeNull());
    expect(stopped).toHaveBeenCalledOnce();
  }, 30_000);

  it('does not draw a large map of another layer unasked', async () => {
    await open('?pairs=3000', 0.02);
    await choose('map-method-umap');
    await screen.findByTestId('map-facts', {}, LONG);
    await fireEvent.input(screen.getByTestId('layer-slider'), { target: { value: '6' } });
    await waitFor(() => expect(screen.getByTestId('drawing').dataset.state).toBe('missing'), LONG);
    await choose('draw-layer');
    await waitFor(() => expect(scatter().dataset.layer).toBe('6'), LONG);
  }, 30_000);

  it('says why a map cannot be drawn', async () => {
    await open('?nomaps');
    await choose('map-method-umap');
    await waitFor(() => expect(screen.getByTestId('drawing').dataset.state).toBe('failed'), LONG);
    expect(screen.getByTestId('drawing').textContent).toContain('3.1 GB of memory');
    await choose('draw-again');
    await waitFor(() => expect(screen.getByTestId('drawing').dataset.state).toBe('failed'), LONG);
  }, 20_000);

  it('lays the test pairs over a map of the training pairs, and draws densities', async () => {
    await open();
    await choose('map-fit-train');
    await waitFor(() => expect(screen.getByText('test pairs, laid over it')).toBeTruthy(), LONG);
    await choose('contours-toggle');
    expect((await screen.findByTestId('contours')).querySelectorAll('path')).toHaveLength(4);
    expect(app.figure()).toMatchObject({ fit: 'train', contours: true });
    await choose('dims-3');
    await waitFor(() => expect(screen.queryByTestId('contours')).toBeNull(), LONG);
    expect(app.figure()).toMatchObject({ contours: false });
    await choose('map-method-probe');
    await waitFor(() => expect(scatter().getAttribute('aria-label')).toContain('Distance along the probe'), LONG);
  }, 20_000);

  it('shows tokens, coloured by score, and as a table that leads to the pair', async () => {
    await open();
    await choose('map-level-tokens');
    await waitFor(() => expect(Number(scatter().dataset.points)).toBeGreaterThan(2000), LONG);
    expect(scatter().getAttribute('aria-label')).toContain('tokens');
    expect(screen.getByLabelText(/Colours: Score along the probe/)).toBeTruthy();
    expect(app.figure()).toMatchObject({ byScore: true });
    await choose('colour-by-side');
    expect(screen.queryByLabelText(/Colours: Score along the probe/)).toBeNull();
    expect(app.figure()).toMatchObject({ level: 'tokens', pairLinks: false, byScore: false });
    await choose('clusters-table-toggle');
    const table = screen.getByTestId('coordinate-table');
    expect(within(table).getByText('Situation')).toBeTruthy();
    await fireEvent.keyDown(table.querySelector('.body')!, { key: 'Enter' });
    expect(screen.getByTestId('pair-drawer').dataset.index).toBe('0');
  }, 20_000);

  it('shows every layer side by side, with one selection, and opens one by key', async () => {
    await open('?models=2');
    await choose('clusters-mode-layers');
    const multiples = await screen.findByTestId('multiples');
    expect(multiples.dataset.panels).toBe('9');
    await waitFor(() => expect(screen.getAllByTestId('panel').every((panel) => panel.dataset.arrived === 'true')).toBe(true), LONG);
    const first = within(multiples).getAllByRole('button')[0]!;
    expect(first.getAttribute('aria-label')).toMatch(/^Embedding, test AUROC 0\.\d+ \[.*\], N = 15, .*of the variance\. Open large$/);
    await fireEvent.keyDown(first, { key: 'ArrowRight' });
    await waitFor(() => expect(document.activeElement?.getAttribute('data-panel')).toBe('1'));
    app.clusters.selected = new Set([4, 5, 9]);
    const figure = app.figure();
    expect(figure).toMatchObject({ plot: 'multiples', selected: [2, 4], method: 'pca' });
    expect(figure?.plot === 'multiples' && figure.panels.map(({ layer }) => layer)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    await choose('clusters-table-toggle');
    expect(screen.getByTestId('multiples-table').querySelectorAll('tbody tr')).toHaveLength(9);
    await choose('clusters-table-toggle');
    await fireEvent.click(screen.getAllByTestId('panel')[2]!.querySelector('button')!);
    await waitFor(() => expect(scatter().dataset.layer).toBe('2'), LONG);
  }, 30_000);

  it('shows every model at its layer by UMAP, drawing one map after another', async () => {
    await open('?models=2');
    await waitFor(() => expect(screen.getByTestId<HTMLInputElement>('clusters-mode-models').disabled).toBe(false), LONG);
    await choose('clusters-mode-models');
    await choose('map-method-umap');
    await waitFor(() => expect(screen.getAllByTestId('panel').map((panel) => panel.dataset.arrived)).toEqual(['true', 'true']), LONG);
    const figure = app.figure();
    expect(figure?.plot === 'multiples' && figure.panels).toEqual([{ modelId: 'toy-llama', layer: 4 }, { modelId: 'toy-llama-wide', layer: 6 }]);
  }, 30_000);
});
