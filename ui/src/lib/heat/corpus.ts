import type { TokenAlongView } from '../ipc/generated/TokenAlongView';

/** What the lists of tokens can be sorted by. */
export const columns = ['token', 'mean', 'sd', 'positive', 'negative', 'share'] as const;
export type Column = (typeof columns)[number];

/** A column, and whether its largest values come first. */
export interface Order {
  by: Column;
  falling: boolean;
}

/** The strongest on one side first: as they come. */
export function strongestFirst(side: 'towards' | 'against'): Order {
  return { by: 'mean', falling: side === 'towards' };
}

/** The order after a click on a column's head: numbers begin with the largest, words with A. */
export function clicked(order: Order, by: Column): Order {
  return { by, falling: order.by === by ? !order.falling : by !== 'token' };
}

/** Rows in an order; equal ones stay as they came. */
export function sorted(rows: readonly TokenAlongView[], { by, falling }: Order): TokenAlongView[] {
  const sign = falling ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (by === 'token') return sign * a.token.trim().localeCompare(b.token.trim(), 'en');
    // What is absent comes last, whichever way.
    const [x, y] = [a[by], b[by]];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return sign * (x - y);
  });
}

/** What a file of these tokens is called, without an extension. */
export function fileStem(model: string, layer: number): string {
  return `${model.replace(/[^\p{L}\p{N}.-]+/gu, '-')}-layer-${layer}-tokens`;
}
