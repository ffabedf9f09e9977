/**
 * Tells the size of an element in CSS pixels now and whenever it changes. Returns what ends it.
 */
export function observeSize(element: HTMLElement, report: (width: number, height: number) => void): () => void {
  const tell = (): void => report(element.clientWidth, element.clientHeight);
  tell();
  if (typeof ResizeObserver === 'undefined') return () => {};
  const observer = new ResizeObserver(tell);
  observer.observe(element);
  return () => observer.disconnect();
}

/** CSS pixels of one rem: margins of a plot grow with its type. */
export function remSize(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
