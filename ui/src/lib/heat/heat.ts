import type { TokenScoreView } from '../ipc/generated/TokenScoreView';
import { toRgb, type Rgb } from '../plot/colour';
import { css, inkOn, ramp } from '../plot/ramp';

/** Colours reach their ends at so many spreads from the threshold. */
export const reach = 2;
/** Steps of colour to either side; finer ones cannot be told apart. */
const steps = 20;

/** Which way a token points. */
export type Sign = 'towards' | 'against';

/** Where a score lies between the ends of the colours, −1 to 1; null where there is no score or no scale. */
export function shade(score: number | null, scale: number): number | null {
  if (score === null || !Number.isFinite(score) || !(scale > 0)) return null;
  return Math.max(-1, Math.min(1, score / (reach * scale)));
}

/** Which way a token points, if far enough from the threshold to be worth a line under it. */
export function signOf(score: number | null, scale: number): Sign | null {
  const at = shade(score, scale);
  if (at === null || Math.abs(at) < 0.25) return null;
  return at > 0 ? 'towards' : 'against';
}

/** Share of a side's colour at the ends, so that letters stay readable on it. */
const strength = 0.72;

/** The colours of tokens, from against through paper to towards. */
export function heatStops(colours: { negative: string; paper: string; positive: string }): [string, string, string] {
  const end = (colour: string) => hex(ramp([colours.paper, colour], strength) ?? toRgb(colour));
  return [end(colours.negative), colours.paper, end(colours.positive)];
}

function hex(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Gives the style of a token at a shade; the colours are mixed once. */
export function painter(stops: readonly string[]): (at: number | null) => string | undefined {
  const styles = Array.from({ length: 2 * steps + 1 }, (_, i) => {
    const colour = ramp(stops, i / (2 * steps));
    return colour ? `background:${css(colour)};color:${inkOn(colour)}` : undefined;
  });
  return (at) => (at === null ? undefined : styles[Math.round((at + 1) * steps)]);
}

/** The mean of the scores up to each token; null before the first score and at tokens without one. */
export function runningMeans(tokens: readonly TokenScoreView[]): (number | null)[] {
  let sum = 0;
  let n = 0;
  return tokens.map(({ score }) => {
    if (score === null) return null;
    sum += score;
    n += 1;
    return sum / n;
  });
}

/** Running means that came one for each score, put to their tokens. */
export function placedMeans(tokens: readonly TokenScoreView[], means: readonly number[]): (number | null)[] {
  let at = 0;
  return tokens.map(({ score }) => (score === null ? null : (means[at++] ?? null)));
}

/** The mean of all scores; null without any. */
export function meanScore(tokens: readonly TokenScoreView[]): number | null {
  return runningMeans(tokens).findLast((mean) => mean !== null) ?? null;
}

/** A token's text as the white space before it, which takes no colour, and the rest. */
export function parted(text: string): [string, string] {
  const rest = text.trimStart();
  return rest === '' ? ['', text] : [text.slice(0, text.length - rest.length), rest];
}

/** A token with its white space made visible. */
export function visible(text: string): string {
  return text.replace(/ /g, '␣').replace(/\n/g, '↵').replace(/\t/g, '⇥') || '(nothing)';
}

/** The running mean as an SVG path over the square from (0, −1) to (tokens, 1), with the value at its ends. */
export function meanPath(means: readonly (number | null)[]): { path: string; most: number } {
  const most = Math.max(1e-9, ...means.map((mean) => Math.abs(mean ?? 0)));
  const points = means.flatMap((mean, i) => (mean === null ? [] : [`${i + 0.5},${(-mean / most).toFixed(4)}`]));
  return { path: points.length > 0 ? `M${points.join('L')}` : '', most };
}
