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
  /** Keys on their way, and whether they were asked for again meanwhile. */
  private readonly underWay = new Map<string, { again: boolean }>();

  /** The oldest go first when there are more than `capacity`. */
  constructor(private readonly capacity: number) {}

  /** What is known of a key; undefined before it was asked for. */
  of(key: string | null): Remote<Value> | undefined {
    return key === null ? undefined : this.entries.get(key);
  }

  /** The value of a key, if it is there. */
  value(key: string | null): Value | null {
    const entry = this.of(key);
    return entry?.state === 'there' ? entry.value : null;
  }

  /** Why there is no value, where that is known. */
  error(key: string | null): ApiError | null {
    const entry = this.of(key);
    return entry?.state === 'not-there' ? entry.error : null;
  }

  /**
   * Asks for a key that has not been asked for; with `again` also for one that was not ready, and once
   * more for one on its way that turns out not to be. Gives the error of an attempt that failed just now.
   */
  async load(key: string, again: boolean, ask: () => Promise<Value>): Promise<ApiError | null> {
    const entry = this.entries.get(key);
    if (entry && !this.underWay.has(key) && !(again && entry.state === 'not-there' && entry.error.code === 'not-ready')) return null;
    return this.ask(key, again, ask, false);
  }

  /** Asks anew, whatever is known; what is there stays until the answer comes. */
  async refresh(key: string, ask: () => Promise<Value>): Promise<ApiError | null> {
    return this.ask(key, true, ask, true);
  }

  /** Lets go of a failure, so that the key is asked for when next wanted. */
  forget(key: string | null): void {
    if (key !== null && this.error(key)) this.entries.delete(key);
  }

  /** Asks, and once more if that was wanted meanwhile: whatever came with `always`, else where it was not ready. */
  private async ask(key: string, again: boolean, ask: () => Promise<Value>, always: boolean): Promise<ApiError | null> {
    const before = this.underWay.get(key);
    if (before) {
      before.again ||= again;
      return null;
    }
    const now = { again: false };
    this.underWay.set(key, now);
    if (!this.entries.has(key)) this.entries.set(key, { state: 'loading' });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
    let error: ApiError | null = null;
    do {
      now.again = false;
      try {
        this.entries.set(key, { state: 'there', value: await ask() });
        error = null;
      } catch (thrown) {
        error = toApiError(thrown);
        this.entries.set(key, { state: 'not-there', error });
      }
    } while (now.again && (always || error?.code === 'not-ready'));
    this.underWay.delete(key);
    return error;
  }
}
