//! What kept samples show: cells, success, bands, scenario by scenario and over all.

use std::ops::Range;

use lens_core::Seed;
use lens_steering::{
    BandPoint, Bound, Cell, Dose, Effect, SampleOutcome, Scenario, Share, Slope, anti_steerable,
    asymmetry, change, coherence, coherent_as_published, effect, random_band, slope,
    success_as_published, success_strict,
};

use super::cells::{CellId, Condition, KeptCell, KeptSample};
use super::together;
use crate::contract::{
    DoseBandView, DoseCellView, EstimateView, PooledDoseView, ScenarioDoseView, ShareView,
    SteeringPlanView, SteeringSuccessView,
};
use crate::probe::small;

/// The cells of one model that have been sampled.
pub(super) struct Sampled<'a> {
    pub(super) plan: &'a SteeringPlanView,
    pub(super) scenarios: &'a [Scenario],
    /// In the order of [`super::cells::cells`]; none where a cell has not all its samples yet.
    pub(super) cells: Vec<(CellId, Option<KeptCell>)>,
    pub(super) seed: Seed,
}

/// All that is told of one model's cells.
pub(super) struct Told {
    pub(super) scenarios: Vec<ScenarioDoseView>,
    pub(super) overall: Option<SteeringSuccessView>,
    pub(super) pooled: PooledDoseView,
    pub(super) effect: Option<EstimateView>,
    pub(super) random_effects: Vec<f64>,
    pub(super) project_out_change: Option<EstimateView>,
}

/// Judgements of the samples of one scenario along one direction, by ascending coefficient.
pub(super) type Judged = Vec<(f64, Vec<SampleOutcome>)>;

impl Sampled<'_> {
    /// Counts and compares.
    pub(super) fn told(&self) -> Told {
        let own: Vec<Judged> = (0..self.scenarios.len()).map(|s| self.judged(s, None)).collect();
        let whole = |judged: &Judged| judged.len() == self.plan.coefficients.len();
        let complete = !own.is_empty() && own.iter().all(whole);
        let scenarios: Vec<ScenarioDoseView> = self
            .scenarios
            .iter()
            .enumerate()
            .map(|(at, scenario)| self.scenario(at, scenario, own.get(at).filter(|j| whole(j))))
            .collect();
        let per_scenario: Vec<&SteeringSuccessView> =
            scenarios.iter().filter_map(|s| s.success.as_ref()).collect();
        let overall = if complete { together::success(&own, &per_scenario) } else { None };
        let random_effects = (0..self.plan.random_directions).filter_map(|random| {
            let judged: Vec<Judged> =
                (0..self.scenarios.len()).map(|s| self.judged(s, Some(random))).collect();
            // An effect over some of the scenarios is not comparable with one over all.
            let steered = self.plan.coefficients.len() - 1;
            let whole = judged.iter().all(|j| j.len() == steered);
            whole.then(|| self.effect(&judged)).flatten().map(|e| e.value)
        });
        Told {
            overall,
            pooled: self.pooled(),
            effect: if complete { self.effect(&own).map(estimate) } else { None },
            random_effects: random_effects.collect(),
            project_out_change: if complete { self.project_out_change() } else { None },
            scenarios,
        }
    }

    pub(super) fn kept(
        &self,
        scenario: usize,
        condition: Condition,
        random: Option<u32>,
    ) -> Option<&KeptCell> {
        let wanted = CellId { scenario, condition, random };
        self.cells.iter().find(|(id, _)| *id == wanted).and_then(|(_, cell)| cell.as_ref())
    }

    /// The samples that the plan asks for, of which there may be more.
    fn samples<'a>(&self, cell: &'a KeptCell) -> &'a [KeptSample] {
        cell.samples.get(..self.plan.samples as usize).unwrap_or(&cell.samples)
    }

    fn outcomes(&self, scenario: usize, cell: &KeptCell) -> Vec<SampleOutcome> {
        let Some(scenario) = self.scenarios.get(scenario) else { return Vec::new() };
        self.samples(cell).iter().map(|sample| judge(scenario, sample)).collect()
    }

    /// Along the plan's direction, or a random one.
    pub(super) fn judged(&self, scenario: usize, random: Option<u32>) -> Judged {
        let coefficients = self.plan.coefficients.iter();
        coefficients
            .filter_map(|&a| {
                let cell = self.kept(scenario, Condition::Coefficient(a), random)?;
                Some((a, self.outcomes(scenario, cell)))
            })
            .collect()
    }

    fn scenario(
        &self,
        at: usize,
        scenario: &Scenario,
        complete: Option<&Judged>,
    ) -> ScenarioDoseView {
        let cell = |condition| {
            let kept = self.kept(at, condition, None)?;
            Some(self.cell_view(&[(scenario, kept)], condition))
        };
        ScenarioDoseView {
            scenario: scenario.id.clone(),
            title: scenario.title.clone(),
            outcome: if scenario.rule.is_some() { "behaviour" } else { "language" }.into(),
            cells: self
                .plan
                .coefficients
                .iter()
                .filter_map(|&a| cell(Condition::Coefficient(a)))
                .collect(),
            projected_out: cell(Condition::ProjectedOut),
            random: self.band(at..at + 1),
            success: complete.and_then(success),
        }
    }

    /// The samples of a cell, or those of several scenarios' cells put together.
    pub(super) fn cell_view(
        &self,
        kept: &[(&Scenario, &KeptCell)],
        condition: Condition,
    ) -> DoseCellView {
        let coefficient = match condition {
            Condition::Coefficient(a) => Some(a),
            Condition::ProjectedOut => None,
        };
        let pairs = kept.iter().flat_map(|(scenario, cell)| {
            self.samples(cell).iter().map(move |sample| (*scenario, sample))
        });
        let pairs: Vec<(&Scenario, &KeptSample)> = pairs.collect();
        let samples = || pairs.iter().map(|(_, sample)| *sample);
        let judged = pairs.iter().map(|(scenario, sample)| judge(scenario, sample));
        let cell = Cell::of(coefficient.unwrap_or_default(), judged);
        let measured: Vec<_> = samples().map(|sample| coherence(&sample.text)).collect();
        let scores = samples().flat_map(|sample| &sample.scores).map(|s| f64::from(*s));
        DoseCellView {
            coefficient,
            n: small(cell.n),
            rate: share_view(cell.rate()),
            coherent_rate_of_outcome: share_view(cell.coherent_outcome_rate()),
            coherent: share_view(cell.coherent_rate()),
            empty_rate: if cell.n == 0 { 0.0 } else { cell.empty as f64 / cell.n as f64 },
            perplexity: median(samples().filter_map(|s| s.perplexity).collect()),
            kl: mean(samples().filter_map(|s| s.divergence)),
            distinct2: mean(measured.iter().filter_map(|c| c.distinct_2)),
            repetition: mean(measured.iter().filter_map(|c| c.longest_repeat)),
            score: mean(scores),
        }
    }

    /// The band of the random directions over some scenarios, as far as all of them have been sampled
    /// in each: a direction's rate is that of all its coherent samples there.
    pub(super) fn band(&self, scenarios: Range<usize>) -> Vec<DoseBandView> {
        let own_at_zero = || {
            scenarios.clone().map(|scenario| {
                let cell = self.kept(scenario, Condition::Coefficient(0.0), None)?;
                Some((0.0, self.outcomes(scenario, cell)))
            })
        };
        let Some(at_zero) = own_at_zero().collect::<Option<Judged>>() else { return Vec::new() };
        let steered = self.plan.coefficients.len() - 1;
        let of_direction = |random: u32| {
            let mut all = at_zero.clone();
            for scenario in scenarios.clone() {
                let judged = self.judged(scenario, Some(random));
                if judged.len() != steered {
                    return None;
                }
                all.extend(judged);
            }
            dose(&all)
        };
        let doses: Option<Vec<Dose>> = (0..self.plan.random_directions).map(of_direction).collect();
        // Without random directions there is no band, which is no failure.
        let points = doses.and_then(|doses| random_band(&doses).ok()).unwrap_or_default();
        points.into_iter().map(band_view).collect()
    }

    fn effect(&self, judged: &[Judged]) -> Option<Effect> {
        let cells: Vec<Vec<(f64, &[SampleOutcome])>> =
            judged.iter().map(|j| j.iter().map(|(a, s)| (*a, s.as_slice())).collect()).collect();
        effect(&cells, self.seed)
    }

    fn project_out_change(&self) -> Option<EstimateView> {
        let judged = (0..self.scenarios.len()).map(|at| {
            let outcomes =
                |condition| self.kept(at, condition, None).map(|cell| self.outcomes(at, cell));
            Some((outcomes(Condition::Coefficient(0.0))?, outcomes(Condition::ProjectedOut)?))
        });
        let judged: Vec<_> = judged.collect::<Option<_>>()?;
        let pairs: Vec<(&[SampleOutcome], &[SampleOutcome])> =
            judged.iter().map(|(before, after)| (before.as_slice(), after.as_slice())).collect();
        change(&pairs, self.seed).map(estimate)
    }
}

/// A sample, judged as its scenario has it.
pub(super) fn judge(scenario: &Scenario, sample: &KeptSample) -> SampleOutcome {
    SampleOutcome {
        outcome: scenario.outcome(&sample.text),
        coherent: coherent_as_published(&sample.text),
        empty: sample.text.trim().is_empty(),
    }
}

const fn band_view(point: BandPoint) -> DoseBandView {
    let BandPoint { coefficient, low, mean, high, .. } = point;
    DoseBandView { coefficient, low, mean, high }
}

pub(super) fn dose(judged: &Judged) -> Option<Dose> {
    let cells = judged.iter().map(|(a, samples)| Cell::of(*a, samples.iter().copied()));
    Dose::new(cells.collect()).ok()
}

fn success(judged: &Judged) -> Option<SteeringSuccessView> {
    let dose = dose(judged)?;
    let (published, strict) = (success_as_published(&dose), success_strict(&dose));
    let at_zero = judged.iter().find(|(a, _)| *a == 0.0)?;
    let steered: Vec<(f64, &[SampleOutcome])> =
        judged.iter().map(|(a, samples)| (*a, samples.as_slice())).collect();
    let (slope, slope_note) = slope_view(&slope(&dose));
    Some(SteeringSuccessView {
        as_published: share_view(published.share),
        bound: strict.bound.map(|bound| match bound {
            Bound::Ceiling => "ceiling".into(),
            Bound::Floor => "floor".into(),
        }),
        remarks: strict.remarks(),
        strict: share_view(strict.share),
        cannot_move: strict.cannot_move,
        incoherent_unsteered: strict.incoherent_unsteered,
        slope,
        slope_note,
        asymmetry: asymmetry(&dose).value,
        anti_steerable: share_view(anti_steerable(&at_zero.1, &steered).wrong),
    })
}

pub(super) fn slope_view(slope: &Slope) -> (Option<EstimateView>, Option<String>) {
    match slope {
        Slope::Estimated { slope, interval, .. } => {
            (Some(EstimateView { value: *slope, low: interval.low, high: interval.high }), None)
        }
        other => (None, other.problem().map(str::to_owned)),
    }
}

fn estimate(effect: Effect) -> EstimateView {
    EstimateView { value: effect.value, low: effect.interval.low, high: effect.interval.high }
}

pub(super) fn share_view(share: Share) -> ShareView {
    let interval = share.wilson();
    ShareView {
        value: share.value(),
        n: small(share.n),
        low: interval.map(|i| i.low),
        high: interval.map(|i| i.high),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / n as f64)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => values.get(middle).copied(),
        _ => Some((values.get(middle - 1)? + values.get(middle)?) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steering::cells::cells;
    use crate::steering::plan::starting_plan;
    use lens_steering::OutcomeRule;

    /// A response of `help` or not, long enough to be coherent.
    fn response(helps: bool) -> KeptSample {
        let word = if helps { "stopped" } else { "hurried" };
        KeptSample {
            text: format!("{word} and then all of them went a long way home through the snow"),
            pieces: vec![word.into()],
            scores: vec![if helps { 1.0 } else { -1.0 }],
            end: "stop".into(),
            perplexity: Some(2.0),
            divergence: Some(0.5),
        }
    }

    fn scenario(id: &str) -> Scenario {
        let rule = OutcomeRule { helps: vec!["stopped".into()], keeps: vec!["hurried".into()] };
        Scenario {
            id: id.into(),
            title: id.into(),
            objective: "Go.".into(),
            pressure: String::new(),
            prompt: None,
            rubric: Vec::new(),
            rule: Some(rule),
        }
    }

    /// One scenario whose rate follows the coefficient and one that is at its ceiling; random
    /// directions change nothing.
    fn told() -> Told {
        let plan = SteeringPlanView {
            coefficients: vec![-1.0, 0.0, 1.0],
            samples: 4,
            random_directions: 5,
            ..starting_plan(&[], &[])
        };
        let scenarios = [scenario("free"), scenario("ceiling")];
        let sampled = cells(&plan, 2).into_iter().map(|id| {
            let helping = match (id.scenario, id.condition, id.random) {
                (1, ..) => 4,
                (_, Condition::Coefficient(a), None) if a != 0.0 => 2 + (2.0 * a) as usize,
                (_, Condition::ProjectedOut, _) => 0,
                _ => 2,
            };
            let helping = if id.condition == Condition::Coefficient(-1.0)
                && id.random.is_none()
                && id.scenario == 0
            {
                0
            } else {
                helping
            };
            // one more than the plan asks for, which must not count
            let samples = (0..5).map(|i| response(i < helping || i == 4)).collect();
            (id, Some(KeptCell { prompt: String::new(), samples }))
        });
        let cells = sampled.collect();
        Sampled { plan: &plan, scenarios: &scenarios, cells, seed: Seed(0) }.told()
    }

    #[test]
    fn a_ceiling_is_named_and_not_counted() {
        let told = told();
        let [free, ceiling] = told.scenarios.as_slice() else { panic!("two scenarios") };
        let rates: Vec<_> = free.cells.iter().map(|c| (c.n, c.rate.value)).collect();
        assert_eq!(rates, [(4, Some(0.0)), (4, Some(0.5)), (4, Some(1.0))]);
        let success = free.success.as_ref().unwrap();
        assert_eq!((success.strict.value, success.strict.n), (Some(1.0), 2));
        let success = ceiling.success.as_ref().unwrap();
        assert_eq!(success.as_published.value, Some(0.5));
        assert_eq!(success.bound.as_deref(), Some("ceiling"));
        assert_eq!(success.cannot_move, [1.0]);
        assert_eq!((success.strict.value, success.strict.n), (Some(0.0), 1));
        let overall = told.overall.unwrap();
        assert_eq!((overall.strict.n, overall.strict.value), (3, Some(2.0 / 3.0)));
        assert_eq!((overall.as_published.n, overall.as_published.value), (4, Some(0.75)));
        assert!(overall.remarks[0].contains("1 of 2 scenarios"));
    }

    #[test]
    fn the_band_over_all_scenarios_is_of_directions_not_of_scenarios() {
        let plan = SteeringPlanView {
            coefficients: vec![0.0, 1.0],
            samples: 4,
            random_directions: 5,
            project_out: false,
            ..starting_plan(&[], &[])
        };
        let scenarios = [scenario("one"), scenario("other")];
        // What a direction does in one scenario it undoes in the other.
        let sampled = cells(&plan, 2).into_iter().map(|id| {
            let helping = match (id.random, id.scenario) {
                (Some(direction), 0) => direction,
                (Some(direction), _) => 4 - direction,
                (None, _) => 2,
            };
            let samples = (0..4).map(|i| response(i < helping)).collect();
            (id, Some(KeptCell { prompt: String::new(), samples }))
        });
        let mut sampled: Vec<_> = sampled.collect();
        let told = |cells: &[(CellId, Option<KeptCell>)]| {
            let cells = cells.to_vec();
            Sampled { plan: &plan, scenarios: &scenarios, cells, seed: Seed(0) }.told()
        };
        let all = told(&sampled);
        let ends = |band: &[DoseBandView]| band.last().map(|p| (p.low, p.mean, p.high));
        for scenario in &all.scenarios {
            assert_eq!(ends(&scenario.random), Some((Some(0.0), Some(0.5), Some(1.0))));
        }
        assert_eq!(ends(&all.pooled.random), Some((Some(0.5), Some(0.5), Some(0.5))));
        // Without the last cell of the last direction there is no band over all.
        sampled.last_mut().unwrap().1 = None;
        let part = told(&sampled);
        assert!(part.pooled.random.is_empty() && part.pooled.cells.len() == 2);
        assert_eq!(part.scenarios.iter().filter(|s| s.random.is_empty()).count(), 1);
    }

    #[test]
    fn effects_are_over_all_scenarios() {
        let told = told();
        // from 0 to 1 in one of two scenarios
        assert_eq!(told.effect.unwrap().value, 0.5);
        assert_eq!(told.random_effects, [0.0; 5]);
        assert_eq!(told.project_out_change.unwrap().value, -0.25);
        let band = &told.scenarios[0].random;
        assert_eq!(band.len(), 3);
        assert!(band.iter().all(|point| point.mean == Some(0.5)));
        // half of one scenario's responses and all of the other's
        let pooled = &told.pooled;
        let rates: Vec<_> = pooled.cells.iter().map(|c| (c.n, c.rate.value)).collect();
        assert_eq!(rates, [(8, Some(0.5)), (8, Some(0.75)), (8, Some(1.0))]);
        assert_eq!(pooled.projected_out.as_ref().unwrap().rate.value, Some(0.5));
        assert_eq!(pooled.random.len(), 3);
        assert!(pooled.random.iter().all(|p| (p.low, p.high) == (Some(0.75), Some(0.75))));
    }
}
