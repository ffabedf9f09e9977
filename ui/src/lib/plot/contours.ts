import { density, levelOf, rings, ringsPath, type Density } from './density';

/** Shares of the points that the lines hold; exported figures draw the same. */
export const MASSES = [0.5, 0.9] as const;

/** Lines of equal density of some of the points. */
export interface ContourSet {
  colour: string;
  grid: Density;
  /** Paths in units of the grid, from the outermost in. */
  lines: { mass: number; path: string }[];
}

/** The lines of one group of rows; null where there are too few to speak of a density. */
export function contourSet(coords: Float32Array, rows: ArrayLike<number>, colour: string): ContourSet | null {
  const grid = density(coords, 2, rows);
  if (!grid) return null;
  const lines = [...MASSES].reverse().map((mass) => ({ mass, path: ringsPath(rings(grid, levelOf(grid, mass))) }));
  return { colour, grid, lines };
}
