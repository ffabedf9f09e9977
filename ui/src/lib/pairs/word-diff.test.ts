import { describe, expect, it } from 'vitest';
import { generator } from '../backend/mock-data';
import { wordDiff, type Stretch } from './word-diff';

const join = (stretches: Stretch[]) => stretches.map((s) => s.text).join('');
const own = (stretches: Stretch[]) => stretches.filter((s) => s.own).map((s) => s.text.trim());

describe('word differences', () => {
  it('marks what each side has of its own', () => {
    const { left, right } = wordDiff('I stop and help her now', 'I walk and pass her now');
    expect(own(left)).toEqual(['stop', 'help']);
    expect(own(right)).toEqual(['walk', 'pass']);
  });

  it('marks an insertion on one side only', () => {
    const { left, right } = wordDiff('we go home', 'we all go home');
    expect(own(left)).toEqual([]);
    expect(own(right)).toEqual(['all']);
  });

  it('copes with empty and equal texts', () => {
    expect(wordDiff('', '')).toEqual({ left: [], right: [] });
    expect(own(wordDiff('', 'a b').right)).toEqual(['a b']);
    expect(own(wordDiff('a b', 'a b').left)).toEqual([]);
  });

  it('does not call other spacing a difference', () => {
    expect(own(wordDiff('a  b\nc', 'a b c').left)).toEqual([]);
  });

  it('always gives both texts back whole, and the rest of both alike', () => {
    const next = generator(7);
    const vocabulary = ['a', 'b', 'c', ' ', '\n', '  ', 'é', '日本'];
    for (let round = 0; round < 300; round += 1) {
      const text = () => Array.from({ length: next() * 12 }, () => vocabulary[Math.floor(next() * vocabulary.length)] + (next() < 0.6 ? ' ' : '')).join('');
      const [a, b] = [text(), text()];
      const { left, right } = wordDiff(a, b);
      expect(join(left)).toBe(a);
      expect(join(right)).toBe(b);
      const shared = (s: Stretch[]) => s.filter((x) => !x.own).flatMap((x) => x.text.split(/\s+/)).filter(Boolean);
      expect(shared(left)).toEqual(shared(right));
    }
  });

  it('still marks new words in texts too long for the exact method', () => {
    const long = (seed: string) => Array.from({ length: 1500 }, (_, i) => `${seed}${(i * 7919) % 1500}`).join(' ');
    const { left, right } = wordDiff(`${long('w')} only-left`, `x ${long('v')} w0 y`);
    expect(own(left).join(' ')).toContain('only-left');
    expect(own(right).join(' ')).not.toContain('w0 y w0');
    expect(join(left)).toContain('only-left');
  });
});
