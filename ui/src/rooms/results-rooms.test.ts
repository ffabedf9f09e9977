import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../lib/app/app.svelte';
import type { Host } from '../lib/backend/backend';
import { completeBrowser } from '../lib/backend/browser-for-tests';
import { mockHost } from '../lib/backend/mock';
import Window from '../Window.svelte';

describe('the rooms of results', () => {
  let host: Host;

  beforeEach(completeBrowser);
  afterEach(() => {
    cleanup();
    window.history.replaceState(null, '', '/');
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  async function open(query: string, key: string): Promise<void> {
    window.history.replaceState(null, '', query);
    host = mockHost(0.05);
    render(Window, { app: new App(host) });
    await screen.findByTestId('scatter', {}, { timeout: 8000 });
    await fireEvent.keyDown(window, { key });
  }

  it('compare three models, and open two of them by key', async () => {
    await open('?models=3', '5');
    const matrix = await screen.findByTestId('model-matrix', {}, { timeout: 8000 });
    const cells = within(matrix).getAllByRole('gridcell');
    expect(cells).toHaveLength(9);
    expect(cells[0]?.getAttribute('aria-label')).toMatch(/toy-llama at layer 4: test AUROC 0\.\d+ \[/);
    expect(cells[1]?.getAttribute('aria-label')).toMatch(/Pearson [−0-9.]+ \[.*\], N = 30 texts/);
    expect(screen.getByTestId('agreement-pair').dataset.b).toBe('toy-llama-wide');
    await fireEvent.keyDown(cells[1]!, { key: 'ArrowRight' });
    await fireEvent.keyDown(cells[2]!, { key: 'Enter' });
    expect(screen.getByTestId('agreement-pair').dataset.b).toBe('toy-neox');
    await fireEvent.change(screen.getByTestId('agreement-measure'), { target: { value: 'cka' } });
    expect(cells[2]?.getAttribute('aria-label')).toMatch(/CKA 0\.\d+$/);
    expect((await screen.findByTestId('score-scatter')).dataset.points).toBe('30');
    await fireEvent.click(screen.getByTestId('agreement-tab-layers'));
    expect((await screen.findByTestId('heat-map')).dataset).toMatchObject({ rows: '9', columns: '7' });
    await fireEvent.click(screen.getByTestId('agreement-tab-transfer'));
    expect(screen.getAllByTestId('transfer-bars')).toHaveLength(2);
    await fireEvent.click(screen.getByTestId('transfer-panel-table-toggle'));
    expect(screen.getByTestId('transfer-table').querySelectorAll('tbody tr')).toHaveLength(12);
    await fireEvent.click(screen.getByTestId('transfer-panel-export'));
    expect(await screen.findByTestId('export-dialog')).toBeTruthy();
  }, 20_000);

  it('say that one model is not enough to compare', async () => {
    await open('', '5');
    const few = screen.getByTestId('agreement-needs-two');
    await fireEvent.click(within(few).getByRole('button'));
    expect(screen.getByTestId('rail-models').getAttribute('aria-current')).toBe('page');
  }, 20_000);

  it('say why two models cannot be compared', async () => {
    await open('?models=2&mismatch', '5');
    const problem = await screen.findByTestId('agreement-problem', {}, { timeout: 8000 });
    expect(problem.textContent).toContain('token limit');
    expect(screen.queryByTestId('score-scatter')).toBeNull();
  }, 20_000);

  it('hold scores against human scores, and say what to add where there are none', async () => {
    await open('', '6');
    expect((await screen.findByTestId('behaviour-scatter')).dataset.points).toBe('15');
    expect(screen.getByTestId('behaviour-facts').textContent).toMatch(/Pearson’s r\s*0\.75 \[0\.45,\s0\.93\], p < 0\.001/);
    cleanup();
    await open('?noscores', '6');
    expect((await screen.findByTestId('behaviour-none')).textContent).toContain('score column');
  }, 20_000);

  it('show the calibration as a plot, as a table with its intervals, and as a figure', async () => {
    await open('', '6');
    expect((await screen.findByTestId('calibration-plot')).dataset.points).toBe('5');
    await fireEvent.click(screen.getByTestId('calibration-table-toggle'));
    const cells = within(screen.getByTestId('calibration-table')).getAllByRole('cell').map((cell) => cell.textContent);
    expect(cells.slice(0, 4)).toEqual(['0.460', '0.330', '[0.060,\u00a00.790]', '3']);
    const asked = vi.spyOn(host.backend, 'previewFigure');
    await fireEvent.click(screen.getByTestId('calibration-export'));
    await waitFor(() => expect(asked.mock.calls[0]?.[0].figure).toEqual({ plot: 'calibration', modelId: 'toy-llama', layer: 4 }));
  }, 20_000);

  it('say rung by rung what is known, and write the report', async () => {
    await open('?models=2', '8');
    const ladder = await screen.findByTestId('ladder');
    expect(within(ladder).getAllByTestId('rung')).toHaveLength(14);
    await waitFor(() => expect(screen.getAllByTestId('ladder-model')[1]?.textContent).toContain('4 failed'), { timeout: 8000 });
    const asked = vi.spyOn(host.desktop, 'pickSavePath').mockResolvedValue('/tmp/report.html');
    const wrote = vi.spyOn(host.backend, 'exportReport');
    await fireEvent.click(screen.getByTestId('report-html'));
    expect((await screen.findByTestId('report-written')).textContent).toContain('/tmp/report.html');
    expect(asked).toHaveBeenCalledWith('Export report', '/home/me/Documents/evidence-contrastive-pairs.html', 'html');
    expect(wrote).toHaveBeenCalledWith('/tmp/report.html', 'html');
  }, 20_000);
});
