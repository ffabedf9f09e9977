import { Remotes, type Remote } from '../app/remotes.svelte';
import type { Backend } from '../backend/backend';
import { Cache } from '../clusters/cache';
import type { Clusters } from '../clusters/clusters.svelte';
import { Latest } from '../clusters/latest';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { ProbeControlsView } from '../ipc/generated/ProbeControlsView';
import type { SurfaceView } from '../ipc/generated/SurfaceView';
import { readScores, type Scores } from '../ipc/packet';
import type { Session } from '../study/session.svelte';
import type { Sweeps } from './sweeps.svelte';

/** The parts of the Probes room. */
export type ProbesTab = 'layers' | 'scores' | 'controls' | 'pairs' | 'words' | 'read';

/** The ROC curve of a model at a layer; absent while it is on its way. */
export interface RocOf {
  modelId: string;
  name: string;
  layer: number;
  /** Place among the models, which its colour goes by. */
  place: number;
  scores: Scores | null;
}

interface Wish {
  key: string;
  modelId: string;
  layer: number;
}

/** What the Probes room shows beside the sweeps: controls, what the texts give away, scores. */
export class Probes {
  tab = $state<ProbesTab>('layers');
  /** Whether the training pairs are shown beside the test pairs. */
  withTrain = $state(false);
  /** Scores on screen, which for a moment may be those of the layer before. */
  shown = $state.raw<{ wish: Wish; scores: Scores } | null>(null);
  /** Why the scores asked for are not there. */
  problem = $state.raw<ApiError | null>(null);

  private readonly beside = new Remotes<Scores>(64);
  private readonly allControls = new Remotes<ProbeControlsView>(64);
  private readonly surfaces = new Remotes<SurfaceView>(8);
  private readonly cache = new Cache<Scores>(200);
  private readonly latest = new Latest<Wish, Scores>(
    (wish) => this.cache.get(wish.key, async () => readScores(await this.backend.scores(wish.modelId, wish.layer))),
    (wish, scores) => {
      this.problem = null;
      this.shown = { wish, scores };
    },
    (_, thrown) => {
      this.shown = null;
      this.problem = toApiError(thrown);
    },
  );

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
    private readonly sweeps: Sweeps,
    private readonly clusters: Clusters,
  ) {}

  surface = $derived.by((): Remote<SurfaceView> | undefined => this.surfaces.of(this.session.pairsKey ?? ''));

  /** The best that the texts alone reach; null until known, or where nothing can be tested. */
  ceiling = $derived.by(() => {
    const surface = this.surface?.state === 'there' ? this.surface.value : null;
    const best = surface?.baselines.find((baseline) => baseline.name === surface.ceiling);
    return surface && best?.auroc ? { label: best.label, auroc: best.auroc, pairs: surface.testPairs } : null;
  });

  /** The controls of a model. */
  controls(modelId: string): Remote<ProbeControlsView> | undefined {
    return this.allControls.of(this.controlsKey(modelId));
  }

  /** The scores on screen, if they belong to the study as it is. */
  scores = $derived.by(() => (this.shown?.wish.key.startsWith(`${this.session.probeKey ?? ''}|`) ? this.shown.scores : null));

  /** Asks what the texts give away, and for the controls of every model that is ready. */
  load(): void {
    const { pairsKey, ready } = this.session;
    if (pairsKey === null) return;
    void this.surfaces.load(pairsKey, true, () => this.backend.surface());
    for (const { id } of ready) {
      if (this.sweeps.of(id)) void this.allControls.load(this.controlsKey(id), true, () => this.backend.probeControls(id));
    }
  }

  /** Asks for the scores of the model and layer on screen. */
  loadScores(): void {
    const { model, layer } = this.clusters;
    const { probeKey } = this.session;
    if (!model || layer === null || probeKey === null || !this.sweeps.of(model.id)) return this.latest.forget();
    const wish: Wish = { key: `${probeKey}|${model.id}|${layer}`, modelId: model.id, layer };
    const known = this.cache.peek(wish.key);
    if (!known) return this.latest.ask(wish);
    this.latest.forget();
    this.problem = null;
    this.shown = { wish, scores: known };
  }

  /** The ROC curves of all models: that on screen at the layer on screen, the others at the layers chosen for them. */
  rocs = $derived.by((): RocOf[] =>
    this.sweeps.all.map(({ modelId, modelName, chosenLayer }, place) => {
      const here = modelId === this.clusters.model?.id && this.scores?.header.modelId === modelId ? this.scores : null;
      const layer = here?.header.layer ?? chosenLayer;
      const scores = here ?? this.beside.value(this.besideKey(modelId, layer));
      return { modelId, name: modelName, layer, place, scores };
    }),
  );

  /** Asks for the curves of the models that are not on screen. */
  loadBeside(): void {
    for (const { modelId, chosenLayer } of this.sweeps.all) {
      if (modelId === this.clusters.model?.id) continue;
      void this.beside.load(this.besideKey(modelId, chosenLayer), true, async () => readScores(await this.backend.scores(modelId, chosenLayer)));
    }
  }

  /** The ROC curves as a figure, those still on their way too. */
  rocFigure(): FigureRequest {
    const there = this.rocs.filter(({ modelId, layer }) => this.beside.error(this.besideKey(modelId, layer)) === null);
    return { plot: 'roc', curves: there.map(({ modelId, layer }) => ({ modelId, layer })) };
  }

  /** The figure on screen; null in a part without one. */
  figure(): FigureRequest | null {
    const { model, layer } = this.clusters;
    if (this.tab === 'layers' && this.sweeps.all.length > 0) {
      return { plot: 'layer-sweep', modelIds: this.sweeps.all.map((sweep) => sweep.modelId), layer };
    }
    if (this.tab === 'scores' && model && this.scores) return { plot: 'scores', modelId: model.id, layer };
    return null;
  }

  private besideKey(modelId: string, layer: number): string {
    return `${this.session.probeKey ?? ''}|${modelId}|${layer}`;
  }

  private controlsKey(modelId: string): string {
    return `${this.session.probeKey ?? ''}|${this.session.changes}|${modelId}`;
  }
}
