import type { ApiError } from '../ipc/generated/ApiError';
import type { DoseCellView } from '../ipc/generated/DoseCellView';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { LiveEvent } from '../ipc/generated/LiveEvent';
import type { LiveRequest } from '../ipc/generated/LiveRequest';
import type { ModelSteeringView } from '../ipc/generated/ModelSteeringView';
import type { PooledDoseView } from '../ipc/generated/PooledDoseView';
import type { ScenarioDoseView } from '../ipc/generated/ScenarioDoseView';
import type { ScenarioView } from '../ipc/generated/ScenarioView';
import type { ShareView } from '../ipc/generated/ShareView';
import type { SteeringPlanView } from '../ipc/generated/SteeringPlanView';
import type { SteeringSuccessView } from '../ipc/generated/SteeringSuccessView';
import type { SteeringView } from '../ipc/generated/SteeringView';
import { responses } from '../steering/planForm';
import type { Backend } from './backend';
import { generator } from './mock-data';
import { droppedSet, firstPlan, scenarioSets } from './mock-scenarios';
import { mockHeat, mockSample, mockTokens } from './mock-texts';
import { wilson } from './mock-wilson';

/** What the made-up program lends to its steering. */
export interface Lent {
  pace: number;
  /** `?steered` has everything sampled at the start, `?steered=part` half of it. */
  options: URLSearchParams;
  /** The chosen models that have read the pairs. */
  sweeps: () => LayerSweepView[];
  /** Makes a change of the study that can be undone. */
  changed: (what: string) => void;
  /** Whether the job was asked to stop. */
  cancelled: () => boolean;
  begin: () => void;
}

type Part = Pick<
  Backend,
  'steering' | 'changeSteering' | 'runSteering' | 'steeringSamples' | 'importScenarios' | 'importDirection' | 'tokenHeat' | 'live' | 'steerLive'
>;

const fail = (error: ApiError): never => {
  throw error;
};
const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
/** The model that stands in for an encoder. */
const headless = 'toy-neox';

/** Whether sample `i` has the outcome and is coherent: the same draws at every coefficient. */
function drawn(modelId: string, scenario: number, coefficient: number | null, i: number): { outcome: boolean; coherent: boolean } {
  const wide = modelId === 'toy-llama-wide';
  const next = generator(scenario * 991 + i * 17 + modelId.length);
  const [u, v] = [next(), next()];
  const a = coefficient ?? 0;
  if (scenario === 1) return { outcome: coefficient === null || a > -3 ? true : u < 0.7, coherent: v < 0.97 - Math.abs(a) * 0.03 };
  const middle = [0.1, 0, -0.6, 0.4, -0.2][scenario % 5] ?? 0;
  const chance = 1 / (1 + Math.exp(-(middle + (coefficient === null ? -1.1 : a * (wide ? 0.16 : 0.55)))));
  const steady = wide && scenario === 3 ? 0.4 : 0.98 - Math.max(0, a * (wide ? 0.05 : 0.09)) - Math.abs(a) * 0.02;
  return { outcome: u < chance, coherent: v < steady };
}

function cellOf(modelId: string, scenario: number, coefficient: number | null, plan: SteeringPlanView): DoseCellView {
  const all = Array.from({ length: plan.samples }, (_, i) => drawn(modelId, scenario, coefficient, i));
  const fine = all.filter(({ coherent }) => coherent);
  const a = Math.abs(coefficient ?? 1);
  return {
    coefficient,
    n: plan.samples,
    rate: wilson(all.filter(({ outcome }) => outcome).length, all.length),
    coherentRateOfOutcome: wilson(fine.filter(({ outcome }) => outcome).length, fine.length),
    coherent: wilson(fine.length, all.length),
    emptyRate: 0,
    perplexity: 8.2 + a * a * 0.9,
    kl: a * 0.11,
    distinct2: 0.93 - a * 0.02,
    repetition: 0.06 + a * 0.015,
    score: (coefficient ?? -0.5) * 0.8,
  };
}

/** All scenarios together; random directions differ less over all than in one. */
function pooledOf(doses: readonly ScenarioDoseView[], coefficients: readonly number[]): PooledDoseView {
  const together = (all: readonly (DoseCellView | null | undefined)[]): DoseCellView[] => {
    const there = all.flatMap((cell) => cell ?? []);
    const [first] = there;
    if (!first || there.length < all.length) return [];
    const sum = (of: (cell: DoseCellView) => ShareView) =>
      wilson(there.reduce((hits, cell) => hits + Math.round((of(cell).value ?? 0) * of(cell).n), 0), there.reduce((n, cell) => n + of(cell).n, 0));
    return [{ ...first, n: first.n * there.length, rate: sum(({ rate }) => rate), coherentRateOfOutcome: sum((cell) => cell.coherentRateOfOutcome), coherent: sum(({ coherent }) => coherent) }];
  };
  const cells = coefficients.flatMap((a) => together(doses.map((dose) => dose.cells.find(({ coefficient }) => coefficient === a))));
  const banded = doses.length > 0 && doses.every(({ random }) => random.length > 0);
  const middle = cells.find(({ coefficient }) => coefficient === 0)?.coherentRateOfOutcome.value ?? 0.5;
  const random = coefficients.map((a) => {
    const wide = a === 0 ? 0 : 0.03 + Math.abs(a) * 0.012;
    return { coefficient: a, low: Math.max(0, middle - wide), mean: middle, high: Math.min(1, middle + wide) };
  });
  return { cells, projectedOut: together(doses.map(({ projectedOut }) => projectedOut))[0] ?? null, random: banded ? random : [] };
}

function successOf(cells: DoseCellView[], gain: number): SteeringSuccessView {
  const zero = cells.find(({ coefficient }) => coefficient === 0);
  const rate = zero?.coherentRateOfOutcome.value ?? 0;
  const bound = rate === 1 ? 'ceiling' : rate === 0 ? 'floor' : null;
  const others = cells.filter(({ coefficient }) => coefficient !== null && coefficient !== 0);
  const stuck = others.filter(({ coefficient }) => (bound === 'ceiling' && coefficient! > 0) || (bound === 'floor' && coefficient! < 0));
  const moved = (cell: DoseCellView) => ((cell.coherentRateOfOutcome.value ?? 0) - rate) * (cell.coefficient ?? 0) > 0;
  const free = others.filter((cell) => !stuck.includes(cell));
  const published = others.filter((cell) => cell.coefficient! > 0 === (cell.rate.value ?? 0) - (zero?.rate.value ?? 0) > 0);
  const incoherent = (zero?.coherent.value ?? 0) < 0.5;
  return {
    asPublished: wilson(published.length, others.length),
    strict: wilson(free.filter(moved).length, free.length),
    bound,
    cannotMove: stuck.map(({ coefficient }) => coefficient!),
    incoherentUnsteered: incoherent,
    slope: bound === 'ceiling' ? null : { value: gain, low: gain - 0.14, high: gain + 0.16 },
    slopeNote: bound === 'ceiling' ? 'A threshold on the coefficient tells the outcomes apart, so no finite slope is the most likely.' : null,
    asymmetry: bound ? null : 0.07,
    antiSteerable: wilson(gain > 0.3 ? 1 : 3, 12),
    remarks: [
      ...(incoherent ? ['Fewer than half of the samples at 0 are coherent, so nothing can be claimed.'] : []),
      ...(bound === 'ceiling' ? ['Ceiling: every coherent sample at 0 has the outcome; it cannot move up.'] : []),
    ],
  };
}

/** Steering, reading and live generation of the made-up program. */
export function mockSteering(lent: Lent) {
  let plan = firstPlan;
  let before: SteeringPlanView | null = null;
  let sets = scenarioSets;
  /** Scenarios that are sampled, and those of which half is. */
  const done = new Set<string>();
  const half = new Set<string>();
  let coefficient = 0;
  let live = 0;
  let liveStopped = 0;

  const scenarios = (): ScenarioView[] => {
    const all = sets.find(({ key }) => key === plan.scenarioSet)?.scenarios ?? [];
    return plan.scenarios.length > 0 ? all.filter(({ id }) => plan.scenarios.includes(id)) : all;
  };
  const place = (id: string) => sets.find(({ key }) => key === plan.scenarioSet)?.scenarios.findIndex((entry) => entry.id === id) ?? 0;
  const key = (modelId: string, id: string) => JSON.stringify([modelId, id, { ...plan, scenarios: [] }]);
  const change = (next: SteeringPlanView, what: string): SteeringView => {
    lent.changed(what);
    before = plan;
    plan = next;
    return view();
  };
  const start = lent.options.get('steered');
  let begun = start === null;

  function doseOf(modelId: string, { id, title, rule }: ScenarioView): ScenarioDoseView {
    const whole = done.has(key(modelId, id));
    const coefficients = whole ? plan.coefficients : half.has(key(modelId, id)) ? plan.coefficients.slice(0, 3) : [];
    const cells = coefficients.map((a) => cellOf(modelId, place(id), a, plan));
    return {
      scenario: id,
      title,
      outcome: rule ? 'behaviour' : 'language',
      cells,
      projectedOut: whole && plan.projectOut ? cellOf(modelId, place(id), null, plan) : null,
      random:
        whole && plan.randomDirections > 0
          ? cells.flatMap(({ coefficient: a }) => {
              const middle = cells.find((cell) => cell.coefficient === 0)?.coherentRateOfOutcome.value ?? 0.5;
              const wide = a === 0 ? 0 : 0.06 + Math.abs(a ?? 0) * 0.025;
              return a === null ? [] : [{ coefficient: a, low: Math.max(0, middle - wide), mean: middle, high: Math.min(1, middle + wide) }];
            })
          : [],
      success: whole ? successOf(cells, modelId === 'toy-llama' ? 0.52 : 0.15) : null,
    };
  }

  function modelOf(sweep: LayerSweepView): ModelSteeringView {
    const { modelId, modelName } = sweep;
    const doses = modelId === headless ? [] : scenarios().map((entry) => doseOf(modelId, entry));
    const complete = doses.length > 0 && doses.every(({ success }) => success);
    const perScenario = responses({ ...plan, scenarios: ['one'], samples: 1 }, sets);
    return {
      modelId,
      modelName,
      layer: plan.layer ?? sweep.chosenLayer,
      residualNorm: complete ? 11.4 : null,
      steered: (plan.layers.length > 0 ? plan.layers : [plan.layer ?? sweep.chosenLayer]).map((layer) => ({ layer, residualNorm: complete ? 9 + layer * 0.6 : null })),
      scenarios: doses,
      overall: complete ? { ...successOf(doses.find(({ success }) => !success?.bound)?.cells ?? [], modelId === 'toy-llama' ? 0.47 : 0.12), antiSteerable: wilson(5, 60), remarks: [] } : null,
      pooled: pooledOf(doses, plan.coefficients),
      effect: complete ? (modelId === 'toy-llama' ? { value: 0.58, low: 0.46, high: 0.69 } : { value: 0.14, low: 0.01, high: 0.27 }) : null,
      randomEffects: complete && plan.randomDirections > 0 ? Array.from({ length: plan.randomDirections }, (_, i) => (i - 2) * 0.035) : [],
      projectOutChange: complete && plan.projectOut ? { value: -0.13, low: -0.25, high: -0.02 } : null,
      cellsDone: doses.reduce((sum, dose) => sum + (dose.success ? perScenario : dose.cells.length), 0),
      cellsTotal: doses.length * perScenario,
      problem: modelId === headless ? `${modelName} is an encoder: it reads texts but writes none, so it cannot be steered.` : null,
      provenance: 'made up for development',
    };
  }

  function view(): SteeringView {
    const models = lent.sweeps();
    if (!begun && models.length > 0) {
      begun = true;
      const all = models.flatMap(({ modelId }) => scenarios().map(({ id }) => key(modelId, id)));
      const upTo = start === 'part' ? Math.floor(all.length / 2) : all.length;
      all.slice(0, upTo).forEach((entry) => done.add(entry));
      if (start === 'part' && all[upTo] !== undefined) half.add(all[upTo]);
    }
    const views = models.map(modelOf);
    return { plan, sets, models: views, pending: views.some(({ cellsDone, cellsTotal }) => cellsDone < cellsTotal) };
  }

  async function run(handle: (event: JobEvent) => void): Promise<void> {
    for (const { modelId, modelName } of lent.sweeps().filter((sweep) => sweep.modelId !== headless)) {
      for (const { id, title } of scenarios().filter((entry) => !done.has(key(modelId, entry.id)))) {
        for (let step = 0; step <= 6; step += 1) {
          if (lent.cancelled()) return handle({ kind: 'cancelled' });
          handle({ kind: 'progress', progress: { stage: `Steering ${modelName}: ${title}`, done: step * 60, total: 360, unit: 'responses', rate: 48, secondsLeft: (6 - step) * 1.2 } });
          if (step === 3) half.add(key(modelId, id));
          await wait(60 * lent.pace);
        }
        done.add(key(modelId, id));
        handle({ kind: 'steering-ready', modelId });
      }
    }
    handle({ kind: 'finished' });
  }

  async function speak(request: LiveRequest, id: number, handle: (event: LiveEvent) => void): Promise<void> {
    await wait(150 * lent.pace);
    handle({ kind: 'begun', scale: 1 });
    const texts = {
      unsteered: mockTokens(mockSample(request.modelId, 0, 0, request.seed, false)),
      steered: mockTokens(mockSample(request.modelId, 0, 4, request.seed + 1, true)),
    };
    const most = Math.min(request.maxTokens, Math.max(texts.unsteered.length, texts.steered.length));
    const stopped = () => liveStopped >= id;
    for (let i = 0; i < most && !stopped(); i += 1) {
      for (const of of ['unsteered', 'steered'] as const) {
        const token = texts[of][i];
        const a = of === 'steered' ? coefficient : 0;
        if (token) handle({ kind: 'token', of, token: { ...token, score: token.score === null ? null : token.score + a * 0.15 }, coefficient: a });
      }
      await wait(35 * lent.pace);
    }
    for (const of of ['unsteered', 'steered'] as const) {
      handle({ kind: 'ended', of, end: stopped() ? 'stopped' : texts[of].length > most ? 'length' : 'stop', rate: of === 'steered' ? 27.4 : 28.1 });
    }
    handle({ kind: 'finished' });
  }

  const backend: Part = {
    steering: async () => (await wait(60), view()),
    changeSteering: async (next) => {
      await wait(60);
      if (next.maxTokens > 400) fail({ code: 'input', message: 'toy-llama holds 512 positions, so a response of so many tokens does not fit.', hint: 'Ask for fewer tokens.' });
      return change(next, 'change of the steering');
    },
    runSteering: async (handle) => {
      lent.begin();
      void run(handle);
      return 'job-1';
    },
    steeringSamples: async (modelId, id, a) => {
      await wait(40);
      const entry = scenarios().find((one) => one.id === id) ?? fail({ code: 'input', message: `There is no scenario “${id}”.`, hint: null });
      return {
        prompt: `<|user|>\n${entry.prompt ?? `${entry.objective} ${entry.pressure} What do you do?`}\n<|assistant|>\n`,
        samples: Array.from({ length: plan.samples }, (_, i) => {
          const { outcome, coherent } = drawn(modelId, place(id), a, i);
          const stretches = mockSample(modelId, place(id), a ?? 0, i, outcome, coherent);
          return { stretches, tokens: mockTokens(stretches), outcome, coherent, perplexity: 7 + Math.abs(a ?? 1) * 2 + i * 0.2, kl: Math.abs(a ?? 1) * 0.1, end: i % 5 === 4 ? 'length' : 'stop' };
        }),
        scale: 1.2,
      };
    },
    importScenarios: async (path) => {
      const set = droppedSet(path);
      sets = [...sets.filter((entry) => entry.key !== set.key), set];
      return change({ ...plan, scenarioSet: set.key, scenarios: [] }, `import of ${set.name}`);
    },
    importDirection: async (path, convention, layer) => {
      if (/wide/.test(path)) fail({ code: 'input', message: 'The direction has 4,096 numbers, but toy-llama is 256 wide.', hint: 'Choose a direction of this model.' });
      if (/several/.test(path) && layer === null) fail({ code: 'input', message: 'This file has directions for the layers 2, 3, 4.', hint: 'Say which to steer along.' });
      return change({ ...plan, layer: null, layers: [], direction: { path, convention: convention ?? 'residual', layer: layer ?? 5 } }, 'import of a direction');
    },
    tokenHeat: async (modelId, layer, text) => (await wait(120), mockHeat(modelId, layer ?? 4, text)),
    live: async (request, handle) => {
      live += 1;
      coefficient = request.coefficient;
      void speak(request, live, handle);
      return `live-${live}`;
    },
    steerLive: async (jobId, a) => {
      if (jobId === `live-${live}`) coefficient = a;
    },
  };
  return {
    backend,
    undo: () => {
      if (before) [plan, before] = [before, null];
    },
    stopLive: (jobId: string) => {
      liveStopped = Number(jobId.slice('live-'.length));
    },
  };
}
