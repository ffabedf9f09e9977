import { Remotes } from '../app/remotes.svelte';
import type { Backend } from '../backend/backend';
import type { AgreementMeasure } from '../ipc/generated/AgreementMeasure';
import type { AgreementView } from '../ipc/generated/AgreementView';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { SimilarityMeasure } from '../ipc/generated/SimilarityMeasure';
import { readScorePair, readSimilarity, type ScorePair, type Similarity } from '../ipc/packet';
import type { Session } from '../study/session.svelte';
import { pairOf } from './measures';

/** What of two models is looked at. */
export type PairTab = 'scores' | 'layers' | 'transfer' | 'numbers';

/** How far the models of the study agree, and which two are looked at. */
export class Agreement {
  measure = $state<AgreementMeasure>('pearson');
  tab = $state<PairTab>('scores');
  similarityMeasure = $state<SimilarityMeasure>('cka');
  private wanted = $state.raw<{ a: string; b: string } | null>(null);

  private readonly views = new Remotes<AgreementView>(8);
  private readonly scorePairs = new Remotes<ScorePair>(64);
  private readonly similarities = new Remotes<Similarity>(64);

  private readonly key = $derived.by(() => this.session.resultsKey);
  /** The matrix, and why there is none. */
  view = $derived(this.views.value(this.key));
  error = $derived(this.views.error(this.key));
  /** The two models looked at: those that were chosen, else the first two. */
  pair = $derived.by(() => {
    const { view, wanted } = this;
    if (!view) return null;
    return (wanted && pairOf(view, wanted.a, wanted.b)) ?? view.pairs[0] ?? null;
  });
  private readonly pairKey = $derived(this.pair && this.key ? `${this.key}|${this.pair.a}|${this.pair.b}` : null);
  scores = $derived(this.scorePairs.value(this.pairKey));
  scoresError = $derived(this.scorePairs.error(this.pairKey));
  similarity = $derived(this.similarities.value(this.pairKey));
  similarityError = $derived(this.similarities.error(this.pairKey));

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
  ) {}

  /** Looks at two models. */
  open(a: string, b: string): void {
    this.wanted = { a, b };
  }

  /** Asks for what the room shows and does not have; called again with all news of the job. */
  load(): void {
    if (this.key === null || this.session.chosen.length < 2) return;
    void this.views.load(this.key, true, () => this.backend.agreement());
    const { pair, pairKey } = this;
    if (!pair || pairKey === null) return;
    if (this.tab === 'scores' && pair.scores) {
      void this.scorePairs.load(pairKey, true, async () => readScorePair(await this.backend.scorePair(pair.a, pair.b)));
    }
    if (this.tab === 'layers') {
      void this.similarities.load(pairKey, true, async () => readSimilarity(await this.backend.similarity(pair.a, pair.b)));
    }
  }

  /** Asks again for what failed. */
  retry(): void {
    this.views.forget(this.key);
    this.scorePairs.forget(this.pairKey);
    this.similarities.forget(this.pairKey);
    this.load();
  }

  /** The matrix as a figure. */
  matrixFigure(): FigureRequest | null {
    return this.view && this.view.pairs.length > 0 ? { plot: 'agreement-matrix', measure: this.measure } : null;
  }

  /** What is looked at as a figure; the matrix when the numbers of a pair are. */
  figure(): FigureRequest | null {
    const { pair } = this;
    if (!pair) return null;
    const { a, b } = pair;
    if (this.tab === 'scores' && pair.scores) return { plot: 'score-scatter', a, b };
    if (this.tab === 'layers' && this.similarity) return { plot: 'similarity', a, b, measure: this.similarityMeasure };
    if (this.tab === 'transfer' && (pair.forth ?? pair.back)) return { plot: 'transfer', a, b };
    return this.matrixFigure();
  }
}
