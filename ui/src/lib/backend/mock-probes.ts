import { pack } from '../ipc/packet';
import type { ApiError } from '../ipc/generated/ApiError';
import type { EstimateView } from '../ipc/generated/EstimateView';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { PairsSummary } from '../ipc/generated/PairsSummary';
import type { ProbeControlsView } from '../ipc/generated/ProbeControlsView';
import type { RandomBandView } from '../ipc/generated/RandomBandView';
import type { ScoresHeader } from '../ipc/generated/ScoresHeader';
import type { SurfaceView } from '../ipc/generated/SurfaceView';
import type { VariantView } from '../ipc/generated/VariantView';
import { rocOf } from '../plot/rocPath';
import { gaussian, generator } from './mock-data';

/* Made-up controls, so that every state of the Probes room can be seen. Nothing here is a result. */

const provenance = 'made up for development';
/** What the words alone reach in the mock: between its two models. */
const ceiling = 0.93;

function estimate(value: number, spread: number): EstimateView {
  return { value, low: Math.max(0, value - spread), high: Math.min(1, value + spread * 0.7) };
}

/** Fewer test pairs than this leave everything untested. */
const fewest = 2;

/** What the texts of a made-up set give away. */
export function mockSurface(pairs: PairsSummary): SurfaceView {
  const untested = pairs.test < fewest ? `There ${pairs.test === 1 ? 'is 1 test pair' : 'are no test pairs'}; at least ${fewest} are needed.` : null;
  const baseline = (name: string, label: string, auroc: number, problem: string | null = untested) => ({
    name,
    label,
    auroc: problem ? null : estimate(auroc, 0.09),
    accuracy: problem ? null : estimate(auroc - 0.07, 0.12),
    problem,
  });
  const word = (text: string, weight: number, positive: number, negative: number) => ({ word: text, weight, positive, negative });
  return {
    testPairs: pairs.test,
    baselines: [
      baseline('bag-of-words', 'bag of words', ceiling),
      baseline('tf-idf', 'TF-IDF, logistic', 0.911),
      baseline('function-words', 'function words', 0.742),
      baseline('punctuation', 'punctuation and markdown', 0.5, untested ?? 'No text holds punctuation that differs.'),
      baseline('word-count', 'word count', 0.61),
      baseline('characters', 'length in characters', 0.597),
    ],
    ceiling: untested ? null : 'bag-of-words',
    positiveWords: untested ? [] : [
      word('feeling', 0.0231, 31, 2), word('listen', 0.0187, 24, 0), word('she', 0.0142, 40, 17), word('together', 0.0119, 15, 1),
      word('worry', 0.0098, 12, 0), word('stay', 0.0081, 13, 3), word('i', 0.0044, 96, 84),
    ],
    negativeWords: untested ? [] : [
      word('optimal', -0.0202, 0, 26), word('objective', -0.0191, 1, 25), word('seconds', -0.0133, 0, 17),
      word('fastest', -0.0117, 0, 15), word('complete', -0.0086, 4, 15), word('the', -0.0051, 110, 133),
    ],
    provenance,
  };
}

function band(mean: number, sd: number, auroc: number): RandomBandView {
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const far = Math.max(0, (auroc - mean) / sd);
  return {
    mean, sd, p95: clip(mean + 1.64 * sd), low: clip(mean - 1.96 * sd), high: clip(mean + 1.96 * sd),
    foldedMean: clip(mean + 0.8 * sd), foldedP95: clip(mean + 1.96 * sd),
    rankP: Math.max(1 / 1001, 0.5 * Math.exp(-0.7 * far * far)),
  };
}

/** Controls of a made-up model; which one decides whether it passes. */
export function mockControls(sweep: LayerSweepView, pairs: PairsSummary): ProbeControlsView {
  if (pairs.test < fewest) {
    const error: ApiError = { code: 'input', message: `A probe cannot be tested on ${pairs.test} test pairs.`, hint: 'Change the split, or add pairs.' };
    throw error;
  }
  const at = sweep.layers.find((entry) => entry.layer === sweep.chosenLayer)?.test?.auroc.value ?? 0.5;
  const above = at - ceiling;
  const variant = (name: string, auroc: number, note: string, layer = sweep.chosenLayer): VariantView => ({
    name, note, layer, auroc: estimate(auroc, 0.08), accuracy: estimate(auroc - 0.03, 0.1),
    drop: { value: at - auroc, low: at - auroc - 0.03, high: at - auroc + 0.05 },
  });
  const named = pairs.scenarios.filter((scenario) => scenario.name !== '');
  return {
    modelId: sweep.modelId,
    chosenLayer: sweep.chosenLayer,
    permutation: { draws: 10_000, statistic: Math.max(...sweep.layers.map((entry) => entry.test?.auroc.value ?? 0)), p: above > 0 ? 0.0001 : 0.0031 },
    layers: sweep.layers.map(({ layer, test }) => {
      const auroc = test?.auroc.value ?? 0.5;
      return {
        layer, p: Math.exp(-9 * Math.max(0, auroc - 0.5) * 2), isotropic: band(0.5, 0.11, auroc), covariance: band(0.5, 0.13 + 0.006 * layer, auroc),
        randomLabelsAuroc: 0.51, selectivity: auroc - 0.51, sinkShare: above > 0 ? 0.04 : 0.37, sinkDimensions: [138, 5, 211], isSink: above <= 0,
      };
    }),
    aboveCeiling: { value: above, low: above - 0.03, high: above + 0.05 },
    ceiling: 'bag-of-words',
    variants: [
      variant('shuffled', above > 0 ? 0.82 : at - 0.01, 'The words of every text were shuffled, and the probe fitted and tested on those.'),
      variant('ablated', at - 0.05, '212 keywords in 41 of 50 pairs were replaced by neutral words.'),
      variant('as-published', Math.min(1, at + 0.02), 'Every token in the mean, the best layer on the test pairs, the midpoint of the test means.', sweep.bestOnTestLayer),
    ],
    heldOutScenarios:
      named.length < 3 ? null : { auroc: estimate(at - 0.06, 0.07), p: above > 0 ? 0.001 : 0.2, scenarios: named.map(({ name, count }, i) => ({ scenario: name, pairs: count, auroc: Math.min(1, at - 0.14 + 0.05 * i) })) },
    heldOutNote: named.length < 3 ? 'There are fewer than three scenarios with two pairs each.' : null,
    provenance,
  };
}

/** Normal quantile, good enough for made-up data (Tukey's lambda). */
const quantile = (p: number) => 4.91 * (p ** 0.14 - (1 - p) ** 0.14);

/** Scores of a made-up model at a layer, about as far apart as its sweep says. */
export function mockScores(sweep: LayerSweepView, layer: number, pairs: number, isTest: (pair: number) => boolean): ArrayBuffer {
  const auroc = sweep.layers.find((entry) => entry.layer === layer)?.test?.auroc ?? estimate(0.5, 0.1);
  const gap = Math.SQRT2 * quantile(Math.min(auroc.value, 0.999));
  const z = new Float32Array(pairs * 2);
  for (let i = 0; i < pairs; i += 1) {
    const draw = gaussian(generator(i * 17 + layer + sweep.modelId.length * 101));
    const shared = draw() * 0.6;
    z[2 * i] = shared + gap / 2 + draw() * 0.8;
    z[2 * i + 1] = shared - gap / 2 + draw() * 0.8;
  }
  const test = Array.from({ length: pairs }, (_, i) => i).filter(isTest);
  const roc = rocOf(test.map((i) => z[2 * i] ?? 0), test.map((i) => z[2 * i + 1] ?? 0));
  const header: ScoresHeader = { modelId: sweep.modelId, layer, pairs, rocPoints: roc.length, auroc, provenance };
  const body = new Float32Array([...z, ...roc.map((point) => point.x), ...roc.map((point) => point.y)]);
  return pack(header, body.buffer);
}
