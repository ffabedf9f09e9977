import { toRgb } from './colour';

/** Bits of the fourth byte of a mark. */
export const DIAMOND = 1;
export const HOLLOW = 2;
export const DIMMED = 4;
export const SELECTED = 8;

/** What decides how the points look. All arrays have one entry per row. */
export interface Look {
  rows: number;
  /** Index into `colours`; beyond its end they repeat. */
  category: Uint16Array;
  colours: readonly string[];
  /** 0 circle, 1 diamond. */
  shape: Uint8Array;
  /** 1 for test rows, which are drawn hollow. */
  heldOut?: Uint8Array | null;
  /** Selected rows, as a set or as one byte per row; when there are some, the others are dimmed. */
  selected?: ReadonlySet<number> | Uint8Array | null;
}

/** Four bytes per row: red, green, blue, and the bits above. */
export function buildMarks(look: Look): Uint8Array {
  const palette = look.colours.map(toRgb);
  const isSelected = selection(look.selected);
  const marks = new Uint8Array(look.rows * 4);
  for (let row = 0; row < look.rows; row++) {
    const [r, g, b] = palette[(look.category[row] ?? 0) % Math.max(palette.length, 1)] ?? [128, 128, 128];
    marks[row * 4] = r;
    marks[row * 4 + 1] = g;
    marks[row * 4 + 2] = b;
    let bits = 0;
    if (look.shape[row]) bits |= DIAMOND;
    if (look.heldOut?.[row]) bits |= HOLLOW;
    if (isSelected) bits |= isSelected(row) ? SELECTED : DIMMED;
    marks[row * 4 + 3] = bits;
  }
  return marks;
}

function selection(selected: Look['selected']): ((row: number) => boolean) | null {
  if (!selected) return null;
  if (selected instanceof Uint8Array) {
    return selected.some((value) => value > 0) ? (row) => (selected[row] ?? 0) > 0 : null;
  }
  return selected.size > 0 ? (row) => selected.has(row) : null;
}

/** Below this radius shapes and rings cannot be told: points are dots. */
export const DOT = 1.8;

/** Radius of a point in CSS pixels: smaller the more there are, so that crowds stay readable. */
export function pointRadius(rows: number): number {
  return Math.min(5, Math.max(1, 6.4 - Math.log10(Math.max(rows, 1)) * 0.95));
}

/** Opacity of a pair link: fainter the more there are. */
export function linkOpacity(rows: number): number {
  return Math.min(0.32, Math.max(0.06, 2.2 / Math.sqrt(Math.max(rows / 2, 1))));
}
