import type { ApiError } from '../ipc/generated/ApiError';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { ProgressView } from '../ipc/generated/ProgressView';

/** Where long work stands. */
export interface JobState {
  status: 'idle' | 'running' | 'stopping' | 'finished' | 'cancelled' | 'failed';
  progress: ProgressView | null;
  /** Models that are done: have read everything, or are there. */
  ready: string[];
  /** Models whose controls are done. */
  controls: string[];
  failures: { modelId: string; error: ApiError }[];
  error: ApiError | null;
}

/** What moves a job: the program's messages, and the person's two actions. */
export type JobStep = JobEvent | { kind: 'started' } | { kind: 'stop-asked' };

export const idle: JobState = { status: 'idle', progress: null, ready: [], controls: [], failures: [], error: null };

/** Whether a job is under way. */
export function isActive(state: JobState): boolean {
  return state.status === 'running' || state.status === 'stopping';
}

/** The state after a step. What arrives after the end of a job changes nothing. */
export function advance(state: JobState, step: JobStep): JobState {
  if (step.kind === 'started') return { ...idle, status: 'running' };
  if (!isActive(state)) return state;
  switch (step.kind) {
    case 'stop-asked':
      return { ...state, status: 'stopping' };
    case 'progress':
      return { ...state, progress: step.progress };
    case 'model-ready':
      return { ...state, ready: [...state.ready, step.modelId] };
    case 'controls-ready':
      return { ...state, controls: [...state.controls, step.modelId] };
    case 'agreement-ready':
    case 'steering-ready':
    case 'map-ready':
      return state;
    case 'model-failed':
      return { ...state, failures: [...state.failures, { modelId: step.modelId, error: step.error }] };
    case 'finished':
    case 'cancelled':
      return { ...state, status: step.kind };
    case 'failed':
      return { ...state, status: step.error.code === 'cancelled' ? 'cancelled' : 'failed', error: step.error };
  }
}

/** Share done, or null while the total is not known. */
export function share(progress: ProgressView | null): number | null {
  if (!progress || progress.total <= 0) return null;
  return Math.min(1, Math.max(0, progress.done / progress.total));
}
