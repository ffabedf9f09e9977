import { plain } from '../format/number';
import type { LiveRequest } from '../ipc/generated/LiveRequest';
import type { ScenarioView } from '../ipc/generated/ScenarioView';
import type { SteeringPlanView } from '../ipc/generated/SteeringPlanView';
import type { LiveForm } from './live.svelte';
import { parseNumber } from './planForm';

/** The text that a scenario is given to a model as, without a chat template. */
export function scenarioPrompt(scenario: ScenarioView): string {
  return scenario.prompt ?? [scenario.objective, scenario.pressure, 'What do you do?'].filter((part) => part !== '').join('\n\n');
}

/** The form as the plan of dose-responses would fill it. */
export function formOf(plan: SteeringPlanView, prompt: string): LiveForm {
  return {
    prompt,
    promptStyle: plan.promptStyle,
    layer: plan.layer === null ? '' : String(plan.layer),
    unit: plan.unit,
    mode: plan.mode,
    positions: plan.positions,
    temperature: plain(plan.temperature),
    topP: plain(plan.topP),
    maxTokens: String(plan.maxTokens),
    seed: '1',
  };
}

/** How far the slider goes to either side: half as far again as the plan, at least to 1, and to where it stands. */
export function sliderReach(plan: SteeringPlanView | null, coefficient: number): number {
  const most = Math.max(...(plan?.coefficients ?? [4]).map(Math.abs)) * 1.5;
  return Math.max(1, most, Math.abs(coefficient));
}

/** What the form asks for, or the sentence that says why it cannot be asked. */
export function requestOf(form: LiveForm, coefficient: number, model: { id: string; layers: number }): LiveRequest | string {
  const layer = form.layer.trim() === '' ? null : parseNumber(form.layer);
  const temperature = parseNumber(form.temperature);
  const topP = parseNumber(form.topP);
  const maxTokens = parseNumber(form.maxTokens);
  const seed = parseNumber(form.seed);
  if (form.prompt.trim() === '') return 'Type a prompt, or choose that of a scenario.';
  if (form.layer.trim() !== '' && (layer === null || !Number.isInteger(layer) || layer < 0 || layer > model.layers)) {
    return `The layer is a whole number from 0 to ${model.layers}, or nothing for the chosen one.`;
  }
  if (!Number.isFinite(coefficient)) return 'The coefficient is not a number.';
  if (temperature === null || temperature < 0 || temperature > 10) return 'The temperature lies between 0, which takes the likeliest token, and 10.';
  if (topP === null || topP <= 0 || topP > 1) return 'Top-p lies above 0 and is at most 1.';
  if (maxTokens === null || !Number.isInteger(maxTokens) || maxTokens < 1) return 'The number of tokens is a whole number from 1 on.';
  if (seed === null || !Number.isInteger(seed) || seed < 0 || seed > 4_294_967_295) return 'The seed is a whole number from 0 to 4,294,967,295.';
  const { promptStyle, unit, mode, positions, prompt } = form;
  return { modelId: model.id, prompt, promptStyle, layer, coefficient, unit, mode, positions, temperature, topP, maxTokens, seed };
}
