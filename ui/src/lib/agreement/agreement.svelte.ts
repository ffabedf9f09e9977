import type { Backend } from '../backend/backend';
import type { AgreementMeasure } from '../ipc/generated/AgreementMeasure';
import type { AgreementView } from '../ipc/generated/AgreementView';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { SimilarityMeasure } from '../ipc/generated/SimilarityMeasure';
import { readScorePair, readSimilarity, type ScorePair, type Similarity } from '../ipc/packet';
import { Answers } from '../study/answers.svelte';
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

  private readonly views = new Answers<AgreementView>();
  private readonly scorePairs = new Answers<ScorePair>();
  private readonly similarities = new Answers<Similarity>();

  private readonly key = $derived.by(() => this.session.resultsKey);
  /** The matrix, or why there is none. */
  answer = $derived(this.views.of(this.key));
  view = $derived(this.answer?.value ?? null);
  /** The two models looked at: those that were chosen, else the first two. */
  pair = $derived.by(() => {
    const { view, wanted } = this;
    if (!view) return null;
    return (wanted && pairOf(view, wanted.a, wanted.b)) ?? view.pairs[0] ?? null;
  });
  private readonly pairKey = $derived(this.pair && this.key ? `${this.key}|${this.pair.a}|${this.pair.b}` : null);
  scores = $derived(this.scorePairs.of(this.pairKey));
  similarity = $derived(this.similarities.of(this.pairKey));

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
  ) {}

  /** Looks at two models. */
  open(a: string, b: string): void {
    this.wanted = { a, b };
  }

  /** Asks for what the room shows and does not have. */
  load(): void {
    const { news } = this.session;
    if (this.key === null || this.session.chosen.length < 2) return;
    this.views.want(this.key, news, () => this.backend.agreement());
    const { pair, pairKey } = this;
    if (!pair || pairKey === null) return;
    if (this.tab === 'scores' && pair.scores) {
      this.scorePairs.want(pairKey, news, async () => readScorePair(await this.backend.scorePair(pair.a, pair.b)));
    }
    if (this.tab === 'layers') {
      this.similarities.want(pairKey, news, async () => readSimilarity(await this.backend.similarity(pair.a, pair.b)));
    }
  }

  /** Asks again for what failed. */
  retry(): void {
    if (this.key !== null) this.views.forget(this.key);
    if (this.pairKey !== null) {
      this.scorePairs.forget(this.pairKey);
      this.similarities.forget(this.pairKey);
    }
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
    if (this.tab === 'layers' && this.similarity?.value) return { plot: 'similarity', a, b, measure: this.similarityMeasure };
    if (this.tab === 'transfer' && (pair.forth ?? pair.back)) return { plot: 'transfer', a, b };
    return this.matrixFigure();
  }
}
