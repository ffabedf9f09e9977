import type { Backend } from '../backend/backend';
import { toApiError } from '../ipc/error';
import type { ApiError } from '../ipc/generated/ApiError';
import type { CoefficientUnit } from '../ipc/generated/CoefficientUnit';
import type { LiveEvent } from '../ipc/generated/LiveEvent';
import type { LiveRequest } from '../ipc/generated/LiveRequest';
import type { LiveText } from '../ipc/generated/LiveText';
import type { PromptStyle } from '../ipc/generated/PromptStyle';
import type { SteeredPositions } from '../ipc/generated/SteeredPositions';
import type { SteeringMode } from '../ipc/generated/SteeringMode';
import type { TokenScoreView } from '../ipc/generated/TokenScoreView';
import { Throttle } from './throttle';

/** A token that was drawn, and the coefficient it was drawn with. */
export interface LiveToken extends TokenScoreView {
  coefficient: number;
}

/** One of the two texts as far as it has come. */
export interface LiveColumn {
  tokens: LiveToken[];
  /** Why it ended; null before it has. */
  end: string | null;
  /** Tokens per second, as counted here until the program says. */
  rate: number | null;
}

const empty: LiveColumn = { tokens: [], end: null, rate: null };
/** The coefficient is told at most so often, in milliseconds. */
const every = 80;

/** What is asked for, as the form holds it; numbers are texts until taken. */
export interface LiveForm {
  prompt: string;
  promptStyle: PromptStyle;
  /** Empty for the chosen layer. */
  layer: string;
  unit: CoefficientUnit;
  mode: SteeringMode;
  positions: SteeredPositions;
  temperature: string;
  topP: string;
  maxTokens: string;
  seed: string;
}

/** A text generated twice, unsteered and steered, beside each other. */
export class Live {
  form = $state<LiveForm>({
    prompt: '', promptStyle: 'chat', layer: '', unit: 'relative', mode: 'add', positions: 'generated',
    temperature: '0.7', topP: '0.95', maxTokens: '120', seed: '1',
  });
  coefficient = $state(0);
  status = $state<'idle' | 'starting' | 'running' | 'stopping'>('idle');
  scale = $state<number | null>(null);
  error = $state.raw<ApiError | null>(null);
  texts = $state.raw<Record<LiveText, LiveColumn>>({ unsteered: empty, steered: empty });
  /** Whose texts they are. */
  request = $state.raw<LiveRequest | null>(null);
  active = $derived(this.status !== 'idle');

  private run = 0;
  private jobId: string | null = null;
  private begun = 0;
  private readonly steer = new Throttle<number>(every, (coefficient) => {
    if (this.jobId === null || !this.active) return;
    this.backend.steerLive(this.jobId, coefficient).catch((thrown: unknown) => (this.error = toApiError(thrown)));
  });

  constructor(
    private readonly backend: Backend,
    /** Milliseconds by a clock. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Starts both texts; does nothing while they are under way. */
  async start(request: LiveRequest): Promise<void> {
    if (this.active) return;
    this.run += 1;
    const run = this.run;
    this.status = 'starting';
    this.error = null;
    this.scale = null;
    this.jobId = null;
    this.request = request;
    this.texts = { unsteered: empty, steered: empty };
    this.steer.forget();
    try {
      const id = await this.backend.live(request, (event) => run === this.run && this.hear(event));
      if (run !== this.run || !this.active) return;
      this.jobId = id;
      // Stop was asked for, or the coefficient moved, before the job had a name.
      if (this.stopping) await this.backend.cancelJob(id);
      else if (this.coefficient !== request.coefficient) this.steer.push(this.coefficient);
    } catch (thrown) {
      if (run === this.run) this.fail(toApiError(thrown));
    }
  }

  /** Asks to stop; what has come stays. */
  async stop(): Promise<void> {
    if (this.status !== 'starting' && this.status !== 'running') return;
    this.status = 'stopping';
    try {
      if (this.jobId !== null) await this.backend.cancelJob(this.jobId);
    } catch (thrown) {
      this.fail(toApiError(thrown));
    }
  }

  /** Changes the coefficient, also of what is under way. */
  turn(coefficient: number): void {
    this.coefficient = coefficient;
    if (this.active) this.steer.push(coefficient);
  }

  private get stopping(): boolean {
    return this.status === 'stopping';
  }

  private hear(event: LiveEvent): void {
    if (!this.active) return;
    switch (event.kind) {
      case 'begun':
        this.scale = event.scale;
        this.begun = this.now();
        if (this.status === 'starting') this.status = 'running';
        return;
      case 'token': {
        const column = this.texts[event.of];
        const tokens = [...column.tokens, { ...event.token, coefficient: event.coefficient }];
        const seconds = (this.now() - this.begun) / 1000;
        this.set(event.of, { tokens, end: null, rate: seconds > 0.25 ? tokens.length / seconds : column.rate });
        return;
      }
      case 'ended':
        return this.set(event.of, { ...this.texts[event.of], end: event.end, rate: event.rate });
      case 'finished':
        this.status = 'idle';
        return;
      case 'failed':
        return this.fail(event.error);
    }
  }

  private fail(error: ApiError): void {
    this.status = 'idle';
    if (error.code !== 'cancelled') this.error = error;
  }

  private set(of: LiveText, column: LiveColumn): void {
    this.texts = { ...this.texts, [of]: column };
  }
}
