import { toRgb, type Rgb } from './colour';

/** Colours of the plot that are not data, as numbers for the renderers. */
export interface PlotTheme {
  ink: Rgb;
  paper: Rgb;
}

/** The colours in force on an element, from the design tokens. */
export function readTheme(element: HTMLElement): PlotTheme {
  const style = getComputedStyle(element);
  return {
    ink: toRgb(style.getPropertyValue('--plot-ink') || '#1b1f24'),
    paper: toRgb(style.getPropertyValue('--plot-paper') || '#ffffff'),
  };
}

/** Calls back when the document changes its theme. Returns what ends it. */
export function observeTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
  return () => observer.disconnect();
}
