//! What steering does to the outcome's rate, by scenario.

use lens_figure::dose_response::{
    self, DoseCurve, DosePanel, DosePoint, DoseResponseData, RandomDose, Remark,
};
use lens_figure::{Estimate, Range, Style};

use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::{
    CoefficientUnit, DoseBandView, DoseCellView, DoseResponseFigure, ModelSteeringView,
    ScenarioDoseView, ShareView, SteeredPositions, SteeringMode, SteeringPlanView, SteeringView,
};
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &DoseResponseFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    of_view(&session.steering()?, request, style)
}

fn of_view(
    view: &SteeringView,
    request: &DoseResponseFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let models = request
        .model_ids
        .iter()
        .map(|id| {
            let found = view.models.iter().find(|model| model.model_id == *id);
            found.ok_or_else(|| EngineError::UnknownModel(id.clone()))
        })
        .collect::<Result<Vec<&ModelSteeringView>, EngineError>>()?;
    if models.is_empty() {
        return Err(EngineError::NoModels);
    }
    let sampled = |model: &&ModelSteeringView| {
        drawn(model, request).any(|s| !s.cells.is_empty() || s.projected_out.is_some())
    };
    if !models.iter().any(sampled) {
        let problem = models.iter().find_map(|model| model.problem.clone());
        return Err(problem.map_or(EngineError::NotComputed("The dose-response"), |what| {
            let hint = "Change the plan in the room Steering.".into();
            EngineError::BadValue { what, hint }
        }));
    }
    // one that cannot be steered has no scenarios
    let with = models.iter().find(|model| drawn(model, request).next().is_some());
    let scenarios: Vec<&ScenarioDoseView> =
        with.into_iter().flat_map(|model| drawn(model, request)).collect();
    let chosen = Chosen { view, request, models: models.clone(), scenarios };
    let caption = chosen.caption();
    let names: Vec<String> = models.iter().map(|model| file_safe(&model.model_name)).collect();
    let data = DoseResponseData {
        title: "Dose-response of steering".to_owned(),
        sample: chosen.sample(),
        models: models.iter().map(|model| model.model_name.clone()).collect(),
        panels: chosen.scenarios.iter().map(|scenario| chosen.panel(scenario)).collect(),
        x_label: match view.plan.unit {
            CoefficientUnit::Relative => "Coefficient (residual norms)".to_owned(),
            CoefficientUnit::Absolute => "Coefficient (absolute)".to_owned(),
        },
        y_label: "Rate among coherent samples".to_owned(),
        interval_label: "95 % interval (Wilson)".to_owned(),
        random_label: format!("{} random directions", view.plan.random_directions),
        coherence: request.coherence,
        notes: chosen.unfinished(),
        provenance: models.iter().map(|m| m.provenance.as_str()).collect::<Vec<_>>().join(" | "),
    };
    Ok(Drawing {
        figure: dose_response::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("dose-response-{}", names.join("-")),
        table: chosen.table(),
    })
}

/// The scenarios of a model that were asked for.
fn drawn<'a>(
    model: &'a ModelSteeringView,
    request: &'a DoseResponseFigure,
) -> impl Iterator<Item = &'a ScenarioDoseView> {
    let all = request.scenarios.is_empty();
    model.scenarios.iter().filter(move |s| all || request.scenarios.contains(&s.scenario))
}

/// What is drawn of the room.
struct Chosen<'a> {
    view: &'a SteeringView,
    request: &'a DoseResponseFigure,
    models: Vec<&'a ModelSteeringView>,
    scenarios: Vec<&'a ScenarioDoseView>,
}

impl Chosen<'_> {
    fn plan(&self) -> &SteeringPlanView {
        &self.view.plan
    }

    /// A scenario with the curve of each model.
    fn panel(&self, scenario: &ScenarioDoseView) -> DosePanel {
        let of = |model: &&ModelSteeringView| {
            let same = model.scenarios.iter().find(|other| other.scenario == scenario.scenario);
            same.map_or_else(DoseCurve::default, curve)
        };
        DosePanel { title: scenario.title.clone(), curves: self.models.iter().map(of).collect() }
    }

    /// "n = 10 samples a point".
    fn sample(&self) -> String {
        match self.plan().samples {
            1 => "n = 1 sample a point".to_owned(),
            samples => format!("n = {samples} samples a point"),
        }
    }

    fn caption(&self) -> String {
        let plan = self.plan();
        let of = |model: &&ModelSteeringView| {
            let norm = model.residual_norm.filter(|_| plan.unit == CoefficientUnit::Relative);
            let norm = norm.map_or_else(String::new, |norm| format!(", mean norm {norm:.3}"));
            format!("{} (layer {}{norm})", model.model_name, model.layer)
        };
        let models: Vec<String> = self.models.iter().map(of).collect();
        let direction = plan.direction.as_ref().map_or_else(
            || "each model's probe direction".to_owned(),
            |file| {
                let path = std::path::Path::new(&file.path);
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                format!("the direction of {}", name.unwrap_or_default())
            },
        );
        let set = self.view.sets.iter().find(|set| set.key == plan.scenario_set);
        let set = set.map_or_else(String::new, |set| format!(" ({})", set.name));
        let scenarios = self.scenarios.len();
        let mut sentences = vec![
            format!(
                "Rate of the outcome among coherent samples of {} in {} {}{set}, by the coefficient \
                 of {direction}, {} at {}.",
                models.join(", "),
                scenarios,
                if scenarios == 1 { "scenario" } else { "scenarios" },
                match plan.mode {
                    SteeringMode::Clamp => "clamped",
                    SteeringMode::Add | SteeringMode::ProjectOut => "added",
                },
                match plan.positions {
                    SteeredPositions::Generated => "generated positions",
                    SteeredPositions::Prompt => "the prompt's positions",
                    SteeredPositions::Both => "all positions",
                },
            ),
            match plan.unit {
                CoefficientUnit::Relative => {
                    "Coefficients count in mean norms of the residual stream at the layer."
                        .to_owned()
                }
                CoefficientUnit::Absolute => {
                    "Coefficients are absolute, along the unit direction.".to_owned()
                }
            },
            format!(
                "{} a coefficient and scenario; temperature {}, top-p {}, at most {} tokens. \
                 Whiskers: 95 % intervals by Wilson.",
                match plan.samples {
                    1 => "1 sample".to_owned(),
                    samples => format!("{samples} samples"),
                },
                plan.temperature,
                plan.top_p,
                plan.max_tokens,
            ),
        ];
        if plan.random_directions > 0 {
            sentences.push(format!(
                "Band: lowest to highest rate of {} random directions of the same norm.",
                plan.random_directions
            ));
        }
        if plan.project_out {
            sentences.push("Hollow, at \"out\": the direction projected out.".to_owned());
        }
        sentences.extend(self.effects());
        sentences.join(" ")
    }

    /// The bounded effect of each model, where all scenarios are drawn.
    fn effects(&self) -> Option<String> {
        let told = |model: &&ModelSteeringView| {
            let effect = model.effect?;
            let (value, low, high) = (effect.value, effect.low, effect.high);
            Some(format!("{} {value:.2} [{low:.2}, {high:.2}]", model.model_name))
        };
        let told: Vec<String> = self.models.iter().filter_map(told).collect();
        (self.request.scenarios.is_empty() && !told.is_empty()).then(|| {
            format!(
                "Rate at positive coefficients minus that at negative ones: {} (95 % interval).",
                told.join(", ")
            )
        })
    }

    /// Models whose samples are not all there.
    fn unfinished(&self) -> Vec<String> {
        let told = |model: &&ModelSteeringView| {
            let name = &model.model_name;
            match &model.problem {
                Some(problem) => Some(format!("{name} is not drawn: {problem}")),
                None if model.cells_done < model.cells_total => Some(format!(
                    "{name} is sampled in part: {} of {} cells.",
                    model.cells_done, model.cells_total
                )),
                None => None,
            }
        };
        self.models.iter().filter_map(told).collect()
    }

    fn table(&self) -> Vec<Vec<String>> {
        let header = [
            "model",
            "layer",
            "scenario",
            "title",
            "condition",
            "coefficient",
            "samples",
            "rate",
            "rate_low",
            "rate_high",
            "coherent_samples",
            "rate_among_coherent",
            "rate_among_coherent_low",
            "rate_among_coherent_high",
            "coherent_share",
            "coherent_share_low",
            "coherent_share_high",
            "empty_share",
            "perplexity",
            "kl_nats_per_token",
            "distinct2",
            "repetition",
            "score",
            "random_low",
            "random_mean",
            "random_high",
            "bound",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for model in &self.models {
            for scenario in drawn(model, self.request) {
                let bound = scenario.success.as_ref().and_then(|s| s.bound.clone());
                for cell in scenario.cells.iter().chain(&scenario.projected_out) {
                    let mut row = vec![
                        model.model_name.clone(),
                        model.layer.to_string(),
                        scenario.scenario.clone(),
                        scenario.title.clone(),
                    ];
                    row.extend(numbers(cell, &scenario.random));
                    row.push(bound.clone().unwrap_or_default());
                    rows.push(row);
                }
            }
        }
        rows
    }
}

/// A cell's part of a row of the table.
fn numbers(cell: &DoseCellView, random: &[DoseBandView]) -> Vec<String> {
    let written = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let share = |share: &ShareView| [share.value, share.low, share.high].map(written);
    let condition = if cell.coefficient.is_some() { "steered" } else { "projected out" };
    let band = random.iter().find(|band| Some(band.coefficient) == cell.coefficient);
    let mut row = vec![condition.to_owned(), written(cell.coefficient), cell.n.to_string()];
    row.extend(share(&cell.rate));
    row.push(cell.coherent_rate_of_outcome.n.to_string());
    row.extend(share(&cell.coherent_rate_of_outcome));
    row.extend(share(&cell.coherent));
    row.push(cell.empty_rate.to_string());
    row.extend(
        [cell.perplexity, cell.kl, cell.distinct2, cell.repetition, cell.score].map(written),
    );
    let of_band = [band.and_then(|b| b.low), band.and_then(|b| b.mean), band.and_then(|b| b.high)];
    row.extend(of_band.map(written));
    row
}

fn curve(scenario: &ScenarioDoseView) -> DoseCurve {
    let band = |band: &DoseBandView| {
        let range = Range { low: band.low?, high: band.high? };
        Some(RandomDose { coefficient: band.coefficient, range })
    };
    let mut remarks = Vec::new();
    if let Some(success) = &scenario.success {
        remarks.extend(match success.bound.as_deref() {
            Some("ceiling") => Some(Remark::Ceiling),
            Some("floor") => Some(Remark::Floor),
            _ => None,
        });
        remarks.extend(success.incoherent_unsteered.then_some(Remark::Incoherent));
    }
    DoseCurve {
        points: scenario.cells.iter().map(point).collect(),
        projected_out: scenario.projected_out.as_ref().map(point),
        random: scenario.random.iter().filter_map(band).collect(),
        remarks,
    }
}

fn point(cell: &DoseCellView) -> DosePoint {
    let rate = &cell.coherent_rate_of_outcome;
    let interval = rate.low.zip(rate.high).map(|(low, high)| Range { low, high });
    DosePoint {
        coefficient: cell.coefficient.unwrap_or_default(),
        rate: rate.value.map(|value| Estimate { value, interval }),
        coherent: cell.coherent.value,
    }
}

#[cfg(test)]
mod tests {
    use lens_figure::{Preset, Theme};

    use super::*;
    use crate::contract::{PromptStyle, SteeringSuccessView};

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

    fn scenario(id: &str, bound: Option<&str>) -> ScenarioDoseView {
        let hits = [2, 4, 8];
        let cells = [-1.0, 0.0, 1.0].into_iter().zip(hits);
        let band = |coefficient: f64, low: f64| DoseBandView {
            coefficient,
            low: Some(low),
            mean: Some(0.4),
            high: Some(0.5),
        };
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
            scenarios: vec![scenario("maze", None), scenario("storm", Some("ceiling"))],
            overall: None,
            effect: Some(crate::contract::EstimateView { value: 0.6, low: 0.41, high: 0.75 }),
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
    fn what_is_not_there_is_told() {
        let mut view = view();
        let refused = |view: &SteeringView, models: &[&str]| {
            drawing(view, &request(models, &[])).err().unwrap()
        };
        assert!(matches!(refused(&view, &["c"]), EngineError::UnknownModel(_)));
        assert!(matches!(refused(&view, &[]), EngineError::NoModels));
        view.models[0].cells_done = 39;
        view.models[1].problem = Some("It has no layer 9.".into());
        view.models[1].scenarios.clear();
        let figure = drawing(&view, &request(&["b", "a"], &[])).unwrap().figure;
        assert!(figure.caption.contains("model a is sampled in part: 39 of 40 cells."));
        assert!(figure.caption.contains("model b is not drawn: It has no layer 9."));
        assert!(matches!(refused(&view, &["b"]), EngineError::BadValue { .. }));
        view.models[1].problem = None;
        assert!(matches!(refused(&view, &["b"]), EngineError::NotComputed(_)));
        view.plan.unit = CoefficientUnit::Absolute;
        let figure = drawing(&view, &request(&["a"], &[])).unwrap().figure;
        assert!(figure.svg.contains("Coefficient (absolute)"));
        assert!(!figure.caption.contains("mean norm"));
    }
}
