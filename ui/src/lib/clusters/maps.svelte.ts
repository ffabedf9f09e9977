import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Notices } from '../app/notices.svelte';
import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import { readProjection, type Projection } from '../ipc/packet';
import { JobRunner } from '../job/runner.svelte';
import { Cache } from './cache';
import type { Wish } from './wish';

/** Bytes of projections that are kept. */
const KEPT = 128 * 2 ** 20;

/** The maps that are there, and the drawing of those that are not. */
export class Maps {
  /** Keys of maps that have to be drawn first. */
  readonly missing = new SvelteSet<string>();
  /** Why a map could not be drawn, by key. */
  readonly failures = new SvelteMap<string, ApiError>();
  /** What is being drawn. */
  drawing = $state.raw<Wish | null>(null);
  /** Waiting to be drawn. */
  waiting = $state.raw<readonly Wish[]>([]);
  /** Grows with every map that was drawn. */
  news = $state(0);
  /** Grows with every map that has come. */
  fetched = $state(0);
  readonly job: JobRunner;

  private readonly cache = new Cache<Projection>(KEPT, sizeOf);
  /** What was drawn is not drawn a second time unasked, even if it is still said to be missing. */
  private readonly drawn = new Set<string>();
  private busy = false;

  constructor(
    private readonly backend: Backend,
    private readonly notices: Notices,
  ) {
    this.job = new JobRunner(
      (onEvent) => (this.drawing ? backend.drawMap(this.drawing.request, onEvent) : Promise.reject(new Error('There is no map to draw.'))),
      (id) => backend.cancelJob(id),
      async () => {},
    );
  }

  /** A map that is there already. */
  peek(wish: Wish): Projection | undefined {
    return this.cache.peek(wish.key);
  }

  /** A map; rejects with `not-ready` when it has to be drawn first, which `missing` then knows. */
  async fetch(wish: Wish): Promise<Projection> {
    try {
      const projection = await this.cache.get(wish.key, async () => {
        const read = readProjection(await this.backend.projection(wish.request));
        this.fetched += 1;
        return read;
      });
      this.missing.delete(wish.key);
      return projection;
    } catch (thrown) {
      if (toApiError(thrown).code === 'not-ready') this.missing.add(wish.key);
      throw thrown;
    }
  }

  /** Whether a map is being drawn or is about to be. */
  awaited({ key }: Wish): boolean {
    return (this.job.active && this.drawing?.key === key) || this.waiting.some((wish) => wish.key === key);
  }

  /** Whether it would be of use to draw a map unasked. */
  worthDrawing({ key }: Wish): boolean {
    return this.missing.has(key) && !this.failures.has(key) && !this.drawn.has(key);
  }

  /** Draws these maps one after another, and nothing else: what is being drawn and is not among them is given up. */
  draw(wishes: readonly Wish[]): void {
    const running = this.job.state.status === 'running' ? this.drawing?.key : undefined;
    this.waiting = wishes.filter((wish) => wish.key !== running);
    for (const { key } of this.waiting) this.failures.delete(key);
    if (this.job.active && !wishes.some((wish) => wish.key === running)) this.giveUp();
    void this.drain();
  }

  /** Stops drawing, at the person's wish or because nobody waits for it any more. */
  stop(): void {
    this.waiting = [];
    this.giveUp();
  }

  private giveUp(): void {
    this.job.stop().catch((thrown: unknown) => this.notices.error(thrown));
  }

  private async drain(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (;;) {
      const [next, ...rest] = this.waiting;
      if (!next) break;
      this.drawing = next;
      this.waiting = rest;
      await this.job.start();
      await this.job.done;
      const { status, error } = this.job.state;
      if (status === 'failed' && error) this.failures.set(next.key, error);
      if (status === 'finished') {
        this.drawn.add(next.key);
        this.news += 1;
      }
    }
    this.drawing = null;
    this.busy = false;
  }
}

function sizeOf({ coords, tokens }: Projection): number {
  return coords.byteLength + (tokens ? 16 * tokens.text.length : 0);
}
