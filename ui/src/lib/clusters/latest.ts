/**
 * Loads one thing at a time and always ends on the one asked for last: while something is loading,
 * only the newest wish is kept. Sliding over ten layers so asks for the first and the last.
 */
export class Latest<Key, Value> {
  private busy = false;
  private pending: { key: Key } | null = null;
  private wanted = 0;

  constructor(
    private readonly load: (key: Key) => Promise<Value>,
    private readonly show: (key: Key, value: Value) => void,
    private readonly fail: (key: Key, thrown: unknown) => void,
  ) {}

  /** Asks for something. */
  ask(key: Key): void {
    this.wanted += 1;
    this.pending = { key };
    if (!this.busy) void this.drain();
  }

  /** Drops what is on its way: nothing asked for so far will be shown. */
  forget(): void {
    this.wanted += 1;
    this.pending = null;
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.pending) {
      const { key } = this.pending;
      const wish = this.wanted;
      this.pending = null;
      try {
        const value = await this.load(key);
        if (wish === this.wanted) this.show(key, value);
      } catch (thrown) {
        if (wish === this.wanted) this.fail(key, thrown);
      }
    }
    this.busy = false;
  }
}
