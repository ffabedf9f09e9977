import { afterEach, describe, expect, it, vi } from 'vitest';
import { Notices } from '../app/notices.svelte';
import type { Backend } from '../backend/backend';
import type { JobEvent } from '../ipc/generated/JobEvent';
import type { ProjectionRequest } from '../ipc/generated/ProjectionRequest';
import { pack } from '../ipc/packet';
import { Maps } from './maps.svelte';
import { anotherKind, umapDefaults, validUmap, wishOf, type Wish } from './wish';

const wish = (layer: number, more: Partial<ProjectionRequest> = {}): Wish =>
  wishOf({ modelId: 'm', layer, dims: 2, method: 'umap', level: 'texts', fit: 'all', umap: umapDefaults, ...more }, 'study');

/** A program whose drawings end when the test says so. */
function setUp() {
  const drawn = new Set<number>();
  const jobs: { layer: number; tell: (event: JobEvent) => void; stopped: boolean }[] = [];
  const backend = {
    projection: async (request: ProjectionRequest) => {
      if (!drawn.has(request.layer)) throw { code: 'not-ready', message: 'Not drawn.', hint: null };
      return pack({ rows: 1, dims: 2, level: 'texts', layer: request.layer }, new ArrayBuffer(8));
    },
    drawMap: async ({ layer }: ProjectionRequest, tell: (event: JobEvent) => void) => {
      jobs.push({ layer, tell, stopped: false });
      return `map-${jobs.length}`;
    },
    cancelJob: async (id: string) => {
      const job = jobs[Number(id.slice(4)) - 1]!;
      job.stopped = true;
      job.tell({ kind: 'cancelled' });
    },
  } as unknown as Backend;
  const end = (job: number) => {
    drawn.add(jobs[job]!.layer);
    jobs[job]!.tell({ kind: 'map-ready' });
    jobs[job]!.tell({ kind: 'finished' });
  };
  const settle = () => new Promise((done) => setTimeout(done, 0));
  return { maps: new Maps(backend, new Notices()), drawn, jobs, end, settle };
}

describe('maps that have to be drawn', () => {
  afterEach(() => vi.restoreAllMocks());

  it('are known to be missing, are drawn, and then are there', async () => {
    const { maps, jobs, end, settle } = setUp();
    await expect(maps.fetch(wish(4))).rejects.toMatchObject({ code: 'not-ready' });
    expect(maps.worthDrawing(wish(4))).toBe(true);
    maps.draw([wish(4)]);
    await settle();
    expect(maps.awaited(wish(4))).toBe(true);
    end(0);
    await settle();
    expect([maps.awaited(wish(4)), maps.drawing, maps.news]).toEqual([false, null, 1]);
    expect((await maps.fetch(wish(4))).header.layer).toBe(4);
    expect(maps.missing.size).toBe(0);
    expect(maps.peek(wish(4))).toBeDefined();
    expect(jobs).toHaveLength(1);
  });

  it('are drawn one after another', async () => {
    const { maps, jobs, end, settle } = setUp();
    maps.draw([wish(1), wish(2)]);
    await settle();
    expect(jobs.map(({ layer }) => layer)).toEqual([1]);
    maps.draw([wish(1), wish(3)]);
    end(0);
    await settle();
    expect(jobs.map(({ layer }) => layer)).toEqual([1, 3]);
    expect(jobs[0]!.stopped).toBe(false);
  });

  it('give way to others, also when one comes back that was just given up', async () => {
    const { maps, jobs, end, settle } = setUp();
    maps.draw([wish(1)]);
    await settle();
    maps.draw([wish(2)]);
    maps.draw([wish(1)]);
    await settle();
    expect(jobs.map(({ layer, stopped }) => [layer, stopped])).toEqual([[1, true], [1, false]]);
    end(1);
    await settle();
    expect(maps.news).toBe(1);
  });

  it('stop at a wish, without a word', async () => {
    const { maps, jobs, settle } = setUp();
    maps.draw([wish(1), wish(2)]);
    await settle();
    maps.stop();
    await settle();
    expect(jobs.map(({ stopped }) => stopped)).toEqual([true]);
    expect([maps.drawing, maps.failures.size, maps.news]).toEqual([null, 0, 0]);
  });

  it('say why they failed, are not drawn again unasked, and are when asked', async () => {
    const { maps, jobs, settle } = setUp();
    await maps.fetch(wish(1)).catch(() => {});
    maps.draw([wish(1), wish(2)]);
    await settle();
    jobs[0]!.tell({ kind: 'failed', error: { code: 'model', message: 'No memory.', hint: null } });
    await settle();
    expect(maps.failures.get(wish(1).key)?.message).toBe('No memory.');
    expect(maps.worthDrawing(wish(1))).toBe(false);
    expect(jobs.map(({ layer }) => layer)).toEqual([1, 2]);
    maps.draw([wish(1)]);
    expect(maps.failures.size).toBe(0);
  });

  it('are not drawn for ever when they are said to be missing still', async () => {
    const { maps, drawn, end, settle } = setUp();
    maps.draw([wish(1)]);
    await settle();
    end(0);
    await settle();
    drawn.clear();
    await maps.fetch(wish(1)).catch(() => {});
    expect(maps.missing.has(wish(1).key)).toBe(true);
    expect(maps.worthDrawing(wish(1))).toBe(false);
  });
});

describe('a wish', () => {
  it('differs with everything it depends on', () => {
    const others = [wish(2), wish(1, { dims: 3 }), wish(1, { fit: 'train' }), wish(1, { level: 'tokens' }), wish(1, { umap: { ...umapDefaults, metric: 'cosine' } })];
    expect(new Set([wish(1), ...others].map(({ key }) => key)).size).toBe(6);
    expect(wishOf(wish(1).request, 'other study').key).not.toBe(wish(1).key);
    expect(anotherKind(wish(1), wish(7))).toBe(false);
    expect(others.slice(1).every((other) => anotherKind(wish(1), other))).toBe(true);
  });

  it('has settings within bounds', () => {
    expect(validUmap(umapDefaults)).toEqual(umapDefaults);
    for (const wrong of [{ neighbors: 1 }, { neighbors: 201 }, { neighbors: 2.5 }, { neighbors: NaN }, { minDist: -0.1 }, { minDist: 1.1 }, { minDist: NaN }]) {
      expect(validUmap({ ...umapDefaults, ...wrong })).toBeNull();
    }
  });
});
