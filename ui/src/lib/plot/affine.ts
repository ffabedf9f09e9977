/**
 * A map from data to screen: twelve numbers, three rows of (x, y, z, 1). Row 0 gives CSS pixels to
 * the right, row 1 CSS pixels down, row 2 the nearness to the reader, -1 (far) to 1 (near). Both the
 * plane and the orbit camera come down to one of these, so that a renderer, the picking and the axes
 * cannot disagree.
 */
export type Affine = readonly number[];

/** Screen position of one data point. */
export function project(map: Affine, x: number, y: number, z: number): { x: number; y: number; depth: number } {
  return {
    x: map[0]! * x + map[1]! * y + map[2]! * z + map[3]!,
    y: map[4]! * x + map[5]! * y + map[6]! * z + map[7]!,
    depth: map[8]! * x + map[9]! * y + map[10]! * z + map[11]!,
  };
}

/** Screen positions (x, y per row) of all points (x, y, z per row), written to `out` if it fits. */
export function projectAll(map: Affine, positions: Float32Array, out: Float32Array): Float32Array {
  const rows = positions.length / 3;
  const screen = out.length === rows * 2 ? out : new Float32Array(rows * 2);
  for (let row = 0; row < rows; row++) {
    const x = positions[row * 3]!;
    const y = positions[row * 3 + 1]!;
    const z = positions[row * 3 + 2]!;
    screen[row * 2] = map[0]! * x + map[1]! * y + map[2]! * z + map[3]!;
    screen[row * 2 + 1] = map[4]! * x + map[5]! * y + map[6]! * z + map[7]!;
  }
  return screen;
}
