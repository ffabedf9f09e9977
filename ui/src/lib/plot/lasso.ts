import type { Box, Point } from './types';

/** Whether a position is inside a closed polygon (even-odd rule; any shape, also self-crossing). */
export function inPolygon(x: number, y: number, polygon: readonly Point[]): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[i]!;
    const b = polygon[j]!;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

/** Rows whose screen position (x, y per row) is inside the polygon, ascending. */
export function rowsInside(screen: Float32Array, polygon: readonly Point[]): number[] {
  if (polygon.length < 3) return [];
  const xs = polygon.map((point) => point.x);
  const ys = polygon.map((point) => point.y);
  const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
  const rows: number[] = [];
  for (let row = 0; row < screen.length / 2; row++) {
    const x = screen[row * 2]!;
    const y = screen[row * 2 + 1]!;
    if (x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
    if (inPolygon(x, y, polygon)) rows.push(row);
  }
  return rows;
}

/** The nearest position within the box: what is not shown cannot be lassoed. */
export function clampTo(box: Box, point: Point): Point {
  return {
    x: Math.min(Math.max(point.x, box.left), box.left + box.width),
    y: Math.min(Math.max(point.y, box.top), box.top + box.height),
  };
}
