import { describe, expect, it, vi } from 'vitest';
import type { ApiError } from '../ipc/generated/ApiError';
import { Remotes } from './remotes.svelte';

const notReady: ApiError = { code: 'not-ready', message: 'Not yet.', hint: null };
const settle = () => new Promise((done) => setTimeout(done, 0));
/** Not ready the first time, 7 from then on. */
const late = () => {
  const ask = vi.fn(async (): Promise<number> => (ask.mock.calls.length < 2 ? Promise.reject(notReady) : 7));
  return ask;
};

describe('things that the program gives', () => {
  it('are asked for once', async () => {
    const remotes = new Remotes<number>(8);
    const ask = vi.fn(async () => 7);
    void remotes.load('a', false, ask);
    void remotes.load('a', true, ask);
    expect(remotes.of('a')).toEqual({ state: 'loading' });
    await settle();
    void remotes.load('a', true, ask);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(remotes.value('a')).toBe(7);
    expect([remotes.of('b'), remotes.value(null), remotes.error(null)]).toEqual([undefined, null, null]);
  });

  it('are asked for again when they were not ready', async () => {
    const remotes = new Remotes<number>(8);
    const ask = late();
    expect(await remotes.load('a', true, ask)).toEqual(notReady);
    await remotes.load('a', false, ask);
    expect(remotes.error('a')).toEqual(notReady);
    await remotes.load('a', true, ask);
    expect([remotes.value('a'), remotes.error('a')]).toEqual([7, null]);
  });

  it('are asked for again when they became ready while the answer was under way', async () => {
    const remotes = new Remotes<number>(8);
    const ask = late();
    void remotes.load('a', true, ask);
    void remotes.load('a', true, ask);
    await settle();
    expect(ask).toHaveBeenCalledTimes(2);
    expect(remotes.value('a')).toBe(7);
  });

  it('that failed stay so until they are let go of', async () => {
    const remotes = new Remotes<number>(8);
    const ask = vi.fn(async () => Promise.reject({ ...notReady, code: 'internal' }));
    await remotes.load('a', true, ask);
    await remotes.load('a', true, ask);
    expect(ask).toHaveBeenCalledTimes(1);
    remotes.forget('a');
    await remotes.load('a', true, ask);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('stay while they are asked for anew, and end on the latest', async () => {
    const remotes = new Remotes<number>(8);
    let value = 1;
    const ask = vi.fn(async () => value);
    await remotes.refresh('a', ask);
    value = 2;
    void remotes.refresh('a', ask);
    expect(remotes.value('a')).toBe(1);
    void remotes.refresh('a', ask);
    value = 3;
    await settle();
    expect(ask).toHaveBeenCalledTimes(3);
    expect(remotes.value('a')).toBe(3);
  });

  it('go, the oldest first, when there are too many', async () => {
    const remotes = new Remotes<string>(2);
    for (const key of ['a', 'b', 'c']) await remotes.load(key, false, async () => key);
    expect(['a', 'b', 'c'].map((key) => remotes.value(key))).toEqual([null, 'b', 'c']);
  });
});
