/** Keeps what was loaded, the least recently used going first; concurrent wishes share one load. */
export class Cache<Value> {
  private readonly entries = new Map<string, Promise<Value>>();
  private readonly settled = new Map<string, Value>();

  constructor(private readonly capacity: number) {}

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
        return value;
      },
      (thrown: unknown) => {
        if (this.entries.get(key) === loading) this.entries.delete(key);
        throw thrown;
      },
    );
    this.entries.set(key, loading);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
      this.settled.delete(oldest);
    }
    return loading;
  }
}
