/** A stretch of a text: whether its words stand on this side only. */
export interface Stretch {
  text: string;
  own: boolean;
}

/** Above this many comparisons the exact method would be felt; see {@link wordDiff}. */
const maxComparisons = 1_000_000;

/** Words with the space behind them, so that joining them gives the text back. */
function words(text: string): string[] {
  return text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? (text === '' ? [] : [text]);
}

const bare = (word: string) => word.trim();

/**
 * Marks the words that one text has and the other has not, by the longest common subsequence of
 * words. For very long texts with little in common at their ends, words are instead marked when the
 * other text does not hold them anywhere.
 */
export function wordDiff(left: string, right: string): { left: Stretch[]; right: Stretch[] } {
  const a = words(left);
  const b = words(right);
  let start = 0;
  while (start < a.length && start < b.length && same(a, start, b, start)) start += 1;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && same(a, endA - 1, b, endB - 1)) {
    endA -= 1;
    endB -= 1;
  }
  const ownA = new Uint8Array(a.length).fill(1, start, endA);
  const ownB = new Uint8Array(b.length).fill(1, start, endB);
  const middleA = a.slice(start, endA).map(bare);
  const middleB = b.slice(start, endB).map(bare);
  if (middleA.length * middleB.length <= maxComparisons) {
    for (const [i, j] of common(middleA, middleB)) {
      ownA[start + i] = 0;
      ownB[start + j] = 0;
    }
  } else {
    const inA = new Set(middleA);
    const inB = new Set(middleB);
    middleA.forEach((word, i) => (ownA[start + i] = inB.has(word) ? 0 : 1));
    middleB.forEach((word, j) => (ownB[start + j] = inA.has(word) ? 0 : 1));
  }
  return { left: stretches(a, ownA), right: stretches(b, ownB) };
}

function same(a: string[], i: number, b: string[], j: number): boolean {
  return bare(a[i] ?? '') === bare(b[j] ?? '');
}

/** Positions of a longest common subsequence. */
function common(a: string[], b: string[]): [number, number][] {
  const width = b.length + 1;
  // length[i * width + j]: longest common subsequence of a from i and b from j.
  const length = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => length[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      length[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

function stretches(all: string[], own: Uint8Array): Stretch[] {
  const result: Stretch[] = [];
  all.forEach((word, i) => {
    const last = result[result.length - 1];
    const marked = own[i] === 1;
    if (last && last.own === marked) {
      last.text += word;
      return;
    }
    // the space before a word is no difference
    const space = marked ? word.length - word.trimStart().length : 0;
    if (space > 0 && last) last.text += word.slice(0, space);
    else if (space > 0) result.push({ text: word.slice(0, space), own: false });
    if (space < word.length) result.push({ text: word.slice(space), own: marked });
  });
  return result;
}
