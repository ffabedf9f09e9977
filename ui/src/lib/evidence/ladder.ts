import type { IconName } from '../design/Icon.svelte';
import type { EvidenceView } from '../ipc/generated/EvidenceView';
import type { LadderView } from '../ipc/generated/LadderView';
import type { RungPartView } from '../ipc/generated/RungPartView';
import type { RungStatus } from '../ipc/generated/RungStatus';
import type { RungView } from '../ipc/generated/RungView';

/** How a status reads and looks: never by colour alone. */
export const statusLooks: Record<RungStatus, { word: string; icon: IconName }> = {
  passed: { word: 'Passed', icon: 'check' },
  failed: { word: 'Failed', icon: 'close' },
  'not-tested': { word: 'Not tested', icon: 'dash' },
};

/** The part that decides about a rung: the first that failed, else the first that was not tested, else the first. */
export function decisivePart(rung: RungView): RungPartView | null {
  const first = (status: RungStatus) => rung.parts.find((part) => part.status === status);
  return first('failed') ?? (rung.status === 'passed' ? null : first('not-tested')) ?? rung.parts[0] ?? null;
}

/** Rungs in the order of the ladder, each with what every model came to. */
export function rungRows(models: readonly LadderView[]): { number: number; title: string; question: string; cells: (RungView | null)[] }[] {
  const known = new Map<number, RungView>();
  for (const { rungs } of models) for (const rung of rungs) if (!known.has(rung.number)) known.set(rung.number, rung);
  return [...known.values()]
    .sort((a, b) => a.number - b.number)
    .map(({ number, title, question }) => ({
      number,
      title,
      question,
      cells: models.map(({ rungs }) => rungs.find((rung) => rung.number === number) ?? null),
    }));
}

/** "2 passed, 1 failed, 4 not tested" */
export function tally(ladder: LadderView): string {
  return (Object.keys(statusLooks) as RungStatus[])
    .map((status) => ({ status, n: ladder.rungs.filter((rung) => rung.status === status).length }))
    .filter(({ n }) => n > 0)
    .map(({ status, n }) => `${n} ${statusLooks[status].word.toLowerCase()}`)
    .join(', ');
}

/** File name of a report, without extension: "evidence-everyday-pairs". */
export function reportStem(view: EvidenceView): string {
  const plain = view.data.normalize('NFC').toLowerCase().replace(/[^\p{Letter}\p{Number}]+/gu, '-').replace(/^-+|-+$/g, '');
  return ['evidence', Array.from(plain).slice(0, 60).join('')].filter(Boolean).join('-');
}
