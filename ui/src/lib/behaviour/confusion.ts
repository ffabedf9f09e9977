import type { ConfusionView } from '../ipc/generated/ConfusionView';

/** One field of the two-by-two table. */
export interface ConfusionField {
  n: number;
  /** Share of all. */
  share: number;
  agrees: boolean;
}

/** Rows: called positive, called negative by the probe; columns: by people. */
export function confusionRows(view: ConfusionView): [ConfusionField, ConfusionField][] {
  const total = view.truePositive + view.falsePositive + view.trueNegative + view.falseNegative;
  const field = (n: number, agrees: boolean): ConfusionField => ({ n, share: total > 0 ? n / total : 0, agrees });
  return [
    [field(view.truePositive, true), field(view.falsePositive, false)],
    [field(view.falseNegative, false), field(view.trueNegative, true)],
  ];
}

/** "p < 0.001", "p = 0.032" */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return 'p not defined';
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}
