import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../lib/app/app.svelte';
import type { Host } from '../lib/backend/backend';
import { completeBrowser } from '../lib/backend/browser-for-tests';
import { mockHost } from '../lib/backend/mock';
import Window from '../Window.svelte';

describe('the Probes room', () => {
  let host: Host;

  beforeEach(() => {
    completeBrowser();
    host = mockHost(0.05);
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    window.history.replaceState(null, '', '/');
  });

  async function open(tab?: string): Promise<void> {
    render(Window, { app: new App(host) });
    await screen.findByTestId('scatter', {}, { timeout: 8000 });
    await fireEvent.click(screen.getByTestId('rail-probes'));
    if (tab) await fireEvent.click(screen.getByTestId(`probes-tab-${tab}`));
  }
  const control = (id: string) => screen.getByTestId('controls-table').querySelector(`[data-control="${id}"]`)?.textContent ?? '';

  it('says that controls are on their way, then what they came to', async () => {
    await open('controls');
    await waitFor(() => expect(screen.getByTestId('controls-panel').dataset.state).toBe('there'), { timeout: 8000 });
    expect(control('ceiling')).toMatch(/bag of words.*0\.930.*passes/s);
    expect(control('permutation')).toContain('10,000 draws');
    expect(screen.getByTestId('as-published').textContent).toContain('by the test labels');
  });

  it('tells controls that are not computed from those that cannot be', async () => {
    host.backend.probeControls = async () => Promise.reject({ code: 'not-ready', message: 'Later.', hint: null });
    await open('controls');
    await waitFor(() => expect(screen.getByTestId('job-panel').dataset.state).toBe('finished'), { timeout: 8000 });
    expect(screen.getByTestId('controls-waiting').textContent).toContain('have not been computed');
    cleanup();
    host = mockHost(0.05);
    host.backend.probeControls = async () => Promise.reject({ code: 'input', message: 'Too few pairs.', hint: null });
    await open('controls');
    expect((await screen.findByTestId('controls-problem')).textContent).toContain('Too few pairs.');
    expect(control('shuffled')).toContain('the reason is above');
  });

  it('scores the tokens of all pairs when asked to, and lists them with where they stand', async () => {
    const written = vi.spyOn(host.backend, 'exportTokensAlong');
    vi.spyOn(host.desktop, 'pickSavePath').mockResolvedValue('/tmp/tokens.csv');
    await open('read');
    await fireEvent.click(await screen.findByTestId('corpus-go'));
    await waitFor(() => expect(screen.getByTestId('corpus').dataset.state).toBe('scoring'));
    await waitFor(() => expect(screen.getByTestId('corpus').dataset.state).toBe('there'), { timeout: 8000 });
    const list = screen.getByTestId('corpus-towards');
    const first = () => list.querySelector('tbody th')?.textContent;
    expect(first()).toBe('␣help');
    await fireEvent.click(within(list).getByText('Token'));
    expect(first()).toBe('␣care');
    const row = list.querySelector('tbody tr')!;
    await fireEvent.focus(row);
    expect(screen.getByTestId('corpus-tip').textContent).toContain('nobody in the valley would care with more patience');
    await fireEvent.blur(row);
    expect(screen.queryByTestId('corpus-tip')).toBeNull();

    const asked = vi.spyOn(host.backend, 'tokensAlong');
    await fireEvent.change(screen.getByTestId('corpus-fewest'), { target: { value: '9' } });
    await waitFor(() => expect(asked).toHaveBeenCalledWith('toy-llama', expect.any(Number), 9));
    await waitFor(() => expect(screen.getByTestId('corpus').textContent).toMatch(/at least\s+9 times/));
    await fireEvent.click(screen.getByTestId('corpus-export'));
    await waitFor(() => expect(written).toHaveBeenCalledWith('toy-llama', expect.any(Number), 9, '/tmp/tokens.csv'));
  });

  it('stops scoring tokens, and says why it failed', async () => {
    await open('read');
    await fireEvent.click(await screen.findByTestId('corpus-go'));
    await fireEvent.click(await screen.findByTestId('corpus-cancel'));
    await waitFor(() => expect(screen.getByTestId('corpus').dataset.state).toBe('missing'), { timeout: 8000 });
    host.backend.scoreTokens = async () => Promise.reject({ code: 'busy', message: 'Something of this kind is still running.', hint: null });
    await fireEvent.click(screen.getByTestId('corpus-go'));
    await waitFor(() => expect(screen.getByTestId('corpus').textContent).toContain('still running'));
  });

  it('asks for the scores of the layer on screen and opens a pair from the table', async () => {
    await open('pairs');
    const table = await screen.findByTestId('margin-table');
    expect(table.dataset.rows).toBe('15');
    const asked = vi.spyOn(host.backend, 'scores');
    await fireEvent.input(screen.getByTestId('layer-slider'), { target: { value: '0' } });
    await waitFor(() => expect(asked).toHaveBeenCalledWith('toy-llama', 0));
    await fireEvent.keyDown(table.querySelector('.body')!, { key: 'Enter' });
    await screen.findByTestId('pair-drawer');
  });

  it('exports the figure that was pointed at', async () => {
    await open('scores');
    await fireEvent.click(await screen.findByTestId('roc-panel-export'));
    const path = await screen.findByTestId<HTMLInputElement>('export-path');
    await waitFor(() => expect(path.value).toBe('/home/me/Documents/roc-toy-llama-layer-4'));
  });

  it('lays the ROC curves of all models over each other and brings the one that is chosen to the front', async () => {
    window.history.replaceState(null, '', '/?models=2');
    host = mockHost(0.05);
    await open('scores');
    const roc = await screen.findByTestId('roc');
    await waitFor(() => expect(roc.dataset.curves).toBe('2'), { timeout: 8000 });
    const list = screen.getByTestId('roc-models');
    const buttons = within(list).getAllByRole('button');
    expect(buttons.map((button) => button.getAttribute('aria-pressed'))).toEqual(['true', 'false']);
    const other = buttons[1]!.querySelector('.name')!.textContent!;
    await fireEvent.click(buttons[1]!);
    await waitFor(() => expect(roc.getAttribute('aria-label')).toContain(other));
    await fireEvent.click(screen.getByTestId('roc-panel-export'));
    const asked = vi.spyOn(host.backend, 'exportFigure');
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('export-confirm').disabled).toBe(false));
    await fireEvent.click(screen.getByTestId('export-confirm'));
    await waitFor(() => expect(asked.mock.calls[0]?.[0].figure).toMatchObject({ plot: 'roc', curves: [{}, {}] }));
  });

  it('puts a table in the place of every plot', async () => {
    await open('scores');
    await fireEvent.click(await screen.findByTestId('scores-table-toggle'));
    await screen.findByTestId('margin-table');
    await fireEvent.click(screen.getByTestId('roc-panel-table-toggle'));
    const rows = within(await screen.findByTestId('roc-table')).getAllByRole('row');
    expect(rows.at(-1)?.textContent).toMatch(/1\.000\s*1\.000/);
  });

  it('changes the method as a setting of the study', async () => {
    const changed = vi.spyOn(host.backend, 'changeSettings');
    await open();
    await fireEvent.click(screen.getByTestId('method'));
    await fireEvent.click(await screen.findByTestId('method-logistic'));
    await waitFor(() => expect(changed.mock.calls[0]?.[0]).toMatchObject({ method: 'logistic' }));
    await waitFor(() => expect(screen.getByTestId('sweep-facts').textContent).toContain('Logistic probe'), { timeout: 8000 });
  });
});
