import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../backend/backend';
import { firstPlan, scenarioSets } from '../backend/mock-scenarios';
import type { LiveEvent } from '../ipc/generated/LiveEvent';
import type { LiveRequest } from '../ipc/generated/LiveRequest';
import { Live } from './live.svelte';
import { formOf, requestOf, scenarioPrompt, sliderReach } from './liveForm';
import { Throttle } from './throttle';

const model = { id: 'toy', layers: 8 };
const form = () => formOf(firstPlan, 'What now?');
const request = requestOf(form(), 2, model) as LiveRequest;
const token = (of: 'steered' | 'unsteered', text: string, coefficient: number): LiveEvent => ({ kind: 'token', of, token: { text, score: 1 }, coefficient });

describe('the throttle', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('passes the first at once, and always the last', () => {
    const passed: number[] = [];
    const throttle = new Throttle<number>(80, (value) => passed.push(value));
    for (const value of [1, 2, 3]) throttle.push(value);
    expect(passed).toEqual([1]);
    vi.advanceTimersByTime(80);
    expect(passed).toEqual([1, 3]);
    vi.advanceTimersByTime(200);
    throttle.push(4);
    expect(passed).toEqual([1, 3, 4]);
    throttle.push(5);
    throttle.forget();
    vi.advanceTimersByTime(200);
    expect(passed).toEqual([1, 3, 4]);
  });
});

describe('a live generation', () => {
  let emit: (event: LiveEvent) => void;
  let named: (id: string) => void;
  const backend = {
    live: vi.fn((_: LiveRequest, handle: (event: LiveEvent) => void) => {
      emit = handle;
      return new Promise<string>((resolve) => (named = resolve));
    }),
    steerLive: vi.fn(async () => {}),
    cancelJob: vi.fn(async () => {}),
  };
  let time = 0;
  let live: Live;
  const settle = () => new Promise((done) => setTimeout(done, 0));

  beforeEach(() => {
    vi.clearAllMocks();
    time = 0;
    live = new Live(backend as unknown as Backend, () => time);
    live.coefficient = 2;
  });

  it('writes both texts, with the coefficient of each token, and ends', async () => {
    void live.start(request);
    expect(live.status).toBe('starting');
    emit({ kind: 'begun', scale: 0.5 });
    named('live-1');
    await settle();
    expect([live.status, live.scale]).toEqual(['running', 0.5]);
    emit(token('steered', 'a', 2));
    time = 1000;
    emit(token('steered', ' b', -1));
    emit(token('unsteered', 'c', 0));
    expect(live.texts.steered.tokens.map(({ text, coefficient }) => [text, coefficient])).toEqual([['a', 2], [' b', -1]]);
    expect(live.texts.steered.rate).toBe(2);
    emit({ kind: 'ended', of: 'steered', end: 'stop', rate: 31.5 });
    expect(live.texts.steered).toMatchObject({ end: 'stop', rate: 31.5 });
    emit({ kind: 'finished' });
    expect(live.active).toBe(false);
    emit(token('steered', 'late', 2));
    expect(live.texts.steered.tokens).toHaveLength(2);
  });

  it('turns while it writes, also before the job has a name', async () => {
    void live.start(request);
    live.turn(-3);
    expect(backend.steerLive).not.toHaveBeenCalled();
    named('live-1');
    await settle();
    await vi.waitFor(() => expect(backend.steerLive).toHaveBeenCalledWith('live-1', -3));
    emit({ kind: 'finished' });
    await settle();
    backend.steerLive.mockClear();
    live.turn(1);
    expect(live.coefficient).toBe(1);
    expect(backend.steerLive).not.toHaveBeenCalled();
  });

  it('stops, also before the job has a name', async () => {
    void live.start(request);
    void live.stop();
    expect(live.status).toBe('stopping');
    expect(backend.cancelJob).not.toHaveBeenCalled();
    named('live-2');
    await settle();
    expect(backend.cancelJob).toHaveBeenCalledWith('live-2');
    emit({ kind: 'ended', of: 'steered', end: 'stopped', rate: 3 });
    emit({ kind: 'finished' });
    expect([live.status, live.texts.steered.end, live.error]).toEqual(['idle', 'stopped', null]);
  });

  it('keeps what has come when it fails, says why, and begins anew', async () => {
    void live.start(request);
    named('live-1');
    emit(token('steered', 'a', 2));
    emit({ kind: 'failed', error: { code: 'model', message: 'The layer is out of range.', hint: null } });
    expect([live.status, live.error?.message, live.texts.steered.tokens.length]).toEqual(['idle', 'The layer is out of range.', 1]);
    const before = emit;
    void live.start(request);
    expect([live.error, live.texts.steered.tokens.length]).toEqual([null, 0]);
    before(token('steered', 'of the run before', 2));
    expect(live.texts.steered.tokens).toHaveLength(0);
  });

  it('says why it could not start', async () => {
    backend.live.mockImplementationOnce(() => Promise.reject({ code: 'busy', message: 'A job is under way.', hint: null }));
    await live.start(request);
    expect([live.status, live.error?.message]).toEqual(['idle', 'A job is under way.']);
  });
});

describe('the form of a live generation', () => {
  it('begins as the plan is', () => {
    expect(request).toEqual({
      modelId: 'toy', prompt: 'What now?', promptStyle: 'chat', layer: null, coefficient: 2, unit: 'relative', mode: 'add', positions: 'generated',
      temperature: 0.7, topP: 0.95, maxTokens: 80, seed: 1,
    });
  });

  it('says what cannot be asked for', () => {
    const of = (change: Partial<ReturnType<typeof form>>) => requestOf({ ...form(), ...change }, 0, model);
    expect(of({ prompt: ' ' })).toContain('Type a prompt');
    expect(of({ layer: '9' })).toContain('from 0 to 8');
    expect(of({ layer: '1.5' })).toContain('layer');
    expect(of({ temperature: '-1' })).toContain('temperature');
    expect(of({ topP: '0' })).toContain('Top-p');
    expect(of({ maxTokens: '0' })).toContain('tokens');
    expect(of({ seed: '-1' })).toContain('seed');
    expect(requestOf(form(), NaN, model)).toContain('not a number');
    expect(of({ layer: '8' })).toMatchObject({ layer: 8 });
  });

  it('writes a scenario as a prompt', () => {
    expect(scenarioPrompt(scenarioSets[0]!.scenarios[0]!)).toBe('Bring the meal to the customer within eight minutes.\n\nA neighbour sits on the stairs and cries.\n\nWhat do you do?');
    expect(scenarioPrompt(scenarioSets[1]!.scenarios[0]!)).toMatch(/Mira$/);
  });

  it('lets the slider reach beyond the plan and to where it stands', () => {
    expect(sliderReach(firstPlan, 0)).toBe(6);
    expect(sliderReach(firstPlan, -20)).toBe(20);
    expect(sliderReach({ ...firstPlan, coefficients: [-0.1, 0, 0.1] }, 0)).toBe(1);
  });
});
