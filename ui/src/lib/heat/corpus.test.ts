import { describe, expect, it } from 'vitest';
import type { TokenAlongView } from '../ipc/generated/TokenAlongView';
import { clicked, fileStem, sorted, strongestFirst } from './corpus';

function row(token: string, mean: number, share: number | null): TokenAlongView {
  return { token, count: 5, positive: 3, negative: 2, mean, sd: 1, share, contexts: [] };
}
const rows = [row(' help', 3, 0.1), row(' Anna', 2, null), row('ing', 2, 0.4), row(' be', -1, -0.2)];
const tokens = (sortedRows: TokenAlongView[]) => sortedRows.map((entry) => entry.token.trim());

describe('tokens of all pairs', () => {
  it('are sorted by words without the white space before them, and by numbers', () => {
    expect(tokens(sorted(rows, { by: 'token', falling: false }))).toEqual(['Anna', 'be', 'help', 'ing']);
    expect(tokens(sorted(rows, { by: 'mean', falling: false }))).toEqual(['be', 'Anna', 'ing', 'help']);
    expect(tokens(sorted(rows, strongestFirst('towards')))).toEqual(['help', 'Anna', 'ing', 'be']);
    expect(strongestFirst('against').falling).toBe(false);
  });

  it('put what has no share last, whichever way they are sorted', () => {
    expect(tokens(sorted(rows, { by: 'share', falling: true }))).toEqual(['ing', 'help', 'be', 'Anna']);
    expect(tokens(sorted(rows, { by: 'share', falling: false }))).toEqual(['be', 'help', 'ing', 'Anna']);
  });

  it('turn round with the second click on a column', () => {
    const first = clicked(strongestFirst('towards'), 'share');
    expect(first).toEqual({ by: 'share', falling: true });
    expect(clicked(first, 'share').falling).toBe(false);
    expect(clicked(first, 'token')).toEqual({ by: 'token', falling: false });
  });

  it('go into a file whose name every system takes', () => {
    expect(fileStem('Qwen/Qwen2.5 0.5B', 12)).toBe('Qwen-Qwen2.5-0.5B-layer-12-tokens');
  });
});
