import { percent } from '../format/number';
import type { CountView } from '../ipc/generated/CountView';
import type { PairsSummary } from '../ipc/generated/PairsSummary';
import type { SplitKind } from '../ipc/generated/SplitKind';
import type { SplitView } from '../ipc/generated/SplitView';
import type { PairIndex } from '../ipc/packet';

/** Bounds of the share of pairs that go to the test, in percent. */
export const leastPercent = 5;
export const mostPercent = 95;

/** The ways to divide, with what each is for. */
export const kinds: { value: SplitKind; label: string; meaning: string }[] = [
  { value: 'as-given', label: 'As given', meaning: 'the file’s own train and test; pairs without one are drawn by the seed' },
  { value: 'random', label: 'Random', meaning: 'drawn by the seed, every scenario in both parts' },
  { value: 'by-scenario', label: 'By scenario', meaning: 'whole scenarios are the test: does the probe hold for situations it has not seen?' },
  { value: 'by-source', label: 'By source', meaning: 'whole sources are the test: does it hold for writers it has not seen?' },
];

/** The groups that a kind of split goes by, without the pairs that name none. */
export function groupsOf(kind: SplitKind, summary: Pick<PairsSummary, 'scenarios' | 'sources'>): CountView[] {
  const all = kind === 'by-scenario' ? summary.scenarios : kind === 'by-source' ? summary.sources : [];
  return all.filter((group) => group.name !== '');
}

/** How many pairs of each scenario or source are in the test as things are. */
export function testPairs(kind: SplitKind, index: PairIndex): Map<string, number> {
  const [names, of] = kind === 'by-source' ? [index.header.sources, index.source] : [index.header.scenarios, index.scenario];
  const counts = new Map<string, number>();
  index.split.forEach((split, pair) => {
    const name = names[of[pair] ?? -1]?.name;
    if (split === 1 && name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  return counts;
}

/** Another kind of split; groups chosen for one kind mean nothing to another. */
export function withKind(split: SplitView, kind: SplitKind): SplitView {
  return kind === split.kind ? split : { ...split, kind, test: [] };
}

/** The split with a group put in the test, or taken out again. */
export function withGroup(split: SplitView, name: string, inTest: boolean): SplitView {
  const others = split.test.filter((other) => other !== name);
  return { ...split, test: inTest ? [...others, name] : others };
}

/** The share that was typed, in percent; null where it is none. */
export function parseShare(text: string): number | null {
  const value = Number(text.trim().replace(',', '.').replace(/\s*%$/, ''));
  if (text.trim() === '' || !Number.isFinite(value) || value < leastPercent || value > mostPercent) return null;
  return value / 100;
}

/** Why a split cannot be made, in a sentence; null where it can. */
export function splitProblem(split: SplitView, summary: Pick<PairsSummary, 'scenarios' | 'sources'>): string | null {
  if (!(split.testShare * 100 >= leastPercent - 1e-9 && split.testShare * 100 <= mostPercent + 1e-9)) {
    return `The test takes between ${leastPercent} % and ${mostPercent} % of the pairs.`;
  }
  if (split.kind === 'as-given' || split.kind === 'random') return null;
  const word = split.kind === 'by-scenario' ? 'scenario' : 'source';
  const groups = groupsOf(split.kind, summary);
  if (groups.length === 0) return `No pair names its ${word}: add a “${word}” field to the file, or divide at random.`;
  if (groups.length === 1) return `All pairs are of one ${word}: with it in the test, none is left to train on. Divide at random instead.`;
  if (groups.every((group) => split.test.includes(group.name))) return `One ${word} at least has to stay for training.`;
  return null;
}

/** How the pairs were divided, in a sentence. */
export function splitSentence(split: SplitView, summary: Pick<PairsSummary, 'splitGiven'>): string {
  const share = percent(split.testShare, 0);
  switch (split.kind) {
    case 'as-given':
      return summary.splitGiven ? 'as the file says.' : `drawn by scenario, from the seed: ${share} to the test.`;
    case 'random':
      return `drawn at random by the seed, ${share} to the test.`;
    case 'by-scenario':
    case 'by-source': {
      const word = split.kind === 'by-scenario' ? 'scenarios' : 'sources';
      return split.test.length > 0 ? `test ${word}: ${split.test.join(', ')}.` : `whole ${word}, drawn by the seed up to ${share}.`;
    }
  }
}
