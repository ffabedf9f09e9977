//! What steering does to the outcome's rate, by scenario.

mod table;
#[cfg(test)]
mod tests;
mod words;

use lens_figure::dose_response::{
    self, DoseCurve, DosePanel, DosePoint, DoseResponseData, RandomDose, Remark,
};
use lens_figure::{Estimate, Range, Style};

use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::{
    CoefficientUnit, DoseBandView, DoseCellView, DoseResponseFigure, ModelSteeringView,
    PooledDoseView, ScenarioDoseView, SteeringSuccessView, SteeringView,
};
use crate::session::Session;

/// Title of the panel of all scenarios.
const ALL: &str = "All scenarios";

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
    let chosen = Chosen { view, request, models, scenarios };
    let models = &chosen.models;
    let caption = chosen.caption();
    let names: Vec<String> = models.iter().map(|model| file_safe(&model.model_name)).collect();
    let data = DoseResponseData {
        title: "Dose-response of steering".to_owned(),
        sample: chosen.sample(),
        models: models.iter().map(|model| model.model_name.clone()).collect(),
        panels: chosen.panels(),
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
    /// Whether all scenarios are drawn, and some model's can be put together.
    fn is_of_all(&self) -> bool {
        self.request.scenarios.is_empty()
            && self.scenarios.len() > 1
            && self.models.iter().any(|model| !model.pooled.cells.is_empty())
    }

    /// All scenarios together, where they are drawn, and one by one.
    fn panels(&self) -> Vec<DosePanel> {
        let curves = self.models.iter().map(|model| together(model));
        let all = DosePanel { title: ALL.to_owned(), curves: curves.collect() };
        let scenarios = self.scenarios.iter().map(|scenario| self.panel(scenario));
        self.is_of_all().then_some(all).into_iter().chain(scenarios).collect()
    }

    /// A scenario with the curve of each model.
    fn panel(&self, scenario: &ScenarioDoseView) -> DosePanel {
        let of = |model: &&ModelSteeringView| {
            let same = model.scenarios.iter().find(|other| other.scenario == scenario.scenario);
            same.map_or_else(DoseCurve::default, curve)
        };
        DosePanel { title: scenario.title.clone(), curves: self.models.iter().map(of).collect() }
    }
}

fn curve(scenario: &ScenarioDoseView) -> DoseCurve {
    let projected_out = scenario.projected_out.as_ref();
    curve_of(&scenario.cells, projected_out, &scenario.random, scenario.success.as_ref())
}

/// All scenarios of a model.
fn together(model: &ModelSteeringView) -> DoseCurve {
    let PooledDoseView { cells, projected_out, random } = &model.pooled;
    curve_of(cells, projected_out.as_ref(), random, model.overall.as_ref())
}

fn curve_of(
    cells: &[DoseCellView],
    projected_out: Option<&DoseCellView>,
    random: &[DoseBandView],
    success: Option<&SteeringSuccessView>,
) -> DoseCurve {
    let band = |band: &DoseBandView| {
        let range = Range { low: band.low?, high: band.high? };
        Some(RandomDose { coefficient: band.coefficient, range })
    };
    let mut remarks = Vec::new();
    if let Some(success) = success {
        remarks.extend(match success.bound.as_deref() {
            Some("ceiling") => Some(Remark::Ceiling),
            Some("floor") => Some(Remark::Floor),
            _ => None,
        });
        remarks.extend(success.incoherent_unsteered.then_some(Remark::Incoherent));
    }
    DoseCurve {
        points: cells.iter().map(point).collect(),
        projected_out: projected_out.map(point),
        random: random.iter().filter_map(band).collect(),
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
