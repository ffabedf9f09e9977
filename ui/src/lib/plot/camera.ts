import type { Affine } from './affine';
import type { Bounds } from './bounds';
import { equalScale, fitPlane, planeAffine } from './camera2d';
import { ballOf, FIRST_ORBIT, orbitAffine, type Ball } from './camera3d';
import { isOrbit, type Box, type OrbitView, type PlaneView, type Range, type ScatterView } from './types';

/** Space between the outermost point and the frame, CSS pixels. */
const PADDING = 24;

/** What the scatter is seen with at one moment; complete, unlike a view, which the fit completes. */
export type Camera = { kind: 'plane'; view: PlaneView } | { kind: 'orbit'; view: OrbitView; ball: Ball };

/**
 * The camera for a view of data within `bounds`. A view of null, or one left over from the other
 * number of dimensions, means the fitted one.
 */
export function cameraFor(view: ScatterView | null, dims: 2 | 3, bounds: Bounds, box: Box): Camera {
  if (dims === 3) {
    return { kind: 'orbit', view: view && isOrbit(view) ? view : FIRST_ORBIT, ball: ballOf(bounds) };
  }
  const plane = view && !isOrbit(view) ? equalScale(view, box) : fitPlane(bounds, box, PADDING);
  return { kind: 'plane', view: plane };
}

/** Data to screen. */
export function cameraAffine(camera: Camera, box: Box): Affine {
  return camera.kind === 'plane'
    ? planeAffine(camera.view, box)
    : orbitAffine(camera.view, camera.ball, box);
}

/** The camera a share `t` of the way; of the wrong kind, there is nothing between and `to` it is. */
export function mixCamera(from: Camera, to: Camera, t: number): Camera {
  const mix = (a: number, b: number): number => a + (b - a) * t;
  if (from.kind === 'plane' && to.kind === 'plane') {
    const range = (a: Range, b: Range): Range => ({ low: mix(a.low, b.low), high: mix(a.high, b.high) });
    return { kind: 'plane', view: { x: range(from.view.x, to.view.x), y: range(from.view.y, to.view.y) } };
  }
  if (from.kind === 'orbit' && to.kind === 'orbit') {
    // The short way round.
    const turn = to.view.azimuth - from.view.azimuth;
    const azimuth = from.view.azimuth + Math.atan2(Math.sin(turn), Math.cos(turn)) * t;
    return {
      kind: 'orbit',
      view: {
        azimuth,
        elevation: mix(from.view.elevation, to.view.elevation),
        zoom: mix(from.view.zoom, to.view.zoom),
      },
      ball: {
        centre: from.ball.centre.map((value, axis) => mix(value, to.ball.centre[axis]!)) as Ball['centre'],
        radius: mix(from.ball.radius, to.ball.radius),
      },
    };
  }
  return to;
}
