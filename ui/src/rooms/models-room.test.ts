import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../lib/app/app.svelte';
import type { Host } from '../lib/backend/backend';
import { completeBrowser } from '../lib/backend/browser-for-tests';
import { mockHost } from '../lib/backend/mock';
import Window from '../Window.svelte';

const pace = 0.02;

/** The window in the Models room, on a mock that `options` in the address vary. */
async function open(options = ''): Promise<Host> {
  window.history.replaceState(null, '', `/${options}`);
  const host = mockHost(pace);
  render(Window, { app: new App(host) });
  await waitFor(() => screen.getByTestId('rail-models'));
  await fireEvent.click(screen.getByTestId('rail-models'));
  await waitFor(() => expect(screen.getByTestId('models-room').getAttribute('aria-busy')).toBe('false'));
  return host;
}

describe('the Models room', () => {
  beforeEach(completeBrowser);
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    window.history.replaceState(null, '', '/');
  });

  const lines = (group: string) => screen.getByTestId(`models-${group}`).dataset.count;
  const small = 'HuggingFaceTB/SmolLM2-360M-Instruct';

  it('groups the models by place, says what they need, and finds one', async () => {
    await open();
    expect([lines('bundled'), lines('here'), lines('hub')]).toEqual(['2', '4', '8']);
    expect(screen.getByTestId('models-device').textContent).toContain('processor, 8 cores');
    expect(screen.getByTestId('model-card-toy-llama').textContent).toMatch(/8 × 256.*needs 283 MB of 12\.0 GB free/s);
    expect(screen.getByTestId<HTMLInputElement>('model-choose-mamba-130m-hf').disabled).toBe(true);
    await fireEvent.input(screen.getByTestId('models-search'), { target: { value: 'smollm2' } });
    expect([lines('bundled'), lines('here'), lines('hub')]).toEqual(['0', '1', '1']);
    await fireEvent.click(screen.getByTestId('models-place-hub'));
    expect(screen.queryByTestId('models-here')).toBeNull();
  });

  it('says what the models need with their weights held another way', async () => {
    await open();
    const own = () => screen.getByTestId('model-card-toy-llama').textContent;
    const catalogued = () => screen.getByTestId('catalogue-microsoft/Phi-3-mini-4k-instruct').textContent;
    expect(catalogued()).not.toContain('Does not fit');
    await fireEvent.click(screen.getByTestId('models-weights-f32'));
    await waitFor(() => expect(own()).toContain('needs 310 MB'));
    await waitFor(() => expect(catalogued()).toContain('Does not fit'));
    expect(screen.getByTestId<HTMLInputElement>('models-weights-f32').checked).toBe(true);
    await fireEvent.click(screen.getByTestId('models-weights-stored'));
    await waitFor(() => expect(own()).toContain('needs 283 MB'));
    await waitFor(() => expect(catalogued()).not.toContain('Does not fit'));
  });

  it('lets a model of the cache read the pairs, and lets it go', async () => {
    const host = await open();
    const added = vi.spyOn(host.backend, 'addModel');
    const box = () => screen.getByTestId<HTMLInputElement>('model-choose-SmolLM2-135M-Instruct');
    await fireEvent.click(box());
    await waitFor(() => expect(screen.getByTestId('models-sentence').textContent).toContain('2 models read the pairs'));
    expect(added.mock.calls[0]?.[0]).toContain('/snapshots/');
    expect(box().checked).toBe(true);
    await fireEvent.click(screen.getByTestId('model-remove-SmolLM2-135M-Instruct'));
    await waitFor(() => expect(box().checked).toBe(false));
    expect(screen.getByTestId('models-sentence').textContent).toContain('toy-llama reads the pairs');
  });

  it('takes the tick back when choosing failed, and says why', async () => {
    const host = await open();
    host.backend.addModel = () => Promise.reject({ code: 'model', message: 'The folder is gone.', hint: null });
    const box = screen.getByTestId<HTMLInputElement>('model-choose-SmolLM2-135M-Instruct');
    await fireEvent.click(box);
    await waitFor(() => expect(screen.getByTestId('error-banner').textContent).toContain('The folder is gone.'));
    expect(box.checked).toBe(false);
  });

  it('shows what a download would bring, fetches it, and has it chosen with one press', async () => {
    await open();
    expect(screen.getByTestId(`catalogue-${small}`).textContent).toContain('412 MB here of 724 MB');
    await fireEvent.click(screen.getByTestId(`download-${small}`));
    const dialog = await screen.findByTestId('plan-dialog');
    expect(screen.getByTestId<HTMLButtonElement>('plan-start').disabled).toBe(true);
    await waitFor(() => expect(dialog.textContent).toContain('model.safetensors'));
    await fireEvent.click(screen.getByTestId('plan-start'));
    expect(screen.queryByTestId('plan-dialog')).toBeNull();
    await fireEvent.click(await screen.findByTestId('download-choose', {}, { timeout: 4000 }));
    await waitFor(() => expect(screen.getByTestId('model-card-SmolLM2-360M-Instruct').dataset.chosen).toBe('true'));
    expect(screen.queryByTestId(`catalogue-${small}`)).toBeNull();
    await fireEvent.click(screen.getByTestId('download-dismiss'));
    expect(screen.queryByTestId('download-bar')).toBeNull();
  });

  it('says why a download failed, and goes on from there, whatever room is open', async () => {
    await open();
    await fireEvent.click(screen.getByTestId('download-Qwen/Qwen3-0.6B'));
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('plan-start').disabled).toBe(false));
    await fireEvent.click(screen.getByTestId('plan-start'));
    await fireEvent.click(screen.getByTestId('rail-pairs'));
    const error = await screen.findByTestId('download-error', {}, { timeout: 4000 });
    expect(error.textContent).toMatch(/Qwen3-0\.6B was not fetched\. The connection was cut.*Continue the download/s);
    await fireEvent.click(screen.getByTestId('download-continue'));
    await waitFor(() => expect(screen.getByTestId('download-bar').dataset.state).toBe('finished'), { timeout: 4000 });
  });

  it('looks up any id, and shows the hub’s answer in the dialog', async () => {
    const host = await open();
    const asked = vi.spyOn(host.backend, 'planDownload');
    const field = screen.getByTestId('hub-id');
    await fireEvent.input(field, { target: { value: 'gpt2' } });
    await fireEvent.click(screen.getByTestId('hub-id-go'));
    expect(screen.getByTestId('hub-id-wrong').textContent).toContain('org/name');
    expect(asked).not.toHaveBeenCalled();
    await fireEvent.input(field, { target: { value: 'nobody/none' } });
    await fireEvent.click(screen.getByTestId('hub-id-go'));
    await waitFor(() => expect(screen.getByTestId('plan-error').textContent).toContain('There is no model nobody/none'));
    expect(screen.getByTestId<HTMLButtonElement>('plan-start').disabled).toBe(true);
  });

  it('fetches nothing while downloads are switched off, and says why', async () => {
    await open('?offline');
    expect(screen.getByTestId('models-offline').textContent).toContain('HF_HUB_OFFLINE');
    expect(screen.getByTestId<HTMLButtonElement>(`download-${small}`).disabled).toBe(true);
    expect(screen.getByTestId<HTMLInputElement>('hub-id').disabled).toBe(true);
    expect(screen.getByTestId(`download-${small}`).getAttribute('aria-describedby')).toBe(screen.getByTestId('models-offline').id);
  });

  it('shows the models of the study when the disk could not be looked at, and looks again', async () => {
    await open('?badshelf');
    const error = screen.getByTestId('models-error');
    expect(error.textContent).toContain('permission denied');
    expect(lines('bundled')).toBe('2');
    await fireEvent.click(within(error).getByText('Try again'));
    await waitFor(() => expect(screen.queryByTestId('models-error')).toBeNull());
    expect(lines('hub')).toBe('8');
  });

  it('is there for a study without pairs, and from the model picker', async () => {
    await open('?empty');
    expect(lines('bundled')).toBe('2');
    await fireEvent.click(screen.getByTestId('rail-pairs'));
    expect(screen.queryByTestId('models-room')).toBeNull();
    await fireEvent.click(screen.getByTestId('model-picker'));
    await fireEvent.click(screen.getByTestId('models-all'));
    expect(screen.getByTestId('rail-models').getAttribute('aria-current')).toBe('page');
  });
});
