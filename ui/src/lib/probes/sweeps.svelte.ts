import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { Notices } from '../app/notices.svelte';
import type { Session } from '../study/session.svelte';

type Entry = { state: 'loading' } | { state: 'there'; sweep: LayerSweepView } | { state: 'not-there'; error: ApiError };

/** The layer sweeps of the models that are ready. */
export class Sweeps {
  private readonly entries = new SvelteMap<string, Entry>();

  /** Sweeps to show, in the order of the models. */
  all = $derived.by(() =>
    this.session.ready.flatMap((model) => {
      const entry = this.entries.get(this.key(model.id));
      return entry?.state === 'there' ? [entry.sweep] : [];
    }),
  );

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
    private readonly notices: Notices,
  ) {}

  /** The sweep of a model, if it is there. */
  of(modelId: string): LayerSweepView | null {
    const entry = this.entries.get(this.key(modelId));
    return entry?.state === 'there' ? entry.sweep : null;
  }

  /** Whether it is known if there is one. */
  known(modelId: string): boolean {
    const entry = this.entries.get(this.key(modelId));
    return entry !== undefined && entry.state !== 'loading';
  }

  /** Loads what is missing. A sweep that was not ready is asked for again once `again` is set. */
  load(again: boolean): void {
    for (const { id } of this.session.ready) {
      const entry = this.entries.get(this.key(id));
      if (!entry || (again && entry.state === 'not-there' && entry.error.code === 'not-ready')) void this.fetch(id);
    }
  }

  private async fetch(modelId: string): Promise<void> {
    const key = this.key(modelId);
    this.entries.set(key, { state: 'loading' });
    try {
      this.entries.set(key, { state: 'there', sweep: await this.backend.layerSweep(modelId) });
    } catch (thrown) {
      const error = toApiError(thrown);
      this.entries.set(key, { state: 'not-there', error });
      if (error.code !== 'not-ready') this.notices.error(error);
    }
  }

  private key(modelId: string): string {
    return `${this.session.readingKey ?? ''}|${modelId}`;
  }
}
