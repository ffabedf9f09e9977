//! Held-out scenarios: does a direction tell the sides apart in a situation it was not fitted on?

use std::collections::BTreeMap;

use lens_core::{ActivationMatrix, CancelToken, DirectionMethod, Progress, Reporter, Seed};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{DRAWS, Estimate, WeightedScores, draw_weights, interval};
use crate::scenario_permutation::permutation_p;
use crate::statistics::mean;
use crate::{AnalysisError, SideScores, auroc, fit_direction, scores};

/// Fewest scenarios that say something about others.
const FEWEST_SCENARIOS: usize = 3;
/// Fewest pairs of a scenario that is measured.
const FEWEST_PAIRS: usize = 2;

/// What leaving out one scenario after the other gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum HeldOutScenarios {
    /// Enough scenarios.
    Tested(ScenarioTransfer),
    /// Too few.
    NotTestable {
        /// Why, in a sentence that says what is needed.
        reason: String,
    },
}

/// AUROCs within scenarios that the direction was not fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioTransfer {
    /// Layer of the residual stream.
    pub layer: usize,
    /// How the direction is found.
    pub method: DirectionMethod,
    /// Mean of the scenarios' AUROCs, each scenario counting the same. The interval is over pairs,
    /// drawn within each scenario, the directions as they are.
    pub macro_auroc: Estimate,
    /// p of that mean by swapping sides within pairs and fitting anew, 1,000 draws (all arrangements
    /// where there are fewer): what the interval does not know of, that all fits share their pairs.
    /// For mean differences of up to 1,500 pairs; none elsewhere.
    pub p: Option<f64>,
    /// Each scenario, by name.
    pub scenarios: Vec<HeldOutScenario>,
    /// Scenarios of a single pair: fitted on, not measured.
    pub too_small: Vec<String>,
}

/// One scenario that was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOutScenario {
    /// Its name.
    pub scenario: String,
    /// Its pairs.
    pub n_pairs: usize,
    /// AUROC among its own texts, with an interval over its pairs. None where the other scenarios
    /// give no direction: that counts one half.
    pub auroc: Option<Estimate>,
}

/// For each scenario with two pairs or more, fits `method` on all pairs of the others (training and
/// test pairs alike; a pair without a scenario is among the others) and measures the AUROC within it.
///
/// `rows` has two rows for each pair, `scenarios` one entry.
///
/// # Errors
/// Lists of unequal length, NaN or infinities, a fit that does not converge, or a cancelled token.
pub fn held_out_scenarios(
    rows: &ActivationMatrix,
    layer: usize,
    scenarios: &[Option<String>],
    method: DirectionMethod,
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<HeldOutScenarios, AnalysisError> {
    let pairs = scenarios.len();
    if rows.rows() != 2 * pairs {
        return Err(AnalysisError::RowCount { layer, rows: rows.rows(), pairs });
    }
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (pair, scenario) in scenarios.iter().enumerate() {
        if let Some(name) = scenario {
            by_name.entry(name).or_default().push(pair);
        }
    }
    let (measured, small): (BTreeMap<_, _>, BTreeMap<_, _>) =
        by_name.into_iter().partition(|(_, pairs)| pairs.len() >= FEWEST_PAIRS);
    if measured.len() < FEWEST_SCENARIOS {
        let found = measured.len();
        let reason = format!(
            "{found} scenarios have {FEWEST_PAIRS} pairs or more, and {FEWEST_SCENARIOS} are \
             needed to see whether a direction extends to a new one; name the scenario of each pair"
        );
        return Ok(HeldOutScenarios::NotTestable { reason });
    }

    let mut left_out = Vec::with_capacity(measured.len());
    for (done, (&name, own)) in measured.iter().enumerate() {
        cancel.check()?;
        let others: Vec<usize> = (0..pairs).filter(|pair| !own.contains(pair)).collect();
        let found = match fit_direction(method, rows, &others, scenarios, layer, seed) {
            Ok(direction) => Some(scores(rows, &direction, own)?),
            Err(AnalysisError::NoDifference { .. }) => None,
            Err(error) => return Err(error),
        };
        left_out.push((name, own.len(), found));
        reporter.report(Progress {
            stage: "Leaving out scenarios".to_owned(),
            done: done as u64 + 1,
            total: measured.len() as u64,
            unit: "scenarios",
        });
    }
    let areas = left_out
        .iter()
        .map(|(.., found)| match found {
            Some(SideScores { positive, negative }) => auroc(positive, negative),
            None => Ok(0.5),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let drawn = drawn_areas(&left_out, seed);
    cancel.check()?;
    let p = match method {
        DirectionMethod::MeanDifference => {
            let own: Vec<&[usize]> = measured.values().map(Vec::as_slice).collect();
            permutation_p(rows, &own, seed, cancel)?
        }
        _ => None,
    };
    let column = |at: usize| drawn.iter().filter_map(|draw| draw.get(at)).copied().collect();
    let of_scenarios = left_out.iter().zip(&areas).enumerate();
    Ok(HeldOutScenarios::Tested(ScenarioTransfer {
        layer,
        method,
        p,
        macro_auroc: interval(mean(&areas), drawn.iter().map(|draw| mean(draw)).collect()),
        scenarios: of_scenarios
            .map(|(at, ((name, n_pairs, found), area))| HeldOutScenario {
                scenario: (*name).to_owned(),
                n_pairs: *n_pairs,
                auroc: found.as_ref().map(|_| interval(*area, column(at))),
            })
            .collect(),
        too_small: small.into_keys().map(str::to_owned).collect(),
    }))
}

/// The scenarios' AUROCs in each draw. Every scenario draws its own pairs, from the streams
/// `bootstrap/scenario/{number}/{draw}`: draws shared between scenarios would move together.
fn drawn_areas(left_out: &[(&str, usize, Option<SideScores>)], seed: Seed) -> Vec<Vec<f64>> {
    let weighted: Vec<Option<WeightedScores<'_>>> = left_out
        .iter()
        .map(|(.., found)| found.as_ref().map(|f| WeightedScores::new(&f.with_threshold(0.0))))
        .collect();
    (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            let areas = weighted.iter().zip(left_out).enumerate();
            areas
                .map(|(number, (scores, (_, pairs, _)))| {
                    scores.as_ref().map_or(0.5, |scores| {
                        let stream = format!("bootstrap/scenario/{number}/{draw}");
                        scores.auroc(&draw_weights(*pairs, seed.stream(&stream)))
                    })
                })
                .collect()
        })
        .collect()
}
