import type { Projection } from '../ipc/packet';

/** A token in the text it is of. */
export interface InContext {
  before: string;
  token: string;
  after: string;
}

/** Letters shown on either side of a token. */
const AROUND = 90;

/** Rows of each text in the order of their places: those of text `t` are `rows[starts[t]]` to `rows[starts[t + 1] - 1]`. */
interface TextRows {
  starts: Uint32Array;
  rows: Uint32Array;
}

const indexes = new WeakMap<Projection, TextRows>();

/** The text that a row is of: itself at the level of texts. */
export function textOf(projection: Projection, row: number): number {
  return projection.tokens ? (projection.tokens.text[row] ?? 0) : row;
}

/** The token of a row, with the space that may lead it. */
export function wordOf({ header, tokens }: Projection, row: number): string {
  return header.words[tokens?.word[row] ?? -1] ?? '';
}

/**
 * A token among its neighbours: the tokens of a text one behind the other are the text. Spaces around
 * the token count as its neighbours'.
 */
export function inContext(projection: Projection, row: number): InContext | null {
  const { tokens } = projection;
  if (!tokens) return null;
  const { starts, rows } = indexOf(projection, tokens.text, tokens.position);
  const of = tokens.text[row] ?? 0;
  const words = Array.from(rows.subarray(starts[of], starts[of + 1]), (other) => wordOf(projection, other));
  const at = rows.subarray(starts[of], starts[of + 1]).indexOf(row);
  const word = words[at] ?? '';
  const token = word.trim();
  const space = word.length - word.trimStart().length;
  return {
    before: tail(words.slice(0, at).join('') + word.slice(0, space)),
    token,
    after: head(word.slice(space + token.length) + words.slice(at + 1).join('')),
  };
}

function indexOf(projection: Projection, text: Uint32Array, position: Uint32Array): TextRows {
  const known = indexes.get(projection);
  if (known) return known;
  let texts = 0;
  for (const of of text) texts = Math.max(texts, of + 1);
  const starts = new Uint32Array(texts + 1);
  for (const of of text) starts[of + 1]! += 1;
  for (let of = 0; of < texts; of += 1) starts[of + 1]! += starts[of]!;
  const next = starts.slice();
  const rows = new Uint32Array(text.length);
  text.forEach((of, row) => (rows[next[of]!++] = row));
  for (let of = 0; of < texts; of += 1) rows.subarray(starts[of], starts[of + 1]).sort((a, b) => position[a]! - position[b]!);
  const made = { starts, rows };
  indexes.set(projection, made);
  return made;
}

function tail(text: string): string {
  return text.length > AROUND ? `…${text.slice(-AROUND)}` : text;
}

function head(text: string): string {
  return text.length > AROUND ? `${text.slice(0, AROUND)}…` : text;
}
