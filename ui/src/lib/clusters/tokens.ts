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

/** The token of a row, as the model's vocabulary writes it. */
export function wordOf({ header, tokens }: Projection, row: number): string {
  return header.words[tokens?.word[row] ?? -1] ?? '';
}

/**
 * A token in its text. Tokens of the text are looked for one after another, so that of a word that
 * occurs often the right one is found; null when the text does not hold them (a token that is a part
 * of a letter, or was normalised).
 */
export function inContext(projection: Projection, row: number, text: string): InContext | null {
  const { tokens } = projection;
  if (!tokens) return null;
  const { starts, rows } = indexOf(projection, tokens.text, tokens.position);
  const of = tokens.text[row] ?? 0;
  let from = 0;
  for (let i = starts[of] ?? 0; i < (starts[of + 1] ?? 0); i += 1) {
    const other = rows[i] ?? 0;
    const word = plainWord(wordOf(projection, other));
    const at = word === '' ? -1 : text.indexOf(word, from);
    if (other === row) {
      return at < 0 ? null : { before: tail(text.slice(0, at)), token: word, after: head(text.slice(at + word.length)) };
    }
    if (at >= 0) from = at + word.length;
  }
  return null;
}

/** A token without the marks by which vocabularies write a space. */
export function plainWord(word: string): string {
  return word.replace(/[\u0120\u2581]/g, ' ').trim();
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
