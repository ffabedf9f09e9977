import { beforeEach, describe, expect, it } from 'vitest';
import { Notices } from '../app/notices.svelte';
import type { Backend } from '../backend/backend';
import { models, pairsSummary, withPending } from '../backend/mock-data';
import type { ApiError } from '../ipc/generated/ApiError';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { StudyView } from '../ipc/generated/StudyView';
import { Session } from './session.svelte';

const reading = { texts: 100, tokens: 3200, truncated: 0, fromStore: 0, seconds: 1 };
const settle = () => new Promise((done) => setTimeout(done, 0));

/** A program that does only what the test tells it to. */
class FakeProgram {
  view: StudyView = {
    name: 'Sample',
    path: null,
    sample: true,
    undo: null,
    pairs: pairsSummary('sample', 50, false),
    models: models(),
    settings: { pooling: 'mean', tokenLimit: 512, seed: 1, chatTemplate: false, method: 'mean-difference', weights: 'stored' },
    split: { kind: 'as-given', testShare: 0.3, test: [] },
    pending: true,
  };
  /** How often reading was started, and the line to the latest job. */
  started = 0;
  cancelled: string[] = [];
  emit: (event: JobEvent) => void = () => {};
  importError: ApiError | null = null;

  finish(): void {
    this.view = { ...this.view, models: this.view.models.map((m) => (m.chosen ? { ...m, reading } : m)) };
    this.emit({ kind: 'model-ready', modelId: 'toy-llama' });
    this.emit({ kind: 'finished' });
  }

  backend = {
    start: async () => ({ version: '1', study: withPending(this.view), recent: [], shipped: [] }),
    study: async () => withPending(this.view),
    importPairs: async (path: string) => {
      if (this.importError) throw this.importError;
      const pairs = pairsSummary(path, 20, false);
      this.view = { ...this.view, pairs, undo: 'import', models: models() };
      return { kind: 'imported', pairs };
    },
    undo: async () => withPending((this.view = { ...this.view, undo: null, pairs: pairsSummary('sample', 50, false) })),
    readPairs: async (emit: (event: JobEvent) => void) => {
      this.emit = emit;
      this.started += 1;
      return `job-${this.started}`;
    },
    cancelJob: async (id: string) => {
      this.cancelled.push(id);
      queueMicrotask(() => this.emit({ kind: 'cancelled' }));
    },
  } as unknown as Backend;
}

describe('the session', () => {
  let program: FakeProgram;
  let notices: Notices;
  let session: Session;

  beforeEach(() => {
    program = new FakeProgram();
    notices = new Notices();
    session = new Session(program.backend, notices);
  });

  it('reads at the start what has not been read', async () => {
    await session.start();
    expect(session.job.state.status).toBe('running');
    expect(session.ready).toEqual([]);
    program.finish();
    await settle();
    expect(session.job.state).toMatchObject({ status: 'finished', ready: ['toy-llama'] });
    expect(session.ready.map((model) => model.id)).toEqual(['toy-llama']);
  });

  it('reads nothing when everything has been read', async () => {
    program.finish();
    await session.start();
    expect(program.started).toBe(0);
    expect(session.ready).toHaveLength(1);
  });

  it('stops the job under way before it imports, and reads the new pairs', async () => {
    await session.start();
    const before = session.readingKey;
    const outcome = await session.importPairs('rivals', null);
    expect(outcome?.kind).toBe('imported');
    expect(program.cancelled).toEqual(['job-1']);
    expect(program.started).toBe(2);
    expect(session.pairs?.count).toBe(20);
    expect(session.readingKey).not.toBe(before);
  });

  it('stays as it was when an import fails, tells why, and goes on reading', async () => {
    await session.start();
    program.importError = { code: 'input', message: 'The file is empty.', hint: 'Choose another.' };
    expect(await session.importPairs('empty', null)).toBeNull();
    expect(session.pairs?.count).toBe(50);
    expect(notices.list).toMatchObject([{ tone: 'error', message: 'The file is empty.', hint: 'Choose another.' }]);
    expect(program.started).toBe(2);
    expect(session.job.active).toBe(true);
  });

  it('does not start again by itself what the person has stopped', async () => {
    await session.start();
    await session.job.stop();
    expect(session.job.state.status).toBe('cancelled');
    expect(program.started).toBe(1);
    expect(notices.list).toEqual([]);
  });

  it('makes two changes one after the other', async () => {
    await session.start();
    const first = session.importPairs('a', null);
    const second = session.undo();
    expect(session.pairs?.count).toBe(50);
    await Promise.all([first, second]);
    // Undo was asked for when there was nothing to undo.
    expect(session.pairs?.name).toBe('a');
    await session.undo();
    expect(session.pairs?.count).toBe(50);
  });

  it('says so when a model fails, and keeps the others', async () => {
    await session.start();
    program.emit({ kind: 'model-failed', modelId: 'x', error: { code: 'model', message: 'Weights are missing.', hint: null } });
    program.finish();
    await settle();
    expect(notices.list.map((notice) => notice.message)).toEqual(['Weights are missing.']);
    expect(session.ready).toHaveLength(1);
  });

  it('can stop a job that has not been given its name yet', async () => {
    let named: (id: string) => void = () => {};
    program.backend.readPairs = (emit) => {
      program.emit = emit;
      return new Promise((resolve) => (named = resolve));
    };
    await session.start();
    const stopped = session.job.stop();
    expect(program.cancelled).toEqual([]);
    named('late');
    await stopped;
    expect(program.cancelled).toEqual(['late']);
  });
});
