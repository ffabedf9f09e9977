//! What a program is told of steering.

use lens_engine::contract::{
    CoefficientUnit, DoseBandView, DoseCellView, EstimateView, ModelSteeringView, ShareView,
    SteeringSuccessView,
};
use serde::Serialize;

use super::table::remarks;

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    model: String,
    /// Where tokens are scored; the steered one unless several are.
    layer: u32,
    unit: CoefficientUnit,
    residual_norm: Option<f64>,
    steered: Vec<LayerAnswer>,
    cells: Vec<CellAnswer>,
    success: Option<SuccessAnswer>,
    slope: Option<EstimateView>,
    asymmetry: Option<f64>,
    effect: Option<EstimateView>,
    random_effects: Vec<f64>,
    project_out_change: Option<EstimateView>,
    random_band: Vec<BandAnswer>,
    all_scenarios: AllAnswer,
    scenarios: Vec<ScenarioAnswer>,
    provenance: String,
}

/// A layer that is steered.
#[derive(Debug, Serialize)]
struct LayerAnswer {
    layer: u32,
    residual_norm: Option<f64>,
}

/// The samples of all scenarios together.
#[derive(Debug, Serialize)]
struct AllAnswer {
    cells: Vec<CellAnswer>,
    random_band: Vec<DoseBandView>,
}

#[derive(Debug, Serialize)]
struct CellAnswer {
    /// Absent of all scenarios together.
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<String>,
    /// Absent where the direction was projected out.
    coefficient: Option<f64>,
    n: u32,
    empathy_rate: Option<f64>,
    coherent_rate: Option<f64>,
    perplexity: Option<f64>,
    kl: Option<f64>,
    distinct_2: Option<f64>,
    empty_rate: f64,
}

#[derive(Debug, Serialize)]
struct SuccessAnswer {
    as_published: Option<f64>,
    strict: Option<f64>,
    /// Coefficients that could move the rate.
    n: u32,
    ci: Option<[f64; 2]>,
}

#[derive(Debug, Serialize)]
struct BandAnswer {
    scenario: String,
    #[serde(flatten)]
    point: DoseBandView,
}

#[derive(Debug, Serialize)]
struct ScenarioAnswer {
    scenario: String,
    outcome: String,
    success: Option<SuccessAnswer>,
    bound: Option<String>,
    cannot_move: Vec<f64>,
    incoherent_unsteered: bool,
    slope: Option<EstimateView>,
    asymmetry: Option<f64>,
    anti_steerable: Option<ShareView>,
    remarks: Vec<String>,
}

/// The answer about one model.
pub(super) fn answer(told: ModelSteeringView, unit: CoefficientUnit) -> Answer {
    let cells = told.scenarios.iter().flat_map(|scenario| {
        let cells = scenario.cells.iter().chain(&scenario.projected_out);
        cells.map(|cell| cell_answer(Some(&scenario.scenario), cell))
    });
    let pooled = &told.pooled;
    let all_cells = pooled.cells.iter().chain(&pooled.projected_out);
    let all_scenarios = AllAnswer {
        cells: all_cells.map(|cell| cell_answer(None, cell)).collect(),
        random_band: pooled.random.clone(),
    };
    let band = told.scenarios.iter().flat_map(|scenario| {
        let id = &scenario.scenario;
        scenario.random.iter().map(|&point| BandAnswer { scenario: id.clone(), point })
    });
    let overall = told.overall.as_ref();
    Answer {
        unit,
        cells: cells.collect(),
        random_band: band.collect(),
        all_scenarios,
        success: overall.map(success),
        slope: overall.and_then(|o| o.slope),
        asymmetry: overall.and_then(|o| o.asymmetry),
        scenarios: told
            .scenarios
            .iter()
            .map(|scenario| {
                let found = scenario.success.as_ref();
                ScenarioAnswer {
                    scenario: scenario.scenario.clone(),
                    outcome: scenario.outcome.clone(),
                    success: found.map(success),
                    bound: found.and_then(|s| s.bound.clone()),
                    cannot_move: found.map(|s| s.cannot_move.clone()).unwrap_or_default(),
                    incoherent_unsteered: found.is_some_and(|s| s.incoherent_unsteered),
                    slope: found.and_then(|s| s.slope),
                    asymmetry: found.and_then(|s| s.asymmetry),
                    anti_steerable: found.map(|s| s.anti_steerable),
                    remarks: found.map(remarks).unwrap_or_default(),
                }
            })
            .collect(),
        model: told.model_name,
        layer: told.layer,
        residual_norm: told.residual_norm,
        steered: told
            .steered
            .iter()
            .map(|at| LayerAnswer { layer: at.layer, residual_norm: at.residual_norm })
            .collect(),
        effect: told.effect,
        random_effects: told.random_effects,
        project_out_change: told.project_out_change,
        provenance: told.provenance,
    }
}

fn cell_answer(scenario: Option<&String>, cell: &DoseCellView) -> CellAnswer {
    CellAnswer {
        scenario: scenario.cloned(),
        coefficient: cell.coefficient,
        n: cell.n,
        empathy_rate: cell.rate.value,
        coherent_rate: cell.coherent.value,
        perplexity: cell.perplexity,
        kl: cell.kl,
        distinct_2: cell.distinct2,
        empty_rate: cell.empty_rate,
    }
}

fn success(found: &SteeringSuccessView) -> SuccessAnswer {
    SuccessAnswer {
        as_published: found.as_published.value,
        strict: found.strict.value,
        n: found.strict.n,
        ci: found.strict.low.zip(found.strict.high).map(|(low, high)| [low, high]),
    }
}
