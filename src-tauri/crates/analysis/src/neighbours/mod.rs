//! The rows nearest to each row: what maps are drawn from, and what they are judged by.

mod approximate;
mod copies;
mod exact;
mod explore;
mod points;
mod products;
mod shortlist;
mod trees;

use lens_core::{ActivationMatrix, CancelToken, Reporter, Seed};
use serde::{Deserialize, Serialize};

use self::copies::Copies;
pub(crate) use self::exact::rounding;
pub(crate) use self::points::{Frame, Gaps, Points};
pub(crate) use self::products::row_products;
use crate::{AnalysisError, ProjectionError, Run};

/// How far apart two rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Length of the difference.
    #[default]
    Euclidean,
    /// 1 less the cosine of the angle between them. Rows of zeros have none.
    Cosine,
}

/// How neighbours are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Search {
    /// Every row is held against every other.
    Exact,
    /// Random-projection trees, then the neighbours of neighbours. At least 95 % of what it finds
    /// are true neighbours on the data it is tested with.
    Approximate,
}

/// Most rows that are searched exactly unless told otherwise. On two cores both searches take about a
/// second for 10,000 rows of width 1,024, and the exact one twice as long as the other for this many
/// of width 784: a second and a half that an exact answer is worth.
const MOST_EXACT: usize = 16_384;

impl Search {
    /// What is used for this many rows unless told otherwise.
    #[must_use]
    pub const fn for_rows(rows: usize) -> Self {
        if rows <= MOST_EXACT { Self::Exact } else { Self::Approximate }
    }
}

/// The nearest rows of each row.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// Neighbours of each row.
    pub k: usize,
    /// `[rows, k]`, row-major: nearest first, equally near ones by index. No row is its own
    /// neighbour; a copy of it is.
    pub indices: Vec<u32>,
    /// Their distances, in f64 from the rows as given.
    pub distances: Vec<f64>,
    /// Rows that are equal to an earlier row.
    pub copies: usize,
}

impl Neighbours {
    /// The neighbours of one row and their distances; empty beyond the last row.
    pub fn of(&self, row: usize) -> impl ExactSizeIterator<Item = (u32, f64)> {
        let range = row.saturating_mul(self.k)..row.saturating_add(1).saturating_mul(self.k);
        let indices = self.indices.get(range.clone()).unwrap_or_default();
        let distances = self.distances.get(range).unwrap_or_default();
        indices.iter().copied().zip(distances.iter().copied())
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.indices.len().checked_div(self.k).unwrap_or(0)
    }

    fn from_found(k: usize, copies: usize, found: &[Vec<Found>]) -> Self {
        let all = || found.iter().flatten();
        Self {
            k,
            indices: all().map(|found| found.index).collect(),
            distances: all().map(|found| found.distance).collect(),
            copies,
        }
    }
}

/// A neighbour and how far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) distance: f64,
    pub(crate) index: u32,
}

/// The `k` nearest rows of each row.
///
/// Products of whole blocks of rows, in f32, give a short list for each row; the f64 distances of
/// those on it give its neighbours. Where the list might have missed one by rounding (of more than
/// about four standard deviations), the row is searched again in f64. Equal rows are searched once.
/// The result is the same for any number of threads; `seed` matters to the approximate search only.
///
/// # Errors
/// No neighbours asked for or more than there are other rows, NaN or an infinity, for
/// [`Metric::Cosine`] a row of zeros, or a cancelled token.
pub fn nearest(
    rows: &ActivationMatrix,
    k: usize,
    metric: Metric,
    search: Search,
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Neighbours, ProjectionError> {
    nearest_on(rows, k, metric, search, seed, Run::on_processor(reporter, cancel))
}

/// [`nearest`], with an accelerator that may make the short lists of the exact search. The neighbours
/// are the same.
///
/// # Errors
/// See [`nearest`].
pub fn nearest_on(
    rows: &ActivationMatrix,
    k: usize,
    metric: Metric,
    search: Search,
    seed: Seed,
    run: Run<'_>,
) -> Result<Neighbours, ProjectionError> {
    check_count(k, rows.rows().saturating_sub(1))?;
    check_rows(rows, metric)?;
    run.cancel.check()?;
    let copies = Copies::of(rows);
    let repeated = rows.rows() - copies.distinct();
    if repeated == 0 {
        let found = distinct(rows, k, metric, search, seed, run)?;
        return Ok(Neighbours::from_found(k, 0, &found));
    }
    let once = rows.select(copies.first());
    let others = copies.distinct() - 1;
    let found = if others == 0 {
        vec![Vec::new()]
    } else {
        distinct(&once, k.min(others), metric, search, seed, run)?
    };
    Ok(Neighbours::from_found(k, repeated, &copies.expand(&found, k)))
}

/// The neighbours of rows of which no two are equal.
fn distinct(
    rows: &ActivationMatrix,
    k: usize,
    metric: Metric,
    search: Search,
    seed: Seed,
    run: Run<'_>,
) -> Result<Vec<Vec<Found>>, ProjectionError> {
    match search {
        Search::Exact => exact::nearest(rows, None, k, metric, run),
        Search::Approximate => {
            approximate::nearest(rows, k, metric, seed, run.reporter, run.cancel)
        }
    }
}

/// The `k` rows nearest to each of `queries`, exactly. A row equal to a query is its neighbour.
pub(crate) fn nearest_to(
    rows: &ActivationMatrix,
    queries: &ActivationMatrix,
    k: usize,
    metric: Metric,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Neighbours, ProjectionError> {
    check_count(k, rows.rows())?;
    for matrix in [rows, queries] {
        check_rows(matrix, metric)?;
    }
    if rows.width() != queries.width() {
        let (found, expected) = (queries.width(), rows.width());
        return Err(ProjectionError::Width { found, expected });
    }
    let found =
        exact::nearest(rows, Some(queries), k, metric, Run::on_processor(reporter, cancel))?;
    Ok(Neighbours::from_found(k, 0, &found))
}

fn check_count(k: usize, others: usize) -> Result<(), ProjectionError> {
    if k == 0 || k > others {
        return Err(ProjectionError::NeighbourCount { found: k, most: others });
    }
    Ok(())
}

/// What no distance can be taken of.
pub(crate) fn check_rows(rows: &ActivationMatrix, metric: Metric) -> Result<(), ProjectionError> {
    if let Some((row, column)) = rows.first_non_finite() {
        return Err(AnalysisError::NonFiniteActivation { layer: None, row, column }.into());
    }
    if metric == Metric::Cosine {
        let zeros = |index: &usize| rows.row(*index).iter().all(|&value| value == 0.0);
        if let Some(row) = (0..rows.rows()).find(zeros) {
            return Err(ProjectionError::NoDirection { row });
        }
    }
    Ok(())
}
