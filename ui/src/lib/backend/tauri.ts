import { Channel, invoke } from '@tauri-apps/api/core';
import { documentDir, join } from '@tauri-apps/api/path';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { getCurrentWindow } from '@tauri-apps/api/window';
import { open, save } from '@tauri-apps/plugin-dialog';
import { revealItemInDir } from '@tauri-apps/plugin-opener';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { Backend, Desktop, Host } from './backend';

/** The line on which a job reports. */
function channel<Event = JobEvent>(handle: (event: Event) => void): Channel<Event> {
  const onEvent = new Channel<Event>();
  onEvent.onmessage = handle;
  return onEvent;
}

const backend: Backend = {
  start: () => invoke('start'),
  study: () => invoke('study'),
  recognise: (paths) => invoke('recognise', { paths }),
  importPairs: (path, columns, handle) => invoke('import_pairs', { path, columns, onEvent: channel(handle) }),
  cancelImport: () => invoke('cancel_import'),
  pairRows: (offset, limit, query) => invoke('pair_rows', { offset, limit, query }),
  pairDetail: (index) => invoke('pair_detail', { index }),
  undo: () => invoke('undo'),
  openSample: () => invoke('open_sample'),
  openStudy: (path) => invoke('open_study', { path }),
  saveStudyAs: (path) => invoke('save_study_as', { path }),
  addModel: (path) => invoke('add_model', { path }),
  chooseModels: (modelIds) => invoke('choose_models', { modelIds }),
  removeModel: (modelId) => invoke('remove_model', { modelId }),
  shelf: () => invoke('shelf'),
  planDownload: (repo, variant) => invoke('plan_download', { repo, variant }),
  downloadModel: (plan, handle) => invoke('download_model', { plan, onEvent: channel(handle) }),
  changeSettings: (settings) => invoke('change_settings', { settings }),
  readPairs: (handle) => invoke('read_pairs', { onEvent: channel(handle) }),
  cancelJob: (jobId) => invoke('cancel_job', { jobId }),
  pairIndex: () => invoke('pair_index'),
  projection: (request) => invoke('projection', { request }),
  drawMap: (request, handle) => invoke('draw_map', { request, onEvent: channel(handle) }),
  scoreTokens: (modelId, layer, handle) => invoke('score_tokens', { modelId, layer, onEvent: channel(handle) }),
  tokensAlong: (modelId, layer, fewest) => invoke('tokens_along', { modelId, layer, fewest }),
  exportTokensAlong: (modelId, layer, fewest, path) => invoke('export_tokens_along', { modelId, layer, fewest, path }),
  layerSweep: (modelId) => invoke('layer_sweep', { modelId }),
  changeSplit: (split) => invoke('change_split', { split }),
  ablation: () => invoke('ablation'),
  changeKeywords: (keywords) => invoke('change_keywords', { keywords }),
  ablatedPair: (index) => invoke('ablated_pair', { index }),
  surface: () => invoke('surface'),
  probeControls: (modelId) => invoke('probe_controls', { modelId }),
  scores: (modelId, layer) => invoke('scores', { modelId, layer }),
  previewFigure: (request) => invoke('preview_figure', { request }),
  exportFigure: (request) => invoke('export_figure', { request }),

  agreement: () => invoke('agreement'),
  scorePair: (a, b) => invoke('score_pair', { a, b }),
  similarity: (a, b) => invoke('similarity', { a, b }),
  behaviour: (modelId) => invoke('behaviour', { modelId }),
  evidence: () => invoke('evidence'),
  exportReport: (path, format) => invoke('export_report', { path, format }),

  steering: () => invoke('steering'),
  changeSteering: (plan) => invoke('change_steering', { plan }),
  runSteering: (handle) => invoke('run_steering', { onEvent: channel(handle) }),
  steeringSamples: (modelId, scenario, coefficient) => invoke('steering_samples', { modelId, scenario, coefficient }),
  importScenarios: (path) => invoke('import_scenarios', { path }),
  importDirection: (path, convention, layer) => invoke('import_direction', { path, convention, layer }),
  tokenHeat: (modelId, layer, text) => invoke('token_heat', { modelId, layer, text }),
  live: (request, handle) => invoke('live', { request, onEvent: channel(handle) }),
  steerLive: (jobId, coefficient) => invoke('steer_live', { jobId, coefficient }),
};

const desktop: Desktop = {
  pickFile: () =>
    open({
      title: 'Open pairs, a study or a model',
      multiple: false,
      filters: [
        { name: 'Pairs, studies and models', extensions: ['jsonl', 'json', 'csv', 'tsv', 'parquet', 'lens', 'gguf'] },
        { name: 'All files', extensions: ['*'] },
      ],
    }),
  pickFileOf: (title, extensions) =>
    open({ title, multiple: false, filters: [{ name: title, extensions }, { name: 'All files', extensions: ['*'] }] }),
  pickModelFolder: () => open({ title: 'Add a model folder', directory: true, multiple: false }),
  pickSavePath: (title, suggested, extension) =>
    save({
      title,
      defaultPath: suggested,
      ...(extension ? { filters: [{ name: extension.toUpperCase(), extensions: [extension] }] } : {}),
    }),
  documentsFolder: async () => (await documentDir()).replace(/[\\/]$/, ''),
  join: (folder, name) => join(folder, name),
  reveal: (paths) => revealItemInDir(paths),
  onDrop: (handle) =>
    getCurrentWebview().onDragDropEvent(({ payload }) => {
      switch (payload.type) {
        case 'enter':
          return handle({ kind: 'enter', paths: payload.paths });
        case 'drop':
          return handle({ kind: 'drop', paths: payload.paths });
        case 'over':
          return handle({ kind: 'over' });
        case 'leave':
          return handle({ kind: 'leave' });
      }
    }),
  markMoment: (moment) => invoke('mark_timing', { moment }),
  setTitle: (title) => getCurrentWindow().setTitle(title),
};

/** The program in its own window. */
export const tauriHost: Host = { backend, desktop };
