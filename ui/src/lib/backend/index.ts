import type { Host } from './backend';

/** The real program inside its window; made-up data in a plain browser during development. */
export async function connect(): Promise<Host> {
  if ('__TAURI_INTERNALS__' in window) return (await import('./tauri')).tauriHost;
  if (import.meta.env.DEV) return (await import('./mock')).mockHost();
  throw new Error('Empathy Lens runs in its own window: start the program instead of opening this page.');
}
