import type { EvidenceView } from '../ipc/generated/EvidenceView';
import type { LadderView } from '../ipc/generated/LadderView';
import type { ModelView } from '../ipc/generated/ModelView';
import type { PairsSummary } from '../ipc/generated/PairsSummary';
import type { RungPartView } from '../ipc/generated/RungPartView';
import type { RungStatus } from '../ipc/generated/RungStatus';
import type { RungView } from '../ipc/generated/RungView';

type Part = [name: string, status: RungStatus, sentence: string];

const rungs: [name: string, title: string, question: string][] = [
  ['separable', 'Separable', 'Does the direction tell the sides apart on pairs it was not fitted on?'],
  ['beats-ceiling', 'Beats the surface ceiling', 'Does it do better than words and length alone?'],
  ['survives-ablation-and-shuffling', 'Survives ablation and shuffling', 'Does it hold without the telling words, and does word order matter?'],
  ['transfers', 'Transfers', 'Does it hold on scenarios it has not seen?'],
  ['tracks-behaviour', 'Tracks behaviour', 'Does the score follow what people said or did?'],
  ['moves-behaviour', 'Moves behaviour', 'Does steering along it change what the model does?'],
  ['necessary', 'Necessary', 'Does taking it out change what the model does?'],
];
const steering: Part[] = [['Steering', 'not-tested', 'Not tested: no steering was run on this study.']];
const necessity: Part[] = [['Projection', 'not-tested', 'Not tested: the direction was not projected out.']];

const good: Part[][] = [
  [['Permutation', 'passed', 'Test AUROC 0.97 [0.91, 1.00], N = 15 test pairs; p = 0.0002 of 5,000 permutations, corrected for the choice among 9 layers.']],
  [['Difference to the ceiling', 'passed', 'AUROC 0.97 against 0.81 of bag of words: difference 0.16 [0.05, 0.29], N = 15 test pairs.']],
  [
    ['Keyword ablation', 'passed', 'AUROC 0.95 [0.88, 1.00] after 41 keywords were replaced in 28 of 50 pairs.'],
    ['Word order', 'passed', 'AUROC falls from 0.97 to 0.71 when the words of every text are shuffled: difference 0.26 [0.11, 0.40].'],
  ],
  [
    ['Held-out scenarios', 'passed', 'Fitted without a scenario and tested on it: AUROC 0.93 on average, lowest 0.86 (the duel), N = 10 pairs each.'],
    ['Other data sets', 'not-tested', 'Not tested: there is one data set in this study.'],
  ],
  [['Human scores', 'passed', 'Pearson’s r 0.83 [0.55, 0.94], p < 0.001, N = 15 test pairs with a human score.']],
  steering,
  necessity,
];
const lexical: Part[][] = [
  [['Permutation', 'passed', 'Test AUROC 0.96 [0.89, 1.00], N = 15 test pairs; p = 0.0004 of 5,000 permutations, corrected for the choice among 13 layers.']],
  [['Difference to the ceiling', 'failed', 'AUROC 0.96 against 0.98 of bag of words: difference −0.02 [−0.09, 0.04], N = 15 test pairs. Vocabulary explains it.']],
  [
    ['Keyword ablation', 'failed', 'AUROC 0.62 [0.44, 0.79] after 41 keywords were replaced in 28 of 50 pairs: it rested on them.'],
    ['Word order', 'failed', 'AUROC stays at 0.96 when the words of every text are shuffled: order does not matter to it.'],
  ],
  [['Held-out scenarios', 'failed', 'Fitted without a scenario and tested on it: AUROC 0.58 on average, lowest 0.41 (the maze), N = 10 pairs each.']],
  [['Human scores', 'failed', 'Pearson’s r 0.21 [−0.33, 0.64], p = 0.445, N = 15 test pairs with a human score.']],
  steering,
  necessity,
];

function statusOf(parts: RungPartView[]): RungStatus {
  if (parts.some((part) => part.status === 'failed')) return 'failed';
  return parts.every((part) => part.status === 'passed') ? 'passed' : 'not-tested';
}

function ladderOf(model: ModelView, at: number, ready: boolean): LadderView {
  const found = at === 0 ? good : lexical;
  const made = rungs.map(([name, title, question], i): RungView => {
    const untested: Part[] = [['All', 'not-tested', 'Not tested: the model has not read the pairs yet.']];
    const parts = (ready ? (found[i] ?? []) : untested).map(([part, status, sentence]) => ({ name: part, status, sentence }));
    return { number: i + 1, name, title, question, status: statusOf(parts), parts };
  });
  const summary = !ready
    ? 'Nothing is shown yet.'
    : at === 0
      ? 'The direction separates the sides beyond vocabulary, holds on unseen scenarios and follows the human scores. Whether it moves behaviour or is needed for it has not been tested.'
      : 'The direction separates the sides, but no better than counting words: vocabulary explains it. It is not shown that this model represents the concept.';
  const problem = ready ? null : 'The model has not read the pairs yet.';
  return { modelId: model.id, modelName: model.name, summary, rungs: made, problem, provenance: 'made up for development' };
}

/** Made-up ladders: the first model passes, the others rest on vocabulary. */
export function mockEvidence(pairs: PairsSummary, chosen: ModelView[], computed: (model: ModelView) => boolean): EvidenceView {
  return {
    concept: pairs.concept,
    data: pairs.name,
    trainPairs: pairs.train,
    testPairs: pairs.test,
    models: chosen.map((model, at) => ladderOf(model, at, computed(model))),
  };
}
