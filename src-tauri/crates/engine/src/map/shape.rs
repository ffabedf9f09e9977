//! From rows to points.

use lens_analysis::{
    MapQuality, Metric, Pca, Run, Turn, UmapOptions, map_quality, map_quality_of_blocks,
    pca_of_blocks_on, pca_on,
};
use lens_core::{ActivationMatrix, Seed, Side};

use super::along::Along;
use super::filed::{FiledRows, Part, take_out};
use super::in_memory::InMemory;
use super::rows::Source;
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
    pub(super) rows: &'a mut MapRows,
    pub(super) settings: &'a MapSettings,
    pub(super) seed: Seed,
    pub(super) run: Run<'a>,
}

impl Shaping<'_> {
    /// The points by the method asked for. `along` is needed for the probe's axis.
    pub(super) fn run(mut self, along: Option<&Along<'_>>) -> Result<Shaped, EngineError> {
        let mut shaped = match (self.settings.method, along) {
            (MapMethod::Umap, _) => self.umap()?,
            (MapMethod::Probe, Some(along)) => self.probe(along)?,
            (MapMethod::Pca | MapMethod::Probe, _) => self.pca()?,
        };
        shaped.quality = self.quality(&shaped.shaping)?;
        Ok(shaped)
    }

    fn pca(&mut self) -> Result<Shaped, EngineError> {
        let dims = self.settings.dims;
        let MapRows { source, sides, .. } = &mut *self.rows;
        let (pca, over) = components(source, dims, sides, None, self.run)?;
        let mut ratio = pca.explained_variance_ratio.clone();
        ratio.resize(dims, 0.0);
        Ok(Shaped {
            shaping: drawn(&pca.coordinates),
            over: drawn(&over),
            axes: ratio.iter().zip(1..).map(|(share, n)| component(n, *share, "")).collect(),
            explained_variance_ratio: ratio,
            quality: None,
            notes: Vec::new(),
        })
    }

    /// Along the probe's direction, from its threshold on; and the principal components of the rows
    /// with that direction taken out.
    fn probe(&mut self, along: &Along<'_>) -> Result<Shaped, EngineError> {
        let dims = self.settings.dims;
        let MapRows { source, sides, .. } = &mut *self.rows;
        let (pca, others) = components(source, dims - 1, sides, Some(along), self.run)?;

        let spread = lens_analysis::standard_deviation(&along.shaping).powi(2);
        let total = spread + pca.total_variance;
        let share = |variance: f64| if total > 0.0 { variance / total } else { 0.0 };
        let mut ratio = vec![share(spread)];
        ratio.extend(pca.explained_variance.iter().map(|&variance| share(variance)));
        ratio.resize(dims, 0.0);
        let mut axes = vec!["Distance along the probe".to_owned()];
        let rest = ratio.iter().skip(1).zip(1..);
        axes.extend(rest.map(|(share, n)| component(n, *share, " of the rest")));
        Ok(Shaped {
            shaping: beside(&along.shaping, &pca.coordinates, dims),
            over: beside(&along.over, &others, dims),
            axes,
            explained_variance_ratio: ratio,
            quality: None,
            notes: Vec::new(),
        })
    }

    /// A map of neighbours, turned as the principal components of the same rows lie. Which way it
    /// is turned means nothing; so it does not spin from layer to layer.
    fn umap(&mut self) -> Result<Shaped, EngineError> {
        let (dims, run) = (self.settings.dims, self.run);
        let options = UmapOptions { dimensions: dims, seed: self.seed, ..self.settings.umap };
        let MapRows { source, sides, .. } = &mut *self.rows;
        let loaded;
        let (shaping, over, components, note) = match source {
            Source::Held { shaping, over } => (&*shaping, &*over, None, None),
            Source::Filed { rows, memory } => {
                loaded = InMemory::of(rows, *memory, options.metric, sides, run)?;
                let InMemory { shaping, over, components, note } = &loaded;
                (shaping, over, components.as_ref(), note.clone())
            }
        };
        let mut map = lens_analysis::umap_on(shaping, &options, run)?;
        let mut laid = if over.rows() > 0 {
            map.transform(shaping, over, run.reporter, run.cancel)?
        } else {
            Vec::new()
        };
        let like = match components {
            // On the processor: maps of neighbours are the same with a device.
            None => lens_analysis::pca(shaping, dims, Some(sides))?.coordinates,
            Some(pca) => {
                let rows = pca.coordinates.chunks_exact(pca.dimensions.max(1));
                rows.flat_map(|row| row.iter().take(dims)).copied().collect()
            }
        };
        let turn = Turn::onto(&map.coordinates, &like, dims)?;
        turn.apply(&mut map.coordinates);
        turn.apply(&mut laid);
        let mut notes = map.notes;
        notes.extend(note);
        Ok(Shaped {
            shaping: map.coordinates,
            over: laid,
            axes: (1..=dims).map(|n| format!("UMAP {n}")).collect(),
            explained_variance_ratio: Vec::new(),
            quality: None,
            notes,
        })
    }

    /// What the map is worth, by the rows that shape it; none where there are too few to tell, or so
    /// many that one would wait.
    fn quality(&mut self, points: &[f32]) -> Result<Option<MapQuality>, EngineError> {
        let source = &mut self.rows.source;
        let rows = source.rows(Part::Shaping);
        let too_many = self.settings.is_at_once() && rows > JUDGED_AT_ONCE;
        if rows < 3 || source.width() == 0 || too_many {
            return Ok(None);
        }
        let metric = match self.settings.method {
            MapMethod::Umap => self.settings.umap.metric,
            MapMethod::Pca | MapMethod::Probe => Metric::Euclidean,
        };
        let (k, seed, run) = (QUALITY_NEIGHBOURS, self.seed, self.run);
        Ok(Some(match source {
            Source::Held { shaping, .. } => {
                map_quality(shaping, points, metric, k, seed, run.reporter, run.cancel)?
            }
            Source::Filed { rows, .. } => {
                let mut blocks = rows.blocks(Part::Shaping, None, run);
                map_quality_of_blocks::<_, _, EngineError>(
                    &mut blocks,
                    points,
                    self.settings.dims,
                    metric,
                    k,
                    seed,
                    run,
                )?
            }
        }))
    }
}

/// The principal components of the rows that shape a map, and the places of those laid over it; of
/// what is left of the rows without a direction, where there is one.
fn components(
    source: &mut Source,
    dims: usize,
    sides: &[Side],
    along: Option<&Along<'_>>,
    run: Run<'_>,
) -> Result<(Pca, Vec<f64>), EngineError> {
    match source {
        Source::Filed { rows, .. } => components_of_file(rows, dims, sides, along, run),
        Source::Held { shaping, over } => {
            let Some(Along { direction, shaping: own, over: others }) = along else {
                let pca = pca_on(shaping, dims, Some(sides), run)?;
                let over = pca.place(over);
                return Ok((pca, over));
            };
            let without = |rows: &ActivationMatrix, along: &[f64]| {
                let mut rest = rows.clone();
                take_out(&mut rest, direction, along);
                rest
            };
            let pca = pca_on(&without(shaping, own), dims, Some(sides), run)?;
            let over = pca.place(&without(over, others));
            Ok((pca, over))
        }
    }
}

/// The same for rows of a file.
pub(super) fn components_of_file(
    rows: &mut FiledRows,
    dims: usize,
    sides: &[Side],
    along: Option<&Along<'_>>,
    run: Run<'_>,
) -> Result<(Pca, Vec<f64>), EngineError> {
    let mut own = rows.blocks(Part::Shaping, Some("Principal components"), run);
    if let Some(along) = along {
        own = own.without(along.direction, &along.shaping);
    }
    let pca = pca_of_blocks_on(&mut own, dims, Some(sides), run)?;
    let mut others = rows.blocks(Part::Over, None, run);
    if let Some(along) = along {
        others = others.without(along.direction, &along.over);
    }
    let mut over = Vec::new();
    others.each(|_, block| {
        over.extend(pca.place(&block));
        Ok(())
    })?;
    Ok((pca, over))
}

/// "PC1 (41.2 %)".
fn component(number: usize, share: f64, of: &str) -> String {
    format!("PC{number}{of} ({:.1} %)", share * 100.0)
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
