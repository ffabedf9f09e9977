//! Tokens in memory, for a map of neighbours: as they are, or by their first principal components.

use lens_analysis::{Metric, Pca, Run};
use lens_core::{ActivationMatrix, Side, grouped};

use super::filed::{FiledRows, Part};
use super::shape::components_of_file;
use super::tokens::check_room;
use crate::EngineError;

/// Rows, the centred rows, and what the method works with, in units of the rows.
const MEMORY_FACTOR: u64 = 3;
/// Components that stand for rows which memory does not hold.
const COMPONENTS: usize = 50;

/// The rows of a map in memory.
pub(super) struct InMemory {
    pub(super) shaping: ActivationMatrix,
    pub(super) over: ActivationMatrix,
    /// The principal components of those that shape the map, where there are no others.
    pub(super) components: Option<Pca>,
    /// What there is to know about it.
    pub(super) note: Option<String>,
}

impl InMemory {
    /// The rows as they are, where they fit into so many bytes of `memory`.
    ///
    /// # Errors
    /// When not even their components fit, the rows cannot be read, or on cancel.
    pub(super) fn of(
        rows: &mut FiledRows,
        memory: u64,
        metric: Metric,
        sides: &[Side],
        run: Run<'_>,
    ) -> Result<Self, EngineError> {
        if rows.bytes().saturating_mul(MEMORY_FACTOR) <= memory {
            return Ok(Self {
                shaping: rows.load(Part::Shaping, run)?,
                over: rows.load(Part::Over, run)?,
                components: None,
                note: None,
            });
        }
        let kept = COMPONENTS.min(rows.width());
        let count = rows.rows(Part::Shaping) + rows.rows(Part::Over);
        // In f64 as they are found, then as rows of a map.
        let each = kept as u64 * (8 + 4 * MEMORY_FACTOR);
        check_room(count, (count as u64).saturating_mul(each), memory, "memory free")?;
        // On the processor: maps of neighbours are the same with a device.
        let run = Run::on_processor(run.reporter, run.cancel);
        let (pca, over) = components_of_file(rows, kept, sides, None, run)?;
        let share: f64 = pca.explained_variance_ratio.iter().sum();
        let note = format!(
            "Memory has no room for {} tokens as they are ({} values each): the map is drawn of \
             their first {kept} principal components, which hold {:.1} % of their variance. What the \
             map is worth is said of the tokens as they are.",
            grouped(count),
            rows.width(),
            share * 100.0
        );
        let matrix = |places: &[f64]| placed(&pca, places, metric);
        let (shaping, over) = (matrix(&pca.coordinates)?, matrix(&over)?);
        Ok(Self { shaping, over, components: Some(pca), note: Some(note) })
    }
}

/// Coordinates as rows. For angles they are counted from where the activations are zero, and the
/// distance of all components from there is a column more.
#[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
fn placed(pca: &Pca, places: &[f64], metric: Metric) -> Result<ActivationMatrix, EngineError> {
    let dims = pca.dimensions.max(1);
    let (rows, mut origin, mut last) = (places.len() / dims, vec![0.0; dims], None);
    if metric == Metric::Cosine {
        for (origin, component) in origin.iter_mut().zip(&pca.components) {
            *origin = pca.mean.iter().zip(component).map(|(m, c)| m * c).sum();
        }
        let squares = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        last = Some((squares(&pca.mean) - squares(&origin)).max(0.0).sqrt());
    }
    let width = dims + usize::from(last.is_some());
    let mut values = Vec::with_capacity(rows * width);
    for row in places.chunks_exact(dims) {
        values.extend(row.iter().zip(&origin).map(|(value, origin)| (value + origin) as f32));
        values.extend(last.map(|last| last as f32));
    }
    ActivationMatrix::new(rows, width, values).map_err(|_| EngineError::WorkerGone)
}
