import { describe, expect, it } from 'vitest';
import plotColours from '../design/plot-colours.json';
import type { PairIndex } from '../ipc/packet';
import { colourRows, heldOutRows, pairsOf, sideShapes } from './categories';

const colours = plotColours.light;

function index(scenarioOf: number[], names: number): PairIndex {
  const pairs = scenarioOf.length;
  const scenarios = Array.from({ length: names }, (_, i) => ({
    name: i === 0 ? '' : `s${i}`,
    count: scenarioOf.filter((s) => s === i).length,
  }));
  return {
    header: { pairs, scenarios, sources: [{ name: 'w', count: pairs }] },
    scenario: Uint16Array.from(scenarioOf),
    source: new Uint16Array(pairs),
    split: Uint16Array.from(scenarioOf, (_, i) => (i === 1 ? 1 : 0)),
  };
}

describe('colouring', () => {
  it('by side gives positives the first colour and negatives the second', () => {
    const { category, legend } = colourRows(index([0, 0], 1), 'side', colours);
    expect([...category]).toEqual([0, 1, 0, 1]);
    expect(legend.map((entry) => entry.texts)).toEqual([2, 2]);
  });

  it('by scenario gives both texts of a pair the same colour and names what has no name', () => {
    const { category, legend } = colourRows(index([1, 0, 1], 2), 'scenario', colours);
    expect([...category]).toEqual([1, 1, 0, 0, 1, 1]);
    expect(legend.map((entry) => [entry.label, entry.texts])).toEqual([['no scenario', 2], ['s1', 4]]);
  });

  it('lets the rarest share a grey when colours run out, and loses none', () => {
    const scenarioOf = Array.from({ length: 26 }, (_, i) => i % 13);
    const result = colourRows(index(scenarioOf, 13), 'scenario', colours);
    expect(result.colours).toHaveLength(10);
    expect(new Set(result.colours).size).toBe(10);
    expect(result.legend[9]).toMatchObject({ label: '4 others', texts: 16 });
    expect(result.legend.reduce((total, entry) => total + entry.texts, 0)).toBe(52);
    expect(Math.max(...result.category)).toBe(9);
  });

  it('uses every colour when there are exactly as many names', () => {
    const result = colourRows(index(Array.from({ length: 10 }, (_, i) => i), 10), 'scenario', colours);
    expect(result.legend.map((entry) => entry.colour)).toEqual(colours.categories);
  });
});

describe('rows and pairs', () => {
  it('knows shapes, held-out rows and pairs of rows', () => {
    expect([...sideShapes(2)]).toEqual([0, 1, 0, 1]);
    expect([...heldOutRows(index([0, 0], 1))]).toEqual([0, 0, 1, 1]);
    expect(pairsOf(new Set([5, 4, 1, 20]))).toEqual([0, 2, 10]);
  });
});
