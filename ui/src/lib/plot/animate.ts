/** How long points take from one layer to the next, milliseconds. */
export const GLIDE_MS = 350;

/** Slow at both ends: 0 at 0, 1 at 1. */
export function ease(t: number): number {
  return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
}

/** Values a share `t` of the way from one array to another of the same length. */
export function mixArrays(from: Float32Array, to: Float32Array, t: number): Float32Array {
  if (t >= 1 || from.length !== to.length) return to;
  const out = new Float32Array(to.length);
  for (let i = 0; i < to.length; i++) out[i] = from[i]! + (to[i]! - from[i]!) * t;
  return out;
}

/**
 * The course of one glide. Time is handed in, so that it can be tested and so that everything drawn
 * in one frame is at the same moment. The clock starts with the first frame, not with the wish: a
 * late frame delays the glide and does not skip it.
 */
export class Glide {
  private waiting = false;
  private started: number | null = null;

  constructor(private readonly duration = GLIDE_MS) {}

  /** Starts over with the next frame. */
  start(): void {
    this.waiting = true;
  }

  /** Jumps to the end. */
  finish(): void {
    this.waiting = false;
    this.started = null;
  }

  /** Tells that a frame is drawn now. */
  frame(now: number): void {
    if (this.waiting) this.started = now;
    this.waiting = false;
    if (this.started !== null && now - this.started >= this.duration) this.started = null;
  }

  /** Share of the way covered, eased; exactly 1 from the end on. */
  progress(now: number): number {
    if (this.waiting) return 0;
    if (this.started === null) return 1;
    return ease(Math.min(Math.max((now - this.started) / this.duration, 0), 1));
  }

  /** Whether it has come to its end, as far as frames have been drawn. */
  get settled(): boolean {
    return !this.waiting && this.started === null;
  }
}
