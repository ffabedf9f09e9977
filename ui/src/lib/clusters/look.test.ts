import { describe, expect, it } from 'vitest';
import plotColours from '../design/plot-colours.json';
import type { PairIndex, Projection, Tokens } from '../ipc/packet';
import { contrast } from '../plot/ramp';
import { toRgb } from '../plot/colour';
import { pointStops, sideContours, textLook, tokenLook } from './look';

const colours = plotColours.light;
const index: PairIndex = {
  header: { pairs: 2, scenarios: [{ name: 'a', count: 1 }, { name: 'b', count: 1 }], sources: [{ name: 'w', count: 2 }] },
  scenario: Uint16Array.of(0, 1),
  source: Uint16Array.of(0, 0),
  split: Uint16Array.of(0, 1),
};
const tokens: Tokens = {
  text: Uint32Array.of(0, 0, 1, 3, 3, 3),
  word: new Uint32Array(6),
  position: new Uint32Array(6),
  score: Float32Array.of(2, 0, -2, -50, NaN, 0.1),
};

describe('how tokens look', () => {
  it('is as their texts do: colour, shape, split; and they are counted', () => {
    const look = tokenLook(tokens, textLook(index, 'scenario', colours), false, colours);
    expect([...look.category]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...look.shape]).toEqual([0, 0, 1, 1, 1, 1]);
    expect([...look.heldOut]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(look.legend.map((entry) => [entry.label, entry.texts])).toEqual([['a', 3], ['b', 3]]);
    expect(look.scale).toBeNull();
  });

  it('is by score symmetric about zero, and an outlier does not bleach the others', () => {
    const many: Tokens = { ...tokens, score: Float32Array.from({ length: 1000 }, (_, i) => (i === 7 ? -900 : (i - 500) / 250)), text: new Uint32Array(1000) };
    const { category, colours: steps, scale } = tokenLook(many, textLook(index, 'side', colours), true, colours);
    expect(category[500]).toBe((steps.length - 1) / 2);
    expect([category[0], category[7], category[999]]).toEqual([0, 0, steps.length - 1]);
    expect(category[250]! + category[750]!).toBe(steps.length - 1);
    expect(scale?.ticks).toEqual(['−1.96', '0', '1.96']);
    expect(tokenLook(tokens, textLook(index, 'side', colours), true, colours).category[4]).toBe((steps.length - 1) / 2);
  });

  it('is as their texts do where no token has a score', () => {
    const none: Tokens = { ...tokens, score: new Float32Array(6).fill(NaN) };
    expect(tokenLook(none, textLook(index, 'side', colours), true, colours)).toMatchObject({ scale: null, colours: [colours.positive, colours.negative] });
  });

  it('by score is seen on the paper, in light and dark', () => {
    for (const theme of [plotColours.light, plotColours.dark]) {
      for (const stop of pointStops(theme)) {
        expect(contrast(toRgb(stop), toRgb(theme.paper))).toBeGreaterThan(1.9);
      }
    }
  });
});

describe('lines of equal density', () => {
  const rows = 80;
  const projection = (fit: 'all' | 'train', dims = 2): Projection => ({
    header: { rows, dims, fit } as Projection['header'],
    coords: Float32Array.from({ length: rows * dims }, (_, i) => Math.sin(i * 12.9898) * 40 + (Math.floor(i / dims) % 2) * 200),
    tokens: null,
  });
  const heldOut = Uint8Array.from({ length: rows }, (_, row) => (row >= 60 ? 1 : 0));

  it('are of each side, in its colour', () => {
    const [positive, negative] = sideContours(projection('all'), heldOut, colours);
    expect([positive?.colour, negative?.colour]).toEqual([colours.positive, colours.negative]);
    expect(negative!.grid.matrix[4] - positive!.grid.matrix[4]).toBeGreaterThan(100);
    expect(positive!.lines.map(({ mass }) => mass)).toEqual([0.9, 0.5]);
  });

  it('are of the points that shape the map', () => {
    const all = sideContours(projection('all'), heldOut, colours);
    const train = sideContours(projection('train'), heldOut, colours);
    expect(train[0]!.lines[0]!.path).not.toBe(all[0]!.lines[0]!.path);
    expect(sideContours(projection('train'), new Uint8Array(rows).fill(1), colours)).toEqual([]);
    expect(sideContours(projection('all', 3), heldOut, colours)).toEqual([]);
  });
});
