import { pack } from '../ipc/packet';
import type { AgreementView } from '../ipc/generated/AgreementView';
import type { AlignedTransferView } from '../ipc/generated/AlignedTransferView';
import type { EstimateView } from '../ipc/generated/EstimateView';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { ModelPairView } from '../ipc/generated/ModelPairView';
import { gaussian, generator } from './mock-data';

/* Made-up agreement of made-up models. The numbers of the score scatter are computed from its points. */

const around = (value: number, spread: number, low = -1): EstimateView => ({
  value,
  low: Math.max(low, value - spread),
  high: Math.min(1, value + spread * 0.7),
});

function seedOf(text: string): number {
  let seed = 7;
  for (const letter of text) seed = (seed * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return seed;
}

/** Scores of one model: what all models share of a text, and what is its own. */
function scoresOf(modelId: string, pairs: number): Float32Array {
  const own = gaussian(generator(seedOf(modelId)));
  const common = modelId === 'toy-neox' ? -0.35 : 0.7;
  const scores = new Float32Array(pairs * 2);
  for (let text = 0; text < pairs * 2; text += 1) {
    const shared = gaussian(generator(9000 + text))();
    scores[text] = (text % 2 === 0 ? 0.95 : -0.85) + shared * common + own() * 0.45;
  }
  return scores;
}

function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Scores less the mean of their side. */
function centred(scores: Float32Array): Float32Array {
  const mean = (side: number) => scores.reduce((sum, value, i) => sum + (i % 2 === side ? value : 0), 0) / (scores.length / 2);
  const means = [mean(0), mean(1)];
  return scores.map((value, i) => value - means[i % 2]!);
}

function transfer(to: LayerSweepView, strength: number, trainPairs: number): AlignedTransferView {
  const carried = (method: string, setting: string, share: number) => ({
    method,
    setting,
    explained: 0.3 + 0.4 * share * strength,
    cosine: strength * share * 0.8,
    auroc: around(0.5 + 0.46 * strength * share, 0.08, 0),
    shuffledMean: 0.505,
    shuffledLow: 0.36,
    shuffledHigh: 0.64,
    randomMean: 0.51,
    randomLow: 0.27 + 0.05 * share,
    randomHigh: 0.75 - 0.05 * share,
  });
  const native = to.layers.find((entry) => entry.layer === to.chosenLayer)?.test?.auroc ?? around(0.9, 0.05, 0);
  return {
    rawCosine: 0.04,
    nativeAuroc: native,
    carried: [carried('procrustes', 'rank 12', 1), carried('ridge', 'strength 0.1', 0.94), carried('cca', 'rank 6', 0.72)],
    trainTexts: trainPairs * 2,
  };
}

function pairOf(a: LayerSweepView, b: LayerSweepView, at: number): ModelPairView {
  const [x, y] = [scoresOf(a.modelId, a.testPairs), scoresOf(b.modelId, b.testPairs)];
  const r = correlation(x, y);
  const within = correlation(centred(x), centred(y));
  const same = x.filter((value, i) => value > 0 === y[i]! > 0).length / x.length;
  const strength = [1, 0.55, 0.12][at % 3]!;
  return {
    a: a.modelId,
    b: b.modelId,
    layerA: a.chosenLayer,
    layerB: b.chosenLayer,
    scores: {
      texts: a.testPairs * 2,
      pearson: around(r, 0.14),
      spearman: around(r - 0.03, 0.16),
      kendall: around(r * 0.72, 0.13),
      signAgreement: around(same, 0.12, 0),
      kappa: around(2 * same - 1, 0.22),
      withinClassPearson: around(within, 0.3),
      withinClassSpearman: around(within - 0.05, 0.3),
      disattenuated: at % 3 === 2 ? null : Math.min(1, r / 0.93),
      reliabilityA: 0.94,
      reliabilityB: at % 3 === 2 ? -0.08 : 0.92,
    },
    cka: 0.25 + 0.6 * strength,
    forth: transfer(b, strength, a.trainPairs),
    back: transfer(a, strength * 0.92, a.trainPairs),
    problem: null,
  };
}

/** How far models agree, from their sweeps; `mismatch` makes the last two incomparable. */
export function mockAgreement(sweeps: LayerSweepView[], mismatch: boolean): AgreementView {
  const pairs = sweeps.flatMap((a, i) => sweeps.slice(i + 1).map((b) => [a, b] as const)).map(([a, b], at) => pairOf(a, b, at));
  const last = pairs.at(-1);
  if (mismatch && last) {
    const problem = 'One of the two read 3 texts cut at the token limit that the other read whole, so their scores are not about the same texts. Raise the token limit and read again.';
    pairs[pairs.length - 1] = { ...last, scores: null, cka: null, forth: null, back: null, problem };
  }
  return {
    models: sweeps.map((sweep) => ({
      id: sweep.modelId,
      name: sweep.modelName,
      layer: sweep.chosenLayer,
      auroc: sweep.layers.find((entry) => entry.layer === sweep.chosenLayer)?.test?.auroc ?? around(0.9, 0.05, 0),
    })),
    pairs,
    convention:
      'All models read the same texts with mean pooling and a limit of 512 tokens; each is scored by its own mean-difference probe at the layer that cross-validation on the training pairs chose, and compared on the test pairs.',
    provenance: 'made up for development',
  };
}

/** Scores of two models as a packet. */
export function mockScorePair(a: string, b: string, pairs: number): ArrayBuffer {
  const body = new Float32Array(pairs * 4);
  body.set(scoresOf(a, pairs));
  body.set(scoresOf(b, pairs), pairs * 2);
  return pack({ a, b, pairs }, body.buffer);
}

/** Likeness of all layers of two models as a packet: layers at the same depth are alike. */
export function mockSimilarity(a: LayerSweepView, b: LayerSweepView, texts: number): ArrayBuffer {
  const [rows, columns] = [a.layers.length, b.layers.length];
  const body = new Float32Array(rows * columns * 2);
  const noise = generator(seedOf(a.modelId + b.modelId));
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      const apart = i / (rows - 1) - j / (columns - 1);
      const cka = 0.12 + 0.8 * Math.exp(-apart * apart * 7) * (0.75 + 0.25 * (i / rows)) + 0.04 * (noise() - 0.5);
      body[i * columns + j] = cka;
      body[rows * columns + i * columns + j] = i === 0 && j === 0 ? NaN : cka * 1.25 - 0.32;
    }
  }
  const layersOf = (sweep: LayerSweepView) => sweep.layers.map(({ layer }) => layer);
  return pack(
    { a: a.modelId, b: b.modelId, layersA: layersOf(a), layersB: layersOf(b), texts, provenance: 'made up for development' },
    body.buffer,
  );
}
