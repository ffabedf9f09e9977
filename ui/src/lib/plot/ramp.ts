import { toRgb, type Rgb } from './colour';

/** A colour between those of a scale, `share` from 0 (first) to 1 (last); null for what is not a number. */
export function ramp(stops: readonly string[], share: number): Rgb | null {
  if (!Number.isFinite(share) || stops.length === 0) return null;
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const below = Math.floor(at);
  const from = toRgb(stops[below]!);
  const to = toRgb(stops[Math.min(below + 1, stops.length - 1)]!);
  const mix = (a: number, b: number): number => Math.round(a + (b - a) * (at - below));
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])];
}

/** As CSS. */
export function css([r, g, b]: Rgb): string {
  return `rgb(${r} ${g} ${b})`;
}

/** Relative luminance, as the contrast rules of WCAG 2 define it. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two colours, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const dark: Rgb = [0, 0, 0];
const light: Rgb = [255, 255, 255];

/** Black or white, whichever reads better on a colour. */
export function inkOn(colour: Rgb): string {
  return css(contrast(dark, colour) >= contrast(light, colour) ? dark : light);
}
