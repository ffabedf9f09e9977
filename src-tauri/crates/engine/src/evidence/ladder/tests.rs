//! Rungs from made-up findings.

use super::*;
use crate::contract::{
    HeldOutScenariosView, LayerView, PermutationView, ScenarioAurocView, StatisticsView,
};

fn estimate(value: f64, half: f64) -> EstimateView {
    EstimateView { value, low: value - half, high: value + half }
}

fn sweep() -> LayerSweepView {
    let e = estimate(0.95, 0.03);
    let test = StatisticsView {
        pairs: 60,
        auroc: e,
        accuracy: e,
        accuracy_as_published: e,
        paired_accuracy: e,
        paired_accuracy_bound: None,
        separation: e,
        cohens_d: None,
        std_positive: 1.0,
        std_negative: 1.0,
    };
    LayerSweepView {
        model_id: "m".into(),
        model_name: "m".into(),
        method: "mean-difference".into(),
        train_pairs: 140,
        test_pairs: 60,
        layers: vec![LayerView { layer: 4, test: Some(test), cv_auroc: Some(0.9), problem: None }],
        chosen_layer: 4,
        chosen_by: "pair".into(),
        best_on_test_layer: 4,
        optimism: 0.0,
        provenance: String::new(),
    }
}

fn variant(name: &str, auroc: f64, drop: f64) -> VariantView {
    VariantView {
        name: name.into(),
        auroc: Some(estimate(auroc, 0.02)),
        accuracy: Some(estimate(auroc, 0.02)),
        layer: Some(4),
        drop: Some(estimate(drop, 0.02)),
        note: "Three keywords replaced.".into(),
    }
}

/// A probe that passes whatever these controls can say.
fn controls() -> ProbeControlsView {
    ProbeControlsView {
        model_id: "m".into(),
        chosen_layer: 4,
        permutation: PermutationView { draws: 10_000, statistic: 0.95, p: 0.0001 },
        layers: Vec::new(),
        above_ceiling: Some(estimate(0.3, 0.1)),
        ceiling: Some("bag of words".into()),
        variants: vec![variant("shuffled", 0.52, 0.43), variant("ablated", 0.93, 0.02)],
        held_out_scenarios: Some(HeldOutScenariosView {
            auroc: estimate(0.9, 0.05),
            p: Some(0.001),
            scenarios: vec![ScenarioAurocView { scenario: "s".into(), pairs: 9, auroc: 0.9 }],
        }),
        held_out_note: None,
        provenance: String::new(),
    }
}

fn climb(controls: Option<&ProbeControlsView>) -> LadderView {
    let sweep = sweep();
    let behaviour = Err("No pair has a human score.".to_owned());
    let steering = Err("Nothing has been steered.".to_owned());
    let findings = Findings { sweep: Some(&sweep), controls, behaviour, steering };
    ladder("m", "m", &findings, None, String::new())
}

fn statuses(ladder: &LadderView) -> Vec<RungStatus> {
    ladder.rungs.iter().map(|rung| rung.status).collect()
}

use RungStatus::{Failed, NotTested, Passed};

#[test]
fn what_was_tested_passes_and_the_rest_is_not_inferred() {
    let found = climb(Some(&controls()));
    assert_eq!(statuses(&found), [Passed, Passed, Passed, Passed, NotTested, NotTested, NotTested]);
    assert!(found.summary.starts_with("Shown: separable; beats the surface ceiling"));
    assert!(found.summary.contains("Not tested: tracks behaviour"));
}

#[test]
fn nothing_is_said_before_it_is_computed() {
    assert_eq!(statuses(&climb(None)), [NotTested; 7]);
}

#[test]
fn a_probe_no_better_than_the_words_fails_that_rung_alone_and_is_told_so() {
    let mut found = controls();
    found.above_ceiling = Some(estimate(0.01, 0.02));
    let found = climb(Some(&found));
    assert_eq!(statuses(&found)[..4], [Passed, Failed, Passed, Passed]);
    assert!(found.summary.contains("The texts alone (bag of words)"));
}

#[test]
fn a_rung_with_two_tests_needs_both() {
    let mut found = controls();
    found.variants[0] = variant("shuffled", 0.95, 0.0);
    assert_eq!(statuses(&climb(Some(&found)))[2], Failed);
    let mut found = controls();
    found.variants[1].auroc = None;
    found.variants[1].drop = None;
    let ladder = climb(Some(&found));
    assert_eq!(statuses(&ladder)[2], NotTested);
    // why, in the words of who could not test it
    assert_eq!(ladder.rungs[2].parts[0].sentence, "Three keywords replaced.");
    // what failed is said even where the other part could not be tested
    found.variants[0] = variant("shuffled", 0.95, 0.0);
    assert_eq!(statuses(&climb(Some(&found)))[2], Failed);
}

/// Steering that moves the outcome by `effect`, and random directions by `random`.
fn steered(effect: EstimateView, random: f64) -> ModelSteeringView {
    let share = |value| crate::contract::ShareView {
        value: Some(value),
        n: 10,
        low: Some(value),
        high: Some(value),
    };
    let cell = |coefficient| crate::contract::DoseCellView {
        coefficient: Some(coefficient),
        n: 10,
        rate: share(0.5),
        coherent_rate_of_outcome: share(0.5),
        coherent: share(0.9),
        empty_rate: 0.0,
        perplexity: Some(2.0),
        kl: None,
        distinct2: None,
        repetition: None,
        score: None,
    };
    let success = crate::contract::SteeringSuccessView {
        as_published: share(1.0),
        strict: share(1.0),
        bound: None,
        cannot_move: Vec::new(),
        incoherent_unsteered: false,
        slope: None,
        slope_note: None,
        asymmetry: None,
        anti_steerable: share(0.0),
        remarks: Vec::new(),
    };
    ModelSteeringView {
        model_id: "m".into(),
        model_name: "m".into(),
        layer: 4,
        residual_norm: Some(1.0),
        steered: vec![crate::contract::SteeredLayerView { layer: 4, residual_norm: Some(1.0) }],
        scenarios: vec![crate::contract::ScenarioDoseView {
            scenario: "s".into(),
            title: "S".into(),
            outcome: "behaviour".into(),
            cells: [-1.0, 0.0, 1.0].map(cell).to_vec(),
            projected_out: None,
            random: Vec::new(),
            success: Some(success.clone()),
        }],
        overall: Some(success),
        pooled: crate::contract::PooledDoseView::default(),
        effect: Some(effect),
        random_effects: vec![random, -random / 2.0],
        project_out_change: Some(estimate(-0.3, 0.1)),
        cells_done: 3,
        cells_total: 3,
        problem: None,
        provenance: String::new(),
    }
}

#[test]
fn steering_has_to_beat_random_directions_while_coherent() {
    let (sweep, controls) = (sweep(), controls());
    let climbed = |view: ModelSteeringView| {
        let findings = Findings {
            sweep: Some(&sweep),
            controls: Some(&controls),
            behaviour: Err(String::new()),
            steering: Ok(Box::new(view)),
        };
        ladder("m", "m", &findings, None, String::new())
    };
    let found = climbed(steered(estimate(0.7, 0.1), 0.1));
    assert_eq!(statuses(&found)[5..], [Passed, Passed]);
    assert!(found.rungs[5].parts[2].sentence.starts_with("90 % of the steered"));
    // no more than random directions
    assert_eq!(statuses(&climbed(steered(estimate(0.2, 0.1), -0.15)))[5], Failed);
    // nothing at all
    assert_eq!(statuses(&climbed(steered(estimate(0.0, 0.1), 0.0)))[5], Failed);
    let mut babble = steered(estimate(0.7, 0.1), 0.1);
    for cell in &mut babble.scenarios[0].cells {
        cell.coherent.value = Some(0.2);
    }
    assert_eq!(statuses(&climbed(babble))[5], Failed);
    let mut unfinished = steered(estimate(0.7, 0.1), 0.1);
    (unfinished.effect, unfinished.overall) = (None, None);
    unfinished.project_out_change = None;
    unfinished.cells_total = 4;
    let said = |view: &ModelSteeringView| {
        let found = climbed(view.clone());
        assert_eq!(statuses(&found)[5..], [NotTested, NotTested]);
        found.rungs[5].parts[0].sentence.clone()
    };
    assert!(said(&unfinished).contains("has not been sampled to its end"));
    unfinished.cells_done = 4;
    assert!(said(&unfinished).contains("No two responses of one seed are coherent"));
    let mut still = steered(estimate(0.7, 0.1), 0.1);
    still.project_out_change = Some(estimate(0.02, 0.1));
    assert_eq!(statuses(&climbed(still))[6], Failed);
}

#[test]
fn chance_is_not_separable() {
    let mut found = controls();
    found.permutation.p = 0.05;
    found.held_out_scenarios = None;
    found.held_out_note = Some("Two scenarios are too few.".into());
    let below = climb(Some(&found));
    assert_eq!(
        statuses(&below),
        [Failed, NotTested, NotTested, NotTested, NotTested, NotTested, NotTested]
    );
    assert!(below.rungs[1].parts[0].sentence.contains("no direction to test"));

    found.permutation.p = 0.0001;
    let above = climb(Some(&found));
    assert_eq!(statuses(&above)[..4], [Passed, Passed, Passed, NotTested]);
    assert_eq!(above.rungs[3].parts[0].sentence, "Two scenarios are too few.");
}
