import { describe, expect, it } from 'vitest';
import type { SplitView } from '../ipc/generated/SplitView';
import { groupsOf, parseShare, splitProblem, splitSentence, testPairs, withGroup, withKind } from './splitForm';

const split = (kind: SplitView['kind'], test: string[] = [], testShare = 0.3): SplitView => ({ kind, test, testShare });
const group = (name: string, count = 5) => ({ name, count });
const summary = { scenarios: [group('a'), group('b'), group('', 3)], sources: [group('x')], splitGiven: true };

describe('the form of the split', () => {
  it('takes shares in percent, within bounds', () => {
    expect(parseShare('30')).toBe(0.3);
    expect(parseShare(' 12,5 % ')).toBe(0.125);
    expect(['', 'abc', '4', '96', '-5', 'NaN'].map(parseShare)).toEqual([null, null, null, null, null, null]);
  });

  it('says why a split cannot be made', () => {
    expect(splitProblem(split('random'), summary)).toBeNull();
    expect(splitProblem(split('random', [], 0.99), summary)).toContain('95 %');
    expect(splitProblem(split('random', [], Number.NaN), summary)).toContain('between');
    expect(splitProblem(split('by-scenario', ['a']), summary)).toBeNull();
    expect(splitProblem(split('by-scenario', []), summary)).toBeNull();
    expect(splitProblem(split('by-scenario', ['a', 'b']), summary)).toContain('has to stay for training');
    expect(splitProblem(split('by-source', []), summary)).toContain('one source');
    expect(splitProblem(split('by-source'), { ...summary, sources: [group('')] })).toContain('names its source');
  });

  it('forgets chosen groups with another kind, and keeps the share', () => {
    expect(withKind(split('by-scenario', ['a'], 0.4), 'by-source')).toEqual(split('by-source', [], 0.4));
    expect(withKind(split('by-scenario', ['a']), 'by-scenario').test).toEqual(['a']);
  });

  it('puts groups in the test and out again', () => {
    expect(withGroup(split('by-scenario', ['a']), 'b', true).test).toEqual(['a', 'b']);
    expect(withGroup(split('by-scenario', ['a']), 'a', true).test).toEqual(['a']);
    expect(withGroup(split('by-scenario', ['a', 'b']), 'a', false).test).toEqual(['b']);
  });

  it('offers named groups only', () => {
    expect(groupsOf('by-scenario', summary).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(groupsOf('random', summary)).toEqual([]);
  });

  it('counts which groups the test is of', () => {
    const index = {
      header: { pairs: 4, scenarios: summary.scenarios, sources: summary.sources },
      scenario: new Uint16Array([0, 1, 1, 0]), source: new Uint16Array(4), split: new Uint16Array([0, 1, 1, 0]),
    };
    expect([...testPairs('by-scenario', index)]).toEqual([['b', 2]]);
    expect([...testPairs('by-source', index)]).toEqual([['x', 2]]);
  });

  it('tells how the pairs were divided', () => {
    expect(splitSentence(split('as-given'), summary)).toBe('as the file says.');
    expect(splitSentence(split('as-given'), { splitGiven: false })).toContain('30\u00a0%');
    expect(splitSentence(split('by-scenario', ['a', 'b']), summary)).toContain('a, b');
  });
});
