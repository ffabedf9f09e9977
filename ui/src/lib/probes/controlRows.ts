import { count, counted, fixed, percent } from '../format/number';
import type { EstimateView } from '../ipc/generated/EstimateView';
import type { LayerSweepView } from '../ipc/generated/LayerSweepView';
import type { ProbeControlsView } from '../ipc/generated/ProbeControlsView';
import type { SurfaceView } from '../ipc/generated/SurfaceView';
import type { VariantView } from '../ipc/generated/VariantView';

/** What a control came to; `stated` is a number without a bar to pass. */
export type Mark = 'passes' | 'fails' | 'not-tested' | 'stated';

/** One line of the controls table. */
export interface ControlRow {
  id: string;
  name: string;
  /** An AUROC with its interval, where the control is one. */
  auroc: EstimateView | null;
  /** What it is where it is not an AUROC, or what stands behind it. */
  value: string;
  /** How far the probe is above it, with its interval. */
  difference: EstimateView | null;
  mark: Mark;
  /** What it means, in a sentence. */
  meaning: string;
  /** Belongs to the line before. */
  minor?: boolean;
}

const level = 0.05;

/** "p = 0.0001", "p < 0.0001"; never broken over two lines. */
export function pValue(p: number): string {
  // one in 10,001, the least that 10,000 permutations can tell, is 0.0001
  if (p < 0.00005) return 'p\u00a0<\u00a00.0001';
  return `p\u00a0=\u00a0${fixed(p, p < 0.001 ? 4 : 3)}`;
}

/** What a probe was checked against, at its chosen layer, in the order of the evidence ladder. */
export function controlRows(
  sweep: LayerSweepView,
  surface: SurfaceView | null,
  controls: ProbeControlsView | null,
  /** Said of every control that is not there. */
  missing = 'Not computed yet.',
): ControlRow[] {
  return [
    probe(sweep),
    permutation(controls),
    ...ceiling(surface, controls),
    ...randomDirections(controls),
    selectivity(sweep, controls),
    sink(controls),
    shuffled(controls),
    ablated(controls),
    heldOut(controls),
    optimism(sweep),
  ].map((entry) => ({ ...entry, meaning: entry.meaning ?? missing }));
}

/** A line; without a meaning the control is not there. */
type Draft = Omit<ControlRow, 'meaning'> & { meaning: string | null };

function row(id: string, name: string, rest: Partial<Draft>): Draft {
  return { id, name, auroc: null, value: '', difference: null, mark: 'not-tested', meaning: null, ...rest };
}

function probe(sweep: LayerSweepView): Draft {
  const test = sweep.layers.find((entry) => entry.layer === sweep.chosenLayer)?.test ?? null;
  if (!test) return row('probe', `Probe, layer ${sweep.chosenLayer}`, { meaning: 'There is no direction at the chosen layer.' });
  return row('probe', `Probe, layer ${sweep.chosenLayer}`, {
    auroc: test.auroc,
    mark: 'stated',
    meaning: `The layer was chosen by cross-validation on the ${counted(sweep.trainPairs, 'training pair')} alone.`,
  });
}

function permutation(controls: ProbeControlsView | null): Draft {
  const name = 'Sides swapped at random';
  if (!controls) return row('permutation', name, {});
  const { permutation: { draws, statistic, p } } = controls;
  const here = atChosen(controls);
  return row('permutation', name, {
    value: `${pValue(p)}, ${counted(draws, 'draw')}`,
    mark: p < level ? 'passes' : 'fails',
    meaning:
      `With the sides swapped within pairs and the probe fitted anew, ${p < level ? 'few' : 'many'} draws reach ${fixed(statistic)}, the best of all layers; the search over layers is paid for.` +
      (here ? ` At this layer alone ${pValue(here.p)}, uncorrected.` : ''),
  });
}

function ceiling(surface: SurfaceView | null, controls: ProbeControlsView | null): Draft[] {
  if (!surface) return [row('ceiling', 'Surface ceiling', {})];
  const best = surface.baselines.find((baseline) => baseline.name === surface.ceiling);
  const above = controls?.aboveCeiling ?? null;
  const reason = surface.baselines.find((baseline) => baseline.problem !== null)?.problem ?? 'No baseline can be tested.';
  const first = row('ceiling', best ? `Surface ceiling: ${best.label}` : 'Surface ceiling', {
    auroc: best?.auroc ?? null,
    difference: above,
    mark: above ? (above.low > 0 ? 'passes' : 'fails') : 'not-tested',
    meaning: !best ? reason : !above ? null
      : above.low > 0 ? 'The probe reads more than the words give away: the interval of the difference is above 0.'
      : above.high < 0 ? 'Counting words does better than the probe: vocabulary explains what it finds.'
      : 'Vocabulary may explain it: the interval of the difference holds 0.',
  });
  // One reason for all of them is said once.
  if (surface.baselines.every((baseline) => baseline.problem === reason)) return [first];
  const others = surface.baselines.filter((baseline) => baseline !== best).map((baseline) =>
    row(`surface-${baseline.name}`, baseline.label, {
      auroc: baseline.auroc,
      mark: baseline.auroc ? 'stated' : 'not-tested',
      meaning: baseline.problem ?? '',
      minor: true,
    }),
  );
  return [first, ...others];
}

function randomDirections(controls: ProbeControlsView | null): Draft[] {
  const here = atChosen(controls);
  const rows = [
    { id: 'isotropic', name: 'Random directions', from: 'in all orientations alike', band: here?.isotropic },
    { id: 'covariance', name: 'Random directions, by covariance', from: 'drawn as the activations themselves are spread', band: here?.covariance },
  ];
  return rows.map(({ id, name, from, band }) => {
    if (!band) return row(id, name, {});
    return row(id, name, {
      value: `mean ${fixed(band.mean)}, 95th percentile ${fixed(band.p95)}, ${pValue(band.rankP)}`,
      mark: band.rankP < level ? 'passes' : 'fails',
      meaning: `1,000 directions ${from}: 95 % lie within ${fixed(band.low, 2)} and ${fixed(band.high, 2)}; with a free sign their 95th percentile is ${fixed(band.foldedP95, 2)}.`,
    });
  });
}

function selectivity(sweep: LayerSweepView, controls: ProbeControlsView | null): Draft {
  const here = atChosen(controls);
  if (!here) return row('selectivity', 'Selectivity', {});
  return row('selectivity', 'Selectivity', {
    value: fixed(here.selectivity),
    mark: 'stated',
    meaning: `AUROC minus that of the same probe fitted on random labels of the ${counted(sweep.trainPairs, 'training pair')}, which is ${fixed(here.randomLabelsAuroc)}.`,
  });
}

function sink(controls: ProbeControlsView | null): Draft {
  const here = atChosen(controls);
  if (!here) return row('sink', 'Sink check', {});
  const named = here.sinkDimensions.map(count).join(', ');
  return row('sink', 'Sink check', {
    value: percent(here.sinkShare),
    mark: here.isSink ? 'fails' : 'passes',
    meaning:
      here.isSink
        ? `Three dimensions (${named}) hold more than a fifth of the direction: massive activations rather than meaning.`
        : `The three largest dimensions (${named}) hold no more than a fifth of the direction, or than of random ones.`,
  });
}

function variantOf(controls: ProbeControlsView | null, name: string): VariantView | null {
  return controls?.variants.find((variant) => variant.name === name) ?? null;
}

function shuffled(controls: ProbeControlsView | null): Draft {
  const variant = variantOf(controls, 'shuffled');
  if (!variant?.auroc || !variant.drop) return row('shuffled', 'Words shuffled', { meaning: variant?.note ?? null });
  const lost = variant.drop.low > 0;
  return row('shuffled', 'Words shuffled', {
    auroc: variant.auroc,
    difference: variant.drop,
    mark: lost ? 'passes' : 'fails',
    meaning: `${variant.note} ${lost ? 'The probe loses by it, so it reads more than which words there are.' : 'The probe loses nothing certain by it: it may read which words there are, not what they say.'}`,
  });
}

function ablated(controls: ProbeControlsView | null): Draft {
  const variant = variantOf(controls, 'ablated');
  if (!variant?.auroc) return row('ablated', 'Keywords replaced', { meaning: variant?.note ?? null });
  const holds = variant.auroc.low > 0.5;
  return row('ablated', 'Keywords replaced', {
    auroc: variant.auroc,
    difference: variant.drop,
    mark: holds ? 'passes' : 'fails',
    meaning: `${variant.note} ${holds ? 'The probe still tells the sides apart: its interval is above chance.' : 'Without them the probe is not certainly above chance.'}`,
  });
}

function heldOut(controls: ProbeControlsView | null): Draft {
  const found = controls?.heldOutScenarios ?? null;
  if (!found) return row('held-out', 'Held-out scenarios', { meaning: controls ? (controls.heldOutNote ?? 'Not tested.') : null });
  const lowest = found.scenarios.reduce((a, b) => (b.auroc < a.auroc ? b : a));
  const holds = found.auroc.low > 0.5 && (found.p === null || found.p < 0.05);
  const relabelled = found.p === null ? '' : `, ${pValue(found.p)} over relabellings`;
  return row('held-out', 'Held-out scenarios', {
    auroc: found.auroc,
    mark: holds ? 'passes' : 'fails',
    meaning: `Each of ${counted(found.scenarios.length, 'scenario')} left out of the fit in turn, mean of the AUROCs within them${relabelled}; lowest: ${lowest.scenario} ${fixed(lowest.auroc)} (N = ${counted(lowest.pairs, 'pair')}).`,
  });
}

function optimism(sweep: LayerSweepView): Draft {
  return row('optimism', 'Optimism', {
    value: fixed(sweep.optimism),
    mark: 'stated',
    meaning: `By so much the best layer on test (${sweep.bestOnTestLayer}) is above the chosen one: what looking at the test labels would add.`,
  });
}

function atChosen(controls: ProbeControlsView | null) {
  return controls?.layers.find((entry) => entry.layer === controls.chosenLayer) ?? null;
}
