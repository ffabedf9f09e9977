import { pack } from '../ipc/packet';
import type { ApiError } from '../ipc/generated/ApiError';
import type { ExportRequest } from '../ipc/generated/ExportRequest';
import type { ImportOutcome } from '../ipc/generated/ImportOutcome';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { KeywordView } from '../ipc/generated/KeywordView';
import type { ModelView } from '../ipc/generated/ModelView';
import type { PairDetail } from '../ipc/generated/PairDetail';
import type { Recognition } from '../ipc/generated/Recognition';
import type { StudyView } from '../ipc/generated/StudyView';
import type { Backend, Desktop, Host } from './backend';
import { mockAgreement, mockScorePair, mockSimilarity } from './mock-agreement';
import { mockBehaviour } from './mock-behaviour';
import { mockEvidence } from './mock-evidence';
import { mockCorpus } from './mock-corpus';
import { mockFigure } from './mock-figure';
import { addedFrom, held, mockHub } from './mock-hub';
import { mockMaps } from './mock-maps';
import { models, pairAt, pairsSummary, shipped, sweep, thirdModel, withPending } from './mock-data';
import { defaultKeywords, divided, isTest, mockAblatedPair, mockAblation } from './mock-pairs';
import { mockControls, mockScores, mockSurface } from './mock-probes';
import { mockSteering } from './mock-steering';

const longNames = ['an-institute-with-a-long-name/empathy-dialogues-llama3-8b-continued-pretraining-checkpoint-012800', 'google/gemma-2-2b-it-very-long-suffix-of-a-fine-tuned-copy'];
const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const scoresSentence = (pairs: number) => `Human scores for ${pairs - 2} of ${pairs} pairs, CSV; 1 row cannot be used`;
const nameOf = (path: string) => path.split(/[\\/]/).pop() ?? path;

function sampleStudy(): StudyView {
  return {
    name: 'Sample study',
    path: null,
    sample: true,
    undo: null,
    pairs: pairsSummary('contrastive pairs', 50, false),
    models: models(),
    settings: { pooling: 'mean', tokenLimit: 512, seed: 1, chatTemplate: false, method: 'mean-difference', weights: 'stored' },
    split: { kind: 'as-given', testShare: 0.3, test: [] },
    pending: true,
  };
}

/**
 * A program made of made-up data, the same on every start. `?empty`, `?pairs=N` and `?slow` in the
 * address vary it, `?models=N` lets so many read, two when no number is given, `?longnames` names them
 * at length, `?controls=never` keeps the controls from coming, `?notready` the comparison of the models,
 * `?mismatch` makes two incomparable, `?nomaps` lets no map be drawn, `?noscores` leaves out what people said, and so does what
 * `mockHub` and `mockSteering` hear; `pace` is how long things take, 1 being as they might.
 */
export function mockHost(pace = new URLSearchParams(window.location.search).has('slow') ? 6 : 1): Host {
  const options = new URLSearchParams(window.location.search);
  let study = sampleStudy();
  let before: { study: StudyView; keywords: KeywordView[] } | null = null;
  let keywords = defaultKeywords;
  let cancelled = false;
  if (options.has('empty')) study = { ...study, name: 'Untitled', sample: false, pairs: null };
  const wanted = Number(options.get('pairs'));
  if (wanted > 0) study = { ...study, pairs: pairsSummary('many pairs', wanted, true) };

  const chosen = options.has('models') ? Number(options.get('models')) || 2 : 1;
  const all = chosen > 2 ? study.models.toSpliced(2, 0, thirdModel()) : study.models;
  const nameAt = (i: number) => (options.has('longnames') ? longNames[i] : undefined);
  study = { ...study, models: all.map((model, i) => ({ ...model, chosen: i < chosen && !model.problem, name: nameAt(i) ?? model.name })) };
  /** Models whose controls are there. */
  const checked = new Set<string>();
  /** Whether the job has compared the models. */
  let compared = false;

  const hub = mockHub(pace, options, () => study.models, () => study.settings.weights);

  const fail = (error: ApiError): never => {
    throw error;
  };
  const change = (next: Partial<StudyView>, undo: string | null = study.undo): StudyView => {
    before = { study, keywords };
    study = { ...study, ...next, undo };
    return told();
  };
  /** Pending as long as a model has not read, been checked, or been compared. */
  const told = (): StudyView => {
    const view = withPending(structuredClone(study));
    const read = view.models.filter((model) => model.chosen && model.reading);
    const unchecked = options.get('controls') !== 'never' && read.some((model) => !checked.has(controlsKey(model.id)));
    return { ...view, pending: view.pending || unchecked };
  };
  const controlsKey = (id: string) => JSON.stringify([id, study.settings, study.split, keywords, study.pairs?.digest]);
  const pairsOf = () => study.pairs ?? fail({ code: 'not-ready', message: 'There are no pairs.', hint: null });
  const sweepOf = (id: string) => {
    const model = modelOf(id);
    if (!model.reading) fail({ code: 'not-ready', message: `${model.name} has not read the pairs yet.`, hint: null });
    return sweep(model, study.settings.method, pairsOf().train, pairsOf().test);
  };
  const splitOf = (detail: PairDetail): PairDetail => ({
    ...detail,
    row: { ...detail.row, split: isTest(study.split, pairsOf(), detail.row.index) ? 'test' : 'train' },
  });
  const stale = (list: ModelView[]) => list.map((model) => ({ ...model, reading: null }));
  const modelOf = (id: string): ModelView =>
    study.models.find((model) => model.id === id) ?? fail({ code: 'input', message: `There is no model “${id}”.`, hint: null });

  const readModel = (id: string): ModelView => {
    const model = modelOf(id);
    return model.reading ? model : fail({ code: 'not-ready', message: `${model.name} has not read the pairs yet.`, hint: null });
  };
  const basis = () => ({ count: pairsOf().count, key: JSON.stringify([pairsOf().digest, study.settings, study.split]) });
  const maps = mockMaps(pace, readModel, basis);
  const corpus = mockCorpus(pace, (id) => readModel(id).name, basis);

  function recogniseOne(path: string): Recognition {
    const name = nameOf(path);
    const known = (kind: Recognition['kind'], sentence: string) => ({ path, name, kind, sentence });
    if (/scenarios/.test(name)) return known('scenarios', '2 scenarios to steer in, JSON');
    if (/\.npy$/.test(name)) return known('direction', 'A direction of 256 numbers, NumPy');
    if (/\.lens$/.test(name)) return known('study', 'A study of Empathy Lens');
    if (/scores/.test(name)) return study.pairs ? known('scores', scoresSentence(study.pairs.count)) : known('unknown', 'These are human scores of pairs, and this study has no pairs yet.');
    if (/columns/.test(name)) return known('columns', 'A table with 4 columns; you choose which hold the two texts, CSV');
    if (/\.(jsonl|json|csv|tsv|parquet)$/.test(name)) return known('pairs', '120 contrastive pairs, 5 scenarios, JSONL');
    if (/model/.test(name)) return known('model', 'A llama model, 8 layers, 27 MB');
    return known('unknown', 'This is a picture (PNG). Drop a file of contrastive pairs, a study or a model folder.');
  }

  let importStopped = false;

  /** Reads 200 MB in twenty steps, unless stopped. */
  async function readLarge(name: string, onEvent: (event: JobEvent) => void): Promise<void> {
    importStopped = false;
    const total = 200e6;
    for (let step = 0; step <= 20; step += 1) {
      const rate = step > 2 ? 20e6 / pace : null;
      const done = (total * step) / 20;
      onEvent({ kind: 'progress', progress: { stage: `Reading ${name}`, done, total, unit: 'bytes', rate, secondsLeft: rate && (total - done) / rate } });
      await wait(500 * pace);
      if (importStopped) fail({ code: 'cancelled', message: 'Stopped.', hint: null });
    }
  }

  function importPairs(path: string, columns: unknown): ImportOutcome {
    const name = nameOf(path);
    if (/columns/.test(name) && !columns) {
      return {
        kind: 'needs-columns',
        path,
        columns: ['text_a', 'text_b', 'question', 'label'],
        sample: [
          ['I hear how hard this is for you.', 'Proceed to the next step.', 'What now?', '1'],
          ['Let us look at it together.', 'The objective is unchanged.', 'And then?', '4'],
        ],
      };
    }
    if (/empty/.test(name)) {
      return fail({ code: 'input', message: `${name} holds no usable pair: the file is empty.`, hint: 'The study is as it was. Choose a file with at least two pairs.' });
    }
    if (/scores/.test(name)) {
      const before = pairsOf();
      const problem = { file: name, line: 50, field: null, code: 'unknown-id', message: 'No pair has the id "the-duel-99".', dropped: true };
      const scores = { file: name, column: 'human', digest: `digest of ${name}`, scored: before.count - 2 };
      const pairs = { ...before, scores, problems: [...before.problems, problem], problemCount: before.problemCount + 1, dropped: before.dropped + 1 };
      change({ pairs }, `import of ${name}`);
      return { kind: 'scored', pairs, sentence: scoresSentence(before.count) };
    }
    const pairs = pairsSummary(name.replace(/\.\w+$/, ''), 120, true);
    change({ pairs, sample: false, models: stale(study.models) }, `import of ${name}`);
    return { kind: 'imported', pairs };
  }

  async function run(handle: (event: JobEvent) => void): Promise<void> {
    const texts = (study.pairs?.count ?? 0) * 2;
    for (const model of study.models.filter((m) => m.chosen && !m.problem && !m.reading)) {
      const total = texts * 32;
      for (let done = 0; done <= total; done += total / 20) {
        if (cancelled) return handle({ kind: 'cancelled' });
        const rate = total / (2.4 * pace);
        handle({ kind: 'progress', progress: { stage: `Reading with ${model.name}`, done: Math.round(done), total, unit: 'tokens', rate, secondsLeft: (total - done) / rate } });
        await wait(60 * pace);
      }
      study = {
        ...study,
        models: study.models.map((m) => (m.id === model.id ? { ...m, reading: { texts, tokens: total, truncated: 0, fromStore: 0, seconds: 2.4 } } : m)),
      };
      handle({ kind: 'model-ready', modelId: model.id });
    }
    for (const model of study.models.filter((m) => m.reading && options.get('controls') !== 'never')) {
      for (let done = 0; done <= 10; done += 1) {
        if (cancelled) return handle({ kind: 'cancelled' });
        handle({ kind: 'progress', progress: { stage: `Checking the probe of ${model.name}`, done: done * 1000, total: 10_000, unit: 'permutations', rate: 4000, secondsLeft: (10 - done) / 4 } });
        await wait(40 * pace);
      }
      checked.add(controlsKey(model.id));
      handle({ kind: 'controls-ready', modelId: model.id });
    }
    if (study.models.filter((model) => model.chosen && model.reading).length > 1 && !options.has('notready')) {
      handle({ kind: 'progress', progress: { stage: 'Comparing the models', done: 0, total: 0, unit: 'layers', rate: null, secondsLeft: null } });
      await wait(1500 * pace);
      compared = true;
      handle({ kind: 'agreement-ready' });
    }
    handle({ kind: 'finished' });
  }

  const steering = mockSteering({
    pace,
    options,
    sweeps: () => study.models.filter((model) => model.chosen && model.reading).map(({ id }) => sweepOf(id)),
    changed: (what) => void change({}, what),
    cancelled: () => cancelled,
    begin: () => (cancelled = false),
  });

  const notReady = (message: string): never => fail({ code: 'not-ready', message, hint: null });

  function pairIndex(): ArrayBuffer {
    const pairs = pairsOf();
    const body = new Uint16Array(pairs.count * 3);
    for (let i = 0; i < pairs.count; i += 1) {
      const { row } = pairAt(i);
      body[i] = pairs.scenarios.findIndex((s) => s.name === row.scenario);
      body[pairs.count + i] = pairs.sources.findIndex((s) => s.name === row.source);
      body[pairs.count * 2 + i] = isTest(study.split, pairs, i) ? 1 : 0;
    }
    return pack({ pairs: pairs.count, scenarios: pairs.scenarios, sources: pairs.sources }, body.buffer);
  }

  const backend: Backend = {
    start: async () => ({ version: '0.1.0', study: told(), recent: [], shipped }),
    study: async () => told(),
    recognise: async (paths) => (await wait(200), paths.map(recogniseOne)),
    importPairs: async (path, columns, onEvent) => {
      await wait(150);
      if (/large/.test(nameOf(path))) await readLarge(nameOf(path), onEvent);
      return importPairs(path, columns);
    },
    cancelImport: async () => void (importStopped = true),
    pairRows: async (offset, limit, query) => {
      await wait(30);
      const all = Array.from({ length: study.pairs?.count ?? 0 }, (_, i) => splitOf(pairAt(i)).row);
      const needle = query.trim().toLowerCase();
      const rows = needle ? all.filter((row) => JSON.stringify(row).toLowerCase().includes(needle)) : all;
      return { total: rows.length, rows: rows.slice(offset, offset + limit) };
    },
    pairDetail: async (index) => (await wait(20), splitOf(pairAt(index))),
    undo: async () => {
      if (before) ({ keywords } = before);
      if (before) study = { ...before.study, undo: null };
      before = null;
      steering.undo();
      return told();
    },
    openSample: async () => ((study = sampleStudy()), told()),
    openStudy: async (path) => change({ name: nameOf(path).replace(/\.lens$/, ''), path, sample: false }),
    saveStudyAs: async (path) => change({ name: nameOf(path).replace(/\.lens$/, ''), path, sample: false }),
    addModel: async (path) => {
      const added = addedFrom(path, hub.all());
      return change({ models: [...study.models.filter((m) => m.id !== path), added] }, `adding of ${added.name}`);
    },
    chooseModels: async (modelIds) =>
      change({ models: study.models.map((m) => ({ ...m, chosen: modelIds.includes(m.id) })) }, 'choice of models'),
    removeModel: async (modelId) =>
      change({ models: study.models.filter((m) => m.id !== modelId) }, `removing of ${modelOf(modelId).name}`),
    shelf: () => hub.shelf(),
    planDownload: (repo, variant) => hub.plan(repo, variant),
    downloadModel: (plan, handle) => hub.download(plan, handle),
    changeSettings: async (settings) => change({ settings, models: held(stale(study.models), settings.weights) }, 'settings'),
    readPairs: async (handle) => {
      cancelled = false;
      void run(handle);
      return 'job-1';
    },
    cancelJob: async (jobId) => {
      if (jobId === 'job-1') cancelled = true;
      else if (jobId.startsWith('live-')) steering.stopLive(jobId);
      else if (!maps.stop(jobId) && !corpus.stop(jobId)) hub.stop();
    },
    pairIndex: async () => pairIndex(),
    projection: async (request) => (await wait(25), maps.projection(request)),
    drawMap: async (request, handle) => (await wait(20), maps.draw(request, handle)),
    ...corpus.backend,
    layerSweep: async (modelId) => sweepOf(modelId),
    changeSplit: async (split) =>
      change({ split, pairs: divided(pairsOf(), split), models: stale(study.models) }, 'change of the split'),
    ablation: async () => (await wait(60), mockAblation(keywords, pairsOf().count)),
    changeKeywords: async (list) => {
      await wait(60);
      change({ models: stale(study.models) }, 'change of the keywords');
      keywords = list ?? defaultKeywords;
      return mockAblation(keywords, pairsOf().count);
    },
    ablatedPair: async (index) => (await wait(20), mockAblatedPair(index, keywords)),
    surface: async () => (await wait(200 * pace), mockSurface(pairsOf())),
    probeControls: async (modelId) => {
      if (!checked.has(controlsKey(modelId))) fail({ code: 'not-ready', message: `The probe of ${modelOf(modelId).name} has not been checked yet.`, hint: null });
      return mockControls(sweepOf(modelId), pairsOf());
    },
    scores: async (modelId, layer) => {
      await wait(25);
      const pairs = pairsOf();
      return mockScores(sweepOf(modelId), layer, pairs.count, (i) => isTest(study.split, pairs, i));
    },
    previewFigure: async (request: ExportRequest) => (await wait(120), mockFigure(request)),
    exportFigure: async (request) => {
      await wait(200);
      const { widthMm, heightMm, caption } = mockFigure(request);
      return { files: request.formats.map((format) => `${request.path}.${format}`), widthMm, heightMm, caption };
    },

    agreement: async () => {
      await wait(150);
      const models = study.models.filter((model) => model.chosen && model.reading);
      if (!compared) notReady('The models have not been compared yet.');
      return mockAgreement(models.map(({ id }) => sweepOf(id)), options.has('mismatch'));
    },
    scorePair: async (a, b) => (await wait(80), mockScorePair(sweepOf(a).modelId, sweepOf(b).modelId, pairsOf().test)),
    similarity: async (a, b) => {
      await wait(120);
      if (!compared) notReady('The models have not been compared yet.');
      return mockSimilarity(sweepOf(a), sweepOf(b), pairsOf().count * 2);
    },
    behaviour: async (modelId) => {
      await wait(100);
      if (options.has('noscores') && !pairsOf().scores) fail({ code: 'input', message: 'No test pair has a human score.', hint: null });
      return mockBehaviour(sweepOf(modelId), pairsOf().count, (i) => isTest(study.split, pairsOf(), i));
    },
    evidence: async () => {
      await wait(60);
      return mockEvidence(pairsOf(), study.models.filter((model) => model.chosen), ({ id }) => checked.has(controlsKey(id)));
    },
    exportReport: async (path) => (await wait(300), path),
    ...steering.backend,
  };
  return { backend, desktop: browserDesktop() };
}

/** A browser in place of the desktop: native dialogs become prompts. */
function browserDesktop(): Desktop {
  return {
    pickFile: async () => window.prompt('Path of a file', '/home/me/pairs.jsonl'),
    pickFileOf: async (title) => window.prompt(title, '/home/me/direction.npy'),
    pickModelFolder: async () => window.prompt('Path of a model folder', '/home/me/my-model'),
    pickSavePath: async (title, suggested) => window.prompt(title, suggested),
    documentsFolder: async () => '/home/me/Documents',
    join: async (folder, name) => `${folder}/${name}`,
    reveal: async (paths) => console.info('Would show', paths),
    markMoment: async () => {},
    setTitle: async (title) => void (document.title = title),
    onDrop: async (handle) => {
      const names = (event: DragEvent) => [...(event.dataTransfer?.files ?? [])].map((file) => `/home/me/${file.name}`);
      let inside = false;
      const over = (event: DragEvent) => {
        event.preventDefault();
        if (!inside) handle({ kind: 'enter', paths: names(event).length ? names(event) : ['/home/me/pairs.jsonl'] });
        inside = true;
      };
      const leave = (event: DragEvent) => {
        if (event.relatedTarget) return;
        inside = false;
        handle({ kind: 'leave' });
      };
      const drop = (event: DragEvent) => {
        event.preventDefault();
        inside = false;
        handle({ kind: 'drop', paths: names(event).length ? names(event) : ['/home/me/pairs.jsonl'] });
      };
      window.addEventListener('dragover', over);
      window.addEventListener('dragleave', leave);
      window.addEventListener('drop', drop);
      return () => {
        window.removeEventListener('dragover', over);
        window.removeEventListener('dragleave', leave);
        window.removeEventListener('drop', drop);
      };
    },
  };
}
