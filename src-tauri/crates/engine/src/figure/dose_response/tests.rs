use lens_figure::{Preset, Theme};

use super::*;
use crate::contract::{
    EstimateView, PooledDoseView, PromptStyle, ShareView, SteeredLayerView, SteeredPositions,
    SteeringMode, SteeringPlanView, SteeringSuccessView,
};

fn share(hits: u32, n: u32) -> ShareView {
    let value = (n > 0).then(|| f64::from(hits) / f64::from(n));
    ShareView { value, n, low: value.map(|v| v * 0.5), high: value.map(|v| (v + 1.0) / 2.0) }
}

fn cell(coefficient: Option<f64>, hits: u32, coherent: u32) -> DoseCellView {
    DoseCellView {
        coefficient,
        n: 10,
        rate: share(hits, 10),
        coherent_rate_of_outcome: share(hits, coherent),
        coherent: share(coherent, 10),
        empty_rate: 0.0,
        perplexity: Some(12.5),
        kl: None,
        distinct2: Some(0.9),
        repetition: Some(0.1),
        score: Some(-0.25),
    }
}

fn success(bound: Option<&str>, incoherent_unsteered: bool) -> SteeringSuccessView {
    SteeringSuccessView {
        as_published: share(3, 4),
        strict: share(2, 4),
        bound: bound.map(str::to_owned),
        cannot_move: Vec::new(),
        incoherent_unsteered,
        slope: None,
        slope_note: None,
        asymmetry: None,
        anti_steerable: share(0, 10),
        remarks: Vec::new(),
    }
}

fn band(coefficient: f64, low: f64) -> DoseBandView {
    DoseBandView { coefficient, low: Some(low), mean: Some(0.4), high: Some(0.5) }
}

fn scenario(id: &str, bound: Option<&str>) -> ScenarioDoseView {
    let hits = [2, 4, 8];
    let cells = [-1.0, 0.0, 1.0].into_iter().zip(hits);
    ScenarioDoseView {
        scenario: id.into(),
        title: format!("The {id}"),
        outcome: "behaviour".into(),
        cells: cells.map(|(a, hits)| cell(Some(a), hits, 10)).collect(),
        projected_out: Some(cell(None, 0, 0)),
        random: vec![band(-1.0, 0.3), band(0.0, 0.4), band(1.0, 0.2)],
        success: Some(success(bound, bound.is_none())),
    }
}

fn model(id: &str) -> ModelSteeringView {
    ModelSteeringView {
        model_id: id.into(),
        model_name: format!("model {id}"),
        layer: 4,
        residual_norm: Some(7.25),
        steered: vec![SteeredLayerView { layer: 4, residual_norm: Some(7.25) }],
        scenarios: vec![scenario("maze", None), scenario("storm", Some("ceiling"))],
        overall: None,
        pooled: PooledDoseView {
            cells: vec![cell(Some(-1.0), 4, 20), cell(Some(0.0), 8, 20), cell(Some(1.0), 15, 20)],
            projected_out: Some(cell(None, 1, 20)),
            random: vec![band(-1.0, 0.35), band(0.0, 0.45), band(1.0, 0.25)],
        },
        effect: Some(EstimateView { value: 0.6, low: 0.41, high: 0.75 }),
        random_effects: Vec::new(),
        project_out_change: None,
        cells_done: 40,
        cells_total: 40,
        problem: None,
        provenance: format!("provenance of {id}"),
    }
}

fn view() -> SteeringView {
    SteeringView {
        plan: SteeringPlanView {
            scenario_set: "toy".into(),
            scenarios: Vec::new(),
            layer: None,
            layers: Vec::new(),
            direction: None,
            coefficients: vec![-1.0, 0.0, 1.0],
            unit: CoefficientUnit::Relative,
            mode: SteeringMode::Add,
            project_out: true,
            positions: SteeredPositions::Generated,
            prompt_style: PromptStyle::Plain,
            samples: 10,
            random_directions: 5,
            temperature: 0.7,
            top_p: 0.9,
            top_k: 0,
            repetition_penalty: 1.0,
            max_tokens: 48,
        },
        sets: Vec::new(),
        models: vec![model("a"), model("b")],
        pending: false,
    }
}

fn request(models: &[&str], scenarios: &[&str]) -> DoseResponseFigure {
    DoseResponseFigure {
        model_ids: models.iter().map(|id| (*id).to_owned()).collect(),
        scenarios: scenarios.iter().map(|id| (*id).to_owned()).collect(),
        coherence: true,
    }
}

fn drawing(view: &SteeringView, request: &DoseResponseFigure) -> Result<Drawing, EngineError> {
    of_view(view, request, |caption| Style {
        preset: Preset::TwoColumns,
        theme: Theme::Light,
        caption: Some(caption.to_owned()),
    })
}

#[test]
fn what_was_sampled_is_drawn_and_said() {
    let drawing = drawing(&view(), &request(&["a", "b"], &[])).unwrap();
    let said = &drawing.figure.caption;
    for part in [
        "model a (layer 4, mean norm 7.250), model b (layer 4, mean norm 7.250)",
        "in 2 scenarios",
        "each model's probe direction, added at generated positions",
        "10 samples a coefficient and scenario; temperature 0.7, top-p 0.9, at most 48 tokens",
        "95 % intervals by Wilson",
        "lowest to highest rate of 5 random directions",
        "model a 0.60 [0.41, 0.75]",
        "Ceiling: every coherent sample",
        "Incoherent: fewer than half",
        "4 points are not drawn: no sample there is coherent.",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(drawing.file_stem, "dose-response-model-a-model-b");
    assert_eq!(drawing.figure.provenance, "provenance of a | provenance of b");
    for word in ["The maze", "The storm", "Coefficient (residual norms)"] {
        assert!(drawing.figure.svg.contains(word), "{word}");
    }
}

#[test]
fn the_table_has_a_row_for_each_cell() {
    let drawing = drawing(&view(), &request(&["a"], &["storm"])).unwrap();
    assert_eq!(drawing.table.len(), 1 + 4);
    assert!(drawing.table.iter().all(|row| row.len() == drawing.table[0].len()));
    let at = |row: usize, name: &str| {
        let column = drawing.table[0].iter().position(|column| column == name).unwrap();
        drawing.table[row][column].as_str()
    };
    assert_eq!(at(1, "coefficient"), "-1");
    assert_eq!(at(3, "rate_among_coherent"), "0.8");
    assert_eq!(at(3, "rate_among_coherent_high"), "0.9");
    assert_eq!((at(3, "random_low"), at(3, "kl_nats_per_token")), ("0.2", ""));
    assert_eq!((at(4, "condition"), at(4, "coefficient")), ("projected out", ""));
    assert_eq!((at(4, "coherent_samples"), at(4, "rate_among_coherent")), ("0", ""));
    assert_eq!(at(2, "bound"), "ceiling");
    assert!(!drawing.caption.contains("minus that at negative ones"), "of all scenarios only");
}

#[test]
fn all_scenarios_have_a_panel_of_their_own_where_all_are_drawn() {
    let all = drawing(&view(), &request(&["a"], &[])).unwrap();
    assert!(all.figure.svg.contains("All scenarios") && all.caption.contains("All scenarios:"));
    let row = |at: usize| all.table[at].as_slice();
    assert_eq!((row(1)[2].as_str(), row(1)[3].as_str()), ("", "All scenarios"));
    let low = all.table[0].iter().position(|column| column == "random_low").unwrap();
    assert_eq!((row(3)[5].as_str(), row(3)[low].as_str()), ("1", "0.25"));
    assert_eq!((all.table.len(), row(4)[4].as_str()), (1 + 3 * 4, "projected out"));

    let one = drawing(&view(), &request(&["a"], &["maze"])).unwrap();
    assert!(!one.figure.svg.contains("All scenarios") && !one.caption.contains("All scenarios"));
    let mut early = view();
    early.models[0].pooled = PooledDoseView::default();
    let early = drawing(&early, &request(&["a"], &[])).unwrap();
    assert!(!early.figure.svg.contains("All scenarios"));
}

#[test]
fn several_layers_are_named_with_their_norms() {
    let mut view = view();
    view.plan.layers = vec![2, 3, 4];
    let at = |layer, norm| SteeredLayerView { layer, residual_norm: Some(norm) };
    view.models[0].steered = vec![at(2, 5.0), at(3, 6.5), at(4, 7.25)];
    let drawing = drawing(&view, &request(&["a"], &[])).unwrap();
    for part in [
        "model a (layers 2-4, mean norms 5.000, 6.500, 7.250)",
        "each model's probe direction at each layer, added",
        "mean norms of the residual stream at each layer",
    ] {
        assert!(drawing.caption.contains(part), "{part} in {}", drawing.caption);
    }
    assert_eq!(drawing.table[1][1], "2-4");
}

#[test]
fn what_is_not_there_is_told() {
    let mut view = view();
    let refused =
        |view: &SteeringView, models: &[&str]| drawing(view, &request(models, &[])).err().unwrap();
    assert!(matches!(refused(&view, &["c"]), EngineError::UnknownModel(_)));
    assert!(matches!(refused(&view, &[]), EngineError::NoModels));
    view.models[0].cells_done = 39;
    view.models[1].problem = Some("It has no layer 9.".into());
    view.models[1].scenarios.clear();
    view.models[1].steered.clear();
    let figure = drawing(&view, &request(&["b", "a"], &[])).unwrap().figure;
    assert!(figure.caption.contains("model a is sampled in part: 39 of 40 cells."));
    assert!(figure.caption.contains("model b is not drawn: It has no layer 9."));
    assert!(figure.caption.contains("coherent samples of model b, model a (layer 4"));
    assert!(matches!(refused(&view, &["b"]), EngineError::BadValue { .. }));
    view.models[1].problem = None;
    assert!(matches!(refused(&view, &["b"]), EngineError::NotComputed(_)));
    view.plan.unit = CoefficientUnit::Absolute;
    let figure = drawing(&view, &request(&["a"], &[])).unwrap().figure;
    assert!(figure.svg.contains("Coefficient (absolute)"));
    assert!(!figure.caption.contains("mean norm"));
}
