import type { JobEvent } from '../ipc/generated/JobEvent';
import type { ModelView } from '../ipc/generated/ModelView';
import type { ProjectionHeader } from '../ipc/generated/ProjectionHeader';
import type { ProjectionRequest } from '../ipc/generated/ProjectionRequest';
import { pack } from '../ipc/packet';
import { gaussian, generator, pairAt, separation } from './mock-data';

const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** What the maps are of. */
export interface MapBasis {
  /** Pairs. */
  count: number;
  /** Changes with everything else that maps depend on. */
  key: string;
}

/** Made-up maps: those that have to be drawn first are kept once they are. */
export function mockMaps(pace: number, modelOf: (id: string) => ModelView, basis: () => MapBasis) {
  const drawn = new Set<string>();
  let running: { id: string; stopped: boolean } | null = null;
  let jobs = 0;
  const keyOf = (request: ProjectionRequest) => JSON.stringify([request, basis().key, basis().count]);
  const mustBeDrawn = ({ method, level }: ProjectionRequest) => method === 'umap' || level === 'tokens';

  function projection(request: ProjectionRequest): ArrayBuffer {
    if (mustBeDrawn(request) && !drawn.has(keyOf(request))) {
      throw { code: 'not-ready', message: 'This map has to be drawn first.', hint: null };
    }
    const model = modelOf(request.modelId);
    return request.level === 'tokens' ? tokens(request, model, basis().count) : texts(request, model, basis().count);
  }

  async function draw(request: ProjectionRequest, handle: (event: JobEvent) => void): Promise<string> {
    if (running) throw { code: 'busy', message: 'A map is being drawn already.', hint: null };
    const job = { id: `map-${(jobs += 1)}`, stopped: false };
    running = job;
    void (async () => {
      const seconds = pace * Math.min(12, 0.5 + (basis().count * (request.level === 'tokens' ? 50 : 2)) / 8000);
      for (let epoch = 0; epoch <= 200; epoch += 10) {
        handle({ kind: 'progress', progress: { stage: `Drawing layer ${request.layer}`, done: epoch, total: 200, unit: 'epochs', rate: 200 / seconds, secondsLeft: (seconds * (200 - epoch)) / 200 } });
        await wait((seconds * 1000) / 20);
        if (job.stopped) break;
      }
      running = null;
      if (job.stopped) return handle({ kind: 'cancelled' });
      if (new URLSearchParams(window.location.search).has('nomaps')) {
        return handle({ kind: 'failed', error: { code: 'model', message: 'The map needs 3.1 GB of memory and 1.2 GB are free.', hint: 'Close other programs, or take fewer pairs.' } });
      }
      drawn.add(keyOf(request));
      handle({ kind: 'map-ready' });
      handle({ kind: 'finished' });
    })();
    return job.id;
  }

  function stop(id: string): boolean {
    if (running?.id === id) running.stopped = true;
    return id.startsWith('map-');
  }

  return { projection, draw, stop };
}

function header(request: ProjectionRequest, rows: number, gap: number, words: string[]): ProjectionHeader {
  const { modelId, layer, method, level, fit, dims, umap } = request;
  const share = (level === 'tokens' ? [0.21, 0.09, 0.05] : [0.38 + 0.02 * gap, 0.14, 0.08]).slice(0, dims);
  const components = share.map((part, i) => `PC${i + 1} (${(part * 100).toFixed(1)} %)`);
  const axes = { pca: components, umap: ['UMAP 1', 'UMAP 2', 'UMAP 3'].slice(0, dims), probe: ['Distance along the probe', 'PC1 of what is left', 'PC2 of what is left'].slice(0, dims) }[method];
  const neighbors = umap?.neighbors ?? 15;
  const notes = [
    ...(fit === 'train' && method !== 'probe' ? ['The map is shaped by the training pairs; the test pairs are laid over it.'] : []),
    ...(method === 'umap' && rows > 20_000 ? ['Neighbours were searched approximately: a few of them may not be the very nearest.'] : []),
  ];
  return {
    modelId, layer, method, level, fit, rows, dims, axes,
    explainedVarianceRatio: method === 'pca' ? share : [],
    quality: method === 'umap' ? { neighbors, trustworthiness: 0.93 + 0.005 * gap, neighborsKept: 0.52 + 0.01 * neighbors * 0.3, lookedAt: Math.min(rows, 2000) } : null,
    notes,
    words,
    provenance: 'made up for development',
  };
}

/** Where a text lies on a made-up map: along the sides, and two directions across. */
function place(request: ProjectionRequest, gap: number, positive: boolean, group: number, centre: number[], draw: () => number): number[] {
  const turn = request.layer * 0.22 + (request.fit === 'train' ? 0.12 : 0);
  const along = (positive ? 0.5 : -0.5) * gap + (centre[0] ?? 0) + draw() * 0.4;
  const across = (centre[1] ?? 0) + group * 0.9 + draw() * 0.4;
  const third = (centre[2] ?? 0) + draw() * 0.3;
  if (request.method === 'probe') return [along, across, third];
  if (request.method === 'umap') {
    // Islands of a group and a side, the nearer together the less the sides differ.
    const angle = group * 1.26 + (positive ? 0 : 0.25 * gap) + turn * 0.3;
    const spread = 0.5 + (request.umap?.minDist ?? 0.1);
    return [
      Math.cos(angle) * 6 + (positive ? 0.8 : -0.8) * gap + (centre[0] ?? 0) * spread + draw() * 0.3,
      Math.sin(angle) * 5 + (centre[1] ?? 0) * spread + draw() * 0.3,
      third * 2 + group,
    ];
  }
  return [along * Math.cos(turn) - across * Math.sin(turn) * 0.35, along * Math.sin(turn) * 0.35 + across * Math.cos(turn), third];
}

function texts(request: ProjectionRequest, model: ModelView, pairs: number): ArrayBuffer {
  const { dims } = request;
  const coords = new Float32Array(pairs * 2 * dims);
  const gap = separation(model.id, request.layer, model.layers) * 2;
  for (let i = 0; i < pairs; i += 1) {
    const draw = gaussian(generator(i * 31 + model.id.length));
    const centre = [draw() * 1.1, draw() * 1.4, draw()];
    for (let side = 0; side < 2; side += 1) {
      coords.set(place(request, gap, side === 0, (i % 5) - 2, centre, draw).slice(0, dims), (2 * i + side) * dims);
    }
  }
  return pack(header(request, pairs * 2, gap, []), coords.buffer);
}

function tokens(request: ProjectionRequest, model: ModelView, pairs: number): ArrayBuffer {
  const { dims } = request;
  const gap = separation(model.id, request.layer, model.layers) * 1.3;
  const known = new Map<string, number>();
  const text: number[] = [];
  const word: number[] = [];
  const position: number[] = [];
  for (let i = 0; i < pairs; i += 1) {
    const { row } = pairAt(i);
    [row.positive, row.negative].forEach((of, side) => {
      of.split(/\s+/).forEach((piece, at) => {
        const token = at === 0 ? piece : ` ${piece}`;
        if (!known.has(token)) known.set(token, known.size);
        text.push(2 * i + side);
        word.push(known.get(token) ?? 0);
        position.push(at + 1);
      });
    });
  }
  const rows = text.length;
  const body = new ArrayBuffer(rows * (dims + 4) * 4);
  const coords = new Float32Array(body, 0, rows * dims);
  const column = (at: number) => new Uint32Array(body, rows * (dims + at) * 4, rows);
  column(0).set(text);
  column(1).set(word);
  column(2).set(position);
  const score = new Float32Array(body, rows * (dims + 3) * 4, rows);
  for (let r = 0; r < rows; r += 1) {
    const of = gaussian(generator((word[r] ?? 0) * 97 + 5));
    const centre = [of() * 1.2, of() * 2.2, of() * 1.5];
    const draw = gaussian(generator(r * 13 + model.id.length));
    const at = place(request, gap, (text[r] ?? 0) % 2 === 0, ((word[r] ?? 0) % 5) - 2, centre, draw);
    coords.set(at.slice(0, dims), r * dims);
    score[r] = ((text[r] ?? 0) % 2 === 0 ? 0.5 : -0.5) * gap + (centre[0] ?? 0) + draw() * 0.4;
  }
  return pack(header(request, rows, gap, [...known.keys()]), body);
}
