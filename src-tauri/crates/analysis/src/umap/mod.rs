//! UMAP: a map of rows on which neighbours stay neighbours (McInnes, Healy and Melville 2018).
//!
//! The graph of neighbours, its weights and the curve agree with umap-learn's; the map is as good
//! (tested by trustworthiness) and not the same, since other random numbers are drawn, in an order that
//! makes a map the same for any number of threads. Definitions: METHODS, section 7.

mod curve;
mod error;
mod forces;
mod layout;
mod memberships;
#[cfg(test)]
mod reference;
mod spectral;
mod start;
mod transform;

use lens_core::{ActivationMatrix, CancelToken, Reporter, Seed, grouped};
use serde::{Deserialize, Serialize};

use self::curve::Curve;
pub use self::error::ProjectionError;
use self::forces::Forces;
use self::layout::Course;
use self::memberships::Graph;
pub use self::start::Start;
use self::start::{parts, start};
use crate::Run;
use crate::draws::Draws;
use crate::neighbours::{Metric, Search, check_rows, nearest_on};

/// Fewest rows that a map is drawn of.
pub const FEWEST_ROWS: usize = 4;
/// Most rows for which the larger number of epochs is used.
const FEW: usize = 10_000;
/// Epochs unless told otherwise, for few rows and for many.
const EPOCHS: [usize; 2] = [500, 200];
/// Epochs up to which links are left out as for the usual number.
const HARDLY_ANY: usize = 10;
/// Most epochs: far beyond any use.
const MOST_EPOCHS: usize = 100_000;

/// What a map depends on besides the rows. The defaults are those of umap-learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UmapOptions {
    /// Neighbours of each row that its place depends on, the row itself being the first. Few show
    /// detail, many the outline.
    pub n_neighbors: usize,
    /// How near points may lie on the map.
    pub min_dist: f64,
    /// The scale of the map, which `min_dist` is relative to.
    pub spread: f64,
    /// How far apart rows are.
    pub metric: Metric,
    /// Dimensions of the map, 2 or 3.
    pub dimensions: usize,
    /// How often points are moved; none: 500 for up to 10,000 rows, else 200.
    pub epochs: Option<usize>,
    /// Where points start from.
    pub start: Start,
    /// The run's seed.
    pub seed: Seed,
}

impl Default for UmapOptions {
    fn default() -> Self {
        Self {
            n_neighbors: 15,
            min_dist: 0.1,
            spread: 1.0,
            metric: Metric::default(),
            dimensions: 2,
            epochs: None,
            start: Start::default(),
            seed: Seed::default(),
        }
    }
}

impl UmapOptions {
    /// Neighbours used for this many rows: fewer than asked for where there are few.
    #[must_use]
    pub const fn neighbors_of(&self, rows: usize) -> usize {
        let most = rows.saturating_sub(1);
        if self.n_neighbors < most { self.n_neighbors } else { most }
    }

    /// How often points are moved for this many rows.
    #[must_use]
    pub fn epochs_of(&self, rows: usize) -> usize {
        self.epochs.unwrap_or(EPOCHS[usize::from(rows > FEW)])
    }
}

/// A map, and what further rows are placed on it with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UmapModel {
    /// As asked for.
    pub options: UmapOptions,
    /// Neighbours used, the row itself being one: fewer than asked for where there are few rows.
    pub n_neighbors: usize,
    /// How often points were moved.
    pub epochs: usize,
    /// `[rows, dimensions]`, row-major. Which points lie near each other has a meaning. How far
    /// apart clusters lie, how large they are and which way the map is turned have none.
    pub coordinates: Vec<f32>,
    /// What a reader of the map has to know about it, in sentences.
    pub notes: Vec<String>,
    /// Columns of the rows.
    width: usize,
}

impl UmapModel {
    /// Number of rows on the map.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.coordinates.len() / self.options.dimensions.max(1)
    }
}

/// Draws a map of `rows`. The same rows, options and seed give the same map, to the last bit, for
/// any number of threads.
///
/// # Errors
/// Fewer than [`FEWEST_ROWS`] rows, rows that are all equal, NaN or an infinity, options out of
/// range, for [`Metric::Cosine`] a row of zeros, an iteration without end, or a cancelled token.
pub fn umap(
    rows: &ActivationMatrix,
    options: &UmapOptions,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<UmapModel, ProjectionError> {
    umap_on(rows, options, Run::on_processor(reporter, cancel))
}

/// [`umap`], with an accelerator that may look for the neighbours. The map is the same.
///
/// # Errors
/// See [`umap`].
pub fn umap_on(
    rows: &ActivationMatrix,
    options: &UmapOptions,
    run: Run<'_>,
) -> Result<UmapModel, ProjectionError> {
    let Run { reporter, cancel, .. } = run;
    check(rows, options)?;
    let count = rows.rows();
    let n_neighbors = options.neighbors_of(count);
    let search = Search::for_rows(count);
    let seed = options.seed;
    let neighbours = nearest_on(rows, n_neighbors - 1, options.metric, search, seed, run)?;
    let epochs = options.epochs_of(count);
    let graph = Graph::of(&neighbours);
    // A link so weak that it would never pull.
    let least = graph.largest() / if epochs > HARDLY_ANY { epochs } else { EPOCHS[0] } as f32;
    let graph = graph.without_below(least);
    cancel.check()?;

    let mut notes = Vec::new();
    if n_neighbors < options.n_neighbors {
        notes.push(format!(
            "There are {count} points, so the map rests on {n_neighbors} neighbours of each, the point \
             itself being one, instead of {}.",
            options.n_neighbors
        ));
    }
    if neighbours.copies > 0 {
        let copies = neighbours.copies;
        notes.push(format!(
            "{} of {} points have the same activations as an earlier one; they are drawn beside it.",
            grouped(copies),
            grouped(count)
        ));
    }
    if search == Search::Approximate {
        notes.push(format!(
            "With {} points neighbours were searched approximately: a few of them may not be the \
             very nearest.",
            grouped(count)
        ));
    }
    let parts = parts(&graph).len();
    if parts > 1 {
        notes.push(format!(
            "The points fall into {} groups without a neighbour in common; where the groups lie \
             relative to each other means nothing.",
            grouped(parts)
        ));
    }
    let coordinates = if options.dimensions == 2 {
        arranged::<2>(rows, &graph, options, epochs, reporter, cancel)?
    } else {
        arranged::<3>(rows, &graph, options, epochs, reporter, cancel)?
    };
    let width = rows.width();
    Ok(UmapModel { options: *options, n_neighbors, epochs, coordinates, notes, width })
}

fn arranged<const D: usize>(
    rows: &ActivationMatrix,
    graph: &Graph,
    options: &UmapOptions,
    epochs: usize,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Vec<f32>, ProjectionError> {
    let points: Vec<[f32; D]> = start(rows, graph, options.metric, options.start, options.seed)?;
    let course = Course {
        forces: &Forces::of(Curve::fit(options.min_dist, options.spread)),
        epochs,
        rate: 1.0,
        draws: Draws::new(options.seed, "umap/layout"),
    };
    let points = course.run(points, graph, reporter, cancel)?;
    Ok(points.as_flattened().to_vec())
}

fn check(rows: &ActivationMatrix, options: &UmapOptions) -> Result<(), ProjectionError> {
    if !(2..=3).contains(&options.dimensions) {
        return Err(ProjectionError::Dimensions { found: options.dimensions });
    }
    if options.n_neighbors < 2 {
        return Err(ProjectionError::TooFewNeighbours { found: options.n_neighbors });
    }
    let (min_dist, spread) = (options.min_dist, options.spread);
    let is_sound = spread.is_finite() && spread > 0.0 && (0.0..=spread).contains(&min_dist);
    if !is_sound {
        let (min_dist, spread) = (min_dist.to_string(), spread.to_string());
        return Err(ProjectionError::Spread { min_dist, spread });
    }
    if let Some(found) = options.epochs.filter(|epochs| !(1..=MOST_EPOCHS).contains(epochs)) {
        return Err(ProjectionError::Epochs { found, most: MOST_EPOCHS });
    }
    if rows.rows() < FEWEST_ROWS {
        return Err(ProjectionError::TooFewRows { found: rows.rows(), needed: FEWEST_ROWS });
    }
    check_rows(rows, options.metric)?;
    let first = rows.row(0);
    if (1..rows.rows()).all(|row| rows.row(row) == first) {
        return Err(ProjectionError::AllEqual);
    }
    Ok(())
}
