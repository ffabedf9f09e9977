import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import type { DownloadPlanView } from '../ipc/generated/DownloadPlanView';
import { JobRunner } from '../job/runner.svelte';
import type { Models } from './models.svelte';

/** Fetching models from the hub: first what it would bring, then, on a press, the files. */
export class Downloads {
  /** The model that the dialog is about; null while it is closed. */
  asked = $state.raw<string | null>(null);
  /** What fetching it would bring; null until known. */
  plan = $state.raw<DownloadPlanView | null>(null);
  planError = $state.raw<ApiError | null>(null);
  /** What is being fetched, or was last, until dismissed. */
  current = $state.raw<DownloadPlanView | null>(null);
  readonly job: JobRunner;

  /** The model that came of the download, once it is there. */
  arrived = $derived.by(() => {
    const { current, job, models } = this;
    if (!current || job.state.status !== 'finished') return null;
    return models.all.find((model) => model.repo === current.repo || job.state.ready.includes(model.id)) ?? null;
  });

  constructor(
    private readonly backend: Backend,
    private readonly models: Models,
  ) {
    this.job = new JobRunner(
      (onEvent) => {
        if (!this.current) throw new Error('There is nothing to fetch.');
        return backend.downloadModel(this.current, onEvent);
      },
      (id) => backend.cancelJob(id),
      // However it ended, the disk is not what it was.
      (event) => (event.kind === 'model-ready' ? Promise.resolve() : models.look()),
    );
  }

  /** Opens the dialog and asks the hub about one form of the weights, or the one the program chooses. */
  async ask(repo: string, variant: string | null = null): Promise<void> {
    this.asked = repo;
    this.plan = null;
    this.planError = null;
    try {
      const plan = await this.backend.planDownload(repo, variant);
      if (this.asked === repo) this.plan = plan;
    } catch (thrown) {
      if (this.asked === repo) this.planError = toApiError(thrown);
    }
  }

  close(): void {
    this.asked = null;
  }

  /** Fetches what the dialog shows, unless something is being fetched already. */
  start(): void {
    if (!this.plan || this.job.active) return;
    this.current = this.plan;
    this.close();
    void this.job.start();
  }

  /** Goes on with a download that was stopped or failed. */
  resume(): void {
    if (this.current) void this.job.start();
  }

  dismiss(): void {
    if (!this.job.active) this.current = null;
  }

  /** Whether this model is being fetched. */
  fetching(repo: string): boolean {
    return this.job.active && this.current?.repo === repo;
  }
}
