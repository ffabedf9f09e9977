import type { Backend } from '../backend/backend';
import { Remotes, type Remote } from '../app/remotes.svelte';
import type { AblatedPairView } from '../ipc/generated/AblatedPairView';
import type { AblationView } from '../ipc/generated/AblationView';
import type { Session } from '../study/session.svelte';

/** The keywords of the study and single pairs with them replaced. */
export class Ablation {
  private readonly lists = new Remotes<AblationView>(2);
  private readonly pairs = new Remotes<AblatedPairView>(300);

  /** The list and its counts. */
  view = $derived.by((): Remote<AblationView> | undefined => this.lists.of(this.key));

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
  ) {}

  /** Asks for the list. Called by the room whenever the study changes. */
  load(): void {
    void this.lists.load(this.key, true, () => this.backend.ablation());
  }

  /** One pair before and after. */
  pair(index: number): Remote<AblatedPairView> | undefined {
    return this.pairs.of(`${this.key}|${index}`);
  }

  loadPair(index: number): void {
    void this.pairs.load(`${this.key}|${index}`, true, () => this.backend.ablatedPair(index));
  }

  private get key(): string {
    return `${this.session.pairsKey ?? ''}|${this.session.changes}`;
  }
}
