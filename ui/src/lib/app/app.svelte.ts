import { createContext } from 'svelte';
import { Agreement } from '../agreement/agreement.svelte';
import type { Host } from '../backend/backend';
import { Behaviour } from '../behaviour/behaviour.svelte';
import { Clusters } from '../clusters/clusters.svelte';
import { ThemeState } from '../design/theme.svelte';
import { FileDrop } from '../drop/drop.svelte';
import { Evidence } from '../evidence/evidence.svelte';
import { FigureExport } from '../figure/export.svelte';
import { TokensAlong } from '../heat/corpus.svelte';
import { TokenHeats } from '../heat/heats.svelte';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { Recognition } from '../ipc/generated/Recognition';
import { Downloads } from '../models/downloads.svelte';
import { Models } from '../models/models.svelte';
import { Ablation } from '../pairs/ablation.svelte';
import { Pairs } from '../pairs/pairs.svelte';
import { Probes } from '../probes/probes.svelte';
import { Sweeps } from '../probes/sweeps.svelte';
import { Live } from '../steering/live.svelte';
import { Steering } from '../steering/steering.svelte';
import { Session } from '../study/session.svelte';
import { Notices } from './notices.svelte';

export const rooms = ['pairs', 'models', 'clusters', 'probes', 'agreement', 'behaviour', 'steering', 'evidence'] as const;
export type Room = (typeof rooms)[number];

/** Everything the window holds, put together once. */
export class App {
  room = $state<Room>('clusters');
  readonly theme = new ThemeState();
  readonly notices = new Notices();
  readonly session: Session;
  readonly sweeps: Sweeps;
  readonly clusters: Clusters;
  readonly probes: Probes;
  readonly pairs: Pairs;
  readonly ablation: Ablation;
  readonly agreement: Agreement;
  readonly behaviour: Behaviour;
  readonly steering: Steering;
  readonly live: Live;
  readonly heats: TokenHeats;
  readonly corpus: TokensAlong;
  readonly evidence: Evidence;
  readonly models: Models;
  readonly downloads: Downloads;
  readonly drop: FileDrop;
  readonly export: FigureExport;

  constructor(readonly host: Host) {
    const { backend, desktop } = host;
    this.session = new Session(backend, this.notices);
    this.sweeps = new Sweeps(backend, this.session, this.notices);
    this.clusters = new Clusters(backend, this.session, this.sweeps, this.notices);
    this.probes = new Probes(backend, this.session, this.sweeps, this.clusters);
    this.pairs = new Pairs(backend, this.session, this.notices);
    this.ablation = new Ablation(backend, this.session);
    this.agreement = new Agreement(backend, this.session);
    this.behaviour = new Behaviour(backend, this.session);
    this.steering = new Steering(backend, this.session);
    this.live = new Live(backend);
    this.heats = new TokenHeats(backend, this.session);
    this.corpus = new TokensAlong(backend, desktop, this.session, this.notices);
    this.evidence = new Evidence(backend, desktop, this.session, this.notices);
    this.models = new Models(backend, this.session);
    this.downloads = new Downloads(backend, this.models);
    this.drop = new FileDrop(backend, this.session, this.notices, {
      arrived: () => this.arrived(),
      scored: (sentence) => this.scored(sentence),
      toSteer: (file) => this.takeToSteer(file),
    });
    this.export = new FigureExport(backend, desktop);
  }

  /** The figure on screen; null in a room without one or before there is one. */
  figure(): FigureRequest | null {
    if (this.room === 'clusters') return this.clusters.figure();
    if (this.room === 'probes') return this.probes.figure();
    if (this.room === 'agreement') return this.agreement.figure();
    if (this.room === 'behaviour') return this.behaviour.figure();
    if (this.room === 'steering') return this.steering.figure();
    return null;
  }

  /** What Export does in this room; null where there is nothing to export. */
  exportable(): string | null {
    if (this.room === 'evidence') return this.evidence.reportable ? 'Export the report as a PDF' : null;
    return this.figure() ? 'Export the figure on screen' : null;
  }

  beginExport(): void {
    const figure = this.figure();
    if (figure) this.export.begin(figure);
    else if (this.room === 'evidence' && this.evidence.reportable) void this.evidence.exportReport('pdf');
    else this.notices.info('There is no figure on screen to export. Go to Clusters or Probes.');
  }

  async openFile(): Promise<void> {
    await this.guard(async () => {
      const path = await this.host.desktop.pickFile();
      if (path) await this.drop.open([path]);
    });
  }

  /** Takes scenarios to steer in from a file. */
  async openScenarios(): Promise<void> {
    await this.guard(async () => {
      const path = await this.host.desktop.pickFileOf('Scenarios', ['json', 'jsonl']);
      if (path) await this.session.importScenarios(path);
    });
  }

  /** Takes a direction to steer along from a file. */
  async openDirection(): Promise<void> {
    await this.guard(async () => {
      const path = await this.host.desktop.pickFileOf('Direction', ['npy', 'safetensors', 'gguf']);
      if (path) await this.steering.takeDirection(path, null, null);
    });
  }

  async addModelFolder(): Promise<void> {
    await this.guard(async () => {
      const path = await this.host.desktop.pickModelFolder();
      if (path) await this.session.addModel(path);
    });
  }

  /** Shows a file or a folder in the file manager. */
  async reveal(path: string): Promise<void> {
    await this.guard(() => this.host.desktop.reveal([path]));
  }

  async copyPath(path: string): Promise<void> {
    await this.guard(async () => {
      await navigator.clipboard.writeText(path);
      this.notices.info('The path was copied.');
    });
  }

  async saveAs(): Promise<void> {
    await this.guard(async () => {
      const { study } = this.session;
      if (!study) return;
      const { desktop } = this.host;
      const suggested = study.path ?? (await desktop.join(await desktop.documentsFolder(), `${study.name}.lens`));
      const path = await desktop.pickSavePath('Save study as', suggested, 'lens');
      if (path && (await this.session.saveAs(path))) this.notices.info(`The study was saved as ${path}.`);
    });
  }

  /** Takes dropped scenarios, or a direction, to where they are used. */
  private async takeToSteer({ kind, path }: Recognition): Promise<void> {
    if (kind === 'direction') await this.steering.takeDirection(path, null, null);
    else if (!(await this.session.importScenarios(path))) return;
    this.room = 'steering';
  }

  private arrived(): void {
    this.pairs.open = null;
    this.export.close();
    if (this.session.chosen.length > 0) this.room = 'clusters';
  }

  private scored(sentence: string): void {
    const useless = this.session.pairs?.problemCount ? ' What was wrong with rows is listed in the room Pairs.' : '';
    this.notices.info(`${sentence}.${useless}`);
    this.pairs.open = null;
    this.export.close();
    if (this.session.chosen.length > 0) this.room = 'behaviour';
  }

  private async guard(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (thrown) {
      this.notices.error(thrown);
    }
  }
}

export const [getApp, setApp] = createContext<App>();
