import { plain } from '../format/number';
import type { EstimateView } from '../ipc/generated/EstimateView';
import type { ModelSteeringView } from '../ipc/generated/ModelSteeringView';
import type { SteeringSuccessView } from '../ipc/generated/SteeringSuccessView';

/** A line of the table of success. */
export interface SuccessRow {
  key: string;
  title: string;
  /** Whether it is of all scenarios together. */
  all: boolean;
  success: SteeringSuccessView;
  /** Rate at positive coefficients minus that at negative ones; known of all scenarios together. */
  effect: EstimateView | null;
  randomEffects: number[];
  projectedOut: EstimateView | null;
  /** What has to be said beside it. */
  said: string[];
}

/** The lines of a model: all scenarios together, then each that is complete. */
export function successRows(model: ModelSteeringView): SuccessRow[] {
  const row = (id: string, title: string, success: SteeringSuccessView, all: boolean): SuccessRow => ({
    key: id,
    title,
    all,
    success,
    effect: all ? model.effect : null,
    randomEffects: all ? model.randomEffects : [],
    projectedOut: all ? model.projectOutChange : null,
    said: sayings(success),
  });
  return [
    ...(model.overall ? [row('', 'All scenarios', model.overall, true)] : []),
    ...model.scenarios.flatMap(({ scenario, title, success }) => (success ? [row(scenario, title, success, false)] : [])),
  ];
}

/** What has to be said beside a line, each once. */
function sayings(success: SteeringSuccessView): string[] {
  const stuck = success.cannotMove.map(plain).join(', ');
  return [
    ...new Set([
      ...success.remarks,
      ...(stuck === '' ? [] : [`Left out of strict success, because they cannot move the rate: ${stuck}.`]),
      ...(success.slopeNote ? [success.slopeNote] : []),
    ]),
  ];
}
