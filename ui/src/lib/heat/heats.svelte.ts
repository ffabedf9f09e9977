import { Remotes } from '../app/remotes.svelte';
import type { Backend } from '../backend/backend';
import type { TokenHeatView } from '../ipc/generated/TokenHeatView';
import type { Session } from '../study/session.svelte';

/** Which text is read, and where. */
export interface Reading {
  modelId: string;
  /** Null takes the layer chosen by the probe. */
  layer: number | null;
  text: string;
}

/** Texts read token by token. */
export class TokenHeats {
  /** What is in the box of a text of one's own, and what of it was asked for. */
  draft = $state('');
  asked = $state('');
  private readonly heats = new Remotes<TokenHeatView>(200);

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
  ) {}

  /** What is known of a reading. */
  of(reading: Reading | null) {
    return this.heats.of(this.key(reading));
  }

  /** Asks for a reading, if it is not there. */
  load(reading: Reading | null): void {
    const key = this.key(reading);
    if (key === null || reading === null) return;
    void this.heats.load(key, true, () => this.backend.tokenHeat(reading.modelId, reading.layer, reading.text));
  }

  /** Asks again for a reading that failed. */
  retry(reading: Reading | null): void {
    this.heats.forget(this.key(reading));
    this.load(reading);
  }

  private key(reading: Reading | null): string | null {
    return reading && this.session.probeKey && JSON.stringify([this.session.probeKey, reading.modelId, reading.layer, reading.text]);
  }
}
