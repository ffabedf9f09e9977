import type { AblatedPairView } from '../ipc/generated/AblatedPairView';
import type { AblationView } from '../ipc/generated/AblationView';
import type { AgreementView } from '../ipc/generated/AgreementView';
import type { BehaviourView } from '../ipc/generated/BehaviourView';
import type { ColumnChoiceView } from '../ipc/generated/ColumnChoiceView';
import type { DownloadPlanView } from '../ipc/generated/DownloadPlanView';
import type { EvidenceView } from '../ipc/generated/EvidenceView';
import type { ExportRequest } from '../ipc/generated/ExportRequest';
import type { ExportView } from '../ipc/generated/ExportView';
import type { FigurePreview } from '../ipc/generated/FigurePreview';
import type { ImportOutcome } from '../ipc/generated/ImportOutcome';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { KeywordView } from '../ipc/generated/KeywordView';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { LiveEvent } from '../ipc/generated/LiveEvent';
import type { LiveRequest } from '../ipc/generated/LiveRequest';
import type { PairDetail } from '../ipc/generated/PairDetail';
import type { PairPage } from '../ipc/generated/PairPage';
import type { ProbeControlsView } from '../ipc/generated/ProbeControlsView';
import type { ProjectionRequest } from '../ipc/generated/ProjectionRequest';
import type { Recognition } from '../ipc/generated/Recognition';
import type { ReportFormat } from '../ipc/generated/ReportFormat';
import type { SettingsView } from '../ipc/generated/SettingsView';
import type { ShelfView } from '../ipc/generated/ShelfView';
import type { SplitView } from '../ipc/generated/SplitView';
import type { StartView } from '../ipc/generated/StartView';
import type { SteeringPlanView } from '../ipc/generated/SteeringPlanView';
import type { SteeringSamplesView } from '../ipc/generated/SteeringSamplesView';
import type { SteeringView } from '../ipc/generated/SteeringView';
import type { StudyView } from '../ipc/generated/StudyView';
import type { SurfaceView } from '../ipc/generated/SurfaceView';
import type { TokenHeatView } from '../ipc/generated/TokenHeatView';
import type { TokensAlongView } from '../ipc/generated/TokensAlongView';

/**
 * Everything the window asks of the program behind it. A rejected promise carries an `ApiError`;
 * only its code may be branched on.
 */
export interface Backend {
  start(): Promise<StartView>;
  study(): Promise<StudyView>;
  recognise(paths: string[]): Promise<Recognition[]>;
  /** Takes pairs, or human scores of the present ones, from a file; `onEvent` is told how much was read. */
  importPairs(path: string, columns: ColumnChoiceView | null, onEvent: (event: JobEvent) => void): Promise<ImportOutcome>;
  /** Stops the import under way, which then rejects with `cancelled`; the study is as it was. */
  cancelImport(): Promise<void>;
  pairRows(offset: number, limit: number, query: string): Promise<PairPage>;
  pairDetail(index: number): Promise<PairDetail>;
  undo(): Promise<StudyView>;
  openSample(): Promise<StudyView>;
  openStudy(path: string): Promise<StudyView>;
  saveStudyAs(path: string): Promise<StudyView>;
  addModel(path: string): Promise<StudyView>;
  chooseModels(modelIds: string[]): Promise<StudyView>;
  /** Takes a model that was added out of the study again; nothing is deleted. */
  removeModel(modelId: string): Promise<StudyView>;
  /** Every model that can be chosen or fetched; looks at the disk anew. */
  shelf(): Promise<ShelfView>;
  /** What fetching a model from the hub would bring; asks the hub, fetches nothing. `variant` is the form of its weights; null lets the program choose. */
  planDownload(repo: string, variant: string | null): Promise<DownloadPlanView>;
  /** Fetches what was planned; gives the id of the job. Progress counts bytes. */
  downloadModel(plan: DownloadPlanView, onEvent: (event: JobEvent) => void): Promise<string>;
  changeSettings(settings: SettingsView): Promise<StudyView>;
  /** Starts reading the pairs with every chosen model; gives the id of the job. */
  readPairs(onEvent: (event: JobEvent) => void): Promise<string>;
  cancelJob(jobId: string): Promise<void>;
  /** A packet, see `ipc/packet.ts`. */
  pairIndex(): Promise<ArrayBuffer>;
  /** A packet, see `ipc/packet.ts`; `not-ready` for what has to be drawn first. */
  projection(request: ProjectionRequest): Promise<ArrayBuffer>;
  /** Draws what `projection` then gives; gives the id of the job, which tells `map-ready`. */
  drawMap(request: ProjectionRequest, onEvent: (event: JobEvent) => void): Promise<string>;
  /** Scores the tokens of all pairs along the probe's direction, in turns with the drawing of maps; gives the id of the job. */
  scoreTokens(modelId: string, layer: number, onEvent: (event: JobEvent) => void): Promise<string>;
  /** Different tokens that occur at least `fewest` times; `not-ready` until they were scored. */
  tokensAlong(modelId: string, layer: number, fewest: number): Promise<TokensAlongView>;
  /** Writes all of them as CSV; gives the path written. */
  exportTokensAlong(modelId: string, layer: number, fewest: number, path: string): Promise<string>;
  layerSweep(modelId: string): Promise<LayerSweepView>;
  /** Divides the pairs anew. */
  changeSplit(split: SplitView): Promise<StudyView>;
  /** The keywords of the study, and what replacing them does to its pairs. */
  ablation(): Promise<AblationView>;
  /** Replaces the list of keywords; null takes the one that comes with the program. */
  changeKeywords(keywords: KeywordView[] | null): Promise<AblationView>;
  ablatedPair(index: number): Promise<AblatedPairView>;
  /** What the texts alone give away; can be had as soon as there are pairs. */
  surface(): Promise<SurfaceView>;
  /** Rejects with `not-ready` until the job has told `controls-ready`. */
  probeControls(modelId: string): Promise<ProbeControlsView>;
  /** A packet, see `ipc/packet.ts`. */
  scores(modelId: string, layer: number): Promise<ArrayBuffer>;
  previewFigure(request: ExportRequest): Promise<FigurePreview>;
  exportFigure(request: ExportRequest): Promise<ExportView>;

  /** How far the chosen models agree; `not-ready` until the job has come there. */
  agreement(): Promise<AgreementView>;
  /** Both models' test scores, a packet, see `ipc/packet.ts`. */
  scorePair(a: string, b: string): Promise<ArrayBuffer>;
  /** Likeness of all layers of two models, a packet, see `ipc/packet.ts`; `not-ready` like `agreement`. */
  similarity(a: string, b: string): Promise<ArrayBuffer>;
  /** How a model's scores follow those that people gave. */
  behaviour(modelId: string): Promise<BehaviourView>;
  /** The ladders of the chosen models; always answers, with rungs not tested where nothing is computed. */
  evidence(): Promise<EvidenceView>;
  /** Writes the report; gives the path written. */
  exportReport(path: string, format: ReportFormat): Promise<string>;

  /** What is planned and what was sampled of it by now. */
  steering(): Promise<SteeringView>;
  changeSteering(plan: SteeringPlanView): Promise<SteeringView>;
  /** Samples what the plan lacks; gives the id of the job. */
  runSteering(onEvent: (event: JobEvent) => void): Promise<string>;
  /** The responses at a coefficient; null is the direction projected out. */
  steeringSamples(modelId: string, scenario: string, coefficient: number | null): Promise<SteeringSamplesView>;
  /** Takes the scenarios of a file into the plan. */
  importScenarios(path: string): Promise<SteeringView>;
  /** Takes a direction of a file into the plan. What is null is as the file says. */
  importDirection(path: string, convention: string | null, layer: number | null): Promise<SteeringView>;
  /** The score of every token of a text; at the chosen layer when `layer` is null. */
  tokenHeat(modelId: string, layer: number | null, text: string): Promise<TokenHeatView>;
  /** Generates a text with and without the intervention; gives the id of the job. */
  live(request: LiveRequest, onEvent: (event: LiveEvent) => void): Promise<string>;
  /** Changes the coefficient of a live generation from its next token on. */
  steerLive(jobId: string, coefficient: number): Promise<void>;
}

/** Files held over the window, or let go there. */
export type DropEvent =
  | { kind: 'enter'; paths: string[] }
  | { kind: 'over' }
  | { kind: 'leave' }
  | { kind: 'drop'; paths: string[] };

/** What the window asks of the desktop around it. */
export interface Desktop {
  /** A pairs or study file to open; null when the person thought better of it. */
  pickFile(): Promise<string | null>;
  /** A file of one kind: what it is, and how its name may end. */
  pickFileOf(title: string, extensions: string[]): Promise<string | null>;
  /** A folder with a model. */
  pickModelFolder(): Promise<string | null>;
  /** Where to write. `suggested` is a full path; `extension` is left out for a figure's stem. */
  pickSavePath(title: string, suggested: string, extension?: string): Promise<string | null>;
  /** The person's documents folder, without a separator at its end. */
  documentsFolder(): Promise<string>;
  /** Puts a file name behind a folder, in the way of the platform. */
  join(folder: string, name: string): Promise<string>;
  /** Shows files in the file manager. */
  reveal(paths: string[]): Promise<void>;
  /** Calls back for every drag of files over the window, until the returned function is called. */
  onDrop(handle: (event: DropEvent) => void): Promise<() => void>;
  setTitle(title: string): Promise<void>;
  /** Notes when something came on screen, for measuring the start. */
  markMoment(moment: 'window shown' | 'study shown'): Promise<void>;
}

/** Both together. */
export interface Host {
  backend: Backend;
  desktop: Desktop;
}
