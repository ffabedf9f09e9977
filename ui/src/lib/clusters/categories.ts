import type { PlotColours } from '../design/theme.svelte';
import type { ColourBy } from '../ipc/generated/ColourBy';
import type { CountView } from '../ipc/generated/CountView';
import type { PairIndex } from '../ipc/packet';

/** One line of the legend. */
export interface LegendEntry {
  label: string;
  colour: string;
  /** Texts that carry it. */
  texts: number;
}

/** How the points are coloured. */
export interface Colouring {
  /** Colour index of every row. */
  category: Uint16Array;
  colours: string[];
  legend: LegendEntry[];
}

const unnamed: Record<'scenario' | 'source', string> = { scenario: 'no scenario', source: 'no source' };

/**
 * Colours the rows (2 i positive, 2 i + 1 negative) by side, scenario or source. Names are by
 * frequency; when there are more of them than colours, the rarest share the last one, a grey.
 */
export function colourRows(index: PairIndex, by: ColourBy, colours: PlotColours): Colouring {
  const pairs = index.header.pairs;
  const category = new Uint16Array(pairs * 2);
  if (by === 'side') {
    for (let i = 0; i < pairs; i += 1) category[2 * i + 1] = 1;
    return {
      category,
      colours: [colours.positive, colours.negative],
      legend: [
        { label: 'positive', colour: colours.positive, texts: pairs },
        { label: 'negative', colour: colours.negative, texts: pairs },
      ],
    };
  }
  const names = by === 'scenario' ? index.header.scenarios : index.header.sources;
  const of = by === 'scenario' ? index.scenario : index.source;
  const palette = colours.categories;
  const own = names.length <= palette.length ? names.length : palette.length - 1;
  for (let i = 0; i < pairs; i += 1) {
    const place = Math.min(of[i] ?? 0, own);
    category[2 * i] = place;
    category[2 * i + 1] = place;
  }
  const legend = names.slice(0, own).map((name, place) => ({
    label: name.name || unnamed[by],
    colour: palette[place] ?? colours.muted,
    texts: name.count * 2,
  }));
  const rest = names.slice(own);
  if (rest.length > 0) legend.push({ label: `${rest.length} others`, colour: colours.muted, texts: sum(rest) * 2 });
  return { category, colours: [...palette.slice(0, own), colours.muted], legend };
}

/** 0 for the circle of a positive text, 1 for the diamond of a negative one. */
export function sideShapes(pairs: number): Uint8Array {
  return Uint8Array.from({ length: pairs * 2 }, (_, row) => row % 2);
}

/** 1 for the rows of test pairs. */
export function heldOutRows(index: PairIndex): Uint8Array {
  return Uint8Array.from({ length: index.header.pairs * 2 }, (_, row) => (index.split[row >> 1] === 1 ? 1 : 0));
}

/** The pairs of some rows, ascending, each once. */
export function pairsOf(rows: Iterable<number>): number[] {
  return [...new Set([...rows].map((row) => row >> 1))].sort((a, b) => a - b);
}

function sum(counts: CountView[]): number {
  return counts.reduce((total, entry) => total + entry.count, 0);
}
