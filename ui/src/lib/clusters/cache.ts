/**
 * Keeps what was loaded, the least recently used going first; concurrent wishes share one load.
 * `weigh` says how much of the capacity a value takes; without it, each takes one.
 */
export class Cache<Value> {
  private readonly entries = new Map<string, Promise<Value>>();
  private readonly settled = new Map<string, Value>();

  constructor(
    private readonly capacity: number,
    private readonly weigh: (value: Value) => number = () => 1,
  ) {}

  /** What is there already. */
  peek(key: string): Value | undefined {
    return this.settled.get(key);
  }

  /** What is there, or what `load` gives; failures are not kept. */
  get(key: string, load: () => Promise<Value>): Promise<Value> {
    const known = this.entries.get(key);
    if (known) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    const loading = load().then(
      (value) => {
        if (this.entries.get(key) === loading) this.settled.set(key, value);
        this.makeRoom(key);
        return value;
      },
      (thrown: unknown) => {
        if (this.entries.get(key) === loading) this.entries.delete(key);
        throw thrown;
      },
    );
    this.entries.set(key, loading);
    return loading;
  }

  /** Lets the least recently used go, but not what has just come. */
  private makeRoom(latest: string): void {
    let held = 0;
    for (const value of this.settled.values()) held += this.weigh(value);
    for (const oldest of this.entries.keys()) {
      if (held <= this.capacity) break;
      const value = this.settled.get(oldest);
      if (value === undefined || oldest === latest) continue;
      held -= this.weigh(value);
      this.entries.delete(oldest);
      this.settled.delete(oldest);
    }
  }
}
