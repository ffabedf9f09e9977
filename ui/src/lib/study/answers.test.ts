import { describe, expect, it, vi } from 'vitest';
import type { ApiError } from '../ipc/generated/ApiError';
import { Answers } from './answers.svelte';

const notReady: ApiError = { code: 'not-ready', message: 'Not yet.', hint: null };
const settle = () => new Promise((done) => setTimeout(done, 0));

describe('answers', () => {
  it('are asked for once', async () => {
    const answers = new Answers<number>();
    const ask = vi.fn(async () => 7);
    answers.want('a', 0, ask);
    answers.want('a', 1, ask);
    await settle();
    answers.want('a', 2, ask);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(answers.of('a')).toMatchObject({ value: 7, error: null, loading: false });
    expect(answers.of('b')).toBeNull();
    expect(answers.of(null)).toBeNull();
  });

  it('that were not ready are asked for again when there is news, and not before', async () => {
    const answers = new Answers<number>();
    const ask = vi.fn(async () => (ask.mock.calls.length < 2 ? Promise.reject(notReady) : 7));
    answers.want('a', 3, ask);
    await settle();
    expect(answers.of('a')?.error?.code).toBe('not-ready');
    answers.want('a', 3, ask);
    expect(ask).toHaveBeenCalledTimes(1);
    answers.want('a', 4, ask);
    await settle();
    expect(answers.of('a')?.value).toBe(7);
  });

  it('hear news that comes while they are on their way', async () => {
    const answers = new Answers<number>();
    const ask = vi.fn(async () => (ask.mock.calls.length < 2 ? Promise.reject(notReady) : 7));
    answers.want('a', 0, ask);
    answers.want('a', 1, ask);
    await settle();
    expect(answers.of('a')?.value).toBe(7);
  });

  it('that failed otherwise stay so until they are let go of', async () => {
    const answers = new Answers<number>();
    const ask = vi.fn(async () => Promise.reject({ ...notReady, code: 'internal' }));
    answers.want('a', 0, ask);
    await settle();
    answers.want('a', 5, ask);
    expect(ask).toHaveBeenCalledTimes(1);
    answers.forget('a');
    answers.want('a', 5, ask);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('that follow the news keep what they had while they ask anew', async () => {
    const answers = new Answers<number>();
    let value = 1;
    answers.want('a', 0, async () => value, true);
    await settle();
    value = 2;
    answers.want('a', 1, async () => value, true);
    expect(answers.of('a')).toMatchObject({ value: 1, loading: true });
    await settle();
    expect(answers.of('a')?.value).toBe(2);
  });
});
