//! Projections of one layer's activations, to be drawn.

use std::path::Path;

use lens_analysis::{MapQuality, UmapOptions, map_quality};
use lens_core::{CancelToken, Pooling, Reporter, Side};

use crate::EngineError;
use crate::contract::{MapFit, MapLevel, MapMethod, ProjectionHeader};
use crate::packet::Packet;
use crate::pairs::PreparedPairs;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// Neighbours by which a map is judged.
const QUALITY_NEIGHBOURS: usize = 15;

/// Coordinates of every text at one layer.
#[derive(Debug, Clone)]
pub struct Projection {
    /// Model id.
    pub model_id: String,
    /// Model name.
    pub model_name: String,
    /// Layer.
    pub layer: usize,
    /// 2 or 3.
    pub dims: usize,
    /// `[texts, dims]`, row-major; row `2 i` is the positive text of pair `i`.
    pub coordinates: Vec<f32>,
    /// `pca` or `umap`.
    pub method: &'static str,
    /// Share of the total variance along each axis; empty where axes have none.
    pub explained_variance_ratio: Vec<f64>,
    /// How far neighbours on the map are neighbours; absent where it was not asked for.
    pub quality: Option<MapQuality>,
    /// What there is to know about a map, in sentences.
    pub notes: Vec<String>,
    /// How tokens became rows.
    pub pooling: Pooling,
    /// What it rests on, in one line.
    pub provenance: String,
}

impl Projection {
    /// As bytes for the window.
    ///
    /// # Errors
    /// When the header cannot be written.
    pub fn packet(&self) -> Result<Packet, serde_json::Error> {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let header = ProjectionHeader {
            model_id: self.model_id.clone(),
            layer: small(self.layer),
            method: if self.method == "pca" { MapMethod::Pca } else { MapMethod::Umap },
            level: MapLevel::Texts,
            fit: MapFit::All,
            rows: small(self.rows()),
            dims: small(self.dims),
            axes: (0..self.dims).map(|axis| axis_label(self, axis)).collect(),
            explained_variance_ratio: self.explained_variance_ratio.clone(),
            quality: None,
            notes: self.notes.clone(),
            words: Vec::new(),
            provenance: self.provenance.clone(),
        };
        Packet::of_f32(&header, &self.coordinates)
    }

    /// Number of texts.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.coordinates.len() / self.dims.max(1)
    }

    /// Coordinates of one text.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        let start = index.saturating_mul(self.dims);
        self.coordinates.get(start..start.saturating_add(self.dims)).unwrap_or(&[])
    }
}

/// The first `dims` principal components of all texts at `layer`. The sign of each axis is the one
/// on which the positive texts lie higher, so that layers can be compared.
///
/// # Errors
/// When the layer was not captured, or the activations do not allow it.
pub fn pca(
    snapshot: &Snapshot,
    store: &ActivationStore,
    layer: usize,
    dims: usize,
) -> Result<Projection, EngineError> {
    check(snapshot, layer, dims)?;
    let rows = snapshot.reading.layer(store, layer)?;
    let sides: Vec<Side> = Side::BOTH.into_iter().cycle().take(rows.rows()).collect();
    let pca = lens_analysis::pca(&rows, dims, Some(&sides))?;
    let mut ratio = pca.explained_variance_ratio;
    ratio.resize(dims, 0.0);
    #[expect(clippy::cast_possible_truncation, reason = "drawn, not computed with")]
    let coordinates = pca.coordinates.iter().map(|&v| v as f32).collect();
    Ok(Projection {
        model_id: snapshot.model.id.clone(),
        model_name: snapshot.model.usable()?.name.clone(),
        layer,
        dims,
        method: "pca",
        coordinates,
        explained_variance_ratio: ratio,
        quality: None,
        notes: Vec::new(),
        pooling: snapshot.reading.key.pooling,
        provenance: snapshot.provenance()?.summary(),
    })
}

/// A map of all texts at `layer` by UMAP with its defaults, and what the map is worth. How far apart
/// clusters lie on it means nothing.
///
/// # Errors
/// When the layer was not captured, the activations do not allow it, or on cancel.
pub fn umap(
    snapshot: &Snapshot,
    store: &ActivationStore,
    layer: usize,
    dims: usize,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Projection, EngineError> {
    check(snapshot, layer, dims)?;
    let rows = snapshot.reading.layer(store, layer)?;
    let seed = snapshot.settings.seed;
    let options = UmapOptions { dimensions: dims, seed, ..UmapOptions::default() };
    let map = lens_analysis::umap(&rows, &options, reporter, cancel)?;
    let quality = map_quality(
        &rows,
        &map.coordinates,
        options.metric,
        QUALITY_NEIGHBOURS,
        seed,
        reporter,
        cancel,
    )?;
    Ok(Projection {
        model_id: snapshot.model.id.clone(),
        model_name: snapshot.model.usable()?.name.clone(),
        layer,
        dims,
        method: "umap",
        coordinates: map.coordinates,
        explained_variance_ratio: Vec::new(),
        quality: Some(quality),
        notes: map.notes,
        pooling: snapshot.reading.key.pooling,
        provenance: snapshot.provenance()?.summary(),
    })
}

/// Whether the layer is there and the dimensions can be drawn.
fn check(snapshot: &Snapshot, layer: usize, dims: usize) -> Result<(), EngineError> {
    let info = snapshot.model.usable()?;
    if !snapshot.reading.key.layers.contains(&layer) {
        let (model, last) = (info.name.clone(), info.layers);
        return Err(EngineError::UnknownLayer { model, layer, last });
    }
    if !(2..=3).contains(&dims) {
        return Err(EngineError::BadValue {
            what: format!("A projection to {dims} dimensions cannot be drawn."),
            hint: "Ask for 2 or 3.".into(),
        });
    }
    Ok(())
}

/// "PC1 (41.2 %)".
#[must_use]
pub fn axis_label(projection: &Projection, axis: usize) -> String {
    let share = projection.explained_variance_ratio.get(axis).copied().unwrap_or_default();
    format!("PC{} ({:.1} %)", axis + 1, share * 100.0)
}

/// Coordinates as a table with a header: pair, side, scenario, source, split, then one column a
/// dimension.
#[must_use]
pub fn table(projection: &Projection, pairs: &PreparedPairs) -> Vec<Vec<String>> {
    let axis = if projection.method == "pca" { "pc" } else { projection.method };
    let axes = (1..=projection.dims).map(|d| format!("{axis}{d}"));
    let header = ["pair", "side", "scenario", "source", "split"].map(str::to_owned);
    let mut rows = vec![header.into_iter().chain(axes).collect()];
    for (at, (pair, split)) in pairs.pairs().iter().zip(pairs.splits()).enumerate() {
        for (offset, side) in Side::BOTH.into_iter().enumerate() {
            let known = [
                pair.id.as_str(),
                side.name(),
                pair.scenario.as_deref().unwrap_or_default(),
                pair.source.as_deref().unwrap_or_default(),
                split.name(),
            ];
            let coordinates = projection.row(2 * at + offset).iter().map(f32::to_string);
            rows.push(known.map(str::to_owned).into_iter().chain(coordinates).collect());
        }
    }
    rows
}

/// Writes [`table`] as CSV.
///
/// # Errors
/// When the file cannot be written.
pub fn write_csv(
    projection: &Projection,
    pairs: &PreparedPairs,
    path: &Path,
) -> Result<(), EngineError> {
    let failed = |e: csv::Error| EngineError::io(path, std::io::Error::other(e));
    let mut csv = csv::Writer::from_path(path).map_err(failed)?;
    for row in table(projection, pairs) {
        csv.write_record(&row).map_err(failed)?;
    }
    csv.flush().map_err(|e| EngineError::io(path, e))
}
