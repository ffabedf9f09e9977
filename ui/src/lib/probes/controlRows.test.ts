import { describe, expect, it } from 'vitest';
import { models, pairsSummary, sweep } from '../backend/mock-data';
import { mockControls, mockSurface } from '../backend/mock-probes';
import { controlRows, pValue, type ControlRow } from './controlRows';

const pairs = pairsSummary('sample', 50, false);
const [small, wide] = models();
const passing = sweep(small!, 'mean-difference', 35, 15);
const failing = sweep(wide!, 'mean-difference', 35, 15);
const find = (rows: ControlRow[], id: string) => rows.find((row) => row.id === id)!;

describe('the controls table', () => {
  it('passes a probe that is above the ceiling', () => {
    const controls = mockControls(passing, pairs);
    controls.aboveCeiling = { value: 0.05, low: 0.01, high: 0.1 };
    const rows = controlRows(passing, mockSurface(pairs), controls);
    expect(find(rows, 'ceiling')).toMatchObject({ mark: 'passes', name: 'Surface ceiling: bag of words' });
    expect(find(rows, 'permutation').mark).toBe('passes');
    expect(find(rows, 'sink').mark).toBe('passes');
  });

  it('does not pass one whose difference to the ceiling holds 0, and says why', () => {
    const controls = mockControls(failing, pairs);
    controls.aboveCeiling = { value: 0.05, low: -0.001, high: 0.1 };
    expect(find(controlRows(failing, mockSurface(pairs), controls), 'ceiling')).toMatchObject({ mark: 'fails' });
    controls.aboveCeiling = { value: -0.05, low: -0.1, high: -0.01 };
    expect(find(controlRows(failing, mockSurface(pairs), controls), 'ceiling').meaning).toContain('vocabulary explains');
    expect(find(controlRows(failing, mockSurface(pairs), controls), 'sink').mark).toBe('fails');
  });

  it('tests words in another order by what is lost, and keywords by what is left', () => {
    const controls = mockControls(passing, pairs);
    const variant = (name: string) => controls.variants.find((entry) => entry.name === name)!;
    variant('shuffled').drop = { value: 0.1, low: -0.01, high: 0.2 };
    variant('ablated').auroc = { value: 0.6, low: 0.45, high: 0.7 };
    const rows = controlRows(passing, mockSurface(pairs), controls);
    expect([find(rows, 'shuffled').mark, find(rows, 'ablated').mark]).toEqual(['fails', 'fails']);
  });

  it('says that nothing was tested where nothing is there, without a number', () => {
    const rows = controlRows(passing, null, null).filter((row) => !['probe', 'optimism'].includes(row.id));
    expect(rows.map((row) => row.mark)).toEqual(rows.map(() => 'not-tested'));
    expect(rows.every((row) => row.auroc === null && row.value === '')).toBe(true);
  });

  it('gives the reason of a surface that cannot be tested', () => {
    const few = controlRows(passing, mockSurface({ ...pairs, test: 1 }), null);
    expect(find(few, 'ceiling')).toMatchObject({ mark: 'not-tested', auroc: null });
    expect(find(few, 'ceiling').meaning).toContain('1 test pair');
  });

  it('writes p without false precision', () => {
    expect([0.5, 0.0123, 0.0001, 0.00002].map((p) => pValue(p).replaceAll('\u00a0', ' '))).toEqual(['p = 0.500', 'p = 0.012', 'p = 0.0001', 'p < 0.0001']);
  });
});
