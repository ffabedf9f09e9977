import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../lib/app/app.svelte';
import type { DropEvent, Host } from '../lib/backend/backend';
import { completeBrowser } from '../lib/backend/browser-for-tests';
import { mockHost } from '../lib/backend/mock';
import Window from '../Window.svelte';

describe('the Steering room', () => {
  let host: Host;
  let app: App;
  let drop: (event: DropEvent) => void;

  beforeEach(completeBrowser);
  afterEach(() => {
    cleanup();
    window.history.replaceState(null, '', '/');
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  async function open(query: string, pace = 0.05): Promise<void> {
    window.history.replaceState(null, '', query);
    host = mockHost(pace);
    host.desktop.onDrop = async (handle) => {
      drop = handle;
      return () => {};
    };
    app = new App(host);
    render(Window, { app });
    await screen.findByTestId('scatter', {}, { timeout: 8000 });
    await waitFor(() => expect(screen.getByTestId('job-panel').dataset.state).toBe('finished'), { timeout: 8000 });
    await fireEvent.keyDown(window, { key: '7' });
  }
  const panels = () => screen.getAllByTestId('dose-panel').map((panel) => panel.dataset.scenario);
  const input = (testid: string, value: string) => fireEvent.input(screen.getByTestId(testid), { target: { value } });

  it('says what steering is, runs, and fills panel by panel', async () => {
    await open('', 0.2);
    const before = await screen.findByTestId('steering-before');
    expect(before.textContent).toContain('5 scenarios of Agent');
    expect(screen.getByTestId<HTMLButtonElement>('export-open').disabled).toBe(true);
    await fireEvent.click(within(before).getByText('Write 1,560 responses'));
    await screen.findByTestId('steering-cancel');
    await waitFor(() => expect(screen.getByTestId('job-panel').textContent).toContain('Steering toy-llama'));
    await waitFor(() => expect(panels().length).toBeGreaterThan(0), { timeout: 8000 });
    await waitFor(() => expect(screen.getByTestId('steering-run').dataset.pending).toBe('false'), { timeout: 8000 });
    expect(panels()).toEqual(['', 'food-delivery', 'the-listener', 'the-maze', 'the-protector', 'the-duel']);
    expect(screen.getByTestId('dose-note').textContent).toContain('cannot move up');
    expect(screen.getByTestId('success-table').textContent).toContain('cannot move the rate: 2, 4');
  }, 20_000);

  it('goes on where it stopped', async () => {
    await open('', 0.3);
    await fireEvent.click(await screen.findByTestId('steering-start'));
    await waitFor(() => expect(panels().length).toBeGreaterThan(0), { timeout: 8000 });
    await fireEvent.click(screen.getByTestId('steering-cancel'));
    const again = await screen.findByTestId('steering-start');
    expect(again.textContent).toBe('Continue');
    expect(panels().length).toBeGreaterThan(0);
    await fireEvent.click(again);
    await waitFor(() => expect(screen.getByTestId('steering-run').textContent).toContain('complete'), { timeout: 8000 });
  }, 20_000);

  it('overlays models, tells which cannot be steered, and exports', async () => {
    await open('?models=3&steered');
    await screen.findAllByTestId('dose-panel');
    expect(screen.getByTestId('steering-problem').textContent).toContain('is an encoder');
    await fireEvent.click(screen.getByTestId('dose-table-toggle'));
    // Two models, five scenarios and all together, five coefficients and projected out; each model's name.
    expect(screen.getByTestId('dose-table').querySelectorAll('tbody tr')).toHaveLength(2 * 6 * 6 + 2);
    await fireEvent.keyDown(window, { key: 'e', ctrlKey: true });
    await screen.findByTestId('export-dialog');
    expect(app.export.figure).toEqual({ plot: 'dose-response', modelIds: ['toy-llama', 'toy-llama-wide'], scenarios: [], coherence: true });
  }, 20_000);

  it('opens the responses behind a point by key, marked or as heat', async () => {
    await open('?steered');
    await screen.findAllByTestId('dose-panel');
    const maze = screen.getAllByTestId('dose-panel')[3]!;
    const chart = within(maze).getByRole('application');
    for (const key of ['ArrowRight', 'ArrowRight', 'Enter']) await fireEvent.keyDown(chart, { key });
    expect(screen.getByTestId<HTMLSelectElement>('responses-scenario').value).toBe('the-maze');
    const table = screen.getByTestId('responses');
    await waitFor(() => expect(within(table).getAllByRole('article')).toHaveLength(8 * 6));
    expect(table.querySelector('th.opened')?.textContent).toContain('a = −2');
    expect(table.querySelectorAll('mark.towards').length).toBeGreaterThan(0);
    expect(table.querySelectorAll('mark.against').length).toBeGreaterThan(0);
    await fireEvent.click(screen.getByTestId('responses-prompt'));
    expect(screen.getByTestId('prompt-text').textContent).toContain('Reach the exit of the maze first.');
    await fireEvent.click(screen.getByTestId('responses-marks-heat'));
    expect(within(table).getAllByRole('application').length).toBeGreaterThan(40);
    expect(table.querySelector('mark')).toBeNull();
    expect(screen.getByTestId('heat-legend').textContent).toContain('training pairs');
  }, 20_000);

  it('changes the plan once it can be taken, and takes it back by undo', async () => {
    await open('?steered');
    await fireEvent.click(await screen.findByTestId('plan-toggle'));
    const asked = vi.spyOn(host.backend, 'changeSteering');
    await input('plan-coefficients', '-2, 2');
    expect(screen.getByTestId('plan-panel').textContent).toContain('Coefficient 0 has to be among them');
    expect(screen.getByTestId<HTMLButtonElement>('plan-take').disabled).toBe(true);
    await input('plan-coefficients', '-2, 0, 2');
    await input('plan-random', '0');
    await fireEvent.click(screen.getByTestId('plan-scenario-the-duel'));
    expect(screen.getByTestId('plan-size').textContent).toContain('192 responses');
    await fireEvent.click(screen.getByTestId('plan-take'));
    await waitFor(() => expect(screen.queryByTestId('plan-take')).toBeNull());
    expect(asked.mock.calls[0]?.[0]).toMatchObject({ coefficients: [-2, 0, 2], randomDirections: 0, scenarios: ['food-delivery', 'the-listener', 'the-maze', 'the-protector'] });
    await screen.findByTestId('steering-before');
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(screen.getByTestId<HTMLInputElement>('plan-coefficients').value).toBe('−4, −2, 0, 2, 4'));
  }, 20_000);

  it('keeps the plan, and what was typed, when the program refuses', async () => {
    await open('?steered');
    await fireEvent.click(await screen.findByTestId('plan-toggle'));
    await input('plan-tokens', '500');
    await fireEvent.click(screen.getByTestId('plan-take'));
    expect((await screen.findByTestId('error-banner')).textContent).toContain('does not fit');
    expect(screen.getByTestId<HTMLInputElement>('plan-tokens').value).toBe('500');
    expect(app.steering.plan?.maxTokens).toBe(80);
  }, 20_000);

  it('takes dropped scenarios and directions, and shows how layers are counted', async () => {
    await open('');
    await fireEvent.keyDown(window, { key: '1' });
    drop({ kind: 'drop', paths: ['/data/scenarios.json'] });
    await waitFor(() => expect(app.room).toBe('steering'));
    await waitFor(() => expect(screen.getByTestId('steering-before').textContent).toContain('2 scenarios of scenarios.json'));
    const asked = vi.spyOn(host.backend, 'importDirection');
    drop({ kind: 'drop', paths: ['/data/kind.npy'] });
    await waitFor(() => expect(screen.getByTestId('steering-before').textContent).toContain('the direction of kind.npy'));
    await fireEvent.click(screen.getByTestId('plan-toggle'));
    await fireEvent.change(screen.getByTestId('plan-convention'), { target: { value: 'block' } });
    await waitFor(() => expect(app.steering.plan?.direction?.convention).toBe('block'));
    expect(asked.mock.calls).toEqual([['/data/kind.npy', null, null], ['/data/kind.npy', 'block', null]]);
    await fireEvent.click(screen.getByTestId('plan-direction-probe'));
    await waitFor(() => expect(app.steering.plan?.direction).toBeNull());
    // A file of several layers asks which.
    drop({ kind: 'drop', paths: ['/data/several.npy'] });
    expect((await screen.findByTestId('error-banner')).textContent).toContain('layers 2, 3, 4');
    expect((await screen.findByTestId('plan-direction')).textContent).toContain('several.npy');
    await input('plan-direction-layer', '3');
    await fireEvent.click(screen.getByTestId('plan-direction-read'));
    await waitFor(() => expect(app.steering.plan?.direction).toEqual({ path: '/data/several.npy', convention: 'residual', layer: 3 }));
  }, 20_000);

  it('writes live, steered and unsteered, and stops', async () => {
    await open('', 0.3);
    await fireEvent.click(await screen.findByTestId('steering-tab-live'));
    expect(screen.getByTestId<HTMLTextAreaElement>('live-prompt').value).toContain('Bring the meal');
    const turned = vi.spyOn(host.backend, 'steerLive');
    await fireEvent.click(screen.getByTestId('live-start'));
    await waitFor(() => expect(Number(screen.getByTestId('live-steered').dataset.tokens)).toBeGreaterThan(2));
    await fireEvent.input(screen.getByTestId('live-slider'), { target: { value: '-3' } });
    await waitFor(() => expect(turned).toHaveBeenCalledWith('live-1', -3));
    await waitFor(() => expect(screen.getByTestId('live-steered').textContent).toContain('a = −3'));
    await fireEvent.click(screen.getByTestId('live-stop'));
    await waitFor(() => expect(screen.getByTestId('live-steered').dataset.end).toBe('stopped'));
    expect(screen.getByTestId('live-start')).toBeTruthy();
    await fireEvent.input(screen.getByTestId('live-prompt'), { target: { value: '' } });
    expect(screen.getByTestId<HTMLButtonElement>('live-start').disabled).toBe(true);
  }, 20_000);
});

describe('token heat elsewhere', () => {
  beforeEach(async () => {
    completeBrowser();
    render(Window, { app: new App(mockHost(0.05)) });
    await screen.findByTestId('scatter', {}, { timeout: 8000 });
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it('reads both texts of a pair in the drawer', async () => {
    await fireEvent.keyDown(window, { key: '1' });
    const table = screen.getByTestId('pairs-table').querySelector('.body');
    await screen.findByText('the-listener-01');
    await fireEvent.keyDown(table!, { key: 'Enter' });
    await fireEvent.click(await screen.findByTestId('pair-marks-heat'));
    const heat = await screen.findByTestId('pair-heat-positive');
    const tokens = [...heat.querySelectorAll('[data-token]')];
    // The first is special, and muted; white space stands between the others.
    expect(tokens[0]!.className).toContain('special');
    expect(heat.querySelector('p')!.textContent).toContain('I stop to ask how she is feeling');
    const text = within(heat).getByRole('application');
    await fireEvent.keyDown(text, { key: 'ArrowRight' });
    expect(screen.getByTestId('heat-tip').textContent).toContain('special token');
    await fireEvent.keyDown(text, { key: 'ArrowRight' });
    expect(screen.getByTestId('heat-tip').textContent).toMatch(/score [−0-9.]+, running mean/);
    await fireEvent.click(within(heat).getByText('Tokens as a table'));
    expect(screen.getByTestId('heat-table').querySelectorAll('tbody tr')).toHaveLength(tokens.length);
  }, 20_000);

  it('reads a text of one’s own, again at another layer', async () => {
    await fireEvent.keyDown(window, { key: '4' });
    await fireEvent.click(screen.getByTestId('probes-tab-read'));
    await fireEvent.input(screen.getByTestId('read-text'), { target: { value: 'I listen and I help.' } });
    await fireEvent.keyDown(screen.getByTestId('read-text'), { key: 'Enter', ctrlKey: true });
    const heat = await screen.findByTestId('read-heat');
    const mean = () => heat.querySelector('figcaption')!.textContent;
    const before = mean();
    await fireEvent.input(screen.getByTestId('layer-slider'), { target: { value: '1' } });
    await waitFor(() => expect(mean()).not.toBe(before));
  }, 20_000);
});
