import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ClustersFigure } from '../ipc/generated/ClustersFigure';
import type { ColourBy } from '../ipc/generated/ColourBy';
import { readPairIndex, readProjection, type PairIndex, type Projection } from '../ipc/packet';
import { FIRST_ORBIT } from '../plot/camera3d';
import { isOrbit, type ScatterView } from '../plot/types';
import type { Notices } from '../app/notices.svelte';
import type { Sweeps } from '../probes/sweeps.svelte';
import type { Session } from '../study/session.svelte';
import { Cache } from './cache';
import { pairsOf } from './categories';
import { Latest } from './latest';

interface Wish {
  modelId: string;
  layer: number;
  dims: 2 | 3;
  readingKey: string;
}

/** About 100 MB at 10,000 pairs in 3-D. */
const keptProjections = 400;

/** What the Clusters room shows. */
export class Clusters {
  dims = $state<2 | 3>(2);
  colourBy = $state<ColourBy>('side');
  links = $state(true);
  tool = $state<'pan' | 'lasso'>('pan');
  asTable = $state(false);
  /** The part of the plane, or the side of the cloud, that is seen; null is all. Set by the scatter. */
  view = $state.raw<ScatterView | null>(null);
  /** Rows taken by lasso. */
  selected = $state.raw<Set<number>>(new Set());
  /** What is on screen, which for a moment may be the layer before. */
  shown = $state.raw<{ wish: Wish; projection: Projection } | null>(null);
  /** Why the layer asked for is not there. */
  problem = $state<string | null>(null);
  index = $state.raw<{ key: string; value: PairIndex } | null>(null);

  private wantedModel = $state<string | null>(null);
  private readonly layers = new SvelteMap<string, number>();
  private readonly cache = new Cache<Projection>(keptProjections);
  private readonly indexes = new Cache<PairIndex>(4);

  /** The model shown: the one chosen, or the first that is ready. */
  model = $derived.by(() => {
    const { ready } = this.session;
    return ready.find((model) => model.id === this.wantedModel) ?? ready[0] ?? null;
  });

  /** The layer asked for; null until it is known where to begin. */
  layer = $derived.by(() => {
    const model = this.model;
    if (!model) return null;
    const chosen = this.layers.get(model.id);
    if (chosen !== undefined) return Math.min(chosen, model.layers);
    if (!this.sweeps.known(model.id)) return null;
    return this.sweeps.of(model.id)?.chosenLayer ?? Math.ceil(model.layers / 2);
  });

  selectedPairs = $derived(pairsOf(this.selected));

  private readonly latest = new Latest<Wish, Projection>(
    (wish) => this.fetch(wish),
    (wish, projection) => this.show(wish, projection),
    (_, thrown) => (this.problem = toApiError(thrown).message),
  );

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
    private readonly sweeps: Sweeps,
    private readonly notices: Notices,
  ) {}

  /** The clusters on screen belong to the study as it is. */
  current = $derived.by(() => this.shown !== null && this.shown.wish.readingKey === this.session.readingKey);

  chooseModel(id: string): void {
    this.wantedModel = id;
    this.view = null;
  }

  goTo(layer: number): void {
    const model = this.model;
    if (model) this.layers.set(model.id, Math.max(0, Math.min(model.layers, layer)));
  }

  step(by: number): void {
    if (this.layer !== null) this.goTo(this.layer + by);
  }

  /** Asks for what should be on screen. Called by the room whenever that changes. */
  load(): void {
    const { model, layer } = this;
    const { readingKey } = this.session;
    if (!model || layer === null || readingKey === null) return this.latest.forget();
    const wish: Wish = { modelId: model.id, layer, dims: this.dims, readingKey };
    const known = this.cache.peek(keyOf(wish));
    if (known) {
      this.latest.forget();
      this.show(wish, known);
    } else {
      this.latest.ask(wish);
    }
  }

  /** Asks what each pair is. Called by the room whenever the pairs change. */
  async loadIndex(): Promise<void> {
    const key = this.session.pairsKey;
    if (key === null || this.index?.key === key) return;
    if (this.index?.key.split('|')[0] !== key.split('|')[0]) this.selected = new Set();
    try {
      const value = await this.indexes.get(key, async () => readPairIndex(await this.backend.pairIndex()));
      if (key === this.session.pairsKey) this.index = { key, value };
    } catch (thrown) {
      this.notices.error(thrown);
    }
  }

  /** Whether the view is another than the one to begin with. */
  moved = $derived.by(() => {
    const { view } = this;
    if (view === null || !isOrbit(view)) return view !== null;
    return view.azimuth !== FIRST_ORBIT.azimuth || view.elevation !== FIRST_ORBIT.elevation || view.zoom !== FIRST_ORBIT.zoom;
  });

  /** The figure on screen; null when there is none. */
  figure(): ClustersFigure | null {
    if (!this.shown || !this.current) return null;
    const { modelId, layer, dims } = this.shown.wish;
    const view = this.view;
    const orbit = dims === 3 && view && isOrbit(view) ? view : null;
    const plane = dims === 2 && view && !isOrbit(view) ? view : null;
    return {
      modelId,
      layer,
      colourBy: this.colourBy,
      pairLinks: this.links,
      x: plane?.x ?? null,
      y: plane?.y ?? null,
      view3d: orbit ?? (dims === 3 ? { ...FIRST_ORBIT } : null),
      selected: this.selectedPairs,
    };
  }

  private show(wish: Wish, projection: Projection): void {
    this.problem = null;
    this.shown = { wish, projection };
    // The neighbours are likely to be next.
    for (const layer of [wish.layer + 1, wish.layer - 1]) {
      if (layer < 0 || layer > (this.model?.layers ?? 0)) continue;
      this.fetch({ ...wish, layer }).catch(() => {
        // Told when it is asked for.
      });
    }
  }

  private fetch(wish: Wish): Promise<Projection> {
    const { modelId, layer, dims } = wish;
    return this.cache.get(keyOf(wish), async () => readProjection(await this.backend.projection({ modelId, layer, dims })));
  }
}

function keyOf({ modelId, layer, dims, readingKey }: Wish): string {
  return `${readingKey}|${modelId}|${layer}|${dims}`;
}
