import { mount } from 'svelte';
import { ThemeState } from '../src/lib/design/theme.svelte';
import { Pace } from '../src/lib/plot/lod';
import { FIRST_ORBIT } from '../src/lib/plot/camera3d';
import type { ScatterView } from '../src/lib/plot/types';
import '../src/app.css';
import Cloud from './Cloud.svelte';
import { cloud } from './cloud';

/*
 * Frame times of the scatter: a pan and a zoom (in 3-D a turn and a zoom) of 120 frames over a cloud
 * of made-up points. `?n=100000&dims=2`, with `&all` without leaving points out while moving, with
 * `&canvas` without WebGL. The result is JSON in the title of the page.
 */

const options = new URLSearchParams(window.location.search);
const rows = Number(options.get('n') ?? 10_000);
const dims = options.get('dims') === '3' ? 3 : 2;
const FRAMES = 120;

if (options.has('all')) Pace.prototype.frame = () => {};
if (options.has('canvas')) {
  const real = HTMLCanvasElement.prototype.getContext as (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) => unknown;
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
    return kind === 'webgl2' ? null : real.call(this, kind, ...rest);
  } as typeof HTMLCanvasElement.prototype.getContext;
}

const frame = (): Promise<number> => new Promise((done) => requestAnimationFrame(() => done(performance.now())));
const round = (value: number): number => Math.round(value * 10) / 10;

/** What is seen in frame `i`. */
function viewAt(i: number): ScatterView {
  const half = FRAMES / 2;
  const zoom = i < half ? 1 : 1.03 ** (i - half);
  if (dims === 3) return { azimuth: FIRST_ORBIT.azimuth + i * 0.03, elevation: FIRST_ORBIT.elevation, zoom };
  const shift = Math.sin((Math.min(i, half) / half) * 2 * Math.PI) * 3;
  return { x: { low: shift - 12 / zoom, high: shift + 12 / zoom }, y: { low: -8 / zoom, high: 8 / zoom } };
}

async function measure(): Promise<void> {
  new ThemeState();
  const data = cloud(rows, dims);
  const began = performance.now();
  const shown = mount(Cloud, { target: document.getElementById('app')!, props: { data, dims, rows } });
  const root = document.querySelector<HTMLElement>('[data-testid=scatter]')!;
  while (root.dataset.settled !== 'true') await frame();
  await frame();
  const first = performance.now() - began;
  shown.look(viewAt(0));
  // Warm-up: shaders are compiled and buffers sent with the first frames.
  for (let i = 0; i < 10; i += 1) {
    await frame();
    shown.look(viewAt(i));
  }
  const times: number[] = [];
  let last = await frame();
  for (let i = 0; i < FRAMES; i += 1) {
    shown.look(viewAt(i));
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  const share = Number(root.dataset.share);
  await new Promise((done) => setTimeout(done, 1500));
  const picks = [0, 1].map((round_) => {
    const box = root.getBoundingClientRect();
    const started = performance.now();
    for (let i = 0; i < 20; i += 1) {
      const at = { clientX: box.left + box.width / 2 + i, clientY: box.top + box.height / 2 + round_ };
      root.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, ...at }));
    }
    return (performance.now() - started) / 20;
  });
  times.sort((a, b) => a - b);
  document.title = JSON.stringify({
    rows,
    dims,
    renderer: root.dataset.renderer,
    share,
    atRest: Number(root.dataset.share),
    firstMs: round(first),
    meanMs: round(times.reduce((sum, time) => sum + time, 0) / times.length),
    medianMs: round(times[times.length >> 1]!),
    p95Ms: round(times[Math.floor(times.length * 0.95)]!),
    firstPicksMs: round(picks[0]!),
    laterPicksMs: Math.round(picks[1]! * 1000) / 1000,
  });
}

measure().catch((thrown: unknown) => {
  document.title = JSON.stringify({ error: String(thrown) });
});
