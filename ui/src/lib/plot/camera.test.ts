import { describe, expect, it } from 'vitest';

import { project } from './affine';
import { boundsOf, mixBounds, toPositions } from './bounds';
import { cameraAffine, cameraFor, mixCamera } from './camera';
import { equalScale, fitPlane, limitZoom, panPlane, planeAffine, scaleOf, toData, toScreen, zoomPlane } from './camera2d';
import { ballOf, FIRST_ORBIT, orbitAffine, turnOrbit, zoomOrbit } from './camera3d';

const box = { left: 50, top: 10, width: 640, height: 400 };
const view = { x: { low: -3, high: 5 }, y: { low: 100, high: 105 } };

describe('the plane camera', () => {
  it('goes to the screen and back', () => {
    for (const pixel of [{ x: 50, y: 10 }, { x: 690, y: 410 }, { x: 123.4, y: 377.7 }]) {
      const back = toScreen(view, box, toData(view, box, pixel));
      expect(back.x).toBeCloseTo(pixel.x, 9);
      expect(back.y).toBeCloseTo(pixel.y, 9);
    }
  });

  it('has the low corner at the bottom left', () => {
    expect(toScreen(view, box, { x: -3, y: 100 })).toEqual({ x: 50, y: 410 });
    expect(toScreen(view, box, { x: 5, y: 105 })).toEqual({ x: 690, y: 10 });
  });

  it('agrees with the affine map that the renderers use', () => {
    const at = project(planeAffine(view, box), 1.25, 103.5, 99);
    const expected = toScreen(view, box, { x: 1.25, y: 103.5 });
    expect(at.x).toBeCloseTo(expected.x, 9);
    expect(at.y).toBeCloseTo(expected.y, 9);
    expect(at.depth).toBe(0);
  });

  it('keeps what is under the pointer when it zooms', () => {
    const pixel = { x: 200, y: 350 };
    const anchor = toData(view, box, pixel);
    for (const factor of [0.2, 1.7, 40]) {
      const zoomed = zoomPlane(view, box, pixel, factor);
      const after = toData(zoomed, box, pixel);
      expect(after.x).toBeCloseTo(anchor.x, 9);
      expect(after.y).toBeCloseTo(anchor.y, 9);
      expect(scaleOf(zoomed, box) / scaleOf(view, box)).toBeCloseTo(factor, 9);
    }
  });

  it('moves a point along with the hand', () => {
    const point = { x: 2, y: 102 };
    const before = toScreen(view, box, point);
    const after = toScreen(panPlane(view, box, 30, -12), box, point);
    expect(after.x - before.x).toBeCloseTo(30, 9);
    expect(after.y - before.y).toBeCloseTo(-12, 9);
  });

  it('fits all points with the padding and one scale on both axes', () => {
    const bounds = { low: [-1, -40, 0], high: [1, 2, 0] } as ReturnType<typeof boundsOf>;
    const fitted = fitPlane(bounds, box, 20);
    expect(box.width / (fitted.x.high - fitted.x.low)).toBeCloseTo(box.height / (fitted.y.high - fitted.y.low), 9);
    const top = toScreen(fitted, box, { x: 0, y: 2 });
    const bottom = toScreen(fitted, box, { x: 0, y: -40 });
    expect(top.y).toBeCloseTo(box.top + 20, 6);
    expect(bottom.y).toBeCloseTo(box.top + box.height - 20, 6);
    expect(top.x).toBeCloseTo(box.left + box.width / 2, 9);
  });

  it('shows something finite for a single point and for none', () => {
    const one = fitPlane(boundsOf(Float32Array.of(3, 4, 0)), box, 20);
    expect(toScreen(one, box, { x: 3, y: 4 })).toEqual({ x: 370, y: 210 });
    const none = fitPlane(boundsOf(new Float32Array()), box, 20);
    expect(none.x.high).toBeGreaterThan(none.x.low);
  });

  it('makes a skewed view equal by showing more, never less', () => {
    const skewed = { x: { low: 0, high: 1 }, y: { low: 0, high: 10 } };
    const equal = equalScale(skewed, box);
    expect(box.width / (equal.x.high - equal.x.low)).toBeCloseTo(box.height / (equal.y.high - equal.y.low), 9);
    expect(equal.x.low).toBeLessThanOrEqual(0);
    expect(equal.x.high).toBeGreaterThanOrEqual(1);
    expect(equal.y.low).toBeCloseTo(0, 9);
    expect(equal.y.high).toBeCloseTo(10, 9);
  });

  it('stops zooming at the limits', () => {
    const fitted = equalScale(view, box);
    expect(limitZoom(fitted, fitted, box, 2)).toBeCloseTo(2, 9);
    expect(limitZoom(fitted, fitted, box, 1e9)).toBeCloseTo(2000, 6);
    expect(limitZoom(fitted, fitted, box, 1e-9)).toBeCloseTo(1 / 6, 9);
  });
});

describe('the orbit camera', () => {
  const bounds = { low: [-2, -1, -3], high: [4, 5, 1] } as ReturnType<typeof boundsOf>;
  const ball = ballOf(bounds);
  const centre = { x: box.left + box.width / 2, y: box.top + box.height / 2 };

  it('is the 2-D picture at azimuth and elevation 0', () => {
    const map = orbitAffine({ azimuth: 0, elevation: 0, zoom: 1 }, ball, box);
    const middle = project(map, 1, 2, -1);
    expect(middle.x).toBeCloseTo(centre.x, 9);
    expect(middle.y).toBeCloseTo(centre.y, 9);
    expect(project(map, 2, 2, -1).x).toBeGreaterThan(centre.x);
    expect(project(map, 1, 3, -1).y).toBeLessThan(centre.y);
    const nearer = project(map, 1, 2, 0);
    expect(nearer.x).toBeCloseTo(centre.x, 9);
    expect(nearer.depth).toBeGreaterThan(middle.depth);
  });

  it('keeps lengths: the map is a turn and one scale, from every side', () => {
    for (const azimuth of [-2, 0.3, 3]) {
      for (const elevation of [-1.5, 0, 0.8]) {
        const map = orbitAffine({ azimuth, elevation, zoom: 1.5 }, ball, box);
        const scale = (1.5 * 400) / 2 / ball.radius;
        const rows = [0, 4, 8].map((start) => map.slice(start, start + 3));
        const unit = rows.map((row, i) => row.map((value) => value / (i < 2 ? scale : 1 / ball.radius)));
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            const dot = unit[i]!.reduce((sum, value, k) => sum + value * unit[j]![k]!, 0);
            expect(dot).toBeCloseTo(i === j ? 1 : 0, 9);
          }
        }
      }
    }
  });

  it('keeps every corner inside the box at zoom 1', () => {
    for (const azimuth of [0, 0.7, 2.2, -1]) {
      const map = orbitAffine({ azimuth, elevation: 0.5, zoom: 1 }, ball, box);
      for (let bits = 0; bits < 8; bits++) {
        const [x, y, z] = [0, 1, 2].map((axis) => (bits & (1 << axis) ? bounds.high[axis]! : bounds.low[axis]!));
        const at = project(map, x!, y!, z!);
        expect(Math.hypot(at.x - centre.x, at.y - centre.y)).toBeLessThanOrEqual(200 + 1e-9);
        expect(Math.abs(at.depth)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it('sees the top when it is lifted, and near points follow the hand', () => {
    const lifted = orbitAffine({ azimuth: 0, elevation: 0.5, zoom: 1 }, ball, box);
    // The near side of a lifted view is lower on screen than the far side.
    expect(project(lifted, 1, 2, 1).y).toBeGreaterThan(project(lifted, 1, 2, -3).y);
    const start = { azimuth: 0, elevation: 0, zoom: 1 };
    const before = project(orbitAffine(start, ball, box), 1, 2, 1);
    const after = project(orbitAffine(turnOrbit(start, 20, 10), ball, box), 1, 2, 1);
    expect(after.x).toBeGreaterThan(before.x);
    expect(after.y).toBeGreaterThan(before.y);
  });

  it('stops at the poles and at the zoom limits', () => {
    expect(turnOrbit(FIRST_ORBIT, 0, 1e6).elevation).toBeCloseTo(Math.PI / 2, 9);
    expect(Math.abs(turnOrbit(FIRST_ORBIT, 1e5, 0).azimuth)).toBeLessThanOrEqual(Math.PI);
    expect(zoomOrbit(FIRST_ORBIT, 1e9).zoom).toBe(60);
    expect(zoomOrbit(FIRST_ORBIT, 1e-9).zoom).toBe(0.3);
  });
});

describe('a camera', () => {
  const bounds = { low: [0, 0, 0], high: [10, 2, 1] } as ReturnType<typeof boundsOf>;

  it('ignores a view of the other number of dimensions', () => {
    expect(cameraFor(FIRST_ORBIT, 2, bounds, box)).toEqual(cameraFor(null, 2, bounds, box));
    expect(cameraFor(view, 3, bounds, box)).toEqual(cameraFor(FIRST_ORBIT, 3, bounds, box));
  });

  it('glides from one to the other and ends there exactly', () => {
    const from = cameraFor(null, 2, bounds, box);
    const to = cameraFor(null, 2, { low: [5, 5, 0], high: [9, 9, 0] }, box);
    expect(mixCamera(from, to, 0)).toEqual(from);
    expect(mixCamera(from, to, 1)).toEqual(to);
    const half = project(cameraAffine(mixCamera(from, to, 0.5), box), 0, 0, 0);
    expect(Number.isFinite(half.x)).toBe(true);
  });

  it('turns the short way round', () => {
    const at = (azimuth: number) => cameraFor({ azimuth, elevation: 0, zoom: 1 }, 3, bounds, box);
    const half = mixCamera(at(3), at(-3), 0.5);
    expect(half.kind === 'orbit' && Math.cos(half.view.azimuth)).toBeCloseTo(-1, 6);
  });
});

describe('positions and bounds', () => {
  it('lays out two dimensions as three and drops what is not finite', () => {
    const positions = toPositions(Float32Array.of(1, 2, Infinity, 4), 2, 2);
    expect(Array.from(positions)).toEqual([1, 2, 0, NaN, 4, 0]);
    expect(Array.from(toPositions(Float32Array.of(1, 2, 3), 3, 1))).toEqual([1, 2, 3]);
  });

  it('treats missing coordinates as absent, not as zero', () => {
    expect(Array.from(toPositions(Float32Array.of(1, 2), 2, 2)).slice(3, 5)).toEqual([NaN, NaN]);
  });

  it('ignores NaN in bounds', () => {
    const bounds = boundsOf(Float32Array.of(1, NaN, 3, -1, 5, 2));
    expect(bounds).toEqual({ low: [-1, 5, 2], high: [1, 5, 3] });
    expect(mixBounds(bounds, { low: [1, 5, 2], high: [3, 5, 3] }, 0.5).low[0]).toBe(0);
  });
});
