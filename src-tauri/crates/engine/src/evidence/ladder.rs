//! From the numbers of one model to the rungs.

use crate::contract::{
    BehaviourView, EstimateView, LadderView, LayerSweepView, ProbeControlsView, RungPartView,
    RungStatus, RungView, VariantView,
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
}

/// The ladder, with its summary in words.
pub(super) fn ladder(
    model_id: &str,
    model_name: &str,
    findings: &Findings<'_>,
    problem: Option<String>,
    provenance: String,
) -> LadderView {
    let rungs = vec![
        separable(findings),
        beats_ceiling(findings),
        survives(findings),
        transfers(findings),
        tracks_behaviour(findings),
        unmeasured(
            6,
            "moves-behaviour",
            "Moves behaviour when steered",
            "Does adding the direction change what the model does, more than random directions do, \
             while its text stays coherent?",
        ),
        unmeasured(
            7,
            "necessary",
            "Necessary for behaviour",
            "Does taking the direction away change what the model does?",
        ),
    ];
    LadderView {
        model_id: model_id.to_owned(),
        model_name: model_name.to_owned(),
        summary: summary(&rungs, findings),
        rungs,
        problem,
        provenance,
    }
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
                    controls.permutation.draws,
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
                        "Probe minus {ceiling}, on the same test pairs: {}: {judgement}.",
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
        Some(found) => part_of_variant("Word order", found, |_, drop| {
            let passed = drop.low > 0.0;
            let sentence = format!(
                "With the words of every text shuffled, AUROC falls by {}: {}.",
                signed(drop),
                if passed {
                    "what the probe reads is more than which words there are"
                } else {
                    "the probe does not need the order of the words"
                }
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
                let passed = found.auroc.low > CHANCE;
                RungPartView {
                    name: name.to_owned(),
                    status: passed_if(passed),
                    sentence: format!(
                        "Fitted on all scenarios but one and tested on that one, {} times: mean AUROC \
                         {}, {} chance.",
                        found.scenarios.len(),
                        plain(&found.auroc),
                        if passed { "above" } else { "not above" }
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

fn unmeasured(number: u32, name: &str, title: &str, question: &str) -> RungView {
    let part = RungPartView {
        name: "Steering".to_owned(),
        status: RungStatus::NotTested,
        sentence: "Steering has not been measured in this study.".to_owned(),
    };
    rung(number, name, title, question, vec![part])
}

fn rung(number: u32, name: &str, title: &str, question: &str, parts: Vec<RungPartView>) -> RungView {
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

const fn passed_if(passed: bool) -> RungStatus {
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

fn signed(e: &EstimateView) -> String {
    format!("{:+.3} [{:+.3}, {:+.3}]", e.value, e.low, e.high)
}

fn p_value(p: f64) -> String {
    if p < 0.001 { format!("{p:.1e}") } else { format!("{p:.3}") }
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
            "The texts alone ({best}) tell the sides apart as well as the model's activations do, so \
             nothing here says that the model holds the concept."
        ));
    }
    if !untested.is_empty() {
        sentences.push(format!("Not tested: {}.", untested.join("; ")));
    }
    sentences.join(" ")
}
