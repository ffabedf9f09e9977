import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import type { ColumnChoiceView } from '../ipc/generated/ColumnChoiceView';
import type { ImportOutcome } from '../ipc/generated/ImportOutcome';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { ProgressView } from '../ipc/generated/ProgressView';
import type { KeywordView } from '../ipc/generated/KeywordView';
import type { RecentStudy } from '../ipc/generated/RecentStudy';
import type { ShippedPairsView } from '../ipc/generated/ShippedPairsView';
import type { SettingsView } from '../ipc/generated/SettingsView';
import type { SplitView } from '../ipc/generated/SplitView';
import type { SteeringPlanView } from '../ipc/generated/SteeringPlanView';
import type { StudyView } from '../ipc/generated/StudyView';
import type { Notices } from '../app/notices.svelte';
import { JobRunner } from '../job/runner.svelte';

/** A file that is being taken into the study. */
export interface Importing {
  path: string;
  progress: ProgressView | null;
  stopping: boolean;
}

/** The open study and everything that changes it. */
export class Session {
  study = $state.raw<StudyView | null>(null);
  recent = $state.raw<RecentStudy[]>([]);
  /** Pair sets that ship with the program. */
  shipped = $state.raw<ShippedPairsView[]>([]);
  version = $state('');
  /** Grows with every message of a job after which there may be more to show. */
  news = $state(0);
  /** Why the program could not start, where that is so. */
  startError = $state.raw<ApiError | null>(null);
  /** The import under way, if any. */
  importing = $state.raw<Importing | null>(null);
  job: JobRunner;

  pairs = $derived(this.study?.pairs ?? null);
  settings = $derived(this.study?.settings ?? null);
  chosen = $derived((this.study?.models ?? []).filter((model) => model.chosen && !model.problem));
  /** Models whose clusters and probes can be shown. */
  ready = $derived(this.pairs ? this.chosen.filter((model) => model.reading) : []);
  split = $derived(this.study?.split ?? null);
  /** Changes with everything that a pair's place in the study depends on. */
  pairsKey = $derived(
    this.pairs && this.settings && this.split
      ? [this.pairs.digest, this.pairs.scores?.digest, this.settings.seed, JSON.stringify(this.split)].join('|')
      : null,
  );
  /** Changes with everything that a reading depends on. */
  readingKey = $derived(
    this.pairsKey && this.settings ? `${this.pairsKey}|${this.settings.pooling}|${this.settings.tokenLimit}|${this.settings.chatTemplate}|${this.settings.weights}` : null,
  );

  /** Changes with everything that a probe depends on. */
  probeKey = $derived(this.readingKey && this.settings ? `${this.readingKey}|${this.settings.method}` : null);
  /** Changes of the study so far: what depends on more than its key says is asked for anew after each. */
  changes = $state(0);
  /** Changes with everything that results about the chosen models together depend on. */
  resultsKey = $derived(this.probeKey ? [this.probeKey, this.changes, ...this.chosen.map((model) => model.id)].join('|') : null);

  /** Changes are made one after another. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly backend: Backend,
    private readonly notices: Notices,
  ) {
    this.job = new JobRunner(
      (onEvent) => backend.readPairs(onEvent),
      (id) => backend.cancelJob(id),
      (event) => this.onJob(event),
    );
  }

  async start(): Promise<void> {
    try {
      const view = await this.backend.start();
      this.version = view.version;
      this.recent = view.recent;
      this.shipped = view.shipped;
      this.study = view.study;
      this.readIfNeeded();
    } catch (thrown) {
      this.startError = toApiError(thrown);
    }
  }

  /** Reads, probes and compares what is not there yet. */
  readIfNeeded(): void {
    if (this.pairs && this.study?.pending) void this.job.start();
  }

  /** Imports a pairs file, or human scores of the pairs; null when that failed, which has then been told. */
  async importPairs(path: string, columns: ColumnChoiceView | null): Promise<ImportOutcome | null> {
    let outcome: ImportOutcome | null = null;
    await this.change(async () => {
      this.importing = { path, progress: null, stopping: false };
      try {
        outcome = await this.backend.importPairs(path, columns, (event) => {
          if (event.kind === 'progress' && this.importing) this.importing = { ...this.importing, progress: event.progress };
        });
        return await this.backend.study();
      } finally {
        this.importing = null;
      }
    });
    return outcome;
  }

  /** Stops the import under way; the study stays as it was. */
  async stopImport(): Promise<void> {
    if (!this.importing) return;
    this.importing = { ...this.importing, stopping: true };
    try {
      await this.backend.cancelImport();
    } catch (thrown) {
      this.notices.error(thrown);
    }
  }

  openStudy = (path: string) => this.change(() => this.backend.openStudy(path));
  openSample = () => this.change(() => this.backend.openSample());
  addModel = (path: string) => this.change(() => this.backend.addModel(path));
  removeModel = (id: string) => this.change(() => this.backend.removeModel(id));
  changeSplit = (split: SplitView) => this.change(() => this.backend.changeSplit(split));
  changeSettings = (settings: SettingsView) => this.change(() => this.backend.changeSettings(settings));

  /** Lets a model of the study read the pairs, or no longer. */
  chooseModel(id: string, on: boolean): Promise<boolean> {
    return this.change(() => {
      // Only now, because a change before this one may have chosen others.
      const chosen = (this.study?.models ?? []).filter((model) => (model.id === id ? on : model.chosen));
      return this.backend.chooseModels(chosen.map((model) => model.id));
    });
  }

  /** Replaces the list of keywords; null takes the one that comes with the program. */
  changeKeywords(keywords: KeywordView[] | null): Promise<boolean> {
    return this.changeBy(() => this.backend.changeKeywords(keywords));
  }

  changeSteering = (plan: SteeringPlanView) => this.changeBy(() => this.backend.changeSteering(plan));
  importScenarios = (path: string) => this.changeBy(() => this.backend.importScenarios(path));
  importDirection = (path: string, convention: string | null, layer: number | null) =>
    this.changeBy(() => this.backend.importDirection(path, convention, layer));

  async undo(): Promise<void> {
    if (this.study?.undo) await this.change(() => this.backend.undo());
  }

  /** Saves under a new name; a running job goes on. */
  async saveAs(path: string): Promise<boolean> {
    try {
      this.study = await this.backend.saveStudyAs(path);
      return true;
    } catch (thrown) {
      this.notices.error(thrown);
      return false;
    }
  }

  /**
   * Makes a change that may outdate readings: stops the job under way (what it has read is kept in
   * the store), makes the change, and reads what is missing. Gives whether it went well.
   */
  private change(make: () => Promise<StudyView>): Promise<boolean> {
    const next = this.queue.then(async () => {
      const interrupted = this.job.active;
      try {
        await this.job.stop();
        this.study = await make();
        this.changes += 1;
        this.readIfNeeded();
        return true;
      } catch (thrown) {
        this.notices.error(thrown);
        if (interrupted) this.readIfNeeded();
        return false;
      }
    });
    this.queue = next;
    return next;
  }

  /** Makes a change whose answer is not the study itself. */
  private changeBy(make: () => Promise<unknown>): Promise<boolean> {
    return this.change(async () => {
      await make();
      return this.backend.study();
    });
  }

  private async onJob(event: JobEvent): Promise<void> {
    if (event.kind === 'failed' || event.kind === 'model-failed') this.notices.error(event.error);
    try {
      this.study = await this.backend.study();
    } catch (thrown) {
      this.notices.error(thrown);
    }
    this.news += 1;
  }
}
