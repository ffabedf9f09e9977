import { Remotes } from '../app/remotes.svelte';
import type { Notices } from '../app/notices.svelte';
import type { Backend } from '../backend/backend';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { Session } from '../study/session.svelte';

/** The layer sweeps of the models that are ready. */
export class Sweeps {
  private readonly sweeps = new Remotes<LayerSweepView>(64);

  /** Sweeps to show, in the order of the models. */
  all = $derived.by(() => this.session.ready.flatMap((model) => this.of(model.id) ?? []));

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
    private readonly notices: Notices,
  ) {}

  /** The sweep of a model, if it is there. */
  of(modelId: string): LayerSweepView | null {
    return this.sweeps.value(this.key(modelId));
  }

  /** Whether it is known if there is one. */
  known(modelId: string): boolean {
    const entry = this.sweeps.of(this.key(modelId));
    return entry !== undefined && entry.state !== 'loading';
  }

  /** Loads what is missing. A sweep that was not ready is asked for again once `again` is set. */
  load(again: boolean): void {
    for (const { id } of this.session.ready) void this.fetch(id, again);
  }

  private async fetch(modelId: string, again: boolean): Promise<void> {
    const error = await this.sweeps.load(this.key(modelId), again, () => this.backend.layerSweep(modelId));
    if (error && error.code !== 'not-ready') this.notices.error(error);
  }

  private key(modelId: string): string {
    return `${this.session.probeKey ?? ''}|${modelId}`;
  }
}
