import { toApiError } from '../ipc/error';

/** Something to tell the person, above the room. */
export interface Notice {
  id: number;
  tone: 'error' | 'info';
  message: string;
  hint: string | null;
}

const infoSeconds = 8;

/** What is being told. Errors stay until dismissed; other notices go by themselves. */
export class Notices {
  list = $state.raw<Notice[]>([]);
  private lastId = 0;

  /** Tells of something that went well. */
  info(message: string): void {
    const id = this.add({ tone: 'info', message, hint: null });
    setTimeout(() => this.dismiss(id), infoSeconds * 1000);
  }

  /** Tells of an error; being stopped on request is none. */
  error(thrown: unknown): void {
    const { code, message, hint } = toApiError(thrown);
    if (code === 'cancelled') return;
    if (this.list.some((notice) => notice.tone === 'error' && notice.message === message)) return;
    this.add({ tone: 'error', message, hint });
  }

  /** Takes back the errors of what was tried before. */
  clearErrors(): void {
    this.list = this.list.filter((notice) => notice.tone !== 'error');
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  private add(notice: Omit<Notice, 'id'>): number {
    this.lastId += 1;
    this.list = [...this.list, { ...notice, id: this.lastId }];
    return this.lastId;
  }
}
