import { Remotes } from '../app/remotes.svelte';
import type { Backend } from '../backend/backend';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { SteeringPlanView } from '../ipc/generated/SteeringPlanView';
import type { SteeringSamplesView } from '../ipc/generated/SteeringSamplesView';
import type { SteeringView } from '../ipc/generated/SteeringView';
import type { Session } from '../study/session.svelte';

/** The parts of the Steering room. */
export type SteeringTab = 'dose' | 'responses' | 'live';

/** What is marked in the responses. */
export type ResponseMarks = 'words' | 'heat';

/** The plan of steering, what was sampled of it, and what of it is looked at. */
export class Steering {
  tab = $state<SteeringTab>('dose');
  /** Whether the plan is open beside the figure. */
  planOpen = $state(false);
  marks = $state<ResponseMarks>('words');
  /** A direction file that could not be read before more is said of its layers. */
  unread = $state<string | null>(null);
  private wantedModel = $state<string | null>(null);
  private wantedScenario = $state<string | null>(null);
  private wantedPlace = $state.raw<{ coefficient: number | null } | null>(null);
  private launched = $state(false);

  private readonly views = new Remotes<SteeringView>(8);
  private readonly samples = new Remotes<SteeringSamplesView>(400);
  /** While the answer after a change is on its way, the one before stays. */
  private last = $state.raw<{ probeKey: string; view: SteeringView } | null>(null);

  private readonly key = $derived.by(() => this.session.resultsKey);
  view = $derived.by(() => this.views.value(this.key) ?? (this.last && this.last.probeKey === this.session.probeKey && !this.error ? this.last.view : null));
  error = $derived(this.views.error(this.key));
  plan = $derived(this.view?.plan ?? null);
  /** Models that can be steered. */
  models = $derived((this.view?.models ?? []).filter(({ problem }) => problem === null));
  /** Models of which something was sampled. */
  sampled = $derived(this.models.filter(({ scenarios }) => scenarios.some(({ cells }) => cells.length > 0)));
  /** The model in front: the one that was chosen, else the first with results, else the first. */
  model = $derived(this.models.find(({ modelId }) => modelId === this.wantedModel) ?? this.sampled[0] ?? this.models[0] ?? null);
  /** The scenario whose responses are read. */
  scenario = $derived.by(() => {
    const all = (this.model?.scenarios ?? []).filter(({ cells }) => cells.length > 0);
    return all.find(({ scenario }) => scenario === this.wantedScenario) ?? all[0] ?? null;
  });
  /** The coefficient to bring into sight; undefined when none was asked for. */
  place = $derived(this.wantedPlace?.coefficient);
  /** Cells that are there, and cells in all, over the models. */
  done = $derived(this.models.reduce((sum, model) => sum + model.cellsDone, 0));
  total = $derived(this.models.reduce((sum, model) => sum + model.cellsTotal, 0));
  /** Whether the job under way is that of steering. */
  running = $derived.by(() => this.launched && this.session.job.active);

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
  ) {}

  /** A model's place in the study, which its colour and mark go by. */
  markOf = (modelId: string): number => Math.max(0, this.session.ready.findIndex(({ id }) => id === modelId));

  chooseModel(id: string): void {
    this.wantedModel = id;
  }

  chooseScenario(id: string): void {
    this.wantedScenario = id;
  }

  /** Shows the responses behind a point. */
  open(modelId: string, scenario: string | null, coefficient: number | null): void {
    this.wantedModel = modelId;
    if (scenario !== null) this.wantedScenario = scenario;
    this.wantedPlace = { coefficient };
    this.tab = 'responses';
  }

  /** Asks for what the room shows; what is there stays until the answer comes. */
  async load(): Promise<void> {
    const { key } = this;
    const { probeKey } = this.session;
    if (key === null || probeKey === null) return;
    await this.views.refresh(key, () => this.backend.steering());
    const view = this.views.value(key);
    if (view) this.last = { probeKey, view };
  }

  /** Samples what the plan lacks. */
  async run(): Promise<void> {
    if (this.session.job.active) return;
    this.launched = true;
    await this.session.job.start(async (onEvent) => {
      try {
        return await this.backend.runSteering(this.heard(onEvent));
      } catch (thrown) {
        this.launched = false;
        throw thrown;
      }
    });
  }

  /** What is known of the responses at a coefficient of the model and scenario in front. */
  responses(coefficient: number | null) {
    return this.samples.of(this.samplesKey(coefficient));
  }

  loadResponses(coefficient: number | null): void {
    const key = this.samplesKey(coefficient);
    const { model, scenario } = this;
    if (key === null || !model || !scenario) return;
    void this.samples.load(key, true, () => this.backend.steeringSamples(model.modelId, scenario.scenario, coefficient));
  }

  retryResponses(coefficient: number | null): void {
    this.samples.forget(this.samplesKey(coefficient));
    this.loadResponses(coefficient);
  }

  /** Makes another plan the study's; gives whether it was taken. */
  change(plan: SteeringPlanView): Promise<boolean> {
    return this.session.changeSteering(plan);
  }

  /** Takes the direction of a file; one that has to be told of first stays open in the plan. */
  async takeDirection(path: string, convention: string | null, layer: number | null): Promise<void> {
    const well = await this.session.importDirection(path, convention, layer);
    this.unread = well ? null : path;
    this.planOpen ||= !well;
  }

  /** The dose-response as a figure. */
  figure(): FigureRequest | null {
    if (this.tab !== 'dose' || this.sampled.length === 0) return null;
    return { plot: 'dose-response', modelIds: this.sampled.map(({ modelId }) => modelId), scenarios: [], coherence: true };
  }

  /** Passes messages on, and notes the end of the job. */
  private heard(onEvent: Parameters<Backend['runSteering']>[0]): Parameters<Backend['runSteering']>[0] {
    return (event) => {
      if (event.kind === 'finished' || event.kind === 'cancelled' || event.kind === 'failed') this.launched = false;
      onEvent(event);
    };
  }

  private samplesKey(coefficient: number | null): string | null {
    const { key, model, scenario } = this;
    if (key === null || !model || !scenario) return null;
    const cell = coefficient === null ? scenario.projectedOut : scenario.cells.find((entry) => entry.coefficient === coefficient);
    // The plan decides what was sampled, whatever else changed in the study.
    return JSON.stringify([this.session.probeKey, this.plan, model.modelId, scenario.scenario, coefficient, cell?.n ?? 0]);
  }
}
