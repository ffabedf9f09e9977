/** Passes values on, at most one in `every` milliseconds: the first at once, and always the last. */
export class Throttle<Value> {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private waiting: { value: Value } | null = null;

  constructor(
    private readonly every: number,
    private readonly pass: (value: Value) => void,
  ) {}

  push(value: Value): void {
    this.waiting = { value };
    if (this.timer === null) this.release();
  }

  /** Drops what has not been passed on. */
  forget(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.waiting = null;
  }

  private release(): void {
    this.timer = null;
    if (!this.waiting) return;
    const { value } = this.waiting;
    this.waiting = null;
    this.timer = setTimeout(() => this.release(), this.every);
    this.pass(value);
  }
}
