import { describe, expect, it } from 'vitest';
import { models } from '../backend/mock-data';
import type { CatalogueEntryView } from '../ipc/generated/CatalogueEntryView';
import type { CatalogueState } from '../ipc/generated/CatalogueState';
import type { ModelView } from '../ipc/generated/ModelView';
import { freeMegabytes, group, hubId, merge, search, shortName } from './shelf';

const reading = { texts: 100, tokens: 3200, truncated: 0, fromStore: 0, seconds: 1 };
const bundled = models()[0] as ModelView;
const folder: ModelView = { ...bundled, id: '/home/me/own', name: 'own', family: 'qwen2', origin: 'folder', chosen: false };
const cached: ModelView = { ...folder, id: '/cache/pythia', name: 'pythia-160m', repo: 'EleutherAI/pythia-160m', family: 'gpt_neox', origin: 'cache' };

function entry(repo: string, state: CatalogueState): CatalogueEntryView {
  return {
    repo,
    about: 'A base model.',
    family: 'gpt_neox',
    licence: 'Apache-2.0',
    parametersMillions: 160,
    layers: 12,
    width: 768,
    gated: false,
    megabytes: 320,
    memory: { needsMegabytes: 900, freeMegabytes: 8000, fits: true },
    state,
  };
}

describe('the models that there are', () => {
  it('take what the study knows of them over what the disk said', () => {
    const [own, other] = merge([folder, cached], [{ ...folder, chosen: true, reading }]);
    expect(own).toMatchObject({ id: folder.id, chosen: true, reading });
    expect(other).toMatchObject({ id: cached.id, chosen: false, reading: null });
  });

  it('are not chosen once the study has let them go', () => {
    expect(merge([{ ...folder, chosen: true, reading }], [bundled]).find((model) => model.id === folder.id)).toMatchObject({
      chosen: false,
      reading: null,
    });
  });

  it('hold what came into the study after the disk was looked at, and everything once', () => {
    expect(merge([bundled, cached], [bundled, folder]).map((model) => model.id)).toEqual([bundled.id, cached.id, folder.id]);
    expect(merge([], [bundled]).map((model) => model.id)).toEqual([bundled.id]);
  });

  it('keep a problem that either knows of', () => {
    expect(merge([{ ...folder, problem: 'Gone.' }], [folder])[0]?.problem).toBe('Gone.');
    expect(merge([folder], [{ ...folder, problem: 'Damaged.' }])[0]?.problem).toBe('Damaged.');
  });
});

describe('the groups', () => {
  const absent = entry('org/absent', { state: 'absent' });
  const partial = entry('EleutherAI/pythia-160m', { state: 'partial', megabytes: 40 });
  const complete = entry('EleutherAI/pythia-160m', { state: 'complete' });

  it('go by place', () => {
    const groups = group([bundled, folder, cached], [absent, complete]);
    expect(groups.bundled).toEqual([bundled]);
    expect(groups.here).toEqual([folder, cached]);
    expect(groups.hub).toEqual([absent]);
  });

  it('keep a model in its place when it joins the study', () => {
    expect(group([cached, folder], []).here).toEqual([folder, cached]);
  });

  it('show a model that is complete but not listed, rather than nothing', () => {
    expect(group([bundled], [complete]).hub).toEqual([complete]);
  });

  it('show half a model once, where it can be continued', () => {
    const half = { ...cached, problem: 'model.safetensors is missing.' };
    const groups = group([half], [partial]);
    expect(groups.here).toEqual([]);
    expect(groups.hub).toEqual([partial]);
  });

  it('show half a model as a problem where it is chosen, or not in the catalogue', () => {
    const half = { ...cached, problem: 'model.safetensors is missing.' };
    expect(group([{ ...half, chosen: true }], [partial]).here).toHaveLength(1);
    expect(group([half], [absent]).here).toEqual([half]);
  });

  it('are searched by name, id and family, every word of it', () => {
    const groups = group([bundled, folder, cached], [absent]);
    const ids = (query: string) => {
      const { bundled: a, here, hub } = search(groups, query);
      return [...a.map((m) => m.id), ...here.map((m) => m.id), ...hub.map((e) => e.repo)];
    };
    expect(ids('')).toHaveLength(4);
    expect(ids('  PYTHIA ')).toEqual([cached.id]);
    expect(ids('eleuther')).toEqual([cached.id]);
    expect(ids('gpt_neox')).toEqual([cached.id, 'org/absent']);
    expect(ids('160m neox')).toEqual([cached.id]);
    expect(ids('pythia qwen2')).toEqual([]);
  });
});

describe('the free memory', () => {
  const empty = { models: [], catalogue: [], cacheFolder: null, offline: false, notes: [], device: 'processor' };

  it('is that of the first who says so', () => {
    const silent = { ...cached, memory: null };
    expect(freeMegabytes({ ...empty, models: [silent], catalogue: [entry('org/a', { state: 'absent' })] })).toBe(8000);
    expect(freeMegabytes({ ...empty, models: [silent] })).toBeNull();
  });
});

describe('an id on the hub', () => {
  it('is an organisation and a name', () => {
    expect(hubId(' Qwen/Qwen2.5-0.5B-Instruct ')).toBe('Qwen/Qwen2.5-0.5B-Instruct');
    expect(shortName('Qwen/Qwen2.5-0.5B-Instruct')).toBe('Qwen2.5-0.5B-Instruct');
  });

  it('is found in the address of a page', () => {
    expect(hubId('https://hub.example/Qwen/Qwen3-0.6B/tree/main?x=1')).toBe('Qwen/Qwen3-0.6B');
  });

  it.each(['', 'gpt2', 'a/b/c', '../evil', 'a/..', 'a/b..c', '/a/b', 'a/', 'a b/c', 'a\\b/c', '.a/b', 'https://hub.example/only'])(
    'is not “%s”',
    (typed) => expect(hubId(typed)).toBeNull(),
  );
});
