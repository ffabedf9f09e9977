import { describe, expect, it } from 'vitest';
import { Latest } from './latest';

/** A loader whose answers come when the test says so. */
function setUp() {
  const loads: { key: number; resolve: (value: string) => void; reject: (why: unknown) => void }[] = [];
  const shown: [number, string][] = [];
  const failed: number[] = [];
  const latest = new Latest<number, string>(
    (key) => new Promise((resolve, reject) => loads.push({ key, resolve, reject })),
    (key, value) => shown.push([key, value]),
    (key) => failed.push(key),
  );
  const settle = () => new Promise((done) => setTimeout(done, 0));
  return { loads, shown, failed, latest, settle };
}

describe('the latest wins', () => {
  it('skips what was asked for in between', async () => {
    const { loads, shown, latest, settle } = setUp();
    for (const key of [1, 2, 3, 4]) latest.ask(key);
    expect(loads.map((l) => l.key)).toEqual([1]);
    loads[0]?.resolve('one');
    await settle();
    expect(loads.map((l) => l.key)).toEqual([1, 4]);
    loads[1]?.resolve('four');
    await settle();
    expect(shown).toEqual([[4, 'four']]);
  });

  it('shows what comes when nothing newer was asked for', async () => {
    const { loads, shown, latest, settle } = setUp();
    latest.ask(1);
    loads[0]?.resolve('one');
    await settle();
    latest.ask(2);
    loads[1]?.resolve('two');
    await settle();
    expect(shown).toEqual([[1, 'one'], [2, 'two']]);
  });

  it('reports a failure only of what is still wanted, and goes on', async () => {
    const { loads, shown, failed, latest, settle } = setUp();
    latest.ask(1);
    latest.ask(2);
    loads[0]?.reject('lost');
    await settle();
    expect(failed).toEqual([]);
    loads[1]?.reject('lost');
    await settle();
    expect(failed).toEqual([2]);
    latest.ask(3);
    loads[2]?.resolve('three');
    await settle();
    expect(shown).toEqual([[3, 'three']]);
  });

  it('shows nothing that was forgotten', async () => {
    const { loads, shown, latest, settle } = setUp();
    latest.ask(1);
    latest.forget();
    loads[0]?.resolve('one');
    await settle();
    expect(shown).toEqual([]);
  });
});
