import type { JobEvent } from '../ipc/generated/JobEvent';
import { toApiError } from '../ipc/error';
import { advance, idle, isActive, type JobState, type JobStep } from './job';

/** Sets work going; gives the id of the job. */
export type Launch = (onEvent: (event: JobEvent) => void) => Promise<string>;

/** Runs one job of a kind at a time: what the study needs, or a download. */
export class JobRunner {
  state = $state.raw<JobState>(idle);
  active = $derived(isActive(this.state));

  private run = 0;
  private id: string | null = null;
  private ended: Promise<void> = Promise.resolve();
  private end: () => void = () => {};
  /** Messages are handled in the order they came. */
  private inbox: Promise<void> = Promise.resolve();

  constructor(
    /** The work that is usually set going. */
    private readonly launch: Launch,
    private readonly cancel: (jobId: string) => Promise<void>,
    /** Called for every message that changes what can be shown, before the state moves on; must not throw. */
    private readonly changed: (event: JobEvent) => Promise<void>,
  ) {}

  /** Starts the usual work, or other; does nothing while any is under way. */
  async start(launch: Launch = this.launch): Promise<void> {
    if (this.active) return;
    this.run += 1;
    const run = this.run;
    this.id = null;
    this.ended = new Promise((done) => (this.end = done));
    this.step({ kind: 'started' });
    try {
      const id = await launch((event) => this.receive(run, event));
      if (run !== this.run) return;
      this.id = id;
      // Stop was asked for before the job had a name.
      if (this.state.status === 'stopping') await this.cancel(id);
    } catch (thrown) {
      this.receive(run, { kind: 'failed', error: toApiError(thrown) });
    }
  }

  /** Resolves when the job that was started last has come to its end. */
  get done(): Promise<void> {
    return this.ended;
  }

  /** Asks to stop and waits for it. */
  async stop(): Promise<void> {
    if (!this.active) return;
    if (this.state.status === 'running') {
      this.step({ kind: 'stop-asked' });
      if (this.id !== null) await this.cancel(this.id);
    }
    await this.ended;
  }

  private receive(run: number, event: JobEvent): void {
    this.inbox = this.inbox.then(async () => {
      if (run !== this.run || !this.active) return;
      if (event.kind !== 'progress') await this.changed(event);
      this.step(event);
      if (!this.active) this.end();
    });
  }

  private step(step: JobStep): void {
    this.state = advance(this.state, step);
  }
}
