//! From the numbers of one model to the rungs.

use lens_core::grouped;

use super::steered::{moves_behaviour, necessary};
use crate::contract::{
    BehaviourView, EstimateView, LadderView, LayerSweepView, ModelSteeringView, ProbeControlsView,
    RungPartView, RungStatus, RungView, VariantView,
};

/// Level of every test.
const LEVEL: f64 = 0.05;
/// What a score without any information reaches.
const CHANCE: f64 = 0.5;

/// What has been computed about one model by now.
#[derive(Debug)]
pub struct Findings<'a> {
    /// The probe at every layer.
    pub sweep: Option<&'a LayerSweepView>,
    /// What it was held against.
    pub controls: Option<&'a ProbeControlsView>,
    /// Its scores against human scores, or why there is nothing, in a sentence.
    pub behaviour: Result<BehaviourView, String>,
    /// What steering along its direction showed, or why there is nothing, in a sentence.
    pub steering: Result<Box<ModelSteeringView>, String>,
}

/// The ladder, with its summary in words.
pub(super) fn ladder(
    model_id: &str,
    model_name: &str,
    findings: &Findings<'_>,
    problem: Option<String>,
    provenance: String,
) -> LadderView {
    let first = separable(findings);
    let first_status = first.status;
    let holds = first_status == RungStatus::Passed;
    let above = [beats_ceiling, survives, transfers, tracks_behaviour].map(|rung| {
        if holds { rung(findings) } else { out_of_reach(rung(findings), first_status) }
    });
    let mut rungs = vec![first];
    rungs.extend(above);
    let steered = findings.steering.as_ref().map(Box::as_ref).map_err(String::as_str);
    rungs.extend(
        [moves_behaviour, necessary].map(|rung| {
            if holds { rung(steered) } else { out_of_reach(rung(steered), first_status) }
        }),
    );
    LadderView {
        model_id: model_id.to_owned(),
        model_name: model_name.to_owned(),
        summary: summary(&rungs, findings),
        rungs,
        problem,
        provenance,
    }
}

/// A rung above one that was not passed: its tests would be of a direction that is not there. Tests
/// taken one after another, and only while they pass, keep the level of the first for all of them.
fn out_of_reach(rung: RungView, first: RungStatus) -> RungView {
    let RungStatus::Failed = first else { return rung };
    let parts = rung.parts.into_iter().map(|part| RungPartView {
        status: RungStatus::NotTested,
        sentence: "Not tested: the sides are not told apart better than chance, so there is no \
                   direction to test."
            .to_owned(),
        ..part
    });
    RungView { status: RungStatus::NotTested, parts: parts.collect(), ..rung }
}

fn separable(findings: &Findings<'_>) -> RungView {
    let part = match (findings.sweep, findings.controls) {
        (Some(sweep), Some(controls)) => {
            let p = controls.permutation.p;
            RungPartView {
                name: "Permutation".to_owned(),
                status: passed_if(p < LEVEL),
                sentence: format!(
                    "{} p = {} over {} relabellings, each fitted anew, the search over {} layers paid \
                     for.",
                    chosen(sweep),
                    p_value(p),
                    grouped(controls.permutation.draws as usize),
                    controls.layers.len(),
                ),
            }
        }
        _ => not_computed("Permutation"),
    };
    rung(
        1,
        "separable",
        "Separable",
        "Does a direction found on the training pairs tell the test pairs apart better than chance, \
         the search over layers paid for?",
        vec![part],
    )
}

fn beats_ceiling(findings: &Findings<'_>) -> RungView {
    let name = "Surface ceiling";
    let part = match findings.controls {
        None => not_computed(name),
        Some(controls) => match (&controls.above_ceiling, &controls.ceiling) {
            (Some(above), Some(ceiling)) => {
                let passed = above.low > 0.0;
                let judgement = if passed {
                    "the probe finds more than the words give away"
                } else {
                    "vocabulary and form explain the separation as well as the probe does"
                };
                RungPartView {
                    name: name.to_owned(),
                    status: passed_if(passed),
                    sentence: format!(
                        "Test AUROC of the probe minus that of the ceiling ({}), on the same test pairs: \
                         {}: {judgement}.",
                        ceiling.to_lowercase(),
                        signed(above)
                    ),
                }
            }
            _ => RungPartView {
                name: name.to_owned(),
                status: RungStatus::NotTested,
                sentence: "No surface baseline could be computed for these texts.".to_owned(),
            },
        },
    };
    rung(
        2,
        "beats-ceiling",
        "Beats the surface ceiling",
        "Is the probe better than the best count of words, length or punctuation?",
        vec![part],
    )
}

fn survives(findings: &Findings<'_>) -> RungView {
    let variant = |name: &str| {
        findings.controls.and_then(|controls| controls.variants.iter().find(|v| v.name == name))
    };
    let order = match variant("shuffled") {
        None => not_computed("Word order"),
        Some(found) => part_of_variant("Word order", found, |auroc, drop| {
            let passed = drop.low > 0.0;
            let sentence = format!(
                "With the words of every text shuffled, AUROC is {}, lower by {}: the order of the \
                 words is {}part of what the probe reads.",
                plain(auroc),
                plain(drop),
                if passed { "" } else { "not shown to be " }
            );
            (passed, sentence)
        }),
    };
    let keywords = match variant("ablated") {
        None => not_computed("Keywords"),
        Some(found) => part_of_variant("Keywords", found, |auroc, _| {
            let passed = auroc.low > CHANCE;
            let sentence = format!(
                "{} Fitted and tested on those texts: AUROC {}, {} chance.",
                found.note,
                plain(auroc),
                if passed { "above" } else { "not above" }
            );
            (passed, sentence)
        }),
    };
    rung(
        3,
        "survives-ablation-and-shuffling",
        "Survives keyword ablation and shuffling",
        "Is it still there when the words of the concept are replaced, and is it more than a bag of \
         words, which shuffling leaves as it is?",
        vec![keywords, order],
    )
}

fn transfers(findings: &Findings<'_>) -> RungView {
    let name = "Left-out scenarios";
    let part = match findings.controls {
        None => not_computed(name),
        Some(controls) => match &controls.held_out_scenarios {
            Some(found) => {
                let passed = found.auroc.low > CHANCE && found.p.is_none_or(|p| p < LEVEL);
                let relabelled = found.p.map_or_else(String::new, |p| {
                    format!(", p = {} over relabellings", p_value(p))
                });
                RungPartView {
                    name: name.to_owned(),
                    status: passed_if(passed),
                    sentence: format!(
                        "Fitted on all scenarios but one and tested on that one, {} times: mean AUROC \
                         {}{relabelled}: {}.",
                        found.scenarios.len(),
                        plain(&found.auroc),
                        if passed { "above chance" } else { "not shown to be above chance" }
                    ),
                }
            }
            None => RungPartView {
                name: name.to_owned(),
                status: RungStatus::NotTested,
                sentence: controls.held_out_note.clone().unwrap_or_default(),
            },
        },
    };
    rung(
        4,
        "transfers",
        "Transfers to other scenarios",
        "Does a direction found in some scenarios tell the sides apart in others?",
        vec![part],
    )
}

fn tracks_behaviour(findings: &Findings<'_>) -> RungView {
    let name = "Human scores";
    let part = match &findings.behaviour {
        Err(reason) => RungPartView {
            name: name.to_owned(),
            status: RungStatus::NotTested,
            sentence: reason.clone(),
        },
        Ok(found) => {
            let passed = found.pearson_p < LEVEL && found.pearson.value > 0.0;
            RungPartView {
                name: name.to_owned(),
                status: passed_if(passed),
                sentence: format!(
                    "Scores of {} test pairs against what people said of them: r = {}, p = {}.",
                    found.n,
                    plain(&found.pearson),
                    p_value(found.pearson_p)
                ),
            }
        }
    };
    rung(
        5,
        "tracks-behaviour",
        "Tracks behaviour",
        "Do the scores follow human scores or outcomes of the same pairs?",
        vec![part],
    )
}

pub(super) fn rung(
    number: u32,
    name: &str,
    title: &str,
    question: &str,
    parts: Vec<RungPartView>,
) -> RungView {
    let any = |status: RungStatus| parts.iter().any(|part| part.status == status);
    let status = if any(RungStatus::Failed) {
        RungStatus::Failed
    } else if any(RungStatus::NotTested) {
        RungStatus::NotTested
    } else {
        RungStatus::Passed
    };
    RungView {
        number,
        name: name.to_owned(),
        title: title.to_owned(),
        question: question.to_owned(),
        status,
        parts,
    }
}

fn part_of_variant(
    name: &str,
    variant: &VariantView,
    judge: impl FnOnce(&EstimateView, &EstimateView) -> (bool, String),
) -> RungPartView {
    match (&variant.auroc, &variant.drop) {
        (Some(auroc), Some(drop)) => {
            let (passed, sentence) = judge(auroc, drop);
            RungPartView { name: name.to_owned(), status: passed_if(passed), sentence }
        }
        _ => RungPartView {
            name: name.to_owned(),
            status: RungStatus::NotTested,
            sentence: variant.note.clone(),
        },
    }
}

fn not_computed(name: &str) -> RungPartView {
    RungPartView {
        name: name.to_owned(),
        status: RungStatus::NotTested,
        sentence: "Not computed yet: read the pairs with this model.".to_owned(),
    }
}

pub(super) const fn passed_if(passed: bool) -> RungStatus {
    if passed { RungStatus::Passed } else { RungStatus::Failed }
}

/// "Test AUROC 0.98 [0.95, 1.00] at layer 5 (60 pairs)."
fn chosen(sweep: &LayerSweepView) -> String {
    let layer = sweep.layers.iter().find(|layer| layer.layer == sweep.chosen_layer);
    layer.and_then(|layer| layer.test.as_ref()).map_or_else(String::new, |test| {
        format!(
            "Test AUROC {} at layer {} ({} pairs).",
            plain(&test.auroc),
            sweep.chosen_layer,
            test.pairs
        )
    })
}

fn plain(e: &EstimateView) -> String {
    format!("{:.3} [{:.3}, {:.3}]", e.value, e.low, e.high)
}

pub(super) fn signed(e: &EstimateView) -> String {
    format!("{:+.3} [{:+.3}, {:+.3}]", e.value, e.low, e.high)
}

fn p_value(p: f64) -> String {
    if p < 0.001 { format!("{p:.4}") } else { format!("{p:.3}") }
}

/// What is shown, what is not, what was not tested, in three sentences.
fn summary(rungs: &[RungView], findings: &Findings<'_>) -> String {
    let titles = |status: RungStatus| {
        let of = rungs.iter().filter(|rung| rung.status == status);
        of.map(|rung| rung.title.to_lowercase()).collect::<Vec<_>>()
    };
    let (shown, refuted) = (titles(RungStatus::Passed), titles(RungStatus::Failed));
    let untested = titles(RungStatus::NotTested);
    let mut sentences = Vec::new();
    if !shown.is_empty() {
        sentences.push(format!("Shown: {}.", shown.join("; ")));
    }
    if !refuted.is_empty() {
        sentences.push(format!("Tested and not shown: {}.", refuted.join("; ")));
    }
    let ceiling = rungs.iter().find(|rung| rung.name == "beats-ceiling");
    if ceiling.is_some_and(|rung| rung.status == RungStatus::Failed)
        && let Some(best) = findings.controls.and_then(|controls| controls.ceiling.as_deref())
    {
        sentences.push(format!(
            "The texts alone ({}) tell the sides apart as well as the model's activations do, so \
             nothing here says that the model holds the concept.",
            best.to_lowercase()
        ));
    }
    if !untested.is_empty() {
        sentences.push(format!("Not tested: {}.", untested.join("; ")));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests;
