import type { Notices } from '../app/notices.svelte';
import type { Backend, Desktop } from '../backend/backend';
import type { EvidenceView } from '../ipc/generated/EvidenceView';
import type { ReportFormat } from '../ipc/generated/ReportFormat';
import { Answers } from '../study/answers.svelte';
import type { Session } from '../study/session.svelte';
import { reportStem } from './ladder';

/** What is known of each chosen model, and the report about it. */
export class Evidence {
  private readonly views = new Answers<EvidenceView>();
  answer = $derived.by(() => this.views.of(this.session.resultsKey));
  view = $derived(this.answer?.value ?? null);
  writing = $state<ReportFormat | null>(null);
  /** Where the latest report lies. */
  written = $state<string | null>(null);
  /** Whether there is something to report. */
  reportable = $derived((this.view?.models.length ?? 0) > 0);

  constructor(
    private readonly backend: Backend,
    private readonly desktop: Desktop,
    private readonly session: Session,
    private readonly notices: Notices,
  ) {}

  /** Asks for the ladders, and anew whenever the job has told something. */
  load(): void {
    const { resultsKey, news } = this.session;
    if (resultsKey !== null) this.views.want(resultsKey, news, () => this.backend.evidence(), true);
  }

  /** Asks again after a failure. */
  retry(): void {
    if (this.session.resultsKey !== null) this.views.forget(this.session.resultsKey);
    this.load();
  }

  /** Asks where to and writes the report. */
  async exportReport(format: ReportFormat): Promise<void> {
    if (!this.view || this.writing) return;
    this.writing = format;
    try {
      const suggested = await this.suggest(`${reportStem(this.view)}.${format}`);
      const path = await this.desktop.pickSavePath('Export report', suggested, format);
      if (path === null) return;
      this.written = null;
      this.written = await this.backend.exportReport(path, format);
    } catch (thrown) {
      this.notices.error(thrown);
    } finally {
      this.writing = null;
    }
  }

  private async suggest(name: string): Promise<string> {
    try {
      return await this.desktop.join(await this.desktop.documentsFolder(), name);
    } catch {
      // Without a documents folder the person chooses one in the dialog.
      return name;
    }
  }
}
