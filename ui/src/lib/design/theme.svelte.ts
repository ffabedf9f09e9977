import plotColours from './plot-colours.json';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type Theme = 'light' | 'dark';

/** Colours of data, the same ones that exported figures use. */
export interface PlotColours {
  positive: string;
  negative: string;
  categories: string[];
  /** From least to most through a neutral middle. */
  diverging: string[];
  /** From little to much. */
  sequential: string[];
  ink: string;
  muted: string;
  grid: string;
  paper: string;
}

const storageKey = 'theme';

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(storageKey);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

function media(query: string): MediaQueryList | null {
  return typeof matchMedia === 'function' ? matchMedia(query) : null;
}

/** The look of the window: the person's choice, or the system's. */
export class ThemeState {
  choice = $state<ThemeChoice>(stored());
  private systemDark = $state(false);
  /** Whether movement should be left out. */
  reducedMotion = $state(false);

  theme = $derived<Theme>(this.choice === 'system' ? (this.systemDark ? 'dark' : 'light') : this.choice);
  colours = $derived<PlotColours>(plotColours[this.theme]);

  constructor() {
    this.follow('(prefers-color-scheme: dark)', (on) => (this.systemDark = on));
    this.follow('(prefers-reduced-motion: reduce)', (on) => (this.reducedMotion = on));
    this.apply();
  }

  private follow(query: string, set: (on: boolean) => void): void {
    const list = media(query);
    if (!list) return;
    set(list.matches);
    list.addEventListener('change', (event) => {
      set(event.matches);
      this.apply();
    });
  }

  /** Goes on to the next choice: system, light, dark. */
  next(): void {
    const order: ThemeChoice[] = ['system', 'light', 'dark'];
    this.choice = order[(order.indexOf(this.choice) + 1) % order.length] ?? 'system';
    try {
      localStorage.setItem(storageKey, this.choice);
    } catch {
      // Storage may be switched off: the choice then lasts as long as the window.
    }
    this.apply();
  }

  /** Writes the theme and its plot colours to the document. */
  apply(): void {
    const root = document.documentElement;
    root.dataset.theme = this.theme;
    const { categories, diverging: _, sequential: __, ...single } = this.colours;
    for (const [name, value] of Object.entries(single)) root.style.setProperty(`--plot-${name}`, value);
    categories.forEach((value, index) => root.style.setProperty(`--plot-category-${index}`, value));
  }
}
