import { describe, expect, it } from 'vitest';
import { mockEvidence } from '../backend/mock-evidence';
import { models, pairsSummary } from '../backend/mock-data';
import type { RungStatus } from '../ipc/generated/RungStatus';
import type { RungView } from '../ipc/generated/RungView';
import { decisivePart, reportStem, rungRows, tally } from './ladder';

const two = models().slice(0, 2);
const view = mockEvidence(pairsSummary('Everyday pairs, café', 50, false), two, ({ id }) => id === 'toy-llama');

function rung(status: RungStatus, ...parts: RungStatus[]): RungView {
  return { number: 1, name: 'separable', title: '', question: '', status, parts: parts.map((part, i) => ({ name: String(i), status: part, sentence: '' })) };
}

describe('the ladder', () => {
  it('has seven rungs, each with a cell a model', () => {
    const rows = rungRows(view.models);
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(rows.every(({ cells }) => cells.length === 2 && cells.every((cell) => cell !== null))).toBe(true);
  });

  it('leaves a cell empty where a model has no such rung, and puts no other in its place', () => {
    const [one, other] = view.models;
    const rows = rungRows([{ ...one!, rungs: one!.rungs.slice(2) }, other!]);
    expect(rows).toHaveLength(7);
    expect(rows[0]?.cells[0]).toBeNull();
    expect(rows[0]?.cells[1]?.number).toBe(1);
    expect(rows[2]?.cells[0]?.number).toBe(3);
  });

  it('counts what was passed, failed and not tested', () => {
    expect(view.models.map(tally)).toEqual(['4 passed, 3 not tested', '7 not tested']);
  });

  it('shows the test that decides', () => {
    expect(decisivePart(rung('failed', 'passed', 'not-tested', 'failed'))?.name).toBe('2');
    expect(decisivePart(rung('not-tested', 'passed', 'not-tested'))?.name).toBe('1');
    expect(decisivePart(rung('passed', 'passed', 'passed'))?.name).toBe('0');
    expect(decisivePart(rung('not-tested'))).toBeNull();
  });

  it('names the report after the data', () => {
    expect(reportStem(view)).toBe('evidence-everyday-pairs-café');
    expect(reportStem({ ...view, data: '../ ?' })).toBe('evidence');
  });
});
