import { fixed, plain, significant } from '../format/number';
import type { DoseBandView } from '../ipc/generated/DoseBandView';
import type { DoseCellView } from '../ipc/generated/DoseCellView';
import type { ModelSteeringView } from '../ipc/generated/ModelSteeringView';
import type { ShareView } from '../ipc/generated/ShareView';
import type { SteeringSuccessView } from '../ipc/generated/SteeringSuccessView';

/** One model's line in a panel. */
export interface DoseLine {
  modelId: string;
  modelName: string;
  /** Place among the models of the study: its colour and its mark. */
  mark: number;
  cells: DosePoint[];
  projectedOut: DosePoint | null;
  band: DoseBandView[];
  success: SteeringSuccessView | null;
}

/** What a panel draws at a coefficient. */
export interface DosePoint {
  /** Null where the direction was projected out. */
  coefficient: number | null;
  /** Share with the outcome among coherent samples. */
  rate: ShareView;
  coherent: ShareView;
  /** Median under the unsteered model. */
  perplexity: number | null;
}

/** One panel: a scenario, or all of them. */
export interface DosePanelData {
  /** Null for all scenarios. */
  scenario: string | null;
  title: string;
  /** How the outcome is told. */
  outcome: string;
  lines: DoseLine[];
}

const point = (cell: DoseCellView): DosePoint => ({ coefficient: cell.coefficient, rate: cell.coherentRateOfOutcome, coherent: cell.coherent, perplexity: cell.perplexity });

/** The panels of some models, scenario by scenario in the order of the first model that has them. */
export function dosePanels(models: readonly ModelSteeringView[], markOf: (modelId: string) => number): DosePanelData[] {
  const panels = new Map<string, DosePanelData>();
  for (const model of models) {
    for (const dose of model.scenarios) {
      if (dose.cells.length === 0) continue;
      const panel = panels.get(dose.scenario) ?? { scenario: dose.scenario, title: dose.title, outcome: dose.outcome, lines: [] };
      panels.set(dose.scenario, panel);
      panel.lines.push({
        modelId: model.modelId,
        modelName: model.modelName,
        mark: markOf(model.modelId),
        cells: dose.cells.map(point),
        projectedOut: dose.projectedOut && point(dose.projectedOut),
        band: dose.random,
        success: dose.success,
      });
    }
  }
  return [...panels.values()];
}

/** All scenarios of some models together, at the coefficients that every scenario has; null where none is. */
export function overallPanel(models: readonly ModelSteeringView[], markOf: (modelId: string) => number): DosePanelData | null {
  const lines = models
    .filter(({ scenarios, pooled }) => scenarios.length > 1 && pooled.cells.length > 0)
    .map(({ modelId, modelName, pooled, overall }): DoseLine => ({
      modelId,
      modelName,
      mark: markOf(modelId),
      cells: pooled.cells.map(point),
      projectedOut: pooled.projectedOut && point(pooled.projectedOut),
      band: pooled.random,
      success: overall,
    }));
  const outcomes = new Set(models.flatMap(({ scenarios }) => scenarios.map((dose) => dose.outcome)));
  return lines.length > 0 ? { scenario: null, title: 'All scenarios', outcome: [...outcomes].join(' and '), lines } : null;
}

/** What bounds a line or keeps it from a claim, in short sentences. */
export function warnings(success: SteeringSuccessView | null): string[] {
  if (!success) return [];
  return [
    ...(success.bound === 'ceiling' ? ['Ceiling: at 0 every coherent response has the outcome; it cannot move up.'] : []),
    ...(success.bound === 'floor' ? ['Floor: at 0 no coherent response has the outcome; it cannot move down.'] : []),
    ...(success.incoherentUnsteered ? ['Incoherent unsteered: at 0 fewer than half of the responses are coherent; no claim stands.'] : []),
  ];
}

/** The warnings of a panel's lines; with several lines, each with the models that it is of. */
export function panelNotes(lines: readonly DoseLine[]): string[] {
  const models = new Map<string, string[]>();
  for (const line of lines) {
    for (const words of warnings(line.success)) models.set(words, [...(models.get(words) ?? []), line.modelName]);
  }
  return [...models].map(([words, names]) => (lines.length > 1 ? `${names.join(', ')}: ${words}` : words));
}

/** "0.83 [0.55, 0.95], n = 12"; that there is nothing of none. */
export function shareText(share: ShareView, decimals = 2): string {
  if (share.value === null) return 'none';
  const range = share.low === null || share.high === null ? '' : ` [${fixed(share.low, decimals)}, ${fixed(share.high, decimals)}]`;
  return `${fixed(share.value, decimals)}${range}, n = ${share.n}`;
}

/** "a = −2", or that the direction was projected out. */
export function coefficientName(coefficient: number | null): string {
  return coefficient === null ? 'projected out' : `a = ${plain(coefficient)}`;
}

/** A point of a line in words. */
export function describe(line: DoseLine, at: DosePoint): string[] {
  const band = line.band.find(({ coefficient }) => coefficient === at.coefficient);
  return [
    at.rate.value === null ? 'no coherent response' : `outcome in ${shareText(at.rate)} coherent`,
    `coherent ${shareText(at.coherent)}`,
    ...(at.perplexity === null ? [] : [`perplexity ${significant(at.perplexity)}, the median under the unsteered model`]),
    ...(band?.low !== undefined && band.low !== null && band.high !== null ? [`random directions ${fixed(band.low, 2)} to ${fixed(band.high, 2)}, mean ${significant(band.mean)}`] : []),
  ];
}
