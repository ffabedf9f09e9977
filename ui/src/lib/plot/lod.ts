/** A frame that took longer was too much to draw, milliseconds. */
const SLOW = 40;
/** So many slow frames in a row are no accident. */
const PATIENCE = 2;
const HIDDEN = 3000;

/**
 * The rows of `order` that are drawn when only a share of them can be: always the same ones, whatever
 * the order, and with a smaller share fewer of them.
 */
export function thin(order: Uint32Array, share: number): Uint32Array {
  const limit = share * 2 ** 32;
  return order.filter((row) => scattered(row) < limit);
}

/** A row's place in a fixed lottery, 0 to 2^32 (the finaliser of MurmurHash 3). */
function scattered(row: number): number {
  let h = row >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Finds the share of the points that can be drawn while the picture moves, by how long frames take. */
export class Pace {
  /** Between 0 and 1; during one movement it only falls, so that the picture does not flicker. */
  share: number;
  private slow = 0;

  /** Begins with `first` and does not fall below `least`. */
  constructor(
    private readonly first = 1,
    private readonly least = 0,
  ) {
    this.share = Math.min(1, first);
  }

  /** Tells that another movement begins: the machine may have had other things to do in the last one. */
  again(): void {
    this.slow = 0;
    this.share = Math.min(this.share * 2, this.first, 1);
  }

  /** Tells how long a frame took from the wish to draw it to its end, milliseconds. */
  frame(took: number): void {
    // A window that was hidden is not slow.
    this.slow = took > SLOW && took < HIDDEN ? this.slow + 1 : 0;
    if (this.slow < PATIENCE) return;
    this.slow = 0;
    this.share = Math.max(this.share / 2, Math.min(this.least, this.share));
  }
}
