import { rooms, type App } from './app.svelte';

/** Whether the key belongs to a text being edited. */
function editing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(target.type);
}

/** Keys that work anywhere in the window. */
export function handleShortcut(app: App, event: KeyboardEvent): void {
  const dialogOpen = app.export.figure !== null || app.drop.columns !== null || app.downloads.asked !== null;
  if (event.defaultPrevented || dialogOpen) return;
  const run = event.ctrlKey || event.metaKey ? withControl(app, event) : plain(app, event);
  if (!run) return;
  event.preventDefault();
  run();
}

function withControl(app: App, event: KeyboardEvent): (() => void) | null {
  if (event.altKey) return null;
  switch (event.key.toLowerCase()) {
    case 'o':
      return () => void app.openFile();
    case 'e':
      return () => app.beginExport();
    case 's':
      return () => void app.saveAs();
    case 'z':
      // In a text field this undoes typing.
      return event.shiftKey || editing(event.target) ? null : () => void app.session.undo();
    default:
      return null;
  }
}

function plain(app: App, event: KeyboardEvent): (() => void) | null {
  if (editing(event.target) || event.altKey) return null;
  if (event.key === 'Escape' && app.pairs.open !== null) return () => (app.pairs.open = null);
  if (event.key === 'Escape' && app.room === 'steering' && app.steering.planOpen) return () => (app.steering.planOpen = false);
  const room = rooms[Number(event.key) - 1];
  return room ? () => (app.room = room) : null;
}
