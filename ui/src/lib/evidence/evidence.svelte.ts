import { Remotes } from '../app/remotes.svelte';
import type { Notices } from '../app/notices.svelte';
import type { Backend, Desktop } from '../backend/backend';
import { inDocuments } from '../backend/suggest';
import type { EvidenceView } from '../ipc/generated/EvidenceView';
import type { ReportFormat } from '../ipc/generated/ReportFormat';
import type { Session } from '../study/session.svelte';
import { reportStem } from './ladder';

/** What is known of each chosen model, and the report about it. */
export class Evidence {
  private readonly views = new Remotes<EvidenceView>(8);
  view = $derived.by(() => this.views.value(this.session.resultsKey));
  error = $derived.by(() => this.views.error(this.session.resultsKey));
  writing = $state<ReportFormat | null>(null);
  /** The latest report and the results it is of. */
  private report = $state.raw<{ path: string; of: string | null } | null>(null);
  /** Where the report of what is shown lies, once it is written. */
  written = $derived.by(() => (this.report?.of === this.session.resultsKey ? (this.report?.path ?? null) : null));
  /** Whether there is something to report. */
  reportable = $derived((this.view?.models.length ?? 0) > 0);

  constructor(
    private readonly backend: Backend,
    private readonly desktop: Desktop,
    private readonly session: Session,
    private readonly notices: Notices,
  ) {}

  /** Asks for the ladders; called again with all news of the job, as rungs fill in. */
  load(): void {
    const { resultsKey } = this.session;
    if (resultsKey !== null) void this.views.refresh(resultsKey, () => this.backend.evidence());
  }

  /** Asks where to and writes the report. */
  async exportReport(format: ReportFormat): Promise<void> {
    if (!this.view || this.writing) return;
    this.writing = format;
    try {
      const suggested = await inDocuments(this.desktop, `${reportStem(this.view)}.${format}`);
      const path = await this.desktop.pickSavePath('Export report', suggested, format);
      if (path === null) return;
      const of = this.session.resultsKey;
      this.report = { path: await this.backend.exportReport(path, format), of };
    } catch (thrown) {
      this.notices.error(thrown);
    } finally {
      this.writing = null;
    }
  }
}
