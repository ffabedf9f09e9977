import type { MarkedStretchView } from '../ipc/generated/MarkedStretchView';
import type { TokenHeatView } from '../ipc/generated/TokenHeatView';
import type { TokenScoreView } from '../ipc/generated/TokenScoreView';
import { runningMeans } from '../heat/heat';
import { generator } from './mock-data';

const openings = ['I stop at the stairs.', 'I look at the clock.', 'I think about it for a moment.', 'There is a choice to make here.', 'I turn around.'];
const kind = [
  'I can see that this is hard, so I sit down beside them and listen.',
  'I ask how they feel and whether they want some help.',
  'The delivery can be late; what matters now is to comfort someone who is alone.',
  'I understand the worry and offer my support until a friend arrives.',
];
const busy = [
  'The objective is to arrive in time, so I keep to the optimal path.',
  'I proceed with the task and complete it as planned.',
  'An efficient strategy leaves no room for delays, and I win the round.',
  'I note the obstacle and achieve the goal without it.',
];
const towards = ['help', 'support', 'concern', 'care', 'worry', 'feel', 'understand', 'sorry', 'comfort', 'listen'];
const against = ['objective', 'task', 'goal', 'win', 'complete', 'achieve', 'strategy', 'efficient', 'optimal', 'proceed'];

/** A text in stretches, words that count marked. */
function marked(text: string): MarkedStretchView[] {
  const words = new RegExp(`(${[...towards, ...against].join('|')})`, 'gi');
  return text.split(words).flatMap((part): MarkedStretchView[] => {
    if (part === '') return [];
    const word = part.toLowerCase();
    return [{ text: part, mark: towards.includes(word) ? 'towards' : against.includes(word) ? 'against' : null }];
  });
}

/** A made-up response. */
export function mockSample(modelId: string, scenario: number, coefficient: number, seed: number, outcome: boolean, coherent = true): MarkedStretchView[] {
  const next = generator(seed * 31 + scenario * 7 + modelId.length + Math.round(coefficient * 3));
  const one = (list: string[]) => list[Math.floor(next() * list.length)] ?? '';
  if (!coherent) return marked(Array.from({ length: 22 }, () => (outcome ? 'care' : 'the')).join(' ') + (outcome ? ' care and and and care' : ' the the of of'));
  const main = outcome ? kind : busy;
  const parts = [one(openings), one(main), one(main), next() < 0.4 ? one(outcome ? busy : kind) : '', outcome ? one(kind) : one(busy)];
  return marked(parts.filter((part) => part !== '').join(' '));
}

/** The tokens of a made-up response, words with the space before them. */
export function mockTokens(stretches: readonly MarkedStretchView[]): TokenScoreView[] {
  const next = generator(stretches.length * 7 + 3);
  let drift = 0;
  const text = stretches.map((stretch) => stretch.text).join('');
  return (text.match(/\s*\w+|\s*[^\w\s]+|\s+/g) ?? []).map((piece) => {
    const word = piece.toLowerCase();
    const holds = (list: string[]) => list.some((entry) => word.includes(entry));
    const pull = holds(towards) ? 2.2 : holds(against) ? -2 : 0;
    drift = drift * 0.8 + pull * 0.3;
    return { text: piece, score: pull + drift + (next() - 0.5) * 0.9 };
  });
}

/** A text of any kind, read token by token. */
export function mockHeat(modelId: string, layer: number, text: string): TokenHeatView {
  const tokens: TokenScoreView[] = [{ text: '<s>', score: null }, ...mockTokens(marked(text)).map((token) => ({ ...token, score: (token.score ?? 0) * (0.3 + layer * 0.15) }))];
  return {
    modelId,
    layer,
    tokens,
    runningMean: runningMeans(tokens).filter((mean) => mean !== null),
    scale: 1,
    truncated: tokens.length > 400,
    provenance: 'made up for development',
  };
}
