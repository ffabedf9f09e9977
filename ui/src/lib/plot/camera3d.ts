import type { Affine } from './affine';
import type { Bounds } from './bounds';
import type { Box, OrbitView } from './types';

/** Where a 3-D scatter is seen from at first: a little from the right and from above. */
export const FIRST_ORBIT: OrbitView = { azimuth: -0.6, elevation: 0.35, zoom: 1 };

const ZOOM_LOW = 0.3;
const ZOOM_HIGH = 60;
/** Radians per CSS pixel of drag. */
const TURN = 0.008;

/** What the orbit camera turns about: the middle of the data and the radius that holds it all. */
export interface Ball {
  centre: [number, number, number];
  radius: number;
}

/** The ball around `bounds`: it fits in every direction, so turning never cuts a point off. */
export function ballOf(bounds: Bounds): Ball {
  const centre = bounds.low.map((low, axis) => (low + bounds.high[axis]!) / 2) as Ball['centre'];
  const half = bounds.low.map((low, axis) => (bounds.high[axis]! - low) / 2);
  const radius = Math.hypot(...half);
  return { centre, radius: radius > 0 ? radius : 1 };
}

/** Data to screen for an orthographic camera on the ball (see {@link OrbitView} for the angles). */
export function orbitAffine(view: OrbitView, ball: Ball, box: Box): Affine {
  const ca = Math.cos(view.azimuth);
  const sa = Math.sin(view.azimuth);
  const ce = Math.cos(view.elevation);
  const se = Math.sin(view.elevation);
  const right = [ca, 0, sa];
  const up = [sa * se, ce, -ca * se];
  const near = [-sa * ce, se, ca * ce];
  const scale = (view.zoom * Math.min(box.width, box.height)) / 2 / ball.radius;
  const dot = (row: number[]): number =>
    row[0]! * ball.centre[0] + row[1]! * ball.centre[1] + row[2]! * ball.centre[2];
  const middleX = box.left + box.width / 2;
  const middleY = box.top + box.height / 2;
  return [
    ...right.map((v) => v * scale), middleX - dot(right) * scale,
    ...up.map((v) => -v * scale), middleY + dot(up) * scale,
    ...near.map((v) => v / ball.radius), -dot(near) / ball.radius,
  ];
}

/** Turns by a drag in CSS pixels; the elevation stops at the poles, so that up stays up. */
export function turnOrbit(view: OrbitView, dx: number, dy: number): OrbitView {
  const limit = Math.PI / 2;
  const turned = view.azimuth + dx * TURN;
  return {
    ...view,
    azimuth: Math.atan2(Math.sin(turned), Math.cos(turned)),
    elevation: Math.min(Math.max(view.elevation + dy * TURN, -limit), limit),
  };
}

/** Zooms by `factor` (above 1: nearer), within limits. */
export function zoomOrbit(view: OrbitView, factor: number): OrbitView {
  return { ...view, zoom: Math.min(Math.max(view.zoom * factor, ZOOM_LOW), ZOOM_HIGH) };
}
