//! The rows nearest to each row.

use rayon::prelude::*;

use super::project::products;
use crate::GpuError;
use crate::rows::whole_rows;

/// Most neighbours that are listed for a row.
pub const MOST_NEIGHBOURS: usize = 64;
/// Queries that one task takes.
const QUERIES_PER_TASK: usize = 64;
/// Rows of one product.
const ROWS: usize = 1024;

/// How far apart two rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Length of the difference.
    Euclidean,
    /// 1 less the cosine of the angle between them; 1 from a row of zeros to any other.
    Cosine,
}

impl Metric {
    /// The distance that half a squared distance stands for.
    pub(crate) fn distance(self, half: f32) -> f32 {
        match self {
            Self::Euclidean => (2.0 * half.max(0.0)).sqrt(),
            Self::Cosine => half,
        }
    }
}

/// Which rows are looked for.
#[derive(Debug, Clone, Copy)]
pub struct NearestTo<'a> {
    /// `[queries, width]`; none: each row itself, among the others.
    pub queries: Option<&'a [f32]>,
    /// `[rows, width]`.
    pub rows: &'a [f32],
    /// Components of each.
    pub width: usize,
    /// Neighbours of each query.
    pub k: usize,
    /// How far apart two are.
    pub metric: Metric,
}

/// Lists of the rows nearest to each query.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Neighbours of each query.
    pub k: usize,
    /// `[queries, k]`, row-major: nearest first, equally near ones by index.
    pub indices: Vec<u32>,
    /// Their distances.
    pub distances: Vec<f32>,
}

/// The rows nearest to each query.
///
/// Half a squared distance is taken as half the squared lengths less the product, in f32, so it is
/// right to some 1e-6 of the squared lengths: take the mean away first from rows far from the
/// origin. All values have to be finite.
///
/// # Errors
/// Values that are not whole rows; `k` of 0, above [`MOST_NEIGHBOURS`], or above the other rows.
pub fn nearest(wanted: NearestTo<'_>) -> Result<Nearest, GpuError> {
    let Prepared { queries: asked, rows: points, queries_count, .. } = prepared(wanted)?;
    let NearestTo { width, k, metric, .. } = wanted;
    let is_own = asked.is_none();
    let asked = asked.as_ref().unwrap_or(&points);
    let tasks: Vec<usize> = (0..queries_count).step_by(QUERIES_PER_TASK).collect();
    let lists: Vec<Vec<(f32, u32)>> = tasks
        .into_par_iter()
        .flat_map_iter(|first| {
            let block = first..(first + QUERIES_PER_TASK).min(queries_count);
            lists_of(asked, block, &points, width, k, is_own)
        })
        .collect();
    let all = || lists.iter().flatten();
    Ok(Nearest {
        k,
        indices: all().map(|&(_, index)| index).collect(),
        distances: all().map(|&(half, _)| metric.distance(half)).collect(),
    })
}

/// The lists of the queries in `block`.
fn lists_of(
    asked: &Points<'_>,
    block: std::ops::Range<usize>,
    points: &Points<'_>,
    width: usize,
    k: usize,
    is_own: bool,
) -> Vec<Vec<(f32, u32)>> {
    let mut lists = vec![Vec::with_capacity(k + ROWS); block.len()];
    let queries = asked.of(&block, width);
    for (number, rows) in points.values.chunks(ROWS * width).enumerate() {
        let count = rows.len() / width;
        let first = number * ROWS;
        let mut out = vec![0.0; block.len() * count];
        products(queries, rows, width, &mut out);
        for ((list, line), query) in lists.iter_mut().zip(out.chunks(count)).zip(block.clone()) {
            let of_query = asked.halves.get(query).copied().unwrap_or_default();
            let halves = points.halves.iter().skip(first);
            for ((product, half), row) in line.iter().zip(halves).zip(first..) {
                if !(is_own && row == query) {
                    list.push((of_query + half - product, row as u32));
                }
            }
            list.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            list.truncate(k);
        }
    }
    lists
}

/// Rows as products take them.
pub(crate) struct Points<'a> {
    /// `[rows, width]`: as given, or at length 1.
    pub(crate) values: std::borrow::Cow<'a, [f32]>,
    /// Half the squared length of each.
    pub(crate) halves: Vec<f32>,
}

impl Points<'_> {
    fn of(&self, rows: &std::ops::Range<usize>, width: usize) -> &[f32] {
        self.values.get(rows.start * width..rows.end * width).unwrap_or_default()
    }
}

/// Queries (none: the rows themselves) and rows, checked and ready.
pub(crate) struct Prepared<'a> {
    pub(crate) queries: Option<Points<'a>>,
    pub(crate) rows: Points<'a>,
    pub(crate) queries_count: usize,
    pub(crate) rows_count: usize,
}

pub(crate) fn prepared(wanted: NearestTo<'_>) -> Result<Prepared<'_>, GpuError> {
    let NearestTo { queries, rows, width, k, metric } = wanted;
    let rows_count = whole_rows("row", rows.len(), width)?;
    let queries_count = match queries {
        Some(queries) => whole_rows("query", queries.len(), width)?,
        None => rows_count,
    };
    let others = rows_count.saturating_sub(usize::from(queries.is_none()));
    let most = others.min(MOST_NEIGHBOURS);
    if k == 0 || k > most {
        return Err(GpuError::NeighbourCount { found: k, most });
    }
    Ok(Prepared {
        queries: queries.map(|queries| points(queries, width, metric)),
        rows: points(rows, width, metric),
        queries_count,
        rows_count,
    })
}

fn points(values: &[f32], width: usize, metric: Metric) -> Points<'_> {
    let square = |row: &[f32]| row.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
    match metric {
        Metric::Euclidean => Points {
            halves: values.par_chunks(width).map(|row| (0.5 * square(row)) as f32).collect(),
            values: values.into(),
        },
        Metric::Cosine => {
            let mut units = values.to_vec();
            units.par_chunks_mut(width).for_each(|row| {
                let length = square(row).sqrt();
                if length > 0.0 {
                    row.iter_mut().for_each(|v| *v = (f64::from(*v) / length) as f32);
                }
            });
            // Also for rows of zeros, which then are 1 from everything.
            Points { halves: vec![0.5; values.len() / width], values: units.into() }
        }
    }
}
