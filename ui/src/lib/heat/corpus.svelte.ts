import { Remotes } from '../app/remotes.svelte';
import type { Notices } from '../app/notices.svelte';
import type { Backend, Desktop } from '../backend/backend';
import { inDocuments } from '../backend/suggest';
import type { TokensAlongView } from '../ipc/generated/TokensAlongView';
import { JobRunner } from '../job/runner.svelte';
import type { Session } from '../study/session.svelte';
import { fileStem } from './corpus';

/** A probe whose tokens are looked at. */
export interface At {
  modelId: string;
  layer: number;
}

/** The tokens of all pairs along a probe's direction: what is there, and the scoring of what is not. */
export class TokensAlong {
  /** How often a token has to occur to be listed. */
  fewest = $state(5);
  /** What is being scored. */
  scoring = $state.raw<At | null>(null);
  writing = $state(false);
  readonly job: JobRunner;
  private readonly views = new Remotes<TokensAlongView>(12);

  constructor(
    private readonly backend: Backend,
    private readonly desktop: Desktop,
    private readonly session: Session,
    private readonly notices: Notices,
  ) {
    this.job = new JobRunner(
      (onEvent) => (this.scoring ? backend.scoreTokens(this.scoring.modelId, this.scoring.layer, onEvent) : Promise.reject(new Error('There is nothing to score.'))),
      (id) => backend.cancelJob(id),
      async () => {},
    );
  }

  /** What is known of the tokens there. */
  of(at: At | null) {
    return this.views.of(this.key(at));
  }

  /** Asks for them, if they are not there. */
  load(at: At | null): void {
    const key = this.key(at);
    if (key === null || at === null) return;
    void this.views.load(key, true, () => this.backend.tokensAlong(at.modelId, at.layer, this.fewest));
  }

  /** Whether these are being scored. */
  isScoring(at: At | null): boolean {
    return this.job.active && at !== null && this.scoring?.modelId === at.modelId && this.scoring.layer === at.layer;
  }

  /** Has the tokens read and scored, then asks for them. */
  async score(at: At): Promise<void> {
    if (this.job.active) return;
    this.scoring = at;
    await this.job.start();
    await this.job.done;
    if (this.job.state.status === 'finished') this.load(at);
  }

  stop(): void {
    this.job.stop().catch((thrown: unknown) => this.notices.error(thrown));
  }

  /** Asks where to and writes all tokens that occur often enough as a table. */
  async exportTable(view: TokensAlongView): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    try {
      const name = `${fileStem(view.modelName, view.layer)}.csv`;
      const path = await this.desktop.pickSavePath('Export the tokens', await inDocuments(this.desktop, name), 'csv');
      if (path === null) return;
      const written = await this.backend.exportTokensAlong(view.modelId, view.layer, view.fewest, path);
      this.notices.info(`The tokens are in ${written}.`);
    } catch (thrown) {
      this.notices.error(thrown);
    } finally {
      this.writing = false;
    }
  }

  private key(at: At | null): string | null {
    return at && this.session.probeKey && JSON.stringify([this.session.probeKey, at.modelId, at.layer, this.fewest]);
  }
}
