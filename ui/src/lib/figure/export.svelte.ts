import type { Backend, Desktop } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import type { ExportFormat } from '../ipc/generated/ExportFormat';
import type { ExportRequest } from '../ipc/generated/ExportRequest';
import type { ExportView } from '../ipc/generated/ExportView';
import type { FigurePreset } from '../ipc/generated/FigurePreset';
import type { FigurePreview } from '../ipc/generated/FigurePreview';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { FigureTheme } from '../ipc/generated/FigureTheme';
import { Latest } from '../clusters/latest';

const allFormats: ExportFormat[] = ['pdf', 'svg', 'png', 'csv'];
export const minDpi = 36;
export const maxDpi = 2400;

/** The export dialog: a figure, how it should look, and where it goes. */
export class FigureExport {
  figure = $state.raw<FigureRequest | null>(null);
  preset = $state<FigurePreset>('one-column');
  theme = $state<FigureTheme>('light');
  dpi = $state(300);
  formats = $state<Record<ExportFormat, boolean>>({ pdf: true, svg: true, png: true, csv: true });
  /** The person's own caption; null keeps the drafted one. */
  ownCaption = $state<string | null>(null);
  path = $state('');
  preview = $state.raw<FigurePreview | null>(null);
  draft = $state('');
  error = $state.raw<ApiError | null>(null);
  writing = $state(false);
  done = $state.raw<ExportView | null>(null);

  chosenFormats = $derived(allFormats.filter((format) => this.formats[format]));
  dpiValid = $derived(Number.isFinite(this.dpi) && this.dpi >= minDpi && this.dpi <= maxDpi);
  ready = $derived(
    !this.writing && this.preview !== null && this.path.trim() !== '' && this.chosenFormats.length > 0 && this.dpiValid,
  );

  private readonly latest = new Latest<ExportRequest, FigurePreview>(
    (request) => this.backend.previewFigure(request),
    (request, preview) => this.show(request, preview),
    (_, thrown) => {
      this.preview = null;
      this.error = toApiError(thrown);
    },
  );

  constructor(
    private readonly backend: Backend,
    private readonly desktop: Desktop,
  ) {}

  begin(figure: FigureRequest): void {
    this.figure = figure;
    this.ownCaption = null;
    this.path = '';
    this.preview = null;
    this.done = null;
    this.error = null;
  }

  close(): void {
    this.latest.forget();
    this.figure = null;
  }

  /** Draws the preview anew; called whenever something it shows has changed. */
  redraw(): void {
    const request = this.request();
    if (request) this.latest.ask({ ...request, formats: [], path: null });
  }

  async choosePath(): Promise<void> {
    try {
      const path = await this.desktop.pickSavePath('Export figure', this.path);
      if (path) this.path = path.replace(/\.(pdf|svg|png|csv)$/i, '');
    } catch (thrown) {
      this.error = toApiError(thrown);
    }
  }

  async write(): Promise<void> {
    const request = this.request();
    if (!request || !this.ready) return;
    this.writing = true;
    this.error = null;
    this.done = null;
    try {
      this.done = await this.backend.exportFigure(request);
    } catch (thrown) {
      this.error = toApiError(thrown);
    } finally {
      this.writing = false;
    }
  }

  async reveal(): Promise<void> {
    try {
      if (this.done) await this.desktop.reveal(this.done.files);
    } catch (thrown) {
      this.error = toApiError(thrown);
    }
  }

  private request(): ExportRequest | null {
    if (!this.figure) return null;
    const { figure, preset, theme, ownCaption, chosenFormats } = this;
    const dpi = this.dpiValid ? Math.round(this.dpi) : 300;
    return { figure, preset, theme, dpi, caption: ownCaption, formats: chosenFormats, path: this.path.trim() || null };
  }

  private show(request: ExportRequest, preview: FigurePreview): void {
    this.preview = preview;
    this.error = null;
    if (request.caption === null) this.draft = preview.caption;
    if (this.path === '') void this.suggestPath(preview.fileStem);
  }

  private async suggestPath(stem: string): Promise<void> {
    const path = await this.desktop.documentsFolder().then(
      (folder) => this.desktop.join(folder, stem),
      // Without a documents folder the person types a full path.
      () => stem,
    );
    if (this.path === '') this.path = path;
  }
}
