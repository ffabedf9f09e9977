//! A map as a table.

use std::path::Path;

use lens_core::Split;

use super::Map;
use super::rows::side;
use crate::EngineError;
use crate::contract::MapMethod;
use crate::pairs::PreparedPairs;

/// Coordinates as a table with a header: pair, side, scenario, source, split, overlaid (whether the
/// point is laid over a map that it does not shape); for tokens position, token and score; then one
/// column a dimension.
#[must_use]
pub fn table(map: &Map, pairs: &PreparedPairs) -> Vec<Vec<String>> {
    let rows = (0..map.rows()).map(|point| cells(map, pairs, point));
    std::iter::once(header(map)).chain(rows).collect()
}

fn header(map: &Map) -> Vec<String> {
    let mut header =
        ["pair", "side", "scenario", "source", "split", "overlaid"].map(str::to_owned).to_vec();
    if map.tokens.is_some() {
        header.extend(["position", "token", "score"].map(str::to_owned));
    }
    header.extend((0..map.settings.dims).map(|axis| column(map.settings.method, axis)));
    header
}

fn cells(map: &Map, pairs: &PreparedPairs, point: usize) -> Vec<String> {
    let text = map.text(point);
    let (pair, split) = (pairs.pairs().get(text / 2), pairs.splits().get(text / 2));
    let is_over = map.laid_over.get(point).copied().unwrap_or(false);
    let mut row = vec![
        pair.map_or_else(String::new, |pair| pair.id.clone()),
        side(text).name().to_owned(),
        pair.and_then(|pair| pair.scenario.clone()).unwrap_or_default(),
        pair.and_then(|pair| pair.source.clone()).unwrap_or_default(),
        split.copied().map_or("", Split::name).to_owned(),
        is_over.to_string(),
    ];
    if let Some(tokens) = &map.tokens {
        let word = tokens.word.get(point).and_then(|&word| tokens.words.get(word as usize));
        let score = tokens.score.get(point).filter(|score| score.is_finite());
        row.push(tokens.position.get(point).map_or_else(String::new, u32::to_string));
        row.push(word.cloned().unwrap_or_default());
        row.push(score.map_or_else(String::new, f32::to_string));
    }
    row.extend(map.row(point).iter().map(f32::to_string));
    row
}

/// `pc1`, `umap1`; `probe`, then the components of the rest.
fn column(method: MapMethod, axis: usize) -> String {
    match (method, axis) {
        (MapMethod::Pca, _) => format!("pc{}", axis + 1),
        (MapMethod::Umap, _) => format!("umap{}", axis + 1),
        (MapMethod::Probe, 0) => "probe".to_owned(),
        (MapMethod::Probe, _) => format!("rest_pc{axis}"),
    }
}

/// Writes [`table`] as CSV, row by row.
///
/// # Errors
/// When the file cannot be written.
pub fn write_csv(map: &Map, pairs: &PreparedPairs, path: &Path) -> Result<(), EngineError> {
    let failed = |e: csv::Error| EngineError::io(path, std::io::Error::other(e));
    let mut csv = csv::Writer::from_path(path).map_err(failed)?;
    csv.write_record(header(map)).map_err(failed)?;
    for point in 0..map.rows() {
        csv.write_record(cells(map, pairs, point)).map_err(failed)?;
    }
    csv.flush().map_err(|e| EngineError::io(path, e))
}
