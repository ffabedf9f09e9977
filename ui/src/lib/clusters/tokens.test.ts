import { describe, expect, it } from 'vitest';
import type { Projection } from '../ipc/packet';
import { inContext, plainWord, textOf } from './tokens';

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
  const text = 'the cat and the other cat sat';
  const words = ['the', 'Ġcat', '▁and', 'Ġthe', 'Ġother', 'Ġsat', 'é'];
  const rows: [number, number, number][] = [[1, 1, 6], [0, 3, 1], [1, 0, 1], [1, 1, 2], [1, 2, 3], [1, 3, 4], [1, 4, 5], [1, 5, 7]];

  it('is the right one of several, whatever the order of the rows', () => {
    const of = projection(words, rows);
    expect(inContext(of, 0, text)).toEqual({ before: 'the cat and the other ', token: 'cat', after: ' sat' });
    expect(inContext(of, 3, text)).toEqual({ before: 'the ', token: 'cat', after: ' and the other cat sat' });
    expect(inContext(of, 5, text)?.before).toBe('the cat and ');
    expect(textOf(of, 1)).toBe(0);
  });

  it('goes on past a token that the text does not hold', () => {
    const of = projection(words, [[0, 6, 1], [0, 1, 2], [0, 1, 3]]);
    expect(inContext(of, 0, text)).toBeNull();
    expect(inContext(of, 2, text)?.before).toBe('the cat and the other ');
  });

  it('is shown with a part of a long text', () => {
    const long = `${'x'.repeat(400)} cat ${'y'.repeat(400)}`;
    const found = inContext(projection(words, [[0, 1, 1]]), 0, long);
    expect(found?.before).toHaveLength(91);
    expect(found?.before.startsWith('…x')).toBe(true);
    expect(found?.after.endsWith('y…')).toBe(true);
  });

  it('is none at the level of texts', () => {
    const of = { ...projection([], []), tokens: null };
    expect(inContext(of, 3, text)).toBeNull();
    expect(textOf(of, 3)).toBe(3);
    expect(plainWord('Ġ')).toBe('');
  });
});
