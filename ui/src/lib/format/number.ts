/** How numbers read in the window: a true minus sign, thousands separated, no false precision, and no line break inside. */

const integer = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** "12,345" */
export function count(value: number): string {
  return minus(integer.format(value));
}

/** "1 pair", "2 pairs" */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A fixed number of decimals; an en dash for what is not there. */
export function fixed(value: number | null | undefined, decimals = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = value.toFixed(decimals);
  // "-0.000" is a zero.
  return minus(Number(text) === 0 ? text.replace('-', '') : text);
}

/** "41.2 %" of a share between 0 and 1. */
export function percent(share: number | null | undefined, decimals = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–';
  return `${fixed(share * 100, decimals)}\u00a0%`;
}

/** "[0.94, 1.00]" */
export function interval(estimate: { low: number; high: number }, decimals = 3): string {
  return `[${fixed(estimate.low, decimals)},\u00a0${fixed(estimate.high, decimals)}]`;
}

/** Three significant digits, for values without a natural scale. */
export function significant(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return count(value);
  if (size < 0.001) return minus(value.toExponential(1));
  return fixed(value, Math.max(0, 2 - Math.floor(Math.log10(size))));
}

/** A value that someone gave, as short as it is; at most six significant digits. */
export function plain(value: number): string {
  return minus(String(Number(value.toPrecision(6))));
}

/** "8 s", "1 min 05 s", "2 h 03 min" */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${pad(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** "1,240 tokens/s" */
export function rate(perSecond: number, unit: string): string {
  const value = perSecond >= 10 ? count(perSecond) : fixed(perSecond, 1);
  return `${value} ${unit}/s`;
}

/** "13.6 M parameters" in millions as they come. */
export function millions(value: number): string {
  return value >= 1000 ? `${fixed(value / 1000, 2)} B` : `${fixed(value, value >= 100 ? 0 : 1)} M`;
}

/** "3 kB", "27 MB", "1.2 GB" */
export function megabytes(value: number): string {
  if (value > 0 && value < 0.1) return `${count(Math.max(1, value * 1000))} kB`;
  return value >= 1000 ? `${fixed(value / 1000, 1)} GB` : `${fixed(value, value >= 10 ? 0 : 1)} MB`;
}

/** A sentence in which no line breaks inside "N = 60", "95 %" or "[0.94, 1.00]". */
export function tied(text: string): string {
  return text.replace(/ ([=<]) (?=[\d−])/g, '\u00a0$1\u00a0').replace(/(?<=\d) %/g, '\u00a0%').replace(/(\[[+−-]?[\d.]+,) (?=[+−-]?[\d.]+\])/g, '$1\u00a0');
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

function minus(text: string): string {
  return text.replace('-', '−');
}
