import { describe as group, expect, it } from 'vitest';
import { wilson } from '../backend/mock-wilson';
import type { DoseCellView } from '../ipc/generated/DoseCellView';
import type { ModelSteeringView } from '../ipc/generated/ModelSteeringView';
import type { SteeringSuccessView } from '../ipc/generated/SteeringSuccessView';
import { describe, dosePanels, overallPanel, panelNotes, shareText, warnings } from './doseData';
import { bandPath, frame, linePath, markPath, order, placeOf, shift, tickValues } from './dosePlot';
import { successRows } from './successRows';

const cell = (coefficient: number | null, hits: number, coherent: number, n: number): DoseCellView => ({
  coefficient, n, rate: wilson(hits, n), coherentRateOfOutcome: wilson(hits, coherent), coherent: wilson(coherent, n),
  emptyRate: 0, perplexity: 9, kl: 0, distinct2: 1, repetition: 0, score: 0,
});
const success = (more: Partial<SteeringSuccessView> = {}): SteeringSuccessView => ({
  asPublished: wilson(1, 2), strict: wilson(1, 1), bound: null, cannotMove: [], incoherentUnsteered: false, slope: null, slopeNote: null,
  asymmetry: null, antiSteerable: wilson(0, 4), remarks: [], ...more,
});
const model = (modelId: string, doses: { scenario: string; cells: DoseCellView[]; out?: DoseCellView; success?: SteeringSuccessView }[]): ModelSteeringView => ({
  modelId, modelName: modelId.toUpperCase(), layer: 4, residualNorm: 1, steered: [{ layer: 4, residualNorm: 1 }], overall: null, pooled: { cells: [], projectedOut: null, random: [] }, effect: { value: 0.3, low: 0.1, high: 0.5 }, randomEffects: [0.1, -0.2], projectOutChange: { value: -0.1, low: -0.2, high: 0 },
  cellsDone: 1, cellsTotal: 2, problem: null, provenance: '',
  scenarios: doses.map(({ scenario, cells, out, success: found }) => ({
    scenario, title: `The ${scenario}`, outcome: 'language', cells, projectedOut: out ?? null, random: [], success: found ?? null,
  })),
});
const markOf = (id: string) => ({ a: 0, b: 2 })[id] ?? 9;
const a = model('a', [
  { scenario: 'maze', cells: [cell(-2, 1, 4, 4), cell(0, 2, 4, 4), cell(2, 4, 4, 8)], out: cell(null, 0, 2, 4) },
  { scenario: 'duel', cells: [cell(-2, 0, 2, 4), cell(0, 4, 4, 4)] },
]);
const b = model('b', [{ scenario: 'duel', cells: [cell(0, 1, 3, 4)] }, { scenario: 'none', cells: [] }]);

group('Wilson’s interval', () => {
  // statsmodels 0.15.0, proportion_confint(method='wilson').
  it.each([
    [5, 10, 0.236593, 0.763407],
    [0, 12, 0, 0.242494],
    [12, 12, 0.757506, 1],
    [1, 3, 0.061492, 0.79234],
  ])('of %i in %i', (hits, n, low, high) => {
    const share = wilson(hits, n);
    expect(share.low).toBeCloseTo(low, 5);
    expect(share.high).toBeCloseTo(high, 5);
    expect(share.value).toBe(hits / n);
  });

  it('of none is nothing', () => expect(wilson(0, 0)).toEqual({ value: null, n: 0, low: null, high: null }));
});

group('the panels of a dose-response', () => {
  it('are one for each scenario that has something, with the models overlaid', () => {
    const panels = dosePanels([a, b], markOf);
    expect(panels.map(({ scenario, lines }) => [scenario, lines.map(({ modelId, mark }) => [modelId, mark])])).toEqual([
      ['maze', [['a', 0]]],
      ['duel', [['a', 0], ['b', 2]]],
    ]);
  });

  it('put all scenarios of a model together, with their band', () => {
    const band = [{ coefficient: -2, low: 0.1, mean: 0.2, high: 0.3 }];
    const pooled = { cells: [cell(-2, 1, 6, 8), cell(0, 6, 8, 8)], projectedOut: null, random: band };
    const panel = overallPanel([{ ...a, pooled, overall: success({ incoherentUnsteered: true }) }, b], markOf);
    expect(panel?.lines.map(({ modelId, mark }) => [modelId, mark])).toEqual([['a', 0]]);
    const [line] = panel!.lines;
    expect(line!.cells.map((point) => [point.coefficient, point.rate.value, point.rate.n])).toEqual([[-2, 1 / 6, 6], [0, 6 / 8, 8]]);
    expect([line!.band, line!.projectedOut, panelNotes([line!]).length]).toEqual([band, null, 1]);
    expect(describe(line!, line!.cells[0]!).at(-1)).toBe('random directions 0.10 to 0.30, mean 0.200');
    // One scenario is all there is: its panel says it already.
    const one = { ...a, pooled, scenarios: a.scenarios.slice(0, 1) };
    expect([overallPanel([one], markOf), overallPanel([a, b], markOf)]).toEqual([null, null]);
  });

  it('name ceilings, floors and incoherence, once for all models of a panel', () => {
    expect(warnings(success({ bound: 'ceiling' }))[0]).toBe('Ceiling: at 0 every coherent response has the outcome; it cannot move up.');
    expect(warnings(success({ bound: 'floor', incoherentUnsteered: true }))).toHaveLength(2);
    expect(warnings(null)).toEqual([]);
    const lines = dosePanels([a, b], markOf)[1]!.lines.map((line) => ({ ...line, success: success({ bound: 'floor' }) }));
    expect(panelNotes(lines)).toEqual(['A, B: Floor: at 0 no coherent response has the outcome; it cannot move down.']);
    expect(panelNotes(lines.slice(0, 1))[0]).toMatch(/^Floor/);
  });

  it('put a point in words', () => {
    const [line] = dosePanels([a], markOf)[0]!.lines;
    expect(shareText(wilson(5, 10))).toBe('0.50 [0.24, 0.76], n = 10');
    expect(describe(line!, line!.cells[0]!)).toEqual(['outcome in 0.25 [0.05, 0.70], n = 4 coherent', 'coherent 1.00 [0.51, 1.00], n = 4', 'perplexity 9.00, the median under the unsteered model']);
    const band = [{ coefficient: -2, low: 0.1, mean: 0.2, high: 0.3 }];
    expect(describe({ ...line!, band }, line!.cells[0]!)[3]).toBe('random directions 0.10 to 0.30, mean 0.200');
    expect(describe(line!, { coefficient: 4, rate: wilson(0, 0), coherent: wilson(0, 4), perplexity: null })[0]).toBe('no coherent response');
  });

  it('list success with what has to be said, each once', () => {
    const said = success({ cannotMove: [2, 4], slopeNote: 'No slope.', remarks: ['Ceiling.', 'No slope.'] });
    const [all, maze] = successRows({ ...model('a', [{ scenario: 'maze', cells: [], success: said }, { scenario: 'duel', cells: [] }]), overall: success() });
    expect([all!.title, all!.effect?.value, all!.randomEffects.length, all!.projectedOut?.value]).toEqual(['All scenarios', 0.3, 2, -0.1]);
    expect([maze!.title, maze!.effect, maze!.randomEffects, maze!.projectedOut]).toEqual(['The maze', null, [], null]);
    expect(maze!.said).toEqual(['Ceiling.', 'No slope.', 'Left out of strict success, because they cannot move the rate: 2, 4.']);
  });
});

group('the drawing of a panel', () => {
  const at = frame({ width: 300, height: 200, rem: 16 }, [-2, 0, 2], true);
  const panel = dosePanels([a], markOf)[0]!;

  it('puts the lowest and the highest coefficient inside, and projected out to the right of them', () => {
    expect(at.x(-2)).toBeGreaterThan(at.box.left);
    expect(at.x(2)).toBeLessThan(at.box.left + at.box.width);
    expect(at.x(0)).toBeCloseTo((at.x(-2) + at.x(2)) / 2, 9);
    expect(at.out).toBeGreaterThan(at.box.left + at.box.width);
    expect(at.out).toBeLessThan(300);
    expect([at.y(1), at.y(0)]).toEqual([at.box.top, at.box.top + at.box.height]);
    expect(at.strip.top + at.strip.height).toBeLessThan(200);
    expect(frame({ width: 300, height: 200, rem: 16 }, [0, 1], false).out).toBeNull();
  });

  it('breaks the line where there is no rate', () => {
    const points = [0, 1, 2, 3].map((coefficient) => ({ coefficient, rate: coefficient === 1 ? wilson(0, 0) : wilson(1, 2), coherent: wilson(2, 2), perplexity: null }));
    const path = linePath(points, at, 0);
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(1);
  });

  it('draws a band from two coefficients on', () => {
    const entry = (coefficient: number, low: number | null) => ({ coefficient, low, mean: 0.5, high: low === null ? null : 0.9 });
    const line = panel.lines[0]!;
    expect(bandPath({ ...line, band: [entry(0, 0.1), entry(2, null)] }, at)).toBe('');
    expect(bandPath({ ...line, band: [entry(-2, 0.1), entry(0, 0.2), entry(2, 0.1)] }, at).match(/L/g)).toHaveLength(5);
  });

  it('goes from point to point by coefficient, what is projected out last', () => {
    const { lines } = dosePanels([a, b], markOf)[1]!;
    expect(order(lines).map(({ line, point }) => [point.coefficient, line])).toEqual([[-2, 0], [0, 0], [0, 1]]);
    const keys = order(panel.lines);
    expect(keys.at(-1)?.point.coefficient).toBeNull();
    expect(placeOf(keys.at(-1)!, 1, at)?.x).toBe(at.out);
    expect([shift(0, 1), shift(0, 2), shift(1, 2)]).toEqual([0, -3.5, 3.5]);
  });

  it('writes the coefficients themselves unless they are too close together', () => {
    expect(tickValues([-4, -2, 0, 2, 4], 8)).toEqual([-4, -2, 0, 2, 4]);
    expect(tickValues([-4, -0.1, 0, 0.1, 4], 8)).not.toContain(0.1);
    expect(tickValues([-4, -0.1, 0, 0.1, 4], 8)).toContain(0);
  });

  it('has a mark of its own for each of four models', () => {
    expect(new Set([0, 1, 2, 3].map((kind) => markPath(kind, 5, 5, 4))).size).toBe(4);
    expect(markPath(4, 5, 5, 4)).toBe(markPath(0, 5, 5, 4));
  });
});
