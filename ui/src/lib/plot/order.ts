import { project, type Affine } from './affine';
import { DIMMED } from './marks';

/** Depth classes for sorting: finer than can be seen. */
const LEVELS = 2048;

/** Key of a row that has no position. */
const NOWHERE = 2 * LEVELS;

/**
 * Rows in the order in which they are drawn: dimmed ones first, and among equals far before near.
 * A counting sort, as it runs for every frame of a turn in 3-D. Equal rows keep their order; rows
 * without a position (NaN) are left out.
 */
export function drawOrder(map: Affine, positions: Float32Array, marks: Uint8Array): Uint32Array {
  const rows = positions.length / 3;
  const flat = map[8] === 0 && map[9] === 0 && map[10] === 0;
  const keys = new Uint16Array(rows);
  const starts = new Uint32Array(NOWHERE + 2);
  for (let row = 0; row < rows; row++) {
    const x = positions[row * 3]!;
    const y = positions[row * 3 + 1]!;
    const z = positions[row * 3 + 2]!;
    const depth = flat ? 0 : project(map, x, y, z).depth;
    const share = Math.min(Math.max((depth + 1) / 2, 0), 1);
    const level = Math.min(Math.floor(share * LEVELS), LEVELS - 1);
    const lit = (marks[row * 4 + 3]! & DIMMED) === 0;
    const key = Number.isNaN(x + y + z) ? NOWHERE : lit ? LEVELS + level : level;
    keys[row] = key;
    starts[key + 1]! += 1;
  }
  for (let key = 0; key < NOWHERE; key++) starts[key + 1]! += starts[key]!;
  const order = new Uint32Array(starts[NOWHERE]!);
  for (let row = 0; row < rows; row++) {
    const key = keys[row]!;
    if (key !== NOWHERE) order[starts[key]!++] = row;
  }
  return order;
}
