import { describe, expect, it } from 'vitest';
import type { Projection } from '../ipc/packet';
import { inContext, textOf } from './tokens';

/** Tokens given as [text, word, position], in any order. */
function projection(words: string[], rows: [number, number, number][]): Projection {
  const column = (at: 0 | 1 | 2) => Uint32Array.from(rows, (row) => row[at]);
  return {
    header: { words, rows: rows.length, dims: 2 } as Projection['header'],
    coords: new Float32Array(rows.length * 2),
    tokens: { text: column(0), word: column(1), position: column(2), score: new Float32Array(rows.length) },
  };
}

describe('a token in its text', () => {
  const words = ['the', ' cat', ' and', ' the', ' other', ' sat', '\n'];
  const rows: [number, number, number][] = [[1, 1, 9], [0, 3, 1], [1, 0, 4], [1, 1, 5], [1, 2, 6], [1, 3, 7], [1, 4, 8], [1, 5, 10]];

  it('stands among its neighbours, whatever the order of the rows', () => {
    const of = projection(words, rows);
    expect(inContext(of, 0)).toEqual({ before: 'the cat and the other ', token: 'cat', after: ' sat' });
    expect(inContext(of, 3)).toEqual({ before: 'the ', token: 'cat', after: ' and the other cat sat' });
    expect(inContext(of, 1)).toEqual({ before: ' ', token: 'the', after: '' });
    expect([textOf(of, 1), textOf(of, 0)]).toEqual([0, 1]);
  });

  it('may be nothing but space', () => {
    expect(inContext(projection(words, [[0, 0, 1], [0, 6, 2], [0, 5, 3]]), 1)).toEqual({ before: 'the\n', token: '', after: ' sat' });
  });

  it('is shown with a part of a long text', () => {
    const found = inContext(projection(['x'.repeat(400), ' cat', 'y'.repeat(400)], [[0, 0, 1], [0, 1, 2], [0, 2, 3]]), 1);
    expect(found?.before).toHaveLength(91);
    expect(found?.before.startsWith('…x')).toBe(true);
    expect(found?.after.endsWith('y…')).toBe(true);
  });

  it('is none at the level of texts', () => {
    const of = { ...projection([], []), tokens: null };
    expect(inContext(of, 3)).toBeNull();
    expect(textOf(of, 3)).toBe(3);
  });
});
