import type { Point } from './types';

/**
 * The ROC curve of two sets of scores: false positive rate across, true positive rate upwards, from (0, 0)
 * to (1, 1). Scores that are equal are passed in one step, so that ties are a slanted line.
 */
export function rocOf(positive: readonly number[], negative: readonly number[]): Point[] {
  const all = [...positive.map((score) => ({ score, up: 1 })), ...negative.map((score) => ({ score, up: 0 }))];
  all.sort((a, b) => b.score - a.score);
  const points: Point[] = [{ x: 0, y: 0 }];
  let up = 0;
  let across = 0;
  all.forEach((entry, i) => {
    up += entry.up;
    across += 1 - entry.up;
    if (all[i + 1]?.score === entry.score) return;
    points.push({ x: across / Math.max(negative.length, 1), y: up / Math.max(positive.length, 1) });
  });
  return points;
}
