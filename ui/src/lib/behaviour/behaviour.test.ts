import { describe, expect, it } from 'vitest';
import { confusionRows, pValue } from './confusion';

describe('behaviour', () => {
  it('sorts the counts into what the probe and people called', () => {
    const rows = confusionRows({ truePositive: 6, falsePositive: 1, trueNegative: 2, falseNegative: 1 });
    expect(rows.map((row) => row.map(({ n }) => n))).toEqual([[6, 1], [1, 2]]);
    expect(rows[0]?.[0].share).toBeCloseTo(0.6);
    expect(rows.flat().map(({ agrees }) => agrees)).toEqual([true, false, false, true]);
  });

  it('divides nothing by nothing', () => {
    const rows = confusionRows({ truePositive: 0, falsePositive: 0, trueNegative: 0, falseNegative: 0 });
    expect(rows.flat().map(({ share }) => share)).toEqual([0, 0, 0, 0]);
  });

  it('never says that p is zero', () => {
    expect(pValue(0)).toBe('p < 0.001');
    expect(pValue(0.0321)).toBe('p = 0.032');
    expect(pValue(NaN)).toBe('p not defined');
  });
});
