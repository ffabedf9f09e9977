import type { ApiError } from '../ipc/generated/ApiError';
import type { CatalogueEntryView } from '../ipc/generated/CatalogueEntryView';
import type { DownloadPlanView } from '../ipc/generated/DownloadPlanView';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { MemoryView } from '../ipc/generated/MemoryView';
import type { ModelView } from '../ipc/generated/ModelView';
import type { ShelfView } from '../ipc/generated/ShelfView';
import { models } from './mock-data';

/* A made-up hub, cache and memory, so that every state of the Models room can be seen. */

const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const cacheFolder = '/home/me/.cache/huggingface/hub';
const commit = '7ae557604adf67be50417f59c2c2f167def9a775';
const folderOf = (repo: string) => `${cacheFolder}/models--${repo.replace('/', '--')}`;

/** What a model asks of the memory; all are stored in bf16. */
export function memory(parametersMillions: number, weights = 'stored'): MemoryView {
  const needsMegabytes = parametersMillions * (weights === 'f32' ? 4 : 2) + 256;
  return { needsMegabytes, freeMegabytes: 12_000, fits: needsMegabytes <= 12_000 };
}

/** Of a model: repo, family, licence, parameters in millions, layers, width, gated, what it is. */
type Known = [string, string, string, number, number | null, number | null, boolean, string];
const known: Known[] = [
  ['HuggingFaceTB/SmolLM2-135M-Instruct', 'llama', 'Apache-2.0', 134.5, 30, 576, false, 'A very small chat model; quick on any laptop.'],
  ['HuggingFaceTB/SmolLM2-360M-Instruct', 'llama', 'Apache-2.0', 361.8, 32, 960, false, 'A small chat model.'],
  ['Qwen/Qwen2.5-0.5B-Instruct', 'qwen2', 'Apache-2.0', 494, 24, 896, false, 'A small chat model in many languages.'],
  ['Qwen/Qwen3-0.6B', 'qwen3', 'Apache-2.0', 596, 28, 1024, false, 'A small chat model that can write out its reasoning.'],
  ['meta-llama/Llama-3.2-1B-Instruct', 'llama', 'Llama 3.2 Community License', 1235.8, 16, 2048, true, 'A chat model of one billion parameters.'],
  ['google/gemma-3-270m', 'gemma3_text', 'Gemma Terms of Use', 268, null, null, true, 'A very small base model.'],
  ['EleutherAI/pythia-160m', 'gpt_neox', 'Apache-2.0', 162.3, 12, 768, false, 'A base model made for studying how training goes.'],
  ['microsoft/Phi-3-mini-4k-instruct', 'phi3', 'MIT', 3821, 32, 3072, false, 'A chat model of 3.8 billion parameters.'],
  ['cognitivecomputations/dolphin-2.9.4-llama3.1-8b', 'llama', 'Llama 3.1 Community License', 8030, 32, 4096, false, 'A chat model without refusals.'],
];

function cached(repo: string, more: Partial<ModelView>): ModelView {
  const entry = known.find(([id]) => id === repo);
  const [, family = 'llama', licence = null, parameters = 0, layers = 0, width = 0] = entry ?? [];
  return {
    id: `${folderOf(repo)}/snapshots/${commit}`,
    name: repo.replace(/.*\//, ''),
    family,
    layers: layers ?? 18,
    width: width ?? 640,
    parametersMillions: parameters,
    weightsDtype: 'bf16',
    megabytes: parameters * 2,
    licence,
    origin: 'cache',
    repo,
    context: 8192,
    memory: memory(parameters),
    chosen: false,
    reading: null,
    problem: null,
    ...more,
  };
}

/** The same with the memory that they ask for when their weights are held so. */
export function held(list: ModelView[], weights: string): ModelView[] {
  return list.map((model) => ({ ...model, memory: model.memory && memory(model.parametersMillions, weights) }));
}

function inCache(): ModelView[] {
  return [
    cached('HuggingFaceTB/SmolLM2-135M-Instruct', {}),
    cached('an-institute-with-a-long-name/empathy-dialogues-llama3-8b-continued-pretraining-checkpoint-012800', {
      parametersMillions: 8030,
      megabytes: 16_060,
      layers: 32,
      width: 4096,
      memory: memory(8030),
      context: 131_072,
    }),
    cached('state-spaces/mamba-130m-hf', { problem: 'Its architecture “MambaForCausalLM” is not one that Empathy Lens can read.', memory: null }),
  ];
}

/**
 * The shelf and the downloads of the mock. In the address, `?offline` and `?nocache` vary it, and
 * `?badshelf` lets the first look fail.
 */
export function mockHub(pace: number, options: URLSearchParams, ownModels: () => ModelView[], weights: () => string) {
  const cache = options.has('nocache') ? [] : inCache();
  /** Megabytes that are here of what was begun. */
  const begun = new Map<string, number>([['HuggingFaceTB/SmolLM2-360M-Instruct', 412]]);
  const failedOnce = new Set<string>();
  let looks = 0;
  let stopped = false;

  const fail = (message: string, hint: string | null): never => {
    const error: ApiError = { code: 'model', message, hint };
    throw error;
  };
  const isHere = (repo: string) => cache.some((model) => model.repo === repo);

  function entryOf([repo, family, licence, parametersMillions, layers, width, gated, about]: Known): CatalogueEntryView {
    const here = begun.get(repo);
    const state: CatalogueEntryView['state'] = isHere(repo)
      ? { state: 'complete' }
      : here
        ? { state: 'partial', megabytes: here }
        : { state: 'absent' };
    const megabytes = parametersMillions * 2;
    return { repo, about, family, licence, parametersMillions, layers, width, gated, megabytes, memory: memory(parametersMillions, weights()), state };
  }

  /** Every model that there is to add, with those of the study first. */
  function all(): ModelView[] {
    const own = ownModels();
    const others = cache.filter((model) => own.every((other) => other.id !== model.id));
    return [...own, ...held(others, weights())];
  }

  async function shelf(): Promise<ShelfView> {
    looks += 1;
    const look = looks;
    await wait(250 * pace);
    if (options.has('badshelf') && look === 1) fail('The folder /home/me/.cache could not be read: permission denied.', 'Allow reading it, or set HF_HOME to another folder.');
    return {
      models: structuredClone(all()),
      catalogue: known.map(entryOf),
      cacheFolder: options.has('nocache') ? null : cacheFolder,
      offline: options.has('offline'),
      notes: options.has('nocache')
        ? []
        : [
            'models--gpt2 has no snapshot, so nothing of it can be opened.',
            'models--EleutherAI--pythia-70m holds weights as a pickle only, which are never read.',
          ],
      device: 'processor, 8 cores; projections: processor: no graphics adapter was found',
    };
  }

  async function plan(repo: string, variant: string | null): Promise<DownloadPlanView> {
    await wait(600 * pace);
    if (/nobody/.test(repo)) fail(`There is no model ${repo} on the hub, or it is private.`, 'Check the spelling; for a private model, set a token in HF_TOKEN.');
    if (/gemma/.test(repo)) fail(`${repo} is gated: its terms have not been accepted.`, 'Accept the terms on the model’s page, then set HF_TOKEN and start the program again.');
    const entry = known.find(([id]) => id === repo);
    const variants = /SmolLM/.test(repo) ? ['safetensors', 'model-q8_0.gguf', 'model-q4_k_m.gguf'] : ['safetensors'];
    const form = variant ?? 'safetensors';
    const weights = (entry?.[3] ?? 124) * (form.includes('q8') ? 1.06 : form.includes('q4') ? 0.6 : 2);
    const here = begun.get(repo) ?? 0;
    const file = (name: string, megabytes: number, megabytesHere = 0) => ({ name, megabytes, megabytesHere });
    const files = [
      file('config.json', 0.001, here > 0 ? 0.001 : 0),
      file('generation_config.json', 0.001, here > 0 ? 0.001 : 0),
      file('tokenizer.json', 2.1, here > 2.1 ? 2.1 : 0),
      file('tokenizer_config.json', 0.004, here > 0 ? 0.004 : 0),
      ...(weights > 5000
        ? [file('model-00001-of-00002.safetensors', weights / 2), file('model-00002-of-00002.safetensors', weights / 2), file('model.safetensors.index.json', 0.03)]
        : [file('model.safetensors', weights, Math.max(0, here - 2.1))]),
    ];
    const megabytes = files.reduce((sum, { megabytes: size }) => sum + size, 0);
    return { repo, revision: commit, variants, variant: form, files, megabytes, megabytesLeft: Math.max(0, megabytes - here), freeDiskMegabytes: 9_400, folder: folderOf(repo) };
  }

  async function run(wanted: DownloadPlanView, handle: (event: JobEvent) => void): Promise<void> {
    const { repo, megabytes } = wanted;
    const start = begun.get(repo) ?? 0;
    const step = megabytes / 40;
    const perSecond = (step * 1e6) / (0.15 * pace);
    for (let here = start; here < megabytes; here += step) {
      begun.set(repo, here);
      if (stopped) return handle({ kind: 'cancelled' });
      // The line is cut once, so that going on can be tried.
      if (/Qwen3/.test(repo) && here > megabytes * 0.4 && !failedOnce.has(repo)) {
        failedOnce.add(repo);
        const error: ApiError = { code: 'model', message: 'The connection was cut while model.safetensors was being fetched.', hint: 'Continue the download: what is here is kept.' };
        return handle({ kind: 'failed', error });
      }
      const secondsLeft = ((megabytes - here) * 1e6) / perSecond;
      handle({
        kind: 'progress',
        progress: { stage: 'Fetching model.safetensors', done: here * 1e6, total: megabytes * 1e6, unit: 'bytes', rate: here > start ? perSecond : null, secondsLeft: here > start ? secondsLeft : null },
      });
      await wait(150 * pace);
    }
    begun.delete(repo);
    const model = cached(repo, known.some(([id]) => id === repo) ? {} : { parametersMillions: 124, megabytes: 248, layers: 12, width: 768, memory: memory(124) });
    cache.push(model);
    handle({ kind: 'model-ready', modelId: model.id });
    handle({ kind: 'finished' });
  }

  return {
    all,
    shelf,
    plan,
    download: async (wanted: DownloadPlanView, handle: (event: JobEvent) => void) => {
      stopped = false;
      void run(wanted, handle);
      return 'download-1';
    },
    stop: () => {
      stopped = true;
    },
  };
}

/** A model as it is in the study after it was added from a folder or the cache. */
export function addedFrom(path: string, all: ModelView[]): ModelView {
  const found = all.find((model) => model.id === path);
  const template = models()[0];
  if (found) return { ...found, chosen: true };
  if (!template) throw new Error('The mock has no models.');
  return { ...template, id: path, name: path.split(/[\\/]/).pop() ?? path, origin: 'folder', reading: null, chosen: true };
}
