import type { AblatedPairView } from '../ipc/generated/AblatedPairView';
import type { AblationView } from '../ipc/generated/AblationView';
import type { CheckView } from '../ipc/generated/CheckView';
import type { KeywordView } from '../ipc/generated/KeywordView';
import type { PairsSummary } from '../ipc/generated/PairsSummary';
import type { SegmentView } from '../ipc/generated/SegmentView';
import type { SplitView } from '../ipc/generated/SplitView';
import { pairAt } from './mock-data';

/* Made-up checks, splits and keywords, so that every state of the Pairs room can be seen. */

/** Checks of every severity. */
export function mockChecks(): CheckView[] {
  return [
    { code: 'few-pairs', severity: 'warning', sentence: '15 test pairs are few: an AUROC of 0.95 has an interval of about ±0.08 with so many.', advice: 'Add pairs, or give a larger share to the test.' },
    { code: 'length-imbalance', severity: 'note', sentence: 'Length tells the sides apart a little: word count alone reaches AUROC 0.61 (0.5 is balanced).', advice: 'Compare the probe with the word-count line in the Probes room.' },
    { code: 'duplicates', severity: 'fine', sentence: 'No text stands in the set more than once.', advice: null },
    { code: 'leakage', severity: 'fine', sentence: 'No test pair has a text that is nearly the same in the training pairs.', advice: null },
  ];
}

/** Which pairs of a made-up set a split puts in the test. */
export function isTest(split: SplitView, summary: Pick<PairsSummary, 'scenarios' | 'sources'>, index: number): boolean {
  const { row } = pairAt(index);
  const share = Math.round(split.testShare * 100);
  if (split.kind === 'as-given') return row.split === 'test';
  if (split.kind === 'random') return (index * 37) % 100 < share;
  const [name, groups] = split.kind === 'by-scenario' ? [row.scenario, summary.scenarios] : [row.source, summary.sources];
  const most = Math.max(1, Math.round((groups.length * share) / 100));
  const chosen = split.test.length > 0 ? split.test : groups.slice(0, most).map((group) => group.name);
  return chosen.includes(name ?? '');
}

/** The summary of the same pairs, divided otherwise. */
export function divided(summary: PairsSummary, split: SplitView): PairsSummary {
  const all = Array.from({ length: summary.count }, (_, i) => i);
  const test = all.filter((i) => isTest(split, summary, i)).length;
  return {
    ...summary,
    train: summary.count - test,
    test,
    splitGiven: split.kind === 'as-given',
    splitNote: test === 0 ? 'No pair is in the test: nothing can be measured. Give a larger share to the test.' : null,
  };
}

/** The list that comes with the program. */
export const defaultKeywords: KeywordView[] = [
  { word: 'feeling', replacements: ['doing', 'getting on'] },
  { word: 'listen', replacements: ['wait', 'pause'] },
  { word: 'worry', replacements: ['question'] },
  { word: 'help', replacements: ['assistance', 'support staff'] },
  { word: 'afraid', replacements: ['late', 'new'] },
  { word: 'objective', replacements: ['next step'] },
];

function segments(text: string, keywords: readonly KeywordView[]): SegmentView[] {
  if (keywords.length === 0) return [{ before: text, after: null }];
  const words = keywords.map(({ word }) => word.replace(/[^\w ]/g, '')).join('|');
  const parts = text.split(new RegExp(`\\b(${words})\\b`, 'i'));
  return parts.map((part, i) => {
    const keyword = i % 2 === 1 ? keywords.find(({ word }) => word.toLowerCase() === part.toLowerCase()) : undefined;
    return { before: part, after: keyword?.replacements[text.length % keyword.replacements.length] ?? null };
  });
}

const replaced = (parts: SegmentView[]) => parts.filter((part) => part.after !== null);

/** A made-up pair before and after. */
export function mockAblatedPair(index: number, keywords: readonly KeywordView[]): AblatedPairView {
  const { row } = pairAt(index);
  return { index, id: row.id, positive: segments(row.positive, keywords), negative: segments(row.negative, keywords) };
}

/** What replacing the keywords does to a made-up set. */
export function mockAblation(keywords: KeywordView[], pairs: number): AblationView {
  const all = Array.from({ length: pairs }, (_, i) => mockAblatedPair(i, keywords));
  const times = (side: 'positive' | 'negative', word: string) =>
    all.reduce((sum, pair) => sum + replaced(pair[side]).filter((part) => part.before.toLowerCase() === word.toLowerCase()).length, 0);
  const touched = all.filter((pair) => replaced(pair.positive).length + replaced(pair.negative).length > 0);
  const total = (side: 'positive' | 'negative') => all.reduce((sum, pair) => sum + replaced(pair[side]).length, 0);
  return {
    keywords: structuredClone(keywords),
    isDefault: JSON.stringify(keywords) === JSON.stringify(defaultKeywords),
    counts: keywords.map(({ word }) => ({ word, positive: times('positive', word), negative: times('negative', word) })),
    replacedPositive: total('positive'),
    replacedNegative: total('negative'),
    touchedPairs: touched.length,
    touched: touched.slice(0, 200).map((pair) => pair.index),
    pairs,
  };
}
