import { describe, expect, it } from 'vitest';
import { mockAgreement, mockScorePair, mockSimilarity } from '../backend/mock-agreement';
import { models, sweep, thirdModel } from '../backend/mock-data';
import type { PairIndex } from '../ipc/packet';
import { readScorePair, readSimilarity } from '../ipc/packet';
import { infoOf, measured, measures, nameOf, pairOf, shade } from './measures';
import { carriedWords, numberRows, transferGroups } from './pairNumbers';
import { testPositions } from './positions';

const sweeps = [...models().slice(0, 2), thirdModel()].map((model) => sweep(model, 'mean-difference', 35, 15));
const view = mockAgreement(sweeps, true);
const [first, , last] = view.pairs;

describe('agreement', () => {
  it('finds two models whichever is named first', () => {
    expect(pairOf(view, 'toy-neox', 'toy-llama')).toBe(view.pairs[1]);
    expect(pairOf(view, 'toy-llama', 'toy-llama')).toBeNull();
    expect(nameOf(view, 'toy-neox')).toBe('toy-neox');
    expect(nameOf(view, 'gone')).toBe('gone');
  });

  it('has every measure of a pair that can be compared, with its interval but for CKA', () => {
    for (const { value } of measures) {
      const number = measured(first!, value);
      expect(number).not.toBeNull();
      expect(number?.interval === null).toBe(value === 'cka');
    }
    expect(measured({ ...first!, scores: { ...first!.scores!, kappa: null } }, 'kappa')).toBeNull();
  });

  it('has no number for two models that cannot be compared', () => {
    expect(measures.map(({ value }) => measured(last!, value))).toEqual(measures.map(() => null));
    expect(last?.problem).toContain('token limit');
    expect(numberRows(last!).map(({ value }) => value)).toEqual(['–']);
    expect(transferGroups(last!, 'a', 'b')).toEqual([]);
  });

  it('puts no agreement in the middle of the colours', () => {
    for (const { value } of measures) {
      expect(shade(infoOf(value).none, value)).toBe(0);
      expect(shade(1, value)).toBe(1);
      expect(shade(-7, value)).toBe(-1);
    }
    expect(shade(0.75, 'sign-agreement')).toBe(0.5);
  });

  it('says what a carried direction has to be compared with', () => {
    const [group] = transferGroups(first!, 'a', 'b');
    const words = carriedWords(group!.view.carried[0]!);
    for (const expected of ['Procrustes (rank 12): AUROC 0.96 [0.88,\u00a01.00]', 'cosine', 'shuffled 0.51 [0.36,\u00a00.64]', 'random directions']) {
      expect(words).toContain(expected);
    }
    expect([group!.from, group!.to]).toEqual(['a', 'b']);
  });

  it('does not take one pair for another', () => {
    const index = { split: new Uint16Array([0, 1, 0, 1, 1]) } as PairIndex;
    expect(testPositions(index, 3)).toEqual([1, 3, 4]);
    expect(testPositions(index, 2)).toBeNull();
  });

  it('reads the packets of two models', () => {
    const scores = readScorePair(mockScorePair('toy-llama', 'toy-neox', 15));
    expect([scores.a.length, scores.b.length]).toEqual([30, 30]);
    expect(scores.a).not.toEqual(scores.b);
    const alike = readSimilarity(mockSimilarity(sweeps[0]!, sweeps[2]!, 100));
    expect(alike.cka.length).toBe(9 * 7);
    expect(alike.rsa[0]).toBeNaN();
    expect(() => readSimilarity(mockScorePair('a', 'b', 3))).toThrow();
  });
});
