/** Smallest box that holds all points: low and high of x, y and z. */
export interface Bounds {
  low: [number, number, number];
  high: [number, number, number];
}

/**
 * Coordinates as three per row whatever `dims` is (z = 0 in 2-D), so that everything behind has one
 * shape to deal with. Values that are not finite become NaN, which is drawn and picked nowhere.
 */
export function toPositions(coords: Float32Array, dims: 2 | 3, rows: number): Float32Array {
  const positions = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) {
    for (let axis = 0; axis < dims; axis++) {
      const value = coords[row * dims + axis] ?? NaN;
      positions[row * 3 + axis] = Number.isFinite(value) ? value : NaN;
    }
  }
  return positions;
}

/** Bounds of the finite points; a unit box about the origin when there are none. */
export function boundsOf(positions: Float32Array): Bounds {
  const low: Bounds['low'] = [Infinity, Infinity, Infinity];
  const high: Bounds['high'] = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const value = positions[i]!;
    const axis = (i % 3) as 0 | 1 | 2;
    if (value < low[axis]) low[axis] = value;
    if (value > high[axis]) high[axis] = value;
  }
  for (const axis of [0, 1, 2] as const) {
    if (!(low[axis] <= high[axis])) {
      low[axis] = -0.5;
      high[axis] = 0.5;
    }
  }
  return { low, high };
}

/** Bounds a share `t` of the way from one to the other. */
export function mixBounds(from: Bounds, to: Bounds, t: number): Bounds {
  const mix = (a: Bounds['low'], b: Bounds['low']): Bounds['low'] =>
    a.map((value, axis) => value + (b[axis]! - value) * t) as Bounds['low'];
  return { low: mix(from.low, to.low), high: mix(from.high, to.high) };
}
