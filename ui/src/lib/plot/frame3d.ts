import { project, type Affine } from './affine';
import { labelledTicks } from './axes';
import type { Bounds } from './bounds';
import type { Point } from './types';

/** Axes shorter than this on screen (seen from their end) carry no ticks and no name, CSS pixels. */
const SHORTEST = 48;
const TICK_AWAY = 13;
/** Names run along their axis beyond the numbers, which are low below it and wide beside it. */
const NAME_BELOW = 30;
const NAME_BESIDE = 44;

/** A straight line on screen. */
export interface Edge {
  a: Point;
  b: Point;
}

/** The edge of the frame that carries the numbers and the name of one axis. */
export interface AxisText {
  /** 0, 1 or 2. */
  axis: number;
  name: Point;
  /** Turn of the name in degrees, never upside down. */
  angle: number;
  /** How the numbers stand to their place, so that they grow away from the box. */
  anchor: 'start' | 'middle' | 'end';
  ticks: { at: Point; text: string }[];
}

/** The box around the data as it is seen: the edges behind the data, and where the axes are named. */
export interface Frame3d {
  edges: Edge[];
  axes: AxisText[];
}

type Corner = [number, number, number];
const AXES = [0, 1, 2] as const;

/** Draws the box around `bounds` with the three edges nearest to the reader left out. */
export function frame3d(map: Affine, bounds: Bounds): Frame3d {
  const place = (corner: Corner): Point & { depth: number } => project(map, ...corner);
  const at = (bits: number): Corner =>
    AXES.map((axis) => (bits & (1 << axis) ? bounds.high[axis] : bounds.low[axis])) as Corner;
  const centre = place(AXES.map((axis) => (bounds.low[axis] + bounds.high[axis]) / 2) as Corner);
  const corners = Array.from({ length: 8 }, (_, bits) => ({ bits, ...place(at(bits)) }));
  const nearest = corners.reduce((best, corner) => (corner.depth > best.depth ? corner : best)).bits;

  const edges: Edge[] = [];
  const axes: AxisText[] = [];
  for (const axis of AXES) {
    const step = 1 << axis;
    const parallel = corners
      .filter((corner) => !(corner.bits & step))
      .map((a) => ({ a, b: corners[a.bits | step]! }));
    for (const edge of parallel) {
      if (edge.a.bits !== nearest && edge.b.bits !== nearest) edges.push(edge);
    }
    const text = axisText(axis, parallel, bounds, centre);
    if (text) axes.push(text);
  }
  return { edges, axes };
}

/** The outermost of the four parallel edges: the lowest, for the upright axis the leftmost. */
function axisText(axis: 0 | 1 | 2, parallel: Edge[], bounds: Bounds, centre: Point): AxisText | null {
  const outer = ({ a, b }: Edge): number => (axis === 1 ? -(a.x + b.x) : a.y + b.y);
  const { a, b } = parallel.reduce((best, edge) => (outer(edge) > outer(best) ? edge : best));
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length < SHORTEST) return null;
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  // Square to the edge, away from the middle of the box.
  let away = { x: -(b.y - a.y) / length, y: (b.x - a.x) / length };
  if (away.x * (middle.x - centre.x) + away.y * (middle.y - centre.y) < 0) away = { x: -away.x, y: -away.y };
  const beside = Math.abs(away.x) > 0.45;
  const nameAway = beside ? NAME_BESIDE : NAME_BELOW;
  const low = bounds.low[axis];
  const span = bounds.high[axis] - low;
  const values = span > 0 ? labelledTicks({ low, high: bounds.high[axis] }, length / 70) : [];
  return {
    axis,
    name: { x: middle.x + away.x * nameAway, y: middle.y + away.y * nameAway },
    angle: reading((Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI),
    anchor: !beside ? 'middle' : away.x < 0 ? 'end' : 'start',
    ticks: values.map(({ value, text }) => {
      const t = (value - low) / span;
      return {
        at: {
          x: a.x + (b.x - a.x) * t + away.x * TICK_AWAY,
          y: a.y + (b.y - a.y) * t + away.y * TICK_AWAY,
        },
        text,
      };
    }),
  };
}

/** The same slope, turned so that words along it read from left to right, or upwards. */
function reading(angle: number): number {
  if (angle >= 90 - 1e-6) return angle - 180;
  return angle < -90 - 1e-6 ? angle + 180 : angle;
}
