import type { JobEvent } from '../ipc/generated/JobEvent';
import type { TokenAlongView } from '../ipc/generated/TokenAlongView';
import type { TokensAlongView } from '../ipc/generated/TokensAlongView';
import type { Backend } from './backend';
import { generator } from './mock-data';

const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const towards = ' help| stay| listen| comfort| hurt| tired| care| friend| share| wait| kind|ness| sooth|ed| strangers| children| warm| lend'.split('|');
const against = ' deadline| finish| target| rank| prize| schedule| profit| orders| list| clock| past| shut|ly| results| strict| plan'.split('|');

/** Made-up tokens along the direction; they are there once they were scored. */
export function mockCorpus(pace: number, nameOf: (modelId: string) => string, basis: () => { count: number; key: string }) {
  const scored = new Set<string>();
  let running: { id: string; stopped: boolean } | null = null;
  let jobs = 0;
  const keyOf = (modelId: string, layer: number) => JSON.stringify([modelId, layer, basis().key, basis().count]);

  const backend: Pick<Backend, 'scoreTokens' | 'tokensAlong' | 'exportTokensAlong'> = {
    scoreTokens: async (modelId, layer, handle) => {
      if (running) throw { code: 'busy', message: 'Something of this kind is still running.', hint: null };
      const job = { id: `corpus-${(jobs += 1)}`, stopped: false };
      running = job;
      void (async () => {
        const total = basis().count * 80;
        for (let done = 0; done <= total && !job.stopped; done += total / 20) {
          const secondsLeft = (2 * pace * (total - done)) / total;
          handle({ kind: 'progress', progress: { stage: 'Reading tokens', done, total, unit: 'tokens', rate: null, secondsLeft } });
          await wait(100 * pace);
        }
        running = null;
        const last: JobEvent = job.stopped ? { kind: 'cancelled' } : { kind: 'finished' };
        if (!job.stopped) scored.add(keyOf(modelId, layer));
        handle(last);
      })();
      return job.id;
    },
    tokensAlong: async (modelId, layer, fewest) => {
      await wait(30);
      if (!scored.has(keyOf(modelId, layer))) throw { code: 'not-ready', message: 'The table of these tokens has not been computed yet.', hint: null };
      return view(modelId, nameOf(modelId), layer, fewest, basis().count);
    },
    exportTokensAlong: async (_modelId, _layer, _fewest, path) => (await wait(100), path),
  };

  function stop(id: string): boolean {
    if (running?.id === id) running.stopped = true;
    return id.startsWith('corpus-');
  }

  return { backend, stop };
}

function view(modelId: string, modelName: string, layer: number, fewest: number, pairs: number): TokensAlongView {
  const next = generator(layer * 31 + modelId.length);
  const rows = (words: string[], sign: number): TokenAlongView[] =>
    words
      .map((token, i) => {
        const own = 4 + Math.round(next() * pairs * 0.2);
        const other = Math.round(next() * own * 0.15);
        const mean = sign * (14 - i * 0.7 + next() * 0.4);
        const context = (k: number) => ({ pair: (i * 7 + k * 3) % pairs, positive: k < 2 === sign > 0, before: '…the road wound past stables, and nobody in the valley would', token, after: ' with more patience than Ralf, who checked the strap…', score: mean * (1.4 - 0.1 * k) });
        return { token, count: own + other, positive: sign > 0 ? own : other, negative: sign > 0 ? other : own, mean, sd: 1 + next() * 3, share: 0.06 - i * 0.003, contexts: [0, 1, 2].map(context) };
      })
      .filter(({ count }) => count >= fewest)
      .sort((a, b) => sign * (b.mean - a.mean));
  const sides = { towards: rows(towards, 1), against: rows(against, -1) };
  return {
    modelId, modelName, layer, fewest, ...sides,
    tokens: pairs * 80, distinct: 640, counted: sides.towards.length + sides.against.length,
    strongest: 10, strongestShare: 0.41,
    provenance: `Empathy Lens 0.1.0; data sample; model ${modelName}; pooling mean; seed 0; mean-difference direction of the training pairs, layer ${layer}`,
  };
}
