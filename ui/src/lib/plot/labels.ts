/**
 * Moves label positions apart until neighbours are `gap` from each other, keeping their order and as
 * near as possible to where they were, then inside [low, high] as far as they fit. Returns the new
 * positions in the order given.
 */
export function spreadLabels(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  // Groups of labels that touch move as one about the mean of where they wanted to be.
  const groups: { rows: number[]; centre: number }[] = [];
  for (const row of order) {
    groups.push({ rows: [row], centre: wanted[row]! });
    for (;;) {
      const below = groups.at(-1)!;
      const above = groups.at(-2);
      if (!above) break;
      const need = ((above.rows.length + below.rows.length) / 2) * gap;
      if (below.centre - above.centre >= need) break;
      groups.length -= 2;
      const rows = [...above.rows, ...below.rows];
      groups.push({ rows, centre: meanOf(rows.map((r) => wanted[r]!)) });
    }
  }
  const out = new Array<number>(wanted.length);
  for (const { rows, centre } of groups) {
    rows.forEach((row, i) => (out[row] = centre + (i - (rows.length - 1) / 2) * gap));
  }
  let least = low;
  for (const row of order) least = (out[row] = Math.max(out[row]!, least)) + gap;
  let most = high;
  for (const row of order.reverse()) most = (out[row] = Math.min(out[row]!, most)) - gap;
  return out;
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
