//! Which samples a plan takes, and under which key a study keeps them.

use lens_core::{Digest, Seed};
use lens_steering::Scenario;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::along::length;
use super::course::Course;
use super::prompt::Prompting;
use crate::contract::{SteeringMode, SteeringPlanView};
use crate::snapshot::Snapshot;

/// Raised when samples or their measures change.
const VERSION: &str = "steering-samples/1";

/// What is done to the stream while a response is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Condition {
    /// The plan's mode at a coefficient; at 0 nothing is changed, whatever the mode.
    Coefficient(f64),
    /// The direction is projected out.
    ProjectedOut,
}

/// Samples of one scenario under one condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CellId {
    /// Index of the scenario in the plan's list.
    pub(super) scenario: usize,
    /// What is done.
    pub(super) condition: Condition,
    /// Along a random direction rather than the plan's.
    pub(super) random: Option<u32>,
}

/// The cells of a plan, in the order in which they are sampled: the plan's direction first, so that
/// there is something to see, then the random ones.
pub(super) fn cells(plan: &SteeringPlanView, scenarios: usize) -> Vec<CellId> {
    let conditions = plan.coefficients.iter().map(|&a| Condition::Coefficient(a));
    let own: Vec<Condition> =
        conditions.chain(plan.project_out.then_some(Condition::ProjectedOut)).collect();
    let mut cells = Vec::new();
    for scenario in 0..scenarios {
        cells.extend(own.iter().map(|&condition| CellId { scenario, condition, random: None }));
    }
    // At 0 all directions are the same: nothing is changed.
    let steered: Vec<f64> = plan.coefficients.iter().copied().filter(|a| *a != 0.0).collect();
    for random in 0..plan.random_directions {
        for scenario in 0..scenarios {
            cells.extend(steered.iter().map(|&a| CellId {
                scenario,
                condition: Condition::Coefficient(a),
                random: Some(random),
            }));
        }
    }
    cells
}

/// One response, kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptSample {
    /// All of it.
    pub(super) text: String,
    /// Its pieces, token by token; empty along random directions.
    pub(super) pieces: Vec<String>,
    /// Their scores along the plan's direction.
    pub(super) scores: Vec<f32>,
    /// `stop`, `length` or `context`.
    pub(super) end: String,
    /// Under the unsteered model; absent without tokens, and along random directions.
    pub(super) perplexity: Option<f64>,
    /// Mean KL divergence per token from the unsteered model, nats.
    pub(super) divergence: Option<f64>,
}

/// The responses of one cell, by seed, and the prompt as the model was given it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptCell {
    /// Special tokens written out.
    pub(super) prompt: String,
    /// Response i is drawn by seed i.
    pub(super) samples: Vec<KeptSample>,
}

/// What the samples of one model rest on.
pub(super) struct Basis<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) plan: &'a SteeringPlanView,
    pub(super) course: &'a Course,
    /// At each steered layer.
    pub(super) residual_norms: &'a [f64],
}

impl Basis<'_> {
    /// The key of a cell. The number of samples is not in it: more are drawn beside those kept.
    pub(super) fn key(&self, cell: CellId, scenario: &Scenario, prompting: &Prompting) -> Digest {
        let (plan, reading) = (self.plan, &self.snapshot.reading.key);
        let number = |value: f64| format!("{:016x}", value.to_bits());
        let mut fields: Vec<Option<String>> = vec![
            Some(VERSION.into()),
            Some(reading.model.as_str().into()),
            reading.rounding().flatten().map(str::to_owned),
            prompting.digest().map(|digest| digest.as_str().to_owned()),
            Some(scenario.id.clone()),
            Some(scenario.question()),
            Some(self.snapshot.settings.seed.0.to_string()),
            Some(number(plan.temperature)),
            Some(number(plan.top_p)),
            Some(plan.top_k.to_string()),
            Some(number(plan.repetition_penalty)),
            Some(plan.max_tokens.to_string()),
            // scores of tokens are along this one, which is also the steered one unless several are
            Some(self.course.scored.layer.to_string()),
            Some(self.course.scored.digest().as_str().to_owned()),
            Some(number(self.course.scored.midpoint)),
            cell.random.map(|random| random.to_string()),
        ];
        let unsteered = cell.condition == Condition::Coefficient(0.0);
        let several = self.course.is_of_several() && !unsteered;
        for along in self.course.steered.iter().filter(|_| several) {
            fields.push(Some(along.layer.to_string()));
            fields.push(Some(along.digest().as_str().to_owned()));
        }
        match cell.condition {
            Condition::Coefficient(0.0) => fields.push(Some("unsteered".into())),
            Condition::Coefficient(a) => {
                let lengths = self.lengths(a).map(|length| Some(number(length)));
                fields.extend(lengths);
                let mode = if plan.mode == SteeringMode::Clamp { "clamp" } else { "add" };
                fields.push(Some(format!("{mode} at {:?}", plan.positions)));
            }
            Condition::ProjectedOut => {
                fields.push(Some(format!("projected out at {:?}", plan.positions)));
            }
        }
        Digest::of_fields(fields.iter().map(Option::as_deref))
    }

    /// How far along the unit vector of each steered layer a coefficient of the plan goes.
    pub(super) fn lengths(&self, coefficient: f64) -> impl Iterator<Item = f64> {
        self.residual_norms.iter().map(move |norm| length(coefficient, self.plan.unit, *norm))
    }
}

/// The seed of sample `index` of a scenario: the same under every condition.
pub(super) fn sample_seed(seed: Seed, scenario: &str, index: usize) -> u64 {
    seed.stream(&format!("steering/{scenario}/{index}")).random()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steering::plan::starting_plan;

    #[test]
    fn a_plan_takes_each_cell_once() {
        let plan = SteeringPlanView {
            coefficients: vec![-1.0, 0.0, 1.0],
            project_out: true,
            random_directions: 5,
            ..starting_plan(&[], &[])
        };
        let cells = cells(&plan, 2);
        // 3 coefficients and the projection, and 2 coefficients by 5 random directions
        assert_eq!(cells.len(), 2 * 4 + 2 * 2 * 5);
        assert!(cells.iter().take(8).all(|cell| cell.random.is_none()));
        assert!(cells.iter().skip(8).all(|cell| cell.condition != Condition::Coefficient(0.0)));
    }

    #[test]
    fn seeds_are_of_the_scenario_and_the_index() {
        let seed = |run, scenario, index| sample_seed(Seed(run), scenario, index);
        assert_eq!(seed(0, "a", 1), seed(0, "a", 1));
        assert_ne!(seed(0, "a", 1), seed(0, "a", 2));
        assert_ne!(seed(0, "a", 1), seed(0, "b", 1));
        assert_ne!(seed(0, "a", 1), seed(1, "a", 1));
    }
}
