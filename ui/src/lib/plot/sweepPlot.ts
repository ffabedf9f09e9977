import * as Plot from '@observablehq/plot';

import { layerTicks } from './axes';
import { spreadLabels } from './labels';
import { aurocRange, chosenLayers, dotAt, lastLayer, type SweepBand, type SweepCeiling, type SweepLine } from './sweepData';
import type { Point } from './types';

/** Size of the chart in CSS pixels, and of a rem, which the margins follow. */
export interface SweepSize {
  width: number;
  height: number;
  rem: number;
}

/** A drawn sweep: the picture, and where its layers and values are in it (CSS pixels). */
export interface SweepPicture {
  element: SVGSVGElement;
  x: (layer: number) => number;
  y: (auroc: number) => number;
  layerAt: (x: number) => number;
  top: number;
  bottom: number;
  right: number;
}

/** What a sweep is compared with, where it is known. */
export interface SweepReferences {
  ceiling: SweepCeiling | null;
  band: SweepBand | null;
}

/** AUROC by layer, one line with its interval band per model. */
export function drawSweep(
  lines: readonly SweepLine[],
  { ceiling, band }: SweepReferences,
  size: SweepSize,
  compact: boolean,
): SweepPicture {
  const last = lastLayer(lines);
  const range = aurocRange(lines, ceiling);
  const { rem } = size;
  const named = !compact && lines.length > 0;
  const letters = Math.max(8, Math.floor((size.width * 0.3) / (0.42 * rem)));
  const longest = Math.max(0, ...lines.map((line) => Array.from(shorten(line.name, letters)).length));
  const margin = {
    marginLeft: (compact ? 2 : 3) * rem,
    marginRight: named ? (longest * 0.42 + 1.25) * rem : 0.75 * rem,
    marginTop: (compact ? 0.5 : 1.75) * rem,
    marginBottom: (compact ? 1.25 : 2.75) * rem,
  };
  const inner = size.width - margin.marginLeft - margin.marginRight;
  const dots = lines.flatMap((line) => line.dots);
  const chart = Plot.plot({
    width: size.width,
    height: size.height,
    ...margin,
    style: { background: 'transparent', fontSize: `${0.6875 * rem}px`, fontFamily: 'inherit', overflow: 'hidden' },
    x: { domain: [0, last], label: null, ticks: [] },
    y: { domain: [range.low, range.high], label: null, ticks: [] },
    marks: [
      ...axes(last, range.low, inner, rem, compact),
      ...random(band, range.low),
      ...chance(compact, rem),
      ...surface(ceiling, compact),
      Plot.areaY(dots, {
        x: 'layer', y1: 'low', y2: 'high', z: 'model', fill: 'colour', fillOpacity: lines.length > 2 ? 0.1 : 0.17,
      }),
      Plot.ruleX(chosenLayers(lines), { x: 'layer', stroke: 'var(--plot-muted)', strokeOpacity: 0.6 }),
      Plot.lineY(dots, { x: 'layer', y: 'value', z: 'model', stroke: 'colour', strokeWidth: compact ? 1.5 : 2 }),
      Plot.dot(dots, {
        x: 'layer', y: 'value', fill: 'colour', r: compact ? 1.6 : 3,
        stroke: 'var(--plot-paper)', strokeWidth: compact ? 0 : 1,
      }),
      ...lines.flatMap((line) => chosenDot(line, compact)),
    ],
  }) as SVGSVGElement & Plot.Plot;
  const x = chart.scale('x')!;
  const y = chart.scale('y')!;
  const picture: SweepPicture = {
    element: chart,
    x: (layer) => x.apply(layer) as number,
    y: (auroc) => y.apply(auroc) as number,
    layerAt: (pixel) => Math.min(Math.max(Math.round(x.invert!(pixel) as number), 0), last),
    top: margin.marginTop,
    bottom: size.height - margin.marginBottom,
    right: size.width - margin.marginRight,
  };
  if (named) {
    nameLines(picture, lines, rem, letters);
    nameReferences(picture, { ceiling, band }, rem);
    nameChosen(picture, lines, rem);
  }
  return picture;
}

function axes(last: number, low: number, inner: number, rem: number, compact: boolean): Plot.Markish[] {
  const layers = layerTicks(last, inner / (2 * rem));
  const values = compact
    ? [0.5, 1]
    : Array.from({ length: 11 }, (_, i) => i / 10).filter((value) => value >= low - 1e-9);
  return [
    Plot.gridY(values, { stroke: 'var(--plot-grid)', strokeOpacity: 1 }),
    Plot.axisX(layers, {
      tickSize: compact ? 0 : 4, tickFormat: (layer: number) => (layer === 0 ? 'emb' : String(layer)),
      color: 'var(--plot-muted)', label: null,
    }),
    Plot.axisY(values, { tickSize: 0, tickFormat: (v: number) => v.toFixed(1), color: 'var(--plot-muted)', label: null }),
    ...(compact
      ? []
      : [
          Plot.text(['Layer'], {
            frameAnchor: 'bottom', dy: 2.4 * rem, fill: 'var(--plot-ink)', fontWeight: 500, text: (d: string) => d,
          }),
          Plot.text(['AUROC on the test pairs'], {
            frameAnchor: 'left', rotate: -90, dx: -2.5 * rem, fill: 'var(--plot-ink)', fontWeight: 500,
            text: (d: string) => d,
          }),
        ]),
  ];
}

/** What guessing reaches. */
function chance(compact: boolean, rem: number): Plot.Markish[] {
  const rule = Plot.ruleY([0.5], { stroke: 'var(--plot-muted)', strokeDasharray: '4 3', strokeOpacity: 0.9 });
  if (compact) return [rule];
  return [
    rule,
    Plot.text([0.5], {
      y: (d: number) => d, frameAnchor: 'right', text: () => 'chance', dy: 0.6 * rem, dx: -4, fill: 'var(--plot-muted)',
    }),
  ];
}

/** Where random directions lie. The scale is for the probes: below its end the band is cut off. */
function random(band: SweepBand | null, lowest: number): Plot.Markish[] {
  if (!band) return [];
  const rows = band.rows.map(({ layer, low, high }) => ({ layer, low: Math.max(low, lowest), high: Math.max(high, lowest) }));
  return [
    Plot.areaY(rows, { x: 'layer', y1: 'low', y2: 'high', fill: 'var(--plot-muted)', fillOpacity: 0.13 }),
    Plot.lineY(rows, { x: 'layer', y: 'high', stroke: 'var(--plot-muted)', strokeDasharray: '1 3' }),
  ];
}

/** What the words alone reach. */
function surface(ceiling: SweepCeiling | null, compact: boolean): Plot.Markish[] {
  if (!ceiling) return [];
  return [Plot.ruleY([ceiling.value], { stroke: 'var(--plot-ink)', strokeWidth: compact ? 1 : 1.5, strokeDasharray: '8 3' })];
}

function chosenDot(line: SweepLine, compact: boolean): Plot.Markish[] {
  const dot = dotAt(line, line.chosen);
  if (!dot || !Number.isFinite(dot.value)) return [];
  return [
    Plot.dot([dot], {
      x: 'layer', y: 'value', r: compact ? 3 : 5.5,
      fill: 'var(--plot-paper)', stroke: line.colour, strokeWidth: compact ? 1.5 : 2.25,
    }),
  ];
}

/** Each line's model beside its end, moved apart where lines end close together. */
function nameLines(picture: SweepPicture, lines: readonly SweepLine[], rem: number, letters: number): void {
  const ends = lines.flatMap((line) => {
    const dot = line.dots.findLast((candidate) => Number.isFinite(candidate.value));
    return dot ? [{ line, x: picture.x(dot.layer), y: picture.y(dot.value) }] : [];
  });
  const right = Math.max(0, ...ends.map((end) => end.x));
  const places = spreadLabels(ends.map((end) => end.y), rem, picture.top, picture.bottom);
  ends.forEach(({ line }, i) => {
    const at = { x: right + 0.7 * rem, y: places[i]! };
    write(picture, at, shorten(line.name, letters), { 'text-anchor': 'start', 'font-weight': '600', fill: line.colour });
  });
}

/** The ceiling above its line, at the left where sweeps are low; the random band at its foot, where they seldom are. */
function nameReferences(picture: SweepPicture, { ceiling, band }: SweepReferences, rem: number): void {
  const left = picture.x(0) + 0.5 * rem;
  if (ceiling) {
    const above = picture.y(ceiling.value) - 0.6 * rem;
    const y = above < picture.top ? picture.y(ceiling.value) + 0.7 * rem : above;
    const text = `${ceiling.label} ${ceiling.value.toFixed(2)}`;
    outlined(write(picture, { x: left, y }, text, { 'text-anchor': 'start', 'font-weight': '600', fill: 'var(--plot-ink)' }));
  }
  const end = band?.rows.at(-1);
  if (band && end) {
    const at = { x: picture.x(end.layer) - 0.5 * rem, y: Math.min(picture.y(end.low), picture.bottom) - 0.7 * rem };
    outlined(write(picture, at, band.label, { 'text-anchor': 'end', fill: 'var(--plot-muted)' }));
  }
}

/** Letters that stay readable over lines. */
function outlined(text: SVGTextElement): void {
  for (const [name, value] of Object.entries({ 'paint-order': 'stroke', stroke: 'var(--plot-paper)', 'stroke-width': '3' })) {
    text.setAttribute(name, value);
  }
}

/** The layers that cross-validation chose, above their upright lines. */
function nameChosen(picture: SweepPicture, lines: readonly SweepLine[], rem: number): void {
  const chosen = chosenLayers(lines);
  const wanted = chosen.map(({ layer }) => picture.x(layer));
  const places = spreadLabels(wanted, 4.5 * rem, picture.x(0) + rem, picture.right - rem);
  chosen.forEach(({ layer }, i) => {
    const at = { x: places[i]!, y: picture.top - 1.05 * rem };
    write(picture, at, `chosen: ${layer === 0 ? 'emb' : layer}`, { 'text-anchor': 'middle', fill: 'var(--plot-muted)' });
  });
}

function write(picture: SweepPicture, at: Point, words: string, attributes: Record<string, string>): SVGTextElement {
  const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  const all = { x: String(at.x), y: String(at.y), dy: '0.35em', ...attributes };
  for (const [name, value] of Object.entries(all)) text.setAttribute(name, value);
  text.textContent = words;
  picture.element.append(text);
  return text;
}

function shorten(name: string, most: number): string {
  const letters = Array.from(name);
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : name;
}
