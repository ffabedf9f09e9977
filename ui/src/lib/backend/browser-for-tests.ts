import { vi } from 'vitest';

/** Adds the parts of a browser that the test environment lacks. */
export function completeBrowser(): void {
  vi.stubGlobal('ResizeObserver', class {
    observe() {}
    unobserve() {}
    disconnect() {}
  });
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  URL.createObjectURL ??= () => 'blob:figure';
  URL.revokeObjectURL ??= () => {};
}
