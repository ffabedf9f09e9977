import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../lib/app/app.svelte';
import type { Host } from '../lib/backend/backend';
import { completeBrowser } from '../lib/backend/browser-for-tests';
import { mockHost } from '../lib/backend/mock';
import Window from '../Window.svelte';

describe('the Pairs room', () => {
  let host: Host;

  beforeEach(async () => {
    completeBrowser();
    host = mockHost(0.05);
    render(Window, { app: new App(host) });
    await screen.findByTestId('scatter', {}, { timeout: 8000 });
    await fireEvent.click(screen.getByTestId('rail-pairs'));
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  const result = () => screen.getByTestId('split-result').textContent?.replace(/\s+/g, ' ').trim();

  it('tells the checks worst first, each with its severity in a word', () => {
    const checks = [...screen.getByTestId('checks').querySelectorAll('li')];
    expect(checks.map((check) => check.dataset.severity)).toEqual(['warning', 'note', 'fine', 'fine']);
    expect(checks[0]?.textContent).toMatch(/Warning\..*Add pairs/s);
  });

  it('divides by scenario at once, and takes it back', async () => {
    await fireEvent.click(screen.getByTestId('split-change'));
    expect(result()).toBe('35 train · 15 test of 50 pairs');
    await fireEvent.click(screen.getByTestId('split-by-scenario'));
    await waitFor(() => expect(result()).toBe('30 train · 20 test of 50 pairs'));
    await fireEvent.click(screen.getByLabelText(/the maze/));
    await waitFor(() => expect(result()).toBe('40 train · 10 test of 50 pairs'));
    expect(screen.getByTestId('split').textContent).toContain('test scenarios: the maze');
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(result()).toBe('30 train · 20 test of 50 pairs'));
  });

  it('does not ask for a share that is none', async () => {
    const asked = vi.spyOn(host.backend, 'changeSplit');
    await fireEvent.click(screen.getByTestId('split-change'));
    const share = screen.getByTestId<HTMLInputElement>('split-share');
    await fireEvent.change(share, { target: { value: '99' } });
    expect(share.value).toBe('30');
    expect(asked).not.toHaveBeenCalled();
    await fireEvent.change(share, { target: { value: '40' } });
    await waitFor(() => expect(asked).toHaveBeenCalledWith({ kind: 'as-given', testShare: 0.4, test: [] }));
  });

  it('edits the keywords, and gives the default list back', async () => {
    const asked = vi.spyOn(host.backend, 'changeKeywords');
    await fireEvent.click(screen.getByTestId('pairs-tab-keywords'));
    await fireEvent.click(await screen.findByTestId('keyword-add'));
    const apply = () => screen.getByTestId<HTMLButtonElement>('keyword-apply');
    expect(apply().disabled).toBe(true);
    await fireEvent.input(screen.getByLabelText('Word 1'), { target: { value: 'bags' } });
    await fireEvent.input(screen.getByLabelText('Replacements of bags'), { target: { value: 'things, items' } });
    expect(apply().disabled).toBe(false);
    await fireEvent.click(apply());
    await waitFor(() => expect(asked.mock.calls[0]?.[0]?.[0]).toEqual({ word: 'bags', replacements: ['things', 'items'] }));
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('keyword-default').disabled).toBe(false));
    await fireEvent.click(screen.getByTestId('keyword-default'));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith(null));
    await waitFor(() => expect(screen.queryByLabelText('Replacements of bags')).toBeNull());
  });

  it('steps through the pairs that are touched', async () => {
    await fireEvent.click(screen.getByTestId('pairs-tab-keywords'));
    await waitFor(() => expect(screen.getByTestId('ablation').querySelector('ins')?.textContent).toBeTruthy());
    await fireEvent.click(screen.getByLabelText('Next touched pair'));
    expect(screen.getByTestId('ablated-at').textContent).toContain('2 of 50');
  });
});
