import { describe, expect, it } from 'vitest';
import { count, counted, duration, fixed, interval, megabytes, percent, plain, rate, significant, tied } from './number';

describe('numbers as they read', () => {
  it('separates thousands and uses a true minus', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect(count(-1200)).toBe('−1,200');
    expect(fixed(-0.5, 2)).toBe('−0.50');
  });

  it('never shows a negative zero', () => {
    expect(fixed(-0.0001, 3)).toBe('0.000');
  });

  it('shows a dash for what is not there', () => {
    for (const nothing of [null, undefined, NaN, Infinity]) {
      expect(fixed(nothing)).toBe('–');
      expect(percent(nothing)).toBe('–');
      expect(duration(nothing)).toBe('–');
      expect(significant(nothing)).toBe('–');
    }
  });

  it('breaks no line inside a sample size or a share', () => {
    expect(tied('N = 60 test pairs · bands are 95 % intervals')).toBe('N\u00a0=\u00a060 test pairs · bands are 95\u00a0% intervals');
    expect(tied('line: predicted = observed')).toBe('line: predicted = observed');
    expect(tied('by +0.500 [+0.472, +0.499], p < 0.001 [so, so]')).toBe('by +0.500 [+0.472,\u00a0+0.499], p\u00a0<\u00a00.001 [so, so]');
  });

  it('keeps the decimals asked for', () => {
    expect(percent(0.4123)).toBe('41.2\u00a0%');
    expect(interval({ low: 0.9, high: 1 }, 2)).toBe('[0.90,\u00a01.00]');
  });

  it('gives three significant digits', () => {
    expect(significant(0.012345)).toBe('0.0123');
    expect(significant(12.345)).toBe('12.3');
    expect(significant(12345)).toBe('12,345');
    expect(significant(-0.00001234)).toBe('−1.2e-5');
  });

  it('repeats a given value without adding digits', () => {
    expect(plain(4)).toBe('4');
    expect(plain(-0.5)).toBe('−0.5');
    expect(plain(0.1 + 0.2)).toBe('0.3');
  });

  it('reads times and rates', () => {
    expect(duration(8.4)).toBe('8 s');
    expect(duration(65)).toBe('1 min 05 s');
    expect(duration(7380)).toBe('2 h 03 min');
    expect(rate(1240.4, 'tokens')).toBe('1,240 tokens/s');
    expect(rate(2.04, 'texts')).toBe('2.0 texts/s');
    expect(megabytes(27.3)).toBe('27 MB');
    expect(megabytes(0.0312)).toBe('31 kB');
    expect(megabytes(0.0001)).toBe('1 kB');
    expect(megabytes(0)).toBe('0.0 MB');
  });

  it('agrees in number', () => {
    expect(counted(1, 'pair')).toBe('1 pair');
    expect(counted(0, 'pair')).toBe('0 pairs');
    expect(counted(2, 'entry', 'entries')).toBe('2 entries');
  });
});
