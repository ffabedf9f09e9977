import { SvelteMap } from 'svelte/reactivity';
import type { Notices } from '../app/notices.svelte';
import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ColourBy } from '../ipc/generated/ColourBy';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { MapFit } from '../ipc/generated/MapFit';
import type { MapLevel } from '../ipc/generated/MapLevel';
import type { MapMethod } from '../ipc/generated/MapMethod';
import type { ModelView } from '../ipc/generated/ModelView';
import type { UmapSettingsView } from '../ipc/generated/UmapSettingsView';
import { readPairIndex, type PairIndex, type Projection } from '../ipc/packet';
import { FIRST_ORBIT } from '../plot/camera3d';
import { isOrbit, type ScatterView } from '../plot/types';
import type { Sweeps } from '../probes/sweeps.svelte';
import type { Session } from '../study/session.svelte';
import { Cache } from './cache';
import { pairsOf } from './categories';
import { Latest } from './latest';
import { Maps } from './maps.svelte';
import { textOf } from './tokens';
import { anotherKind, DRAWN_UNASKED, umapDefaults, wishOf, type Wish } from './wish';

/** Panels that a printed figure holds; of more, every second is taken, or every third. */
const MOST_PANELS = 36;

/** One map, or small multiples of them. */
export type ClustersMode = 'one' | 'layers' | 'models';

/** A panel of small multiples. */
export interface Panel {
  model: ModelView;
  layer: number;
  wish: Wish;
}

/** What the Clusters room shows. */
export class Clusters {
  mode = $state<ClustersMode>('one');
  method = $state<MapMethod>('pca');
  level = $state<MapLevel>('texts');
  fit = $state<MapFit>('all');
  umap = $state.raw<UmapSettingsView>(umapDefaults);
  dims = $state<2 | 3>(2);
  colourBy = $state<ColourBy>('side');
  /** Tokens are coloured by their score along the probe, and not by the side of their text. */
  byScore = $state(true);
  links = $state(true);
  contours = $state(false);
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
  readonly maps: Maps;

  private wantedModel = $state<string | null>(null);
  private readonly layers = new SvelteMap<string, number>();
  private readonly indexes = new Cache<PairIndex>(4);
  /** Someone chose what is to be seen, so that it is drawn however long that takes. */
  private asked = false;

  /** The model shown: the one chosen, or the first that is ready. */
  model = $derived.by(() => {
    const { ready } = this.session;
    return ready.find((model) => model.id === this.wantedModel) ?? ready[0] ?? null;
  });

  /** The layer asked for; null until it is known where to begin. */
  layer = $derived.by(() => (this.model ? this.layerOf(this.model) : null));

  /** What should be on screen as one map; null until that is known. */
  wish = $derived.by(() => {
    const { model, layer, method, level, fit, dims } = this;
    return model && layer !== null ? this.wishFor(model, layer, method, level, fit, dims) : null;
  });

  /** The panels of small multiples: texts in two dimensions. */
  panels = $derived.by((): Panel[] => {
    const { mode, model, method, fit } = this;
    if (mode === 'one' || !model) return [];
    const places =
      mode === 'layers'
        ? Array.from({ length: model.layers + 1 }, (_, layer) => ({ model, layer }))
        : this.session.ready.map((each) => ({ model: each, layer: this.layerOf(each) ?? Math.ceil(each.layers / 2) }));
    return places.flatMap(({ model: of, layer }) => {
      const wish = this.wishFor(of, layer, method, 'texts', fit, 2);
      return wish ? [{ model: of, layer, wish }] : [];
    });
  });

  /** The rows taken by lasso as pairs. */
  selectedPairs = $derived.by(() => {
    const projection = this.mode === 'one' ? this.shown?.projection : undefined;
    return pairsOf(projection?.tokens ? [...this.selected].map((row) => textOf(projection, row)) : this.selected);
  });

  private readonly latest = new Latest<Wish, Projection>(
    (wish) => this.maps.fetch(wish),
    (wish, projection) => this.show(wish, projection),
    (wish, thrown) => this.failed(wish, thrown),
  );

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
    private readonly sweeps: Sweeps,
    private readonly notices: Notices,
  ) {
    this.maps = new Maps(backend, notices);
  }

  /** The clusters on screen belong to the study as it is. */
  current = $derived.by(() => {
    const wish = this.shown?.wish;
    return wish !== undefined && wish.basis === this.basisOf(wish.request.method, wish.request.level);
  });

  /** What is on screen is what was asked for. */
  arrived = $derived.by(() => this.current && this.shown?.wish.key === this.wish?.key);

  /** Whether what is missing is so small that it is drawn unasked. */
  drawsUnasked = $derived.by(() => {
    const rows = this.level === 'texts' || this.mode !== 'one' ? (this.session.pairs?.count ?? 0) * 2 : (this.model?.reading?.tokens ?? Infinity);
    return rows <= DRAWN_UNASKED;
  });

  /** Goes from one map to small multiples, or back; tokens that were selected are not texts. */
  setMode(mode: ClustersMode): void {
    if (this.level === 'tokens' && this.selected.size > 0) this.selected = new Set();
    this.mode = mode;
  }

  chooseModel(id: string): void {
    this.wantedModel = id;
    this.asked = false;
  }

  /** Chooses what is to be seen; a map that has to be drawn first is. */
  choose(next: { method?: MapMethod; level?: MapLevel; fit?: MapFit; dims?: 2 | 3; umap?: UmapSettingsView }): void {
    Object.assign(this, next);
    this.asked = true;
  }

  goTo(layer: number): void {
    const model = this.model;
    if (!model) return;
    this.layers.set(model.id, Math.max(0, Math.min(model.layers, layer)));
    this.asked = false;
  }

  step(by: number): void {
    if (this.layer !== null) this.goTo(this.layer + by);
  }

  /** Shows one panel large. */
  open({ model, layer }: Panel): void {
    this.chooseModel(model.id);
    this.goTo(layer);
    this.setMode('one');
  }

  /** Draws what should be on screen where it is known not to be there. */
  drawIfMissing(): void {
    if (this.wish && this.maps.missing.has(this.wish.key)) this.drawNow();
  }

  /** Draws what should be on screen. */
  drawNow(): void {
    if (this.wish) this.maps.draw([this.wish]);
  }

  /** Asks for what should be on screen. Called by the room whenever that changes. */
  load(): void {
    const { wish } = this;
    if (!wish || this.mode !== 'one') return this.latest.forget();
    // A map that nobody waits for any more is not drawn to its end.
    if (this.maps.drawing && !this.maps.awaited(wish)) this.maps.stop();
    const known = this.maps.peek(wish);
    if (known) {
      this.latest.forget();
      this.show(wish, known);
    } else if (!this.maps.awaited(wish)) {
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
  figure(): FigureRequest | null {
    if (this.mode !== 'one') return this.multiples();
    if (!this.model || !this.shown || !this.current) return null;
    const { modelId, layer, dims, method, level, fit, umap } = this.shown.wish.request;
    const view = this.view;
    const orbit = dims === 3 && view && isOrbit(view) ? view : null;
    const plane = dims === 2 && view && !isOrbit(view) ? view : null;
    return {
      plot: 'clusters',
      modelId,
      layer,
      colourBy: this.colourBy,
      pairLinks: this.links && level === 'texts',
      x: plane?.x ?? null,
      y: plane?.y ?? null,
      view3d: orbit ?? (dims === 3 ? { ...FIRST_ORBIT } : null),
      selected: this.selectedPairs,
      method,
      level,
      fit,
      umap,
      contours: this.contours && dims === 2,
      byScore: level === 'tokens' && this.byScore,
    };
  }

  /** Small multiples as a figure: the panels whose maps can be had without drawing them, as many as a page holds. */
  private multiples(): FigureRequest | null {
    const { method, fit, colourBy, selectedPairs: selected } = this;
    void this.maps.fetched;
    const there = this.panels.filter(({ wish }) => method !== 'umap' || this.maps.peek(wish));
    if (there.length === 0) return null;
    const step = Math.ceil(there.length / MOST_PANELS);
    const panels = there.filter((_, i) => i % step === 0).map(({ model, layer }) => ({ modelId: model.id, layer }));
    return { plot: 'multiples', panels, method, fit, umap: method === 'umap' ? this.umap : null, colourBy, selected };
  }

  private layerOf(model: ModelView): number | null {
    const chosen = this.layers.get(model.id);
    if (chosen !== undefined) return Math.min(chosen, model.layers);
    if (!this.sweeps.known(model.id)) return null;
    return this.sweeps.of(model.id)?.chosenLayer ?? Math.ceil(model.layers / 2);
  }

  private basisOf(method: MapMethod, level: MapLevel): string | null {
    return method === 'probe' || level === 'tokens' ? this.session.probeKey : this.session.readingKey;
  }

  private wishFor(model: ModelView, layer: number, method: MapMethod, level: MapLevel, fit: MapFit, dims: 2 | 3): Wish | null {
    const basis = this.basisOf(method, level);
    if (basis === null) return null;
    return wishOf({ modelId: model.id, layer, dims, method, level, fit, umap: method === 'umap' ? this.umap : null }, basis);
  }

  private show(wish: Wish, projection: Projection): void {
    this.problem = null;
    const before = this.shown;
    if (before?.wish.key === wish.key && before.projection === projection) return;
    if (before && anotherKind(before.wish, wish)) {
      if (this.view && !isOrbit(this.view)) this.view = null;
      // Rows of texts mean the same in every map; those of tokens only while the tokens are the same.
      const same = before.wish.request.level === wish.request.level && (!projection.tokens || before.wish.request.modelId === wish.request.modelId);
      if (!same && this.selected.size > 0) this.selected = new Set();
    }
    this.shown = { wish, projection };
    if (wish.request.level === 'tokens') return;
    // The neighbours are likely to be next.
    const { layer } = wish.request;
    for (const near of [layer + 1, layer - 1]) {
      if (near < 0 || near > (this.model?.layers ?? 0)) continue;
      this.maps.fetch(wishOf({ ...wish.request, layer: near }, wish.basis)).catch(() => {
        // Told when it is asked for.
      });
    }
  }

  private failed(wish: Wish, thrown: unknown): void {
    this.problem = null;
    const missing = this.maps.missing.has(wish.key);
    if (!missing) this.problem = toApiError(thrown).message;
    else if ((this.asked || this.drawsUnasked) && this.maps.worthDrawing(wish)) this.maps.draw([wish]);
    this.asked = false;
  }
}
