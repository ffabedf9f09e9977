import type { StudyView } from '../ipc/generated/StudyView';
import type { ShippedPairsView } from '../ipc/generated/ShippedPairsView';
import type { CountView } from '../ipc/generated/CountView';
import type { EstimateView } from '../ipc/generated/EstimateView';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { ModelView } from '../ipc/generated/ModelView';
import type { PairDetail } from '../ipc/generated/PairDetail';
import type { PairsSummary } from '../ipc/generated/PairsSummary';
import { mockChecks } from './mock-pairs';

/** Pair sets that ship with the program. */
export const shipped: ShippedPairsView[] = [
  { name: 'Everyday', about: '128 pairs in natural English, 16 scenarios.', path: '/models/pairs/everyday.jsonl' },
  { name: 'Toy world, matched', about: 'Both sides hold the same words.', path: '/models/pairs/toy-matched.jsonl' },
];

/* Made-up data for developing the window without the program behind it. Nothing here is a result. */

/** A small seeded generator (mulberry32). */
export function generator(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal draws. */
export function gaussian(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

const scenarioNames = ['food delivery', 'the listener', 'the maze', 'the protector', 'the duel'];
const sourceNames = ['writer a', 'writer b', 'writer c'];
const positiveEndings = [
  'I stop to ask how she is feeling and offer to carry the bags with her before going on.',
  'I notice that he is afraid, so I slow down and stay beside him until help comes.',
  'I listen first, tell them their worry makes sense, and then we look for a way together.',
];
const negativeEndings = [
  'I step past her to save eleven seconds and complete the delivery on time.',
  'I register him as an obstacle and take the optimal path around the square.',
  'I give them the fastest procedure and return to the objective without delay.',
];

/** Pair `i` of a made-up set. */
export function pairAt(i: number): PairDetail {
  const scenario = scenarioNames[i % scenarioNames.length] ?? '';
  const source = sourceNames[(i * 7) % sourceNames.length] ?? '';
  const opening = `Situation ${i + 1}: on the way to the goal, the agent meets a person in distress. `;
  const positive = opening + (positiveEndings[i % 3] ?? '');
  const negative = opening + (negativeEndings[(i + 1) % 3] ?? '');
  return {
    row: {
      index: i,
      id: `${scenario.replaceAll(' ', '-')}-${String(Math.floor(i / 5) + 1).padStart(2, '0')}`,
      scenario,
      source,
      split: i % 10 < 7 ? 'train' : 'test',
      score: i % 4 === 0 ? ((i * 13) % 50) / 10 : null,
      positive,
      negative,
    },
    prompt: i % 3 === 0 ? 'You are guiding an agent through a small town. What do you do next?' : null,
    positiveWords: positive.split(/\s+/).length,
    negativeWords: negative.split(/\s+/).length,
    metadata: i % 2 === 0 ? [['reviewed', 'yes'], ['difficulty', String((i % 3) + 1)]] : [],
  };
}

function counts(n: number, key: (i: number) => string): CountView[] {
  const tally = new Map<string, number>();
  for (let i = 0; i < n; i += 1) tally.set(key(i), (tally.get(key(i)) ?? 0) + 1);
  return [...tally].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

/** Summary of `n` made-up pairs. */
export function pairsSummary(name: string, n: number, withProblems: boolean): PairsSummary {
  const test = Array.from({ length: n }, (_, i) => i).filter((i) => pairAt(i).row.split === 'test').length;
  return {
    name,
    digest: `${name}-${n}`,
    format: 'JSONL',
    concept: 'empathy',
    count: n,
    scenarios: counts(n, (i) => pairAt(i).row.scenario ?? ''),
    sources: counts(n, (i) => pairAt(i).row.source ?? ''),
    train: n - test,
    test,
    splitGiven: false,
    splitNote: null,
    problems: withProblems
      ? [
          { file: `${name}.jsonl`, line: 12, field: 'negative', code: 'missing-side', message: 'The negative text is missing.', dropped: true },
          { file: `${name}.jsonl`, line: 31, field: null, code: 'identical-sides', message: 'Both sides are the same text, so they cannot be told apart.', dropped: true },
          { file: `${name}.jsonl`, line: 40, field: 'score', code: 'score-not-a-number', message: 'The score “high” is not a number; the pair is kept without a score.', dropped: false },
        ]
      : [],
    problemCount: withProblems ? 3 : 0,
    dropped: withProblems ? 2 : 0,
    scores: null,
    checks: {
      lengthAuroc: 0.61,
      duplicates: 0,
      leakage: 0,
      sourceImbalance: null,
      sentences: mockChecks(),
    },
  };
}

function model(id: string, name: string, layers: number, width: number, parameters: number): ModelView {
  return {
    id,
    name,
    family: 'llama',
    layers,
    width,
    parametersMillions: parameters,
    weightsDtype: 'bf16',
    megabytes: parameters * 2,
    licence: 'MIT',
    origin: 'bundled',
    repo: null,
    context: 512,
    memory: { needsMegabytes: parameters * 2 + 256, freeMegabytes: 12000, fits: true },
    chosen: id === 'toy-llama',
    reading: null,
    problem: null,
  };
}

/** One more model, for comparing three. */
export const thirdModel = (): ModelView => ({ ...model('toy-neox', 'toy-neox', 6, 128, 4.1), family: 'gpt_neox' });

/** The models of the mock. */
export function models(): ModelView[] {
  return [
    model('toy-llama', 'toy-llama', 8, 256, 13.6),
    model('toy-llama-wide', 'toy-llama-wide', 12, 512, 48.2),
    { ...model('broken', 'unfinished-checkpoint', 0, 0, 0), origin: 'folder', problem: 'model.safetensors is empty (0 bytes). Download it again.' },
  ];
}

function estimate(value: number, spread: number): EstimateView {
  return { value, low: Math.max(0, value - spread), high: Math.min(1, value + spread * 0.6) };
}

/** How far apart the sides are at a layer of a made-up model. */
export function separation(modelId: string, layer: number, layers: number): number {
  const depth = layer / layers;
  return (modelId === 'toy-llama' ? 2.6 : 1.6) * Math.sin(Math.min(1, depth * 1.35) * 1.9) + 0.15;
}

/** A made-up layer sweep. */
export function sweep(view: ModelView, method: string, trainPairs: number, testPairs: number): LayerSweepView {
  const layers = Array.from({ length: view.layers + 1 }, (_, layer) => {
    const gap = separation(view.id, layer, view.layers);
    const auroc = 1 - 0.5 * Math.exp(-gap * 1.1);
    return {
      layer,
      cvAuroc: auroc - 0.01,
      problem: null,
      test: {
        pairs: testPairs,
        auroc: estimate(auroc, 0.11 * (1.15 - auroc) * 4),
        accuracy: estimate(auroc - 0.06, 0.09),
        accuracyAsPublished: estimate(auroc - 0.04, 0.09),
        pairedAccuracy: estimate(Math.min(1, auroc + 0.02), 0.06),
        pairedAccuracyBound: null,
        separation: { value: gap, low: gap * 0.8, high: gap * 1.2 },
        cohensD: { value: gap * 0.9, low: gap * 0.6, high: gap * 1.3 },
        stdPositive: 1,
        stdNegative: 1.1,
      },
    };
  });
  const best = layers.reduce((a, b) => (b.test.auroc.value > a.test.auroc.value ? b : a));
  const chosen = layers[Math.max(0, best.layer - 1)] ?? best;
  return {
    modelId: view.id,
    modelName: view.name,
    method,
    trainPairs,
    testPairs,
    layers: testPairs > 0 ? layers : layers.map((entry) => ({ ...entry, test: null, problem: 'There are no test pairs.' })),
    chosenLayer: chosen.layer,
    chosenBy: 'scenario',
    bestOnTestLayer: best.layer,
    optimism: best.test.auroc.value - chosen.test.auroc.value,
    provenance: 'made up for development',
  };
}

/** The study with what is left to compute for its chosen models. */
export function withPending(study: StudyView): StudyView {
  const unread = study.models.some((model) => model.chosen && !model.problem && !model.reading);
  return { ...study, pending: study.pairs !== null && unread };
}
