import { describe, expect, it } from 'vitest';
import { keywordsOf, lineProblems, linesOf, sameList } from './keywords';

const line = (word: string, replacements: string) => ({ word, replacements });

describe('the list of keywords', () => {
  it('goes to lines and back', () => {
    const list = [{ word: 'help', replacements: ['aid', 'support staff'] }];
    expect(linesOf(list)).toEqual([line('help', 'aid, support staff')]);
    expect(sameList(keywordsOf(linesOf(list)), list)).toBe(true);
    expect(keywordsOf([line('  help ', ' aid ,, support staff,')])).toEqual(list);
  });

  it('has nothing against a good list', () => {
    expect(lineProblems([line('help', 'aid'), line('care', 'attention, time')])).toEqual([null, null]);
  });

  it('names empty words, doubles in any case, and missing replacements', () => {
    const problems = lineProblems([line('', 'x'), line('Help', 'aid'), line('help ', 'aid'), line('care', ' , ')]);
    expect(problems[0]).toContain('missing');
    expect(problems[1]).toBeNull();
    expect(problems[2]).toContain('twice');
    expect(problems[3]).toContain('in its place');
  });

  it('refuses a replacement that holds a keyword as a whole word', () => {
    expect(lineProblems([line('help', 'first care'), line('care', 'time')])[0]).toContain('“care”');
    expect(lineProblems([line('help', 'careful'), line('care', 'time')])[0]).toBeNull();
    expect(lineProblems([line('care', 'Care')])[0]).toContain('“care”');
  });
});
