import { SvelteMap } from 'svelte/reactivity';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';

/** Something that the program gives on request. */
export type Remote<Value> =
  | { state: 'loading' }
  | { state: 'there'; value: Value }
  | { state: 'not-there'; error: ApiError };

/** Things by key, each asked for once; what was not ready can be asked for again. */
export class Remotes<Value> {
  private readonly entries = new SvelteMap<string, Remote<Value>>();

  /** The oldest go first when there are more than `capacity`. */
  constructor(private readonly capacity: number) {}

  /** What is known of a key; undefined before it was asked for. */
  of(key: string): Remote<Value> | undefined {
    return this.entries.get(key);
  }

  /** The value of a key, if it is there. */
  value(key: string): Value | null {
    const entry = this.entries.get(key);
    return entry?.state === 'there' ? entry.value : null;
  }

  /**
   * Asks for a key that has not been asked for; with `again` also for one that was not ready. Gives the
   * error of an attempt that failed just now.
   */
  async load(key: string, again: boolean, ask: () => Promise<Value>): Promise<ApiError | null> {
    const entry = this.entries.get(key);
    if (entry && !(again && entry.state === 'not-there' && entry.error.code === 'not-ready')) return null;
    if (!entry) this.entries.set(key, { state: 'loading' });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
    try {
      this.entries.set(key, { state: 'there', value: await ask() });
      return null;
    } catch (thrown) {
      const error = toApiError(thrown);
      this.entries.set(key, { state: 'not-there', error });
      return error;
    }
  }
}
