import { Remotes } from '../app/remotes.svelte';
import type { Backend } from '../backend/backend';
import type { BehaviourView } from '../ipc/generated/BehaviourView';
import type { FigureRequest } from '../ipc/generated/FigureRequest';
import type { Session } from '../study/session.svelte';

/** How the scores of a model follow those that people gave. */
export class Behaviour {
  private wanted = $state<string | null>(null);
  private readonly views = new Remotes<BehaviourView>(64);

  /** The model looked at: the one that was chosen, else the first. */
  model = $derived.by(() => this.session.ready.find(({ id }) => id === this.wanted) ?? this.session.ready[0] ?? null);
  private readonly key = $derived.by(() => (this.model && this.session.resultsKey ? `${this.session.resultsKey}|${this.model.id}` : null));
  view = $derived(this.views.value(this.key));
  error = $derived(this.views.error(this.key));

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
  ) {}

  chooseModel(id: string): void {
    this.wanted = id;
  }

  /** Asks for what the room shows and does not have; called again with all news of the job. */
  load(): void {
    const { key, model } = this;
    if (key !== null && model) void this.views.load(key, true, () => this.backend.behaviour(model.id));
  }

  /** Asks again after a failure. */
  retry(): void {
    this.views.forget(this.key);
    this.load();
  }

  /** The calibration as a figure. */
  calibration(): FigureRequest | null {
    const { view } = this;
    return view ? { plot: 'calibration', modelId: view.modelId, layer: view.layer } : null;
  }

  /** The scatter as a figure. */
  figure(): FigureRequest | null {
    const { view } = this;
    return view ? { plot: 'behaviour', modelId: view.modelId, layer: view.layer } : null;
  }
}
