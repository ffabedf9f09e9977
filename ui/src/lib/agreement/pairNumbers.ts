import { count, fixed, interval } from '../format/number';
import type { AlignedTransferView } from '../ipc/generated/AlignedTransferView';
import type { CarriedView } from '../ipc/generated/CarriedView';
import type { EstimateView } from '../ipc/generated/EstimateView';
import type { ModelPairView } from '../ipc/generated/ModelPairView';
import type { ScoreAgreementView } from '../ipc/generated/ScoreAgreementView';

/** "0.71 [0.52, 0.84]", or a dash. */
export function estimated(estimate: EstimateView | null, decimals = 2): string {
  return estimate ? `${fixed(estimate.value, decimals)} ${interval(estimate, decimals)}` : '–';
}

/** A line of the table of everything. */
export interface NumberRow {
  name: string;
  value: string;
  basis: string;
  /** Why there is no value, or what to keep in mind. */
  note: string;
}

/** "N = 30 texts of 15 test pairs" */
export function basisOf(scores: ScoreAgreementView): string {
  return `N = ${count(scores.texts)} texts of ${count(scores.texts / 2)} test pairs`;
}

/** What two models came to, line by line. */
export function numberRows(pair: ModelPairView): NumberRow[] {
  const { scores } = pair;
  const basis = scores ? basisOf(scores) : '';
  const row = (name: string, value: string, note = ''): NumberRow => ({ name, value, basis, note });
  const rows: NumberRow[] = scores
    ? [
        row('Pearson’s r', estimated(scores.pearson)),
        row('Spearman’s ρ', estimated(scores.spearman)),
        row('Kendall’s τ-b', estimated(scores.kendall)),
        row('Same side of the thresholds', estimated(scores.signAgreement), 'share of texts'),
        row('Cohen’s κ', estimated(scores.kappa), scores.kappa ? '' : 'one of the models decides alike for all texts'),
        row('Pearson’s r within the sides', estimated(scores.withinClassPearson), scores.withinClassPearson ? '' : 'the scores do not vary within the sides'),
        row('Spearman’s ρ within the sides', estimated(scores.withinClassSpearman), scores.withinClassSpearman ? '' : 'the scores do not vary within the sides'),
        row('r corrected for unreliability', fixed(scores.disattenuated, 2), reliabilityNote(scores)),
      ]
    : [];
  rows.push({ name: 'Debiased linear CKA', value: fixed(pair.cka, 2), basis: `layers ${pair.layerA} and ${pair.layerB}`, note: '' });
  return rows;
}

function reliabilityNote({ disattenuated, reliabilityA, reliabilityB }: ScoreAgreementView): string {
  if (reliabilityA === null || reliabilityB === null) return 'the scores of a model have no reliability to correct by';
  const both = `reliabilities ${fixed(reliabilityA, 2)} and ${fixed(reliabilityB, 2)}`;
  return disattenuated === null ? `not defined: ${both}` : both;
}

/** Names of the maps as people know them. */
export function methodName(method: string): string {
  return { procrustes: 'Procrustes', ridge: 'Ridge', cca: 'CCA' }[method] ?? method;
}

/** One direction of carrying, ready to draw. */
export interface TransferGroup {
  from: string;
  to: string;
  view: AlignedTransferView;
}

/** Both ways of carrying, as far as they are there. */
export function transferGroups(pair: ModelPairView, nameA: string, nameB: string): TransferGroup[] {
  return [
    ...(pair.forth ? [{ from: nameA, to: nameB, view: pair.forth }] : []),
    ...(pair.back ? [{ from: nameB, to: nameA, view: pair.back }] : []),
  ];
}

/** A carried direction in words: what it is worth and what it has to be compared with. */
export function carriedWords(carried: CarriedView): string {
  const band = (mean: number, low: number, high: number) => `${fixed(mean, 2)} ${interval({ low, high }, 2)}`;
  return [
    `${methodName(carried.method)} (${carried.setting}): AUROC ${estimated(carried.auroc)}`,
    `cosine with the model’s own direction ${fixed(carried.cosine, 2)}`,
    `with the texts shuffled ${band(carried.shuffledMean, carried.shuffledLow, carried.shuffledHigh)}`,
    `random directions ${band(carried.randomMean, carried.randomLow, carried.randomHigh)}`,
  ].join('; ');
}
