/** A pair with the scores of its texts. */
export interface Margin {
  /** Position in the data set. */
  pair: number;
  test: boolean;
  /** Scores z: 0 is the threshold. */
  positive: number;
  negative: number;
  /** Positive minus negative: below 0 the pair is the wrong way round. */
  margin: number;
}

/**
 * Pairs by margin, those that fail first; pairs that are equal in the order of the data set, and any without
 * a score at the end. `split` is 1 for test pairs; training pairs are left out unless asked for.
 */
export function margins(z: Float32Array, split: Uint16Array, withTrain: boolean): Margin[] {
  const out: Margin[] = [];
  for (let pair = 0; pair < z.length / 2; pair += 1) {
    const test = split[pair] === 1;
    if (!test && !withTrain) continue;
    const positive = z[2 * pair] ?? NaN;
    const negative = z[2 * pair + 1] ?? NaN;
    out.push({ pair, test, positive, negative, margin: positive - negative });
  }
  const rank = (entry: Margin) => (Number.isFinite(entry.margin) ? entry.margin : Infinity);
  return out.sort((a, b) => (rank(a) === rank(b) ? a.pair - b.pair : rank(a) - rank(b)));
}

/** Whether a pair fails: its positive text does not score higher. */
export function fails(entry: Margin): boolean {
  return !(entry.margin > 0);
}
