//! From rows to points.

use lens_analysis::{MapQuality, Metric, Run, Turn, UmapOptions, map_quality, pca_on};
use lens_core::{ActivationMatrix, Direction, Seed};
use rayon::prelude::*;

use super::{MapRows, MapSettings};
use crate::EngineError;
use crate::contract::MapMethod;

/// Neighbours by which a map is judged.
const QUALITY_NEIGHBOURS: usize = 15;
/// Most rows of a map drawn at once that is judged: beyond, one would wait for it.
const JUDGED_AT_ONCE: usize = 2_000;

/// Points with what is known about them.
pub(super) struct Shaped {
    /// Of the rows that shape the map, `[rows, dims]`, row-major.
    pub(super) shaping: Vec<f32>,
    /// Of those laid over.
    pub(super) over: Vec<f32>,
    pub(super) axes: Vec<String>,
    pub(super) explained_variance_ratio: Vec<f64>,
    pub(super) quality: Option<MapQuality>,
    pub(super) notes: Vec<String>,
}

/// What it takes to shape a map.
pub(super) struct Shaping<'a> {
    pub(super) rows: &'a MapRows,
    pub(super) settings: &'a MapSettings,
    pub(super) seed: Seed,
    pub(super) run: Run<'a>,
}

impl Shaping<'_> {
    /// The points by the method asked for. `direction` is needed for the probe's axis.
    pub(super) fn run(&self, direction: Option<&Direction>) -> Result<Shaped, EngineError> {
        let mut shaped = match (self.settings.method, direction) {
            (MapMethod::Umap, _) => self.umap()?,
            (MapMethod::Probe, Some(direction)) => self.probe(direction)?,
            (MapMethod::Pca | MapMethod::Probe, _) => self.pca()?,
        };
        shaped.quality = self.quality(&shaped.shaping)?;
        Ok(shaped)
    }

    fn pca(&self) -> Result<Shaped, EngineError> {
        let MapRows { shaping, over, sides, .. } = self.rows;
        let dims = self.settings.dims;
        let pca = pca_on(shaping, dims, Some(sides), self.run)?;
        let mut ratio = pca.explained_variance_ratio.clone();
        ratio.resize(dims, 0.0);
        Ok(Shaped {
            shaping: drawn(&pca.coordinates),
            over: drawn(&pca.place(over)),
            axes: ratio.iter().zip(1..).map(|(share, n)| component(n, *share, "")).collect(),
            explained_variance_ratio: ratio,
            quality: None,
            notes: Vec::new(),
        })
    }

    /// Along the probe's direction, from its threshold on; and the principal components of the rows
    /// with that direction taken out.
    fn probe(&self, direction: &Direction) -> Result<Shaped, EngineError> {
        let MapRows { shaping, over, sides, .. } = self.rows;
        let dims = self.settings.dims;
        let along = distances(shaping, direction)?;
        let rest = without(shaping, direction, &along);
        let pca = pca_on(&rest, dims - 1, Some(sides), self.run)?;
        drop(rest);
        let along_over = distances(over, direction)?;
        let others = pca.place(&without(over, direction, &along_over));

        let spread = lens_analysis::standard_deviation(&along).powi(2);
        let total = spread + pca.total_variance;
        let share = |variance: f64| if total > 0.0 { variance / total } else { 0.0 };
        let mut ratio = vec![share(spread)];
        ratio.extend(pca.explained_variance.iter().map(|&variance| share(variance)));
        ratio.resize(dims, 0.0);
        let mut axes = vec!["Distance along the probe".to_owned()];
        let rest = ratio.iter().skip(1).zip(1..);
        axes.extend(rest.map(|(share, n)| component(n, *share, " of the rest")));
        Ok(Shaped {
            shaping: beside(&along, &pca.coordinates, dims),
            over: beside(&along_over, &others, dims),
            axes,
            explained_variance_ratio: ratio,
            quality: None,
            notes: Vec::new(),
        })
    }

    /// A map of neighbours, turned as the principal components of the same rows lie. Which way it
    /// is turned means nothing; so it does not spin from layer to layer.
    fn umap(&self) -> Result<Shaped, EngineError> {
        let MapRows { shaping, over, sides, .. } = self.rows;
        let dims = self.settings.dims;
        let options = UmapOptions { dimensions: dims, seed: self.seed, ..self.settings.umap };
        let mut map = lens_analysis::umap_on(shaping, &options, self.run)?;
        let mut laid = if over.rows() > 0 {
            map.transform(shaping, over, self.run.reporter, self.run.cancel)?
        } else {
            Vec::new()
        };
        // On the processor: maps of neighbours are the same with a device.
        let like = lens_analysis::pca(shaping, dims, Some(sides))?;
        let turn = Turn::onto(&map.coordinates, &like.coordinates, dims)?;
        turn.apply(&mut map.coordinates);
        turn.apply(&mut laid);
        Ok(Shaped {
            shaping: map.coordinates,
            over: laid,
            axes: (1..=dims).map(|n| format!("UMAP {n}")).collect(),
            explained_variance_ratio: Vec::new(),
            quality: None,
            notes: map.notes,
        })
    }

    /// What the map is worth, by the rows that shape it; none where there are too few to tell, or so
    /// many that one would wait.
    fn quality(&self, points: &[f32]) -> Result<Option<MapQuality>, EngineError> {
        let rows = &self.rows.shaping;
        let too_many = self.settings.is_at_once() && rows.rows() > JUDGED_AT_ONCE;
        if rows.rows() < 3 || rows.width() == 0 || too_many {
            return Ok(None);
        }
        let metric = match self.settings.method {
            MapMethod::Umap => self.settings.umap.metric,
            MapMethod::Pca | MapMethod::Probe => Metric::Euclidean,
        };
        let k = QUALITY_NEIGHBOURS;
        let Run { reporter, cancel, .. } = self.run;
        Ok(Some(map_quality(rows, points, metric, k, self.seed, reporter, cancel)?))
    }
}

/// "PC1 (41.2 %)".
fn component(number: usize, share: f64, of: &str) -> String {
    format!("PC{number}{of} ({:.1} %)", share * 100.0)
}

/// How far above the threshold each row lies along a direction.
pub(super) fn distances(
    rows: &ActivationMatrix,
    direction: &Direction,
) -> Result<Vec<f64>, EngineError> {
    if rows.rows() == 0 {
        return Ok(Vec::new());
    }
    let scores = lens_analysis::project(rows, &[&direction.vector])?;
    Ok(scores.into_iter().map(|score| score - direction.midpoint).collect())
}

/// The rows with a direction taken out of them, given how far along it they lie.
#[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
fn without(rows: &ActivationMatrix, direction: &Direction, along: &[f64]) -> ActivationMatrix {
    let (mut rest, width) = (rows.clone(), rows.width().max(1));
    rest.values_mut().par_chunks_mut(width).zip(along).for_each(|(row, distance)| {
        let score = distance + direction.midpoint;
        for (value, &unit) in row.iter_mut().zip(&direction.vector) {
            *value = (f64::from(*value) - score * f64::from(unit)) as f32;
        }
    });
    rest
}

/// One column and further ones, row by row.
fn beside(first: &[f64], others: &[f64], dims: usize) -> Vec<f32> {
    let others = others.chunks_exact(dims - 1);
    let rows = first.iter().zip(others);
    drawn(
        &rows
            .flat_map(|(&x, rest)| std::iter::once(x).chain(rest.iter().copied()))
            .collect::<Vec<_>>(),
    )
}

#[expect(clippy::cast_possible_truncation, reason = "drawn, not computed with")]
pub(super) fn drawn(coordinates: &[f64]) -> Vec<f32> {
    coordinates.iter().map(|&v| v as f32).collect()
}
