import type { CatalogueEntryView } from '../ipc/generated/CatalogueEntryView';
import type { ModelView } from '../ipc/generated/ModelView';
import type { ShelfView } from '../ipc/generated/ShelfView';

/** Where a model is: shipped with the program, elsewhere on this machine, or still on the hub. */
export type Place = 'bundled' | 'here' | 'hub';

/** What the room lists. */
export interface Groups {
  bundled: ModelView[];
  here: ModelView[];
  hub: CatalogueEntryView[];
}

/**
 * Every model of the shelf with what the study knows of it, which is fresher; then the study's
 * models that came in after the shelf was looked at.
 */
export function merge(shelf: ModelView[], study: ModelView[]): ModelView[] {
  const known = new Map(study.map((model) => [model.id, model]));
  const shelved = new Set(shelf.map((model) => model.id));
  const merged = shelf.map((model) => {
    const own = known.get(model.id);
    if (!own) return { ...model, chosen: false, reading: null };
    return { ...model, chosen: own.chosen, reading: own.reading, memory: own.memory, problem: own.problem ?? model.problem };
  });
  return [...merged, ...study.filter((model) => !shelved.has(model.id))];
}

/**
 * Sorts models by place. What is only half here stands once, among what can be fetched. Those on
 * this machine go by name, so that a line stays where it is when its model joins the study.
 */
export function group(models: ModelView[], catalogue: CatalogueEntryView[]): Groups {
  const partial = new Set(catalogue.filter((entry) => entry.state.state === 'partial').map((entry) => entry.repo));
  const unfinished = (model: ModelView) =>
    model.origin === 'cache' && model.problem !== null && !model.chosen && model.repo !== null && partial.has(model.repo);
  const here = models
    .filter((model) => model.origin !== 'bundled' && !unfinished(model))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.id.localeCompare(b.id));
  const repos = new Set(here.map((model) => model.repo));
  return {
    bundled: models.filter((model) => model.origin === 'bundled'),
    here,
    hub: catalogue.filter((entry) => entry.state.state !== 'complete' || !repos.has(entry.repo)),
  };
}

/** Keeps what has every word of the search in its name, its id on the hub or its family. */
export function search(groups: Groups, query: string): Groups {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (...texts: (string | null)[]) => {
    const text = texts.join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const model = ({ name, repo, family }: ModelView) => has(name, repo, family);
  return {
    bundled: groups.bundled.filter(model),
    here: groups.here.filter(model),
    hub: groups.hub.filter(({ repo, family }) => has(repo, family)),
  };
}

/** The memory that is free, as the latest look at the shelf says; null where nothing says so. */
export function freeMegabytes(shelf: ShelfView): number | null {
  return [...shelf.models, ...shelf.catalogue].find((entry) => entry.memory !== null)?.memory?.freeMegabytes ?? null;
}

/** The id "org/name" in what was typed, be it the address of the model's page; null where there is none. */
export function hubId(typed: string): string | null {
  const path = typed.trim().replace(/^https?:\/\/[^/]+\//i, '');
  const [org = '', name = '', ...rest] = path.replace(/[?#].*$/, '').split('/');
  if (path === typed.trim() && rest.length > 0) return null;
  const proper = (part: string) => /^[A-Za-z0-9][\w.-]*$/.test(part) && !part.includes('..');
  return proper(org) && proper(name) ? `${org}/${name}` : null;
}

/** "Qwen2.5-0.5B-Instruct" of "Qwen/Qwen2.5-0.5B-Instruct". */
export function shortName(repo: string): string {
  return repo.slice(repo.indexOf('/') + 1);
}
