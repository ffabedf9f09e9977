import { describe, expect, it } from 'vitest';
import { fails, margins } from './margins';

// Pairs: 0 train and wrong, 1 test and right, 2 test and wrong, 3 test and tied, 4 test without a score.
const z = new Float32Array([-1, 1, 2, -1, -0.5, 0.25, 1, 1, NaN, 0]);
const split = new Uint16Array([0, 1, 1, 1, 1]);

describe('pairs by margin', () => {
  it('are test pairs, those that fail first, those without a score last', () => {
    const rows = margins(z, split, false);
    expect(rows.map((row) => row.pair)).toEqual([2, 3, 1, 4]);
    expect(rows[0]).toMatchObject({ positive: -0.5, negative: 0.25, margin: -0.75, test: true });
  });

  it('count training pairs only when asked', () => {
    expect(margins(z, split, true).map((row) => row.pair)).toEqual([0, 2, 3, 1, 4]);
    expect(margins(z, split, true)[0]?.test).toBe(false);
  });

  it('keep the order of the data set among equals', () => {
    const equal = new Float32Array(8).fill(1);
    expect(margins(equal, new Uint16Array(4).fill(1), false).map((row) => row.pair)).toEqual([0, 1, 2, 3]);
  });

  it('fail when the positive text does not score higher', () => {
    expect(margins(z, split, false).filter(fails).map((row) => row.pair)).toEqual([2, 3, 4]);
  });
});
