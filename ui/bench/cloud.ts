/** A cloud of made-up points: twelve clumps of different sizes, the same on every run. */
export interface CloudData {
  coords: Float32Array;
  category: Uint16Array;
  shape: Uint8Array;
  heldOut: Uint8Array;
}

const CLUMPS = 12;

export function cloud(rows: number, dims: 2 | 3): CloudData {
  let state = 20261121;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  const centres = Array.from({ length: CLUMPS * 3 }, () => normal() * 2.5);
  const coords = new Float32Array(rows * dims);
  const category = new Uint16Array(rows);
  const shape = new Uint8Array(rows);
  const heldOut = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const clump = Math.floor(next() * CLUMPS);
    for (let axis = 0; axis < dims; axis += 1) {
      coords[row * dims + axis] = centres[clump * 3 + axis]! + normal() * (0.3 + clump * 0.06);
    }
    category[row] = clump % 2;
    shape[row] = clump % 2;
    heldOut[row] = next() < 0.3 ? 1 : 0;
  }
  return { coords, category, shape, heldOut };
}
