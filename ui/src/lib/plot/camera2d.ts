import type { Affine } from './affine';
import type { Bounds } from './bounds';
import type { Box, PlaneView, Point, Range } from './types';

/** How far one may zoom in from the fitted view, and out. */
const NEAREST = 2000;
const FARTHEST = 1 / 6;

const span = (range: Range): number => range.high - range.low;
const middle = (range: Range): number => (range.low + range.high) / 2;

function about(centre: number, width: number): Range {
  return { low: centre - width / 2, high: centre + width / 2 };
}

/** CSS pixels per data unit that a view has in a box; one number, as both axes share the scale. */
export function scaleOf(view: PlaneView, box: Box): number {
  return Math.min(box.width / span(view.x), box.height / span(view.y));
}

/**
 * The same view with one scale on both axes: distances in a projection mean something, so a unit is
 * as long to the right as it is upwards. The range that is too short for the box grows.
 */
export function equalScale(view: PlaneView, box: Box): PlaneView {
  const scale = scaleOf(view, box);
  return {
    x: about(middle(view.x), box.width / scale),
    y: about(middle(view.y), box.height / scale),
  };
}

/** The view that shows all of `bounds` with a margin of `padding` CSS pixels on each side. */
export function fitPlane(bounds: Bounds, box: Box, padding: number): PlaneView {
  const width = bounds.high[0] - bounds.low[0];
  const height = bounds.high[1] - bounds.low[1];
  const longest = Math.max(width, height);
  // All points in one place have no extent of their own: show a unit around them.
  const least = longest > 0 ? longest * 1e-3 : 1;
  const inner = {
    width: Math.max(box.width - 2 * padding, 1),
    height: Math.max(box.height - 2 * padding, 1),
  };
  const scale = Math.min(inner.width / Math.max(width, least), inner.height / Math.max(height, least));
  return {
    x: about((bounds.low[0] + bounds.high[0]) / 2, box.width / scale),
    y: about((bounds.low[1] + bounds.high[1]) / 2, box.height / scale),
  };
}

/** Data to screen; y grows upwards in data and downwards on screen. */
export function planeAffine(view: PlaneView, box: Box): Affine {
  const sx = box.width / span(view.x);
  const sy = box.height / span(view.y);
  return [
    sx, 0, 0, box.left - view.x.low * sx,
    0, -sy, 0, box.top + view.y.high * sy,
    0, 0, 0, 0,
  ];
}

/** Screen position of a data point. */
export function toScreen(view: PlaneView, box: Box, point: Point): Point {
  return {
    x: box.left + ((point.x - view.x.low) / span(view.x)) * box.width,
    y: box.top + ((view.y.high - point.y) / span(view.y)) * box.height,
  };
}

/** Data point at a screen position. */
export function toData(view: PlaneView, box: Box, pixel: Point): Point {
  return {
    x: view.x.low + ((pixel.x - box.left) / box.width) * span(view.x),
    y: view.y.high - ((pixel.y - box.top) / box.height) * span(view.y),
  };
}

/** Zooms by `factor` (above 1: nearer) so that what lies under `pixel` stays under it. */
export function zoomPlane(view: PlaneView, box: Box, pixel: Point, factor: number): PlaneView {
  const anchor = toData(view, box, pixel);
  const near = (range: Range, fixed: number): Range => ({
    low: fixed + (range.low - fixed) / factor,
    high: fixed + (range.high - fixed) / factor,
  });
  return { x: near(view.x, anchor.x), y: near(view.y, anchor.y) };
}

/** `factor` cut back so that the zoom stays between the limits about the fitted view. */
export function limitZoom(view: PlaneView, fitted: PlaneView, box: Box, factor: number): number {
  const now = scaleOf(view, box) / scaleOf(fitted, box);
  return Math.min(Math.max(now * factor, FARTHEST), NEAREST) / now;
}

/** Moves the picture by CSS pixels. */
export function panPlane(view: PlaneView, box: Box, dx: number, dy: number): PlaneView {
  const right = (dx / box.width) * span(view.x);
  const down = (dy / box.height) * span(view.y);
  return {
    x: { low: view.x.low - right, high: view.x.high - right },
    y: { low: view.y.low + down, high: view.y.high + down },
  };
}
