import type { AgreementMeasure } from '../ipc/generated/AgreementMeasure';
import type { AgreementView } from '../ipc/generated/AgreementView';
import type { EstimateView } from '../ipc/generated/EstimateView';
import type { ModelPairView } from '../ipc/generated/ModelPairView';

/** How a measure is named, what it says, and where its scale begins and ends. */
export interface MeasureInfo {
  value: AgreementMeasure;
  label: string;
  /** Short, for a column. */
  symbol: string;
  meaning: string;
  /** Value that stands for no agreement: the middle of the colours. */
  none: number;
}

/** Every measure of the matrix, in the order of the chooser. */
export const measures: readonly MeasureInfo[] = [
  { value: 'pearson', label: 'Pearson', symbol: 'r', meaning: 'Pearson’s r of the scores of both models', none: 0 },
  { value: 'spearman', label: 'Spearman', symbol: 'ρ', meaning: 'Spearman’s ρ of the scores: agreement in rank', none: 0 },
  { value: 'kendall', label: 'Kendall', symbol: 'τ-b', meaning: 'Kendall’s τ-b of the scores: share of concordant over discordant text pairs', none: 0 },
  {
    value: 'within-class-pearson', label: 'Within class', symbol: 'r within',
    meaning: 'Pearson’s r within the sides, so that the gap between them does not inflate it', none: 0,
  },
  { value: 'sign-agreement', label: 'Same side', symbol: 'same side', meaning: 'share of texts that both models put on the same side of their thresholds; 0.5 for coin tosses', none: 0.5 },
  { value: 'kappa', label: 'Kappa', symbol: 'κ', meaning: 'Cohen’s κ of the same decisions: agreement beyond chance', none: 0 },
  { value: 'cka', label: 'CKA', symbol: 'CKA', meaning: 'debiased linear CKA of the activations at the two chosen layers', none: 0 },
];

/** A measure by its name. */
export function infoOf(measure: AgreementMeasure): MeasureInfo {
  const info = measures.find((entry) => entry.value === measure);
  if (!info) throw new Error(`There is no measure ${measure}.`);
  return info;
}

/** A number with its interval where it has one. */
export interface Measured {
  value: number;
  interval: EstimateView | null;
}

/** What two models came to under a measure; null where it cannot be had. */
export function measured(pair: ModelPairView, measure: AgreementMeasure): Measured | null {
  if (measure === 'cka') return pair.cka === null ? null : { value: pair.cka, interval: null };
  const { scores } = pair;
  if (!scores) return null;
  const estimate = {
    pearson: scores.pearson,
    spearman: scores.spearman,
    kendall: scores.kendall,
    'sign-agreement': scores.signAgreement,
    kappa: scores.kappa,
    'within-class-pearson': scores.withinClassPearson,
  }[measure];
  return estimate && { value: estimate.value, interval: estimate };
}

/** Place on the colours, -1 to 1, of a value under a measure. */
export function shade(value: number, measure: AgreementMeasure): number {
  const { none } = infoOf(measure);
  return Math.min(1, Math.max(-1, (value - none) / (1 - none)));
}

/** The pair of two models, whichever comes first in it. */
export function pairOf(view: AgreementView, one: string, other: string): ModelPairView | null {
  const found = view.pairs.find(({ a, b }) => (a === one && b === other) || (a === other && b === one));
  return found ?? null;
}

/** Name of a model of the view. */
export function nameOf(view: AgreementView, id: string): string {
  return view.models.find((model) => model.id === id)?.name ?? id;
}
