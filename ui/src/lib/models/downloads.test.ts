import { beforeEach, describe, expect, it } from 'vitest';
import { Notices } from '../app/notices.svelte';
import type { Backend } from '../backend/backend';
import { models, pairsSummary, withPending } from '../backend/mock-data';
import type { ApiError } from '../ipc/generated/ApiError';
import type { DownloadPlanView } from '../ipc/generated/DownloadPlanView';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { ModelView } from '../ipc/generated/ModelView';
import type { ShelfView } from '../ipc/generated/ShelfView';
import type { StudyView } from '../ipc/generated/StudyView';
import { Session } from '../study/session.svelte';
import { Downloads } from './downloads.svelte';
import { Models } from './models.svelte';

const repo = 'EleutherAI/pythia-160m';
const settle = () => new Promise((done) => setTimeout(done, 0));
const cut: ApiError = { code: 'model', message: 'The connection was cut.', hint: 'Continue the download.' };
const [bundled] = models() as [ModelView];
const cached: ModelView = { ...bundled, id: '/cache/pythia', name: 'pythia-160m', repo, origin: 'cache', chosen: false };

function planOf(wanted: string): DownloadPlanView {
  const files = [{ name: 'model.safetensors', megabytes: 320, megabytesHere: 0 }];
  return { repo: wanted, revision: 'abc', variants: ['safetensors'], variant: 'safetensors', files, megabytes: 320, megabytesLeft: 320, freeDiskMegabytes: 9000, folder: '/cache' };
}

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
  shelf: ShelfView = { models: models(), catalogue: [], cacheFolder: '/cache', offline: false, notes: [], device: 'processor' };
  looks = 0;
  added: string[] = [];
  cancelled: string[] = [];
  fetched: DownloadPlanView[] = [];
  planError: ApiError | null = null;
  shelfError: ApiError | null = null;
  emit: (event: JobEvent) => void = () => {};
  /** Answers the questions about plans, in the order they were asked. */
  answers: ((plan: DownloadPlanView) => void)[] = [];
  slowPlans = false;

  arrive(): void {
    this.shelf = { ...this.shelf, models: [...this.shelf.models, cached] };
    this.emit({ kind: 'finished' });
  }

  backend = {
    start: async () => ({ version: '1', study: withPending(this.view), recent: [], shipped: [] }),
    study: async () => withPending(this.view),
    shelf: async () => {
      this.looks += 1;
      if (this.shelfError) throw this.shelfError;
      return this.shelf;
    },
    planDownload: (wanted: string) => {
      if (this.planError) return Promise.reject(this.planError);
      return this.slowPlans ? new Promise((resolve) => this.answers.push(resolve)) : Promise.resolve(planOf(wanted));
    },
    downloadModel: async (plan: DownloadPlanView, emit: (event: JobEvent) => void) => {
      this.fetched.push(plan);
      this.emit = emit;
      return `download-${this.fetched.length}`;
    },
    readPairs: async () => 'job-1',
    cancelJob: async (id: string) => {
      this.cancelled.push(id);
      queueMicrotask(() => this.emit({ kind: 'cancelled' }));
    },
    addModel: async (path: string) => {
      this.added.push(path);
      return withPending((this.view = { ...this.view, models: [...this.view.models, { ...cached, chosen: true }] }));
    },
    chooseModels: async (ids: string[]) =>
      withPending((this.view = { ...this.view, models: this.view.models.map((m) => ({ ...m, chosen: ids.includes(m.id) })) })),
    removeModel: async (id: string) => withPending((this.view = { ...this.view, models: this.view.models.filter((m) => m.id !== id) })),
  } as unknown as Backend;
}

let program: FakeProgram;
let session: Session;
let shelf: Models;
let downloads: Downloads;

beforeEach(async () => {
  program = new FakeProgram();
  // Nothing to read, so that no job is in the way.
  program.view = { ...program.view, pairs: null };
  session = new Session(program.backend, new Notices());
  shelf = new Models(program.backend, session);
  downloads = new Downloads(program.backend, shelf);
  await session.start();
  await shelf.look();
});

describe('choosing models', () => {
  const chosen = () => session.study?.models.filter((model) => model.chosen).map((model) => model.id);

  it('asks for the study’s own by their ids, in the order of the study', async () => {
    const wide = shelf.all.find((model) => model.id === 'toy-llama-wide') as ModelView;
    await shelf.choose(wide, true);
    expect(chosen()).toEqual(['toy-llama', 'toy-llama-wide']);
    expect(program.added).toEqual([]);
  });

  it('adds one of the cache that the study does not list, once', async () => {
    await shelf.choose(cached, true);
    expect(program.added).toEqual([cached.id]);
    await shelf.choose(cached, false);
    await shelf.choose(cached, true);
    expect(program.added).toEqual([cached.id]);
    expect(chosen()).toEqual(['toy-llama', cached.id]);
  });

  it('loses none of two presses in quick succession', async () => {
    const [llama, wide] = shelf.all as [ModelView, ModelView];
    await Promise.all([shelf.choose(wide, true), shelf.choose(llama, false)]);
    expect(chosen()).toEqual(['toy-llama-wide']);
  });

  it('takes out of the study what was added', async () => {
    await shelf.choose(cached, true);
    const before = shelf.studyKey;
    await session.removeModel(cached.id);
    expect(shelf.inStudy(cached)).toBe(false);
    expect(shelf.studyKey).not.toBe(before);
  });
});

describe('the shelf', () => {
  it('keeps what was known when a look fails, and says why it did', async () => {
    program.shelfError = { code: 'model', message: 'The cache cannot be read.', hint: null };
    await shelf.look();
    expect(shelf.error?.message).toBe('The cache cannot be read.');
    expect(shelf.all).toHaveLength(3);
    expect(shelf.looking).toBe(false);
    program.shelfError = null;
    await shelf.look();
    expect(shelf.error).toBeNull();
  });
});

describe('a download', () => {
  const start = async () => {
    await downloads.ask(repo);
    downloads.start();
    await settle();
  };

  it('fetches nothing before the plan was seen and Start was pressed', async () => {
    await downloads.ask(repo);
    expect(downloads.plan?.repo).toBe(repo);
    expect(program.fetched).toEqual([]);
    downloads.start();
    expect(program.fetched).toEqual([planOf(repo)]);
    expect(downloads.asked).toBeNull();
    expect(downloads.fetching(repo)).toBe(true);
  });

  it('does not start without a plan', async () => {
    program.planError = cut;
    await downloads.ask(repo);
    expect(downloads.planError).toEqual(cut);
    downloads.start();
    expect(program.fetched).toEqual([]);
    expect(downloads.asked).toBe(repo);
    program.planError = null;
    await downloads.ask(repo);
    expect(downloads.planError).toBeNull();
    expect(downloads.plan).not.toBeNull();
  });

  it('shows the plan that was asked for last, and none once the dialog is closed', async () => {
    program.slowPlans = true;
    void downloads.ask('org/first');
    void downloads.ask('org/second');
    program.answers[1]?.(planOf('org/second'));
    program.answers[0]?.(planOf('org/first'));
    await settle();
    expect(downloads.plan?.repo).toBe('org/second');
    void downloads.ask(repo);
    downloads.close();
    program.answers[2]?.(planOf(repo));
    await settle();
    expect(downloads.plan).toBeNull();
  });

  it('finds the model at the end, to be chosen with one press', async () => {
    await start();
    const looks = program.looks;
    expect(downloads.arrived).toBeNull();
    program.arrive();
    await settle();
    expect(program.looks).toBe(looks + 1);
    expect(downloads.job.state.status).toBe('finished');
    expect(downloads.arrived?.id).toBe(cached.id);
    await shelf.choose(cached, true);
    expect(downloads.arrived?.chosen).toBe(true);
  });

  it('looks at the disk after a stop, and goes on with the same plan', async () => {
    await start();
    const looks = program.looks;
    await downloads.job.stop();
    expect(program.cancelled).toEqual(['download-1']);
    expect(downloads.job.state).toMatchObject({ status: 'cancelled', error: null });
    expect(program.looks).toBe(looks + 1);
    expect(downloads.current?.repo).toBe(repo);
    downloads.resume();
    await settle();
    expect(program.fetched).toEqual([planOf(repo), planOf(repo)]);
    expect(downloads.fetching(repo)).toBe(true);
  });

  it('keeps the reason of a failure until it goes on or is dismissed', async () => {
    await start();
    program.emit({ kind: 'failed', error: cut });
    await settle();
    expect(downloads.job.state).toMatchObject({ status: 'failed', error: cut });
    downloads.resume();
    expect(downloads.job.state).toMatchObject({ status: 'running', error: null });
    program.emit({ kind: 'failed', error: cut });
    await settle();
    downloads.dismiss();
    expect(downloads.current).toBeNull();
  });

  it('fails in words when it cannot even begin', async () => {
    program.backend.downloadModel = () => Promise.reject({ ...cut, message: 'The disk is full.' });
    await start();
    expect(downloads.job.state).toMatchObject({ status: 'failed', error: { message: 'The disk is full.' } });
  });

  it('is one at a time, and is not dismissed while under way', async () => {
    await start();
    await downloads.ask('org/other');
    downloads.start();
    expect(program.fetched).toHaveLength(1);
    expect(downloads.asked).toBe('org/other');
    downloads.dismiss();
    expect(downloads.current?.repo).toBe(repo);
  });

  it('goes on while pairs are read, and neither stops the other', async () => {
    program.view = { ...program.view, pairs: pairsSummary('sample', 50, false) };
    session.study = program.view;
    session.readIfNeeded();
    await start();
    expect(session.job.active).toBe(true);
    expect(downloads.job.active).toBe(true);
    await downloads.job.stop();
    expect(program.cancelled).toEqual(['download-1']);
    expect(session.job.active).toBe(true);
  });
});
