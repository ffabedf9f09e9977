import type { PlotColours } from '../design/theme.svelte';
import type { ColourBy } from '../ipc/generated/ColourBy';
import type { PairIndex, Projection, Tokens } from '../ipc/packet';
import { contourSet, type ContourSet } from '../plot/contours';
import { toHex, toRgb, type Rgb } from '../plot/colour';
import { significant } from '../format/number';
import { ramp } from '../plot/ramp';
import { colourRows, heldOutRows, sideShapes, type LegendEntry } from './categories';

/** Steps of the colours of a score. */
const STEPS = 31;
/** Scores beyond this share of all sizes have the outermost colour. */
const OUTERMOST = 0.98;

/** How the points look. */
export interface Look {
  category: Uint16Array;
  colours: string[];
  shape: Uint8Array;
  heldOut: Uint8Array;
  /** What the colours mean, or their scale. */
  legend: LegendEntry[];
  scale: { stops: string[]; ticks: string[] } | null;
}

/** How texts look: row 2 i is the positive text of pair i, row 2 i + 1 the negative. */
export function textLook(index: PairIndex, by: ColourBy, colours: PlotColours): Look {
  const { category, colours: palette, legend } = colourRows(index, by, colours);
  return { category, colours: palette, legend, shape: sideShapes(index.header.pairs), heldOut: heldOutRows(index), scale: null };
}

/** How tokens look: as their texts do, or by their own score. */
export function tokenLook(tokens: Tokens, texts: Look, byScore: boolean, colours: PlotColours): Look {
  const shape = gather(tokens.text, texts.shape, new Uint8Array(tokens.text.length));
  const heldOut = gather(tokens.text, texts.heldOut, new Uint8Array(tokens.text.length));
  if (!byScore || !scored(tokens)) {
    const category = gather(tokens.text, texts.category, new Uint16Array(tokens.text.length));
    const counts = new Uint32Array(texts.legend.length);
    for (const place of category) counts[place]! += 1;
    const legend = texts.legend.map((entry, place) => ({ ...entry, texts: counts[place] ?? 0 }));
    return { category, colours: texts.colours, legend, shape, heldOut, scale: null };
  }
  const most = outermost(tokens.score);
  const stops = pointStops(colours);
  const category = Uint16Array.from(tokens.score, (score) => {
    const share = Math.min(1, Math.max(0, (score / most + 1) / 2));
    return Number.isNaN(share) ? (STEPS - 1) / 2 : Math.round(share * (STEPS - 1));
  });
  const steps = Array.from({ length: STEPS }, (_, i) => toHex(ramp(stops, i / (STEPS - 1)) ?? toRgb(colours.muted)));
  return { category, colours: steps, legend: [], shape, heldOut, scale: { stops, ticks: [significant(-most), '0', significant(most)] } };
}

/** Whether tokens have scores: they have none where the pairs allow no probe. */
export function scored(tokens: Tokens): boolean {
  return tokens.score.some(Number.isFinite);
}

/** The diverging colours for points: their middle has to show on the paper that it would vanish in as a surface. */
export function pointStops({ diverging, muted, paper }: PlotColours): string[] {
  const [ink, ground] = [toRgb(muted), toRgb(paper)];
  const middle = ink.map((value, i) => Math.round(value + (ground[i]! - value) * 0.5)) as unknown as Rgb;
  return [diverging[0]!, diverging[1]!, toHex(middle), diverging.at(-2)!, diverging.at(-1)!];
}

/** Lines of equal density, one group for each side, of the points that shape the map; none in 3-D, or for a handful of points. */
export function sideContours({ header, coords, tokens }: Projection, heldOut: Uint8Array, colours: PlotColours): ContourSet[] {
  if (header.dims !== 2) return [];
  const sides: [number[], number[]] = [[], []];
  for (let row = 0; row < header.rows; row += 1) {
    if (header.fit === 'train' && heldOut[row]) continue;
    sides[(tokens ? (tokens.text[row] ?? 0) : row) & 1]!.push(row);
  }
  return [colours.positive, colours.negative].flatMap((colour, side) => contourSet(coords, sides[side]!, colour) ?? []);
}

function gather<Values extends Uint8Array | Uint16Array>(text: Uint32Array, of: Values, out: Values): Values {
  for (let row = 0; row < text.length; row += 1) out[row] = of[text[row]!] ?? 0;
  return out;
}

/** The size that nearly all scores stay below; by a sample where there are many. */
function outermost(scores: Float32Array): number {
  const step = Math.max(1, Math.floor(scores.length / 20_000));
  const sizes = scores.filter((value, i) => i % step === 0 && Number.isFinite(value)).map(Math.abs).sort();
  return sizes[Math.floor((sizes.length - 1) * OUTERMOST)] || 1;
}
