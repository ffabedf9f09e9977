//! Figures: what a room shows, as it is printed.

mod behaviour;
mod calibration;
mod clusters;
mod colouring;
mod dose_response;
mod layer_sweep;
mod map_words;
mod matrix;
mod multiples;
mod roc;
mod score_scatter;
mod scores;
mod similarity;
mod transfer;

use std::fs;
use std::path::{Path, PathBuf};

use lens_figure::{Estimate, Figure, Preset, Range, Style, Theme};

use crate::EngineError;
use crate::contract::{
    EstimateView, ExportFormat, ExportRequest, ExportView, FigurePreset, FigurePreview,
    FigureRequest, FigureTheme, LayerSweepView, ProbeControlsView, SurfaceView,
};
use crate::session::Session;

/// What is drawn, with its words and the data behind it.
struct Drawing {
    figure: Figure,
    /// The caption that is proposed.
    caption: String,
    /// "clusters-toy-llama-layer-4".
    file_stem: String,
    /// CSV: a header and rows.
    table: Vec<Vec<String>>,
}

/// A figure as it would be exported.
pub(crate) fn preview(
    session: &Session,
    request: &ExportRequest,
) -> Result<FigurePreview, EngineError> {
    let drawing = draw(session, request)?;
    Ok(FigurePreview {
        svg: drawing.figure.svg,
        width_mm: drawing.figure.width_mm,
        height_mm: drawing.figure.height_mm,
        caption: drawing.caption,
        file_stem: drawing.file_stem,
    })
}

/// Writes each format asked for beside the others.
pub(crate) fn export(
    session: &Session,
    request: &ExportRequest,
) -> Result<ExportView, EngineError> {
    let path = request.path.as_deref().filter(|p| !p.trim().is_empty()).ok_or_else(|| {
        EngineError::BadValue {
            what: "The figure has no file name.".into(),
            hint: "Say where to write it.".into(),
        }
    })?;
    let base = Path::new(path);
    if !base.is_absolute() {
        return Err(EngineError::BadValue {
            what: format!("\"{path}\" does not say in which folder to write."),
            hint: "Give a full path, or choose a folder.".into(),
        });
    }
    if request.formats.is_empty() {
        return Err(EngineError::BadValue {
            what: "No file format is chosen.".into(),
            hint: "Choose at least one of PDF, SVG, PNG and CSV.".into(),
        });
    }
    let drawing = draw(session, request)?;
    let mut formats = request.formats.clone();
    formats.sort_unstable();
    formats.dedup();
    let mut files = Vec::new();
    for format in formats {
        let (extension, bytes) = match format {
            ExportFormat::Pdf => ("pdf", drawing.figure.to_pdf()?),
            ExportFormat::Svg => ("svg", drawing.figure.svg.clone().into_bytes()),
            ExportFormat::Png => ("png", drawing.figure.to_png(request.dpi)?),
            ExportFormat::Csv => ("csv", csv(&drawing.figure.provenance, &drawing.table)?),
        };
        let file = with_extension(base, extension);
        fs::write(&file, bytes).map_err(|e| EngineError::io(&file, e))?;
        files.push(file.to_string_lossy().into_owned());
    }
    Ok(ExportView {
        files,
        width_mm: drawing.figure.width_mm,
        height_mm: drawing.figure.height_mm,
        caption: drawing.figure.caption,
    })
}

fn draw(session: &Session, request: &ExportRequest) -> Result<Drawing, EngineError> {
    let style = |caption: &str| Style {
        preset: match request.preset {
            FigurePreset::OneColumn => Preset::OneColumn,
            FigurePreset::TwoColumns => Preset::TwoColumns,
            FigurePreset::Slide => Preset::Slide,
        },
        theme: match request.theme {
            FigureTheme::Light => Theme::Light,
            FigureTheme::Dark => Theme::Dark,
        },
        caption: Some(request.caption.clone().unwrap_or_else(|| caption.to_owned())),
    };
    match &request.figure {
        FigureRequest::Clusters(clusters) => clusters::draw(session, clusters, style),
        FigureRequest::LayerSweep(sweep) => layer_sweep::draw(session, sweep, style),
        FigureRequest::Scores(scores) => scores::draw(session, scores, style),
        FigureRequest::Roc(roc) => roc::draw(session, roc, style),
        FigureRequest::AgreementMatrix(matrix) => matrix::draw(session, matrix.measure, style),
        FigureRequest::ScoreScatter(models) => score_scatter::draw(session, models, style),
        FigureRequest::Similarity(request) => similarity::draw(session, request, style),
        FigureRequest::Transfer(models) => transfer::draw(session, models, style),
        FigureRequest::Behaviour(request) => behaviour::draw(session, request, style),
        FigureRequest::Calibration(request) => calibration::draw(session, request, style),
        FigureRequest::Multiples(panels) => multiples::draw(session, panels, style),
        FigureRequest::DoseResponse(request) => dose_response::draw(session, request, style),
    }
}

/// Provenance first, as a comment, so that the table says what it rests on.
pub(crate) fn csv(provenance: &str, table: &[Vec<String>]) -> Result<Vec<u8>, EngineError> {
    let mut bytes = format!("# {provenance}\n").into_bytes();
    let mut writer = csv::Writer::from_writer(&mut bytes);
    let failed = |e: csv::Error| EngineError::io(Path::new("CSV"), std::io::Error::other(e));
    for row in table {
        writer.write_record(row).map_err(failed)?;
    }
    writer.flush().map_err(|e| EngineError::io(Path::new("CSV"), e))?;
    drop(writer);
    Ok(bytes)
}

/// Adds an extension, or replaces one of ours; a dot in a name ("layer-4.final") stays.
fn with_extension(base: &Path, extension: &str) -> PathBuf {
    let known = ["pdf", "svg", "png", "csv"];
    let has_known =
        base.extension().is_some_and(|e| known.iter().any(|k| e.eq_ignore_ascii_case(k)));
    if has_known {
        return base.with_extension(extension);
    }
    let mut name = base.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// The layer sweeps as a report shows them; none where no model has one.
pub(crate) fn of_report(
    sweeps: &[LayerSweepView],
    controls: &[ProbeControlsView],
    surface: Option<&SurfaceView>,
) -> Result<Option<Figure>, EngineError> {
    if sweeps.is_empty() {
        return Ok(None);
    }
    let style = Style { preset: Preset::TwoColumns, theme: Theme::Light, caption: None };
    let data = layer_sweep::data(sweeps, controls, surface, None);
    Ok(Some(lens_figure::layer_sweep::draw(&data, &style)?))
}

/// A number with its interval, as figures take it.
fn estimate(view: &EstimateView) -> Estimate {
    let interval = Range { low: view.low, high: view.high };
    Estimate { value: view.value, interval: Some(interval) }
}

/// A model's name as part of a file name.
fn file_safe(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() || c == '-' || c == '.' { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_added_and_ours_replaced() {
        assert_eq!(with_extension(Path::new("/a/b"), "pdf"), Path::new("/a/b.pdf"));
        assert_eq!(with_extension(Path::new("/a/b.PNG"), "pdf"), Path::new("/a/b.pdf"));
        assert_eq!(with_extension(Path::new("/a/b.final"), "svg"), Path::new("/a/b.final.svg"));
    }
}
