import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import type { ModelView } from '../ipc/generated/ModelView';
import type { ShelfView } from '../ipc/generated/ShelfView';
import type { Session } from '../study/session.svelte';
import { group, merge, search, type Place } from './shelf';

/** All models that can be chosen or fetched, and which of them the room shows. */
export class Models {
  /** As the disk was when it was last looked at; null until then. */
  shelf = $state.raw<ShelfView | null>(null);
  /** Why the latest look failed, where it did. */
  error = $state.raw<ApiError | null>(null);
  looking = $state(false);
  query = $state('');
  place = $state<Place | 'all'>('all');
  /** The id that is being typed, to look a model up on the hub. */
  typed = $state('');

  all = $derived.by(() => merge(this.shelf?.models ?? [], this.session.study?.models ?? []));
  groups = $derived(group(this.all, this.shelf?.catalogue ?? []));
  found = $derived(search(this.groups, this.query));
  /** Changes with the models that the study lists, and with how their weights are held in memory. */
  studyKey = $derived.by(() => JSON.stringify([this.session.settings?.weights, this.session.study?.models.map((model) => model.id)]));

  private looks = 0;

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
  ) {}

  /** Looks at the disk anew; what is known stays when that fails. Does not throw. */
  async look(): Promise<void> {
    this.looks += 1;
    const look = this.looks;
    this.looking = true;
    try {
      const shelf = await this.backend.shelf();
      if (look === this.looks) [this.shelf, this.error] = [shelf, null];
    } catch (thrown) {
      if (look === this.looks) this.error = toApiError(thrown);
    }
    if (look === this.looks) this.looking = false;
  }

  /** Whether the study lists the model. */
  inStudy(model: ModelView): boolean {
    return this.session.study?.models.some((own) => own.id === model.id) ?? false;
  }

  /** Lets a model read the pairs, or no longer; one that the study does not list is added to it. */
  choose(model: ModelView, on: boolean): Promise<boolean> {
    return on && !this.inStudy(model) ? this.session.addModel(model.id) : this.session.chooseModel(model.id, on);
  }
}
