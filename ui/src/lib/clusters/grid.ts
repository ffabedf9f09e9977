/** Panels side by side in lines, of which only those in sight are drawn. */
export interface PanelGrid {
  columns: number;
  lines: number;
  /** Size of a panel with the gap to the next one, CSS pixels. */
  width: number;
  height: number;
}

/**
 * Panels of at least `least` CSS pixels, three quarters as high as wide, and a heading: as large as all of
 * them fit into `tall`, and where they do not, as many columns as there is room for.
 */
export function panelGrid(count: number, room: number, least: number, heading: number, tall = 0): PanelGrid {
  const most = Math.max(1, Math.min(count, Math.floor(room / least)));
  const of = (columns: number): PanelGrid => {
    const width = Math.floor(Math.min(room / columns, 2 * least));
    return { columns, lines: Math.ceil(count / columns), width, height: Math.round(width * 0.75) + heading };
  };
  const fits = Array.from({ length: most }, (_, i) => of(i + 1)).find(({ lines, height }) => lines * height <= tall);
  return fits ?? of(most);
}

/** The panels in sight and one line beyond on either side: first, and one past the last. */
export function inSight({ columns, lines, height }: PanelGrid, count: number, top: number, visible: number): [number, number] {
  const first = Math.max(0, Math.min(Math.floor(top / height) - 1, lines - 1));
  const last = Math.min(lines, Math.ceil((top + visible) / height) + 1);
  return [first * columns, Math.min(count, last * columns)];
}

/** Where an arrow key goes from a panel; null for other keys. */
export function stepTo(key: string, from: number, count: number, columns: number): number | null {
  const to = { ArrowLeft: from - 1, ArrowRight: from + 1, ArrowUp: from - columns, ArrowDown: from + columns, Home: 0, End: count - 1 }[key];
  if (to === undefined) return null;
  return to < 0 || to >= count ? from : to;
}
