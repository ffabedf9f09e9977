import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { Range } from './types';

/** One dot of a sweep: a layer of a model. A layer without a result has NaN and breaks the line. */
export interface SweepDot {
  model: string;
  colour: string;
  layer: number;
  value: number;
  low: number;
  high: number;
  pairs: number;
}

/** A sweep with its colour, as the chart draws it. */
export interface SweepLine {
  model: string;
  name: string;
  colour: string;
  chosen: number;
  dots: SweepDot[];
}

/** What the texts alone reach, without any model. */
export interface SweepCeiling {
  /** "bag of words" */
  label: string;
  value: number;
  low: number;
  high: number;
  pairs: number;
}

/** Where 95 % of random directions lie, layer by layer. */
export interface SweepBand {
  label: string;
  rows: { layer: number; low: number; high: number }[];
}

/** Sweeps as lines of dots; colours repeat when there are more models. */
export function sweepLines(sweeps: readonly LayerSweepView[], colours: readonly string[]): SweepLine[] {
  return sweeps.map((sweep, i) => {
    const colour = colours[i % Math.max(colours.length, 1)] ?? 'currentColor';
    return {
      model: sweep.modelId,
      name: sweep.modelName,
      colour,
      chosen: sweep.chosenLayer,
      dots: sweep.layers.map(({ layer, test }) => ({
        model: sweep.modelId,
        colour,
        layer,
        value: test?.auroc.value ?? NaN,
        low: test?.auroc.low ?? NaN,
        high: test?.auroc.high ?? NaN,
        pairs: test?.pairs ?? sweep.testPairs,
      })),
    };
  });
}

/** The last layer of any model. */
export function lastLayer(lines: readonly SweepLine[]): number {
  return Math.max(1, ...lines.flatMap((line) => line.dots.map((dot) => dot.layer)));
}

/** AUROC shown: down to 0.4, or to a round number below the lowest interval or the ceiling. */
export function aurocRange(lines: readonly SweepLine[], ceiling: SweepCeiling | null = null): Range {
  const lows = lines.flatMap((line) => line.dots.map((dot) => Math.min(dot.low, dot.value))).concat(ceiling?.value ?? 1).filter(Number.isFinite);
  const lowest = Math.min(0.4, ...lows);
  return { low: Math.max(0, Math.floor(lowest * 20 + 1e-9) / 20), high: 1 };
}

/** Chosen layers, each with the lines that chose it. */
export function chosenLayers(lines: readonly SweepLine[]): { layer: number; lines: SweepLine[] }[] {
  const layers = [...new Set(lines.map((line) => line.chosen))].sort((a, b) => a - b);
  return layers.map((layer) => ({ layer, lines: lines.filter((line) => line.chosen === layer) }));
}

/** What a line has at a layer; null where the model has no such layer. */
export function dotAt(line: SweepLine, layer: number): SweepDot | null {
  return line.dots.find((dot) => dot.layer === layer) ?? null;
}

/** "0.94 [0.89, 0.98], N = 15 test pairs", or that there is nothing. */
export function readout(dot: Pick<SweepDot, 'value' | 'low' | 'high' | 'pairs'>): string {
  if (!Number.isFinite(dot.value)) return 'no direction at this layer';
  const [value, low, high] = [dot.value, dot.low, dot.high].map((number) => number.toFixed(2));
  return `${value} [${low}, ${high}], N = ${dot.pairs} test pairs`;
}

/** "embedding" for 0, else "layer 4". */
export function layerName(layer: number): string {
  return layer === 0 ? 'embedding output' : `layer ${layer}`;
}
