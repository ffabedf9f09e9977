import { SvelteMap } from 'svelte/reactivity';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';

/** What came of asking the program for something. */
export interface Answer<Value> {
  /** The latest value; kept while it is asked for anew. */
  value: Value | null;
  /** Why there is none. */
  error: ApiError | null;
  loading: boolean;
  /** How much had been heard of the job when it was asked for. */
  news: number;
}

interface Wish<Value> {
  news: number;
  ask: () => Promise<Value>;
  follow: boolean;
}

const capacity = 64;

/** Results of one kind, asked for when they are wanted and again when the job has more to tell. */
export class Answers<Value> {
  private readonly entries = new SvelteMap<string, Answer<Value>>();
  private readonly wishes = new Map<string, Wish<Value>>();

  /** What is known under a key. */
  of(key: string | null): Answer<Value> | null {
    return key === null ? null : (this.entries.get(key) ?? null);
  }

  /**
   * Asks if nothing has been asked under this key, or if it was not ready and there is news since.
   * With `follow`, every piece of news makes it ask anew, whatever came before.
   */
  want(key: string, news: number, ask: () => Promise<Value>, follow = false): void {
    this.wishes.set(key, { news, ask, follow });
    this.fulfil(key);
  }

  /** Lets go of a failure, so that it is asked for again when next wanted. */
  forget(key: string): void {
    if (this.entries.get(key)?.error) this.entries.delete(key);
  }

  private fulfil(key: string): void {
    const wish = this.wishes.get(key);
    const known = this.entries.get(key);
    if (!wish || known?.loading) return;
    const again = known !== undefined && wish.news > known.news && (wish.follow || known.error?.code === 'not-ready');
    if (known === undefined || again) void this.ask(key, wish, known?.value ?? null);
  }

  private async ask(key: string, { news, ask }: Wish<Value>, before: Value | null): Promise<void> {
    this.entries.set(key, { value: before, error: null, loading: true, news });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= capacity) break;
      this.entries.delete(oldest);
      this.wishes.delete(oldest);
    }
    try {
      this.entries.set(key, { value: await ask(), error: null, loading: false, news });
    } catch (thrown) {
      this.entries.set(key, { value: null, error: toApiError(thrown), loading: false, news });
    }
    // There may have been news meanwhile.
    this.fulfil(key);
  }
}
