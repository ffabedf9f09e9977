/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

const known = new Map<string, Rgb>();

/**
 * Any CSS colour as numbers. Hexadecimal is read here; for other notations the browser is asked by
 * painting one pixel. Where nothing can paint (tests without a canvas), the answer is mid-grey.
 */
export function toRgb(css: string): Rgb {
  const text = css.trim();
  const seen = known.get(text);
  if (seen) return seen;
  const rgb = fromHex(text) ?? fromPaint(text) ?? [128, 128, 128];
  known.set(text, rgb);
  return rgb;
}

/** As `#rrggbb`. */
export function toHex(colour: Rgb): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function fromHex(text: string): Rgb | null {
  const match = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text);
  if (!match) return null;
  const digits = match[1]!.length === 3 ? match[1]!.replace(/./g, '$&$&') : match[1]!;
  const value = parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function fromPaint(text: string): Rgb | null {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  context.fillStyle = '#808080';
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  const [r = 128, g = 128, b = 128] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}
