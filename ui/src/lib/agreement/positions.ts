import type { PairIndex } from '../ipc/packet';

/**
 * Positions in the data set of the pairs that scores are of: the test pairs, in the order of the
 * data set. Null when there are not as many test pairs as scores, so that none is taken for another.
 */
export function testPositions(index: PairIndex, pairs: number): number[] | null {
  const positions: number[] = [];
  index.split.forEach((split, position) => split === 1 && positions.push(position));
  return positions.length === pairs ? positions : null;
}
