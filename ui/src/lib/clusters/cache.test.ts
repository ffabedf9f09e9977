import { describe, expect, it } from 'vitest';
import { Cache } from './cache';

describe('the cache', () => {
  it('loads once, also when asked twice at a time', async () => {
    const cache = new Cache<number>(4);
    let loads = 0;
    const load = async () => (loads += 1);
    expect(await Promise.all([cache.get('a', load), cache.get('a', load)])).toEqual([1, 1]);
    expect(await cache.get('a', load)).toBe(1);
    expect(cache.peek('a')).toBe(1);
  });

  it('lets the least recently used go', async () => {
    const cache = new Cache<string>(2);
    await cache.get('a', async () => 'a');
    await cache.get('b', async () => 'b');
    await cache.get('a', async () => 'again');
    await cache.get('c', async () => 'c');
    expect(cache.peek('a')).toBe('a');
    expect(cache.peek('b')).toBeUndefined();
  });

  it('holds as much as it may weigh, and the last one whatever its weight', async () => {
    const cache = new Cache<number>(10, (value) => value);
    for (const value of [4, 5, 6]) await cache.get(String(value), async () => value);
    expect(['4', '5', '6'].map((key) => cache.peek(key))).toEqual([undefined, undefined, 6]);
    await cache.get('40', async () => 40);
    expect(['6', '40'].map((key) => cache.peek(key))).toEqual([undefined, 40]);
  });

  it('does not keep a failure', async () => {
    const cache = new Cache<string>(2);
    await expect(cache.get('a', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.get('a', async () => 'yes')).toBe('yes');
  });
});
