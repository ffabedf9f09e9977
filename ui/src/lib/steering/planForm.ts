import type { CoefficientUnit } from '../ipc/generated/CoefficientUnit';
import type { PromptStyle } from '../ipc/generated/PromptStyle';
import type { ScenarioSetView } from '../ipc/generated/ScenarioSetView';
import type { SteeredPositions } from '../ipc/generated/SteeredPositions';
import type { SteeringMode } from '../ipc/generated/SteeringMode';
import type { SteeringPlanView } from '../ipc/generated/SteeringPlanView';
import { counted, plain } from '../format/number';

/** The fewest random directions that make a band. */
export const leastRandom = 5;
/** The most that the program takes. */
const most = { coefficients: 101, samples: 1000, random: 100, tokens: 8192 };

/** In place of scenarios when none is ticked. */
const none = '';

/** Where the stream is steered: at the layer that the probe chose (that of a file), at one, or at several. */
export type LayerChoice = 'chosen' | 'one' | 'several';

/** The plan as it is typed: numbers are texts until they are taken. */
export interface PlanDraft {
  scenarioSet: string;
  scenarios: string[];
  layerChoice: LayerChoice;
  layer: string;
  /** "2-5, 8" */
  layers: string;
  coefficients: string;
  unit: CoefficientUnit;
  mode: SteeringMode;
  projectOut: boolean;
  positions: SteeredPositions;
  promptStyle: PromptStyle;
  samples: string;
  randomDirections: string;
  temperature: string;
  topP: string;
  topK: string;
  repetitionPenalty: string;
  maxTokens: string;
}

/** Fields that are typed. */
export type NumberField = 'layer' | 'layers' | 'coefficients' | 'samples' | 'randomDirections' | 'temperature' | 'topP' | 'topK' | 'repetitionPenalty' | 'maxTokens';

/** A plan with what is wrong with it, field by field; `plan` is absent while anything is. */
export interface Checked {
  plan: SteeringPlanView | null;
  problems: Partial<Record<NumberField | 'scenarios', string>>;
}

export const layerChoices: { value: LayerChoice; label: string; meaning: string }[] = [
  { value: 'chosen', label: 'Chosen layer', meaning: 'that which each model’s probe chose' },
  { value: 'one', label: 'One', meaning: 'the same layer of every model' },
  { value: 'several', label: 'Several', meaning: 'at once, each along a direction of its own found in the same way' },
];

export const units: { value: CoefficientUnit; label: string; meaning: string }[] = [
  { value: 'relative', label: 'Relative', meaning: 'in units of the layer’s residual norm: comparable across models' },
  { value: 'absolute', label: 'Absolute', meaning: 'along the unit direction, as published studies count' },
];

export const modes: { value: SteeringMode; label: string; meaning: string }[] = [
  { value: 'add', label: 'Add', meaning: 'h + a d' },
  { value: 'clamp', label: 'Clamp', meaning: 'the part of h along d set to a' },
];

export const positions: { value: SteeredPositions; label: string; meaning: string }[] = [
  { value: 'generated', label: 'Generated', meaning: 'positions that a generated token is drawn after' },
  { value: 'prompt', label: 'Prompt', meaning: 'positions of the prompt before that' },
  { value: 'both', label: 'Both', meaning: 'all positions' },
];

export const promptStyles: { value: PromptStyle; label: string; meaning: string }[] = [
  { value: 'chat', label: 'Chat template', meaning: 'of models that have one; plain text for others' },
  { value: 'plain', label: 'Plain', meaning: 'objective, pressure and “What do you do?” as text, for every model' },
];

/** "−4, −2, 0, 2, 4" */
export function listed(values: readonly number[]): string {
  return values.map(plain).join(', ');
}

/** A number as it is typed, with either minus sign; null where it is none. */
export function parseNumber(text: string): number | null {
  const clean = text.trim().replace(/[−–]/g, '-');
  const value = Number(clean);
  return clean === '' || !Number.isFinite(value) ? null : value;
}

/** Coefficients that were typed, ascending and each once; a sentence where they cannot be taken. */
export function parseCoefficients(text: string): number[] | string {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== '');
  const values: number[] = [];
  for (const part of parts) {
    const value = parseNumber(part);
    if (value === null) return `“${part}” is not a number. Separate coefficients by commas, as in −4, −2, 0, 2, 4.`;
    values.push(value === 0 ? 0 : value);
  }
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  if (!sorted.includes(0)) return 'Coefficient 0 has to be among them: it is what the others are compared with.';
  if (sorted.length < 2) return 'At least one coefficient other than 0 is needed.';
  if (sorted.length > most.coefficients) return `At most ${most.coefficients} coefficients can be taken.`;
  return sorted;
}

/** "2–5, 8": three neighbours or more as a range. */
export function layerList(layers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const layer of layers) {
    const range = ranges.at(-1);
    if (range && range[1] + 1 === layer) range[1] = layer;
    else ranges.push([layer, layer]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : last === first + 1 ? `${first}, ${last}` : `${first}–${last}`)).join(', ');
}

/** Layers that were typed, ascending and each once; a sentence where they cannot be taken. */
export function parseLayers(text: string, last: number): number[] | string {
  const found = new Set<number>();
  for (const part of text.split(/[,;]+/).map((piece) => piece.trim())) {
    if (part === '') continue;
    const [, from, to] = /^(\d+)(?:\s*[-–−]\s*(\d+))?$/.exec(part) ?? [];
    if (from === undefined) return `“${part}” is neither a layer nor a range of layers. Write them as in 2-5, 8.`;
    const [first, end] = [Number(from), Number(to ?? from)];
    if (end < first) return `“${part}” ends before it begins.`;
    if (end > last) return `There are layers 0 to ${last}; there is no layer ${end}.`;
    for (let layer = first; layer <= end; layer += 1) found.add(layer);
  }
  if (found.size < 2) return 'Name two layers at least, as in 2-5, 8.';
  return [...found].sort((a, b) => a - b);
}

/** The scenarios with one ticked or no longer; empty is all of them. */
export function withScenario(all: readonly string[], chosen: readonly string[], id: string, on: boolean): string[] {
  const before = chosen.length === 0 ? all : chosen;
  const after = all.filter((other) => (other === id ? on : before.includes(other)));
  // None ticked is not all: an id that no scenario has stands for it, and is refused.
  return after.length === all.length ? [] : after.length === 0 ? [none] : after;
}

/** The plan as it stands in the form. */
export function draftOf(plan: SteeringPlanView): PlanDraft {
  const { scenarioSet, scenarios, unit, mode, projectOut, positions: where, promptStyle } = plan;
  return {
    scenarioSet,
    scenarios: [...scenarios],
    unit,
    mode,
    projectOut,
    positions: where,
    promptStyle,
    layerChoice: plan.layers.length > 0 ? 'several' : plan.layer === null ? 'chosen' : 'one',
    layer: plan.layer === null ? '' : String(plan.layer),
    layers: layerList(plan.layers),
    coefficients: listed(plan.coefficients),
    samples: String(plan.samples),
    randomDirections: String(plan.randomDirections),
    temperature: plain(plan.temperature),
    topP: plain(plan.topP),
    topK: String(plan.topK),
    repetitionPenalty: plain(plan.repetitionPenalty),
    maxTokens: String(plan.maxTokens),
  };
}

/** Takes what was typed, as far as it can be. The direction stays that of `before`. */
export function checked(draft: PlanDraft, before: SteeringPlanView, sets: readonly ScenarioSetView[], layers: number): Checked {
  const problems: Checked['problems'] = {};
  const number = (field: NumberField, text: string, valid: (value: number) => boolean, sentence: string): number => {
    const value = parseNumber(text);
    if (value !== null && valid(value)) return value;
    problems[field] = sentence;
    return NaN;
  };
  const whole = (least: number, most: number) => (value: number) => Number.isInteger(value) && value >= least && value <= most;

  const coefficients = parseCoefficients(draft.coefficients);
  if (typeof coefficients === 'string') problems.coefficients = coefficients;
  const known = sets.find((set) => set.key === draft.scenarioSet)?.scenarios.map(({ id }) => id) ?? [];
  const scenarios = draft.scenarios.filter((id) => known.includes(id));
  if (draft.scenarios.length > 0 && scenarios.length === 0) problems.scenarios = 'Choose one scenario at least.';
  const layer = draft.layerChoice === 'one' ? number('layer', draft.layer, whole(0, layers), `A layer from 0 to ${layers}.`) : null;
  const several = draft.layerChoice === 'several' ? parseLayers(draft.layers, layers) : [];
  if (typeof several === 'string') problems.layers = several;
  const random = number('randomDirections', draft.randomDirections, (n) => Number.isInteger(n) && n <= most.random && (n === 0 || n >= leastRandom), `None, or from ${leastRandom} to ${most.random}: fewer do not make a band.`);
  const plan: SteeringPlanView = {
    ...before,
    scenarioSet: draft.scenarioSet,
    // All of them is written as none in particular, so that the two are one plan.
    scenarios: scenarios.length === known.length ? [] : scenarios,
    layer,
    layers: typeof several === 'string' ? [] : several,
    coefficients: typeof coefficients === 'string' ? [] : coefficients,
    unit: draft.unit,
    mode: draft.mode,
    projectOut: draft.projectOut,
    positions: draft.positions,
    promptStyle: draft.promptStyle,
    samples: number('samples', draft.samples, whole(1, most.samples), `A whole number from 1 to ${most.samples}.`),
    randomDirections: random,
    temperature: number('temperature', draft.temperature, (t) => t >= 0 && t <= 10, 'From 0, which takes the likeliest token, to 10.'),
    topP: number('topP', draft.topP, (p) => p > 0 && p <= 1, 'Above 0 and at most 1, which is all.'),
    topK: number('topK', draft.topK, whole(0, 1_000_000), 'A whole number; 0 is all.'),
    repetitionPenalty: number('repetitionPenalty', draft.repetitionPenalty, (r) => r > 0 && r <= 10, 'Above 0, where 1 is none, up to 10.'),
    maxTokens: number('maxTokens', draft.maxTokens, whole(1, most.tokens), `A whole number from 1 to ${most.tokens}.`),
  };
  return { plan: Object.keys(problems).length === 0 ? plan : null, problems };
}

/** Responses that a plan asks of each model: the coefficients, projecting out, and random directions at all but 0. */
export function responses(plan: SteeringPlanView, sets: readonly ScenarioSetView[]): number {
  const scenarios = plan.scenarios.length || (sets.find((set) => set.key === plan.scenarioSet)?.scenarios.length ?? 0);
  const steered = plan.coefficients.filter((a) => a !== 0).length;
  return scenarios * plan.samples * (plan.coefficients.length + (plan.projectOut ? 1 : 0) + plan.randomDirections * steered);
}

/** What is planned, in a sentence. */
export function planSentence(plan: SteeringPlanView, sets: readonly ScenarioSetView[]): string {
  const set = sets.find(({ key }) => key === plan.scenarioSet);
  const of = plan.scenarios.length || (set?.scenarios.length ?? 0);
  const direction = plan.direction ? `the direction of ${plan.direction.path.split(/[\\/]/).pop() ?? plan.direction.path}` : 'the probe’s direction';
  const does = plan.mode === 'clamp' ? `${direction} clamped to` : `${direction} added at`;
  const where = plan.layers.length > 0 ? `at the layers ${layerList(plan.layers)} at once` : plan.layer === null ? 'at the chosen layer' : `at layer ${plan.layer}`;
  return [
    `${counted(of, 'scenario')} of ${set?.name ?? plan.scenarioSet}, ${does} ${listed(plan.coefficients)} (${plan.unit})`,
    `${where}, ${counted(plan.samples, 'sample')} each`,
    ...(plan.projectOut ? ['the direction projected out'] : []),
    ...(plan.randomDirections > 0 ? [counted(plan.randomDirections, 'random direction')] : []),
  ].join('; ');
}

/** Whether two plans are the same. */
export function same(one: SteeringPlanView, other: SteeringPlanView): boolean {
  const ordered = (plan: SteeringPlanView) => JSON.stringify(Object.entries(plan).sort(([a], [b]) => (a < b ? -1 : 1)));
  return ordered(one) === ordered(other);
}
