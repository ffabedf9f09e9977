//! The evidence as a page to hand on.

use std::path::Path;

use lens_figure::report::{self, ReportData, ReportModel, ReportPart, ReportRung, Status};

use crate::contract::{
    EvidenceView, LadderView, LayerSweepView, ProbeControlsView, ReportFormat, RungStatus,
    RungView, SurfaceView,
};
use crate::{EngineError, VERSION, figure};

/// Writes the ladders as HTML or PDF, with the layer sweeps as a figure where there are some, and
/// what they are held against.
///
/// # Errors
/// When the figure cannot be drawn or the file cannot be written.
pub fn write_report(
    evidence: &EvidenceView,
    sweeps: &[LayerSweepView],
    controls: &[ProbeControlsView],
    surface: Option<&SurfaceView>,
    path: &Path,
    format: ReportFormat,
) -> Result<(), EngineError> {
    let data = ReportData {
        title: format!("What is known about {}", evidence.concept),
        concept: evidence.concept.clone(),
        data: evidence.data.clone(),
        train_pairs: evidence.train_pairs as usize,
        test_pairs: evidence.test_pairs as usize,
        models: evidence.models.iter().map(model).collect(),
        figure: figure::of_report(sweeps, controls, surface)?,
        version: VERSION.to_owned(),
    };
    let bytes = match format {
        ReportFormat::Html => report::html(&data)?.into_bytes(),
        ReportFormat::Pdf => report::pdf(&data)?,
    };
    std::fs::write(path, bytes).map_err(|e| EngineError::io(path, e))
}

fn model(ladder: &LadderView) -> ReportModel {
    ReportModel {
        name: ladder.model_name.clone(),
        summary: ladder.summary.clone(),
        rungs: ladder.rungs.iter().map(rung).collect(),
        provenance: ladder.provenance.clone(),
    }
}

fn rung(rung: &RungView) -> ReportRung {
    ReportRung {
        number: rung.number,
        title: rung.title.clone(),
        status: status(rung.status),
        parts: rung
            .parts
            .iter()
            .map(|part| ReportPart {
                name: part.name.clone(),
                status: status(part.status),
                sentence: part.sentence.clone(),
            })
            .collect(),
    }
}

const fn status(status: RungStatus) -> Status {
    match status {
        RungStatus::Passed => Status::Passed,
        RungStatus::Failed => Status::Failed,
        RungStatus::NotTested => Status::NotTested,
    }
}
