import { describe, expect, it } from 'vitest';
import type { ProgressView } from '../ipc/generated/ProgressView';
import { advance, idle, isActive, share, type JobStep } from './job';

const progress: ProgressView = { stage: 'Reading', done: 5, total: 20, unit: 'tokens', rate: 10, secondsLeft: 1.5 };
const error = { code: 'model', message: 'No.', hint: null } as const;
const after = (...steps: JobStep[]) => steps.reduce(advance, idle);

describe('a job', () => {
  it('runs, reports and finishes', () => {
    const state = after({ kind: 'started' }, { kind: 'progress', progress }, { kind: 'model-ready', modelId: 'a' });
    expect(state).toMatchObject({ status: 'running', ready: ['a'], progress });
    expect(isActive(state)).toBe(true);
    expect(isActive(advance(state, { kind: 'finished' }))).toBe(false);
  });

  it('stays under way between the wish to stop and the stop', () => {
    const stopping = after({ kind: 'started' }, { kind: 'stop-asked' });
    expect(stopping.status).toBe('stopping');
    expect(isActive(stopping)).toBe(true);
    expect(advance(stopping, { kind: 'cancelled' }).status).toBe('cancelled');
  });

  it('keeps the failure of one model apart from the others', () => {
    const state = after({ kind: 'started' }, { kind: 'model-failed', modelId: 'a', error }, { kind: 'model-ready', modelId: 'b' });
    expect(state.failures).toEqual([{ modelId: 'a', error }]);
    expect(state).toMatchObject({ status: 'running', ready: ['b'] });
  });

  it('ignores what arrives after the end', () => {
    const done = after({ kind: 'started' }, { kind: 'cancelled' });
    expect(advance(done, { kind: 'progress', progress })).toBe(done);
    expect(advance(idle, { kind: 'finished' })).toBe(idle);
  });

  it('starts anew without the past', () => {
    const state = after({ kind: 'started' }, { kind: 'failed', error }, { kind: 'started' });
    expect(state).toEqual({ ...idle, status: 'running' });
  });

  it('does not call a stop a failure', () => {
    const state = after({ kind: 'started' }, { kind: 'failed', error: { ...error, code: 'cancelled' } });
    expect(state.status).toBe('cancelled');
  });

  it('knows its share, if the total is known', () => {
    expect(share(progress)).toBe(0.25);
    expect(share({ ...progress, total: 0 })).toBeNull();
    expect(share({ ...progress, done: 30 })).toBe(1);
    expect(share(null)).toBeNull();
  });
});
