import type { BehaviourView } from '../ipc/generated/BehaviourView';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import { gaussian, generator } from './mock-data';

/** Made-up human scores, from 0 to 5, for the test pairs of `count` pairs, and how a made-up model follows them. */
export function mockBehaviour(sweep: LayerSweepView, count: number, isTest: (index: number) => boolean): BehaviourView {
  const draw = gaussian(generator(sweep.modelId.length * 13 + 5));
  const noise = { 'toy-llama': 0.6, 'toy-llama-wide': 1.1 }[sweep.modelId] ?? 2.6;
  const pairs = Array.from({ length: count }, (_, i) => i).filter(isTest);
  const x = pairs.map(() => 1.1 + draw() * 0.8);
  const y = x.map((value) => Math.round(Math.min(5, Math.max(0, 1.4 + value + draw() * noise * 0.6)) * 2) / 2);
  const n = pairs.length;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (of: (i: number) => number) => pairs.reduce((total, _, i) => total + of(i), 0);
  const [xx, yy, xy] = [sum((i) => (x[i]! - mx) ** 2), sum((i) => (y[i]! - my) ** 2), sum((i) => (x[i]! - mx) * (y[i]! - my))];
  const r = xy / Math.sqrt(xx * yy);
  const slope = xy / xx;
  const error = Math.sqrt(Math.max(yy - slope * xy, 0) / Math.max(n - 2, 1));
  const [low, high] = [Math.min(...x), Math.max(...x)];
  const threshold = 2.5;
  const called = (i: number, model: boolean, people: boolean) => x[i]! > 0 === model && y[i]! > threshold === people;
  const tally = (model: boolean, people: boolean) => pairs.filter((_, i) => called(i, model, people)).length;
  const confusion = { truePositive: tally(true, true), falsePositive: tally(true, false), trueNegative: tally(false, false), falseNegative: tally(false, true) };
  return {
    modelId: sweep.modelId,
    layer: sweep.chosenLayer,
    n,
    pearson: { value: r, low: Math.max(-1, r - 0.3), high: Math.min(1, r + 0.18) },
    pearsonP: r > 0.6 ? 0.0004 : 0.212,
    spearman: r - 0.04,
    spearmanP: r > 0.6 ? 0.003 : 0.26,
    accuracy: (confusion.truePositive + confusion.trueNegative) / n,
    confusion,
    humanThreshold: threshold,
    calibration: [0.46, 0.63, 0.74, 0.83, 0.92].map((predicted, i) => ({ n: Math.floor(n / 5) + (i < n % 5 ? 1 : 0), predicted, observed: { value: [0.33, 0.67, 0.67, 1, 1][i]!, low: [0.06, 0.21, 0.21, 0.44, 0.44][i]!, high: [0.79, 0.94, 0.94, 1, 1][i]! } })),
    pairs,
    x,
    y,
    fit: Array.from({ length: 24 }, (_, i) => {
      const at = low + ((high - low) * i) / 23;
      const middle = my + slope * (at - mx);
      const half = 2.16 * error * Math.sqrt(1 / n + (at - mx) ** 2 / xx);
      return { x: at, y: middle, low: middle - half, high: middle + half };
    }),
    note: 'x is the score z of each positive text at the chosen layer, y the human score of its pair. Only test pairs count, so the direction has seen none of them.',
    provenance: 'made up for development',
  };
}
