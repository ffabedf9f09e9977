import type { MapMethod } from '../ipc/generated/MapMethod';
import type { ProjectionRequest } from '../ipc/generated/ProjectionRequest';
import type { UmapSettingsView } from '../ipc/generated/UmapSettingsView';

/** A map that should be on screen. */
export interface Wish {
  request: ProjectionRequest;
  /** Changes with everything in the study that the map depends on. */
  basis: string;
  /** Changes with everything at all. */
  key: string;
}

export const methodNames: Record<MapMethod, string> = { pca: 'PCA', umap: 'UMAP', probe: 'Probe axis' };

/** What UMAP begins with, as umap-learn does. */
export const umapDefaults: UmapSettingsView = { neighbors: 15, minDist: 0.1, metric: 'euclidean' };

/** Up to so many points a map is drawn unasked: it takes less than a second. */
export const DRAWN_UNASKED = 5000;

export function wishOf(request: ProjectionRequest, basis: string): Wish {
  const { modelId, layer, dims, method, level, fit, umap } = request;
  return { request, basis, key: JSON.stringify([basis, modelId, layer, dims, method, level, fit, umap]) };
}

/** Whether two maps differ in more than their layer, so that a part of one says nothing about the other. */
export function anotherKind(a: Wish, b: Wish): boolean {
  const kind = ({ request }: Wish): string => wishOf({ ...request, layer: 0 }, '').key;
  return kind(a) !== kind(b);
}

/** UMAP settings within their bounds, or null for what is not a number. */
export function validUmap({ neighbors, minDist, metric }: UmapSettingsView): UmapSettingsView | null {
  if (!Number.isInteger(neighbors) || neighbors < 2 || neighbors > 200) return null;
  return Number.isFinite(minDist) && minDist >= 0 && minDist <= 1 ? { neighbors, minDist, metric } : null;
}
