//! Principal components: the directions along which rows spread most.
//!
//! Rows are never copied as a whole. One pass over them gives their mean; then, by their shape, either
//! all products of columns (or of rows, where those are fewer) are summed block by block and the
//! leading eigenvectors of that matrix are searched for, or the rows are multiplied by a few vectors
//! at a time; a last pass gives the coordinates, in f64.

mod blocks;
mod dense;
mod frame;
mod further;
mod held;
mod iterative;
mod krylov;
mod passes;
mod scatter;

use faer::Mat;
use lens_core::{ActivationMatrix, CancelToken, Side, Silent};
use serde::{Deserialize, Serialize};

pub use self::blocks::RowBlocks;
pub(crate) use self::blocks::{Whole, even_blocks};
use self::frame::Frame;
use self::held::Multiplied;
use self::krylov::Search;
use self::passes::Coordinates;
use crate::eigen::symmetric_eigen;
use crate::{AnalysisError, Run};

/// A class difference smaller than this share of an axis' spread does not decide its sign.
const SIDE_TIE: f64 = 1e-9;
/// Most multiplications for which products are summed in f64 throughout.
const CHEAP: f64 = (1_u64 << 32) as f64;
/// Variance of the last component, as a share of the first one's, down to which it is safe from the
/// rounding of products in f32.
const SAFE: f64 = 1e-4;
/// Rows and columns from which on a few components are searched for without a matrix of products.
const LARGE: usize = 2048;
/// Columns for each component wanted, for the same.
const FEW: usize = 64;
/// Most columns of rows in blocks whose products are all summed: half a gigabyte of them.
const WIDEST: usize = 8192;
/// Vectors that rows are multiplied by beyond the components wanted.
const OVERSAMPLING: usize = 10;
/// Passes over the rows after which the search is given up.
const PASSES: usize = 12;
/// Residual of an eigenvector, as a share of its eigenvalue, at which that search ends.
const RESIDUAL: f64 = 1e-6;

/// How principal components were computed. All agree (tested), so a view does not change where one
/// takes over from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PcaSolver {
    /// By the eigenvectors of the products of all columns.
    Covariance,
    /// By those of the products of all rows.
    Gram,
    /// From random vectors, multiplied by all rows again and again (Halko, Martinsson and Tropp
    /// 2011), until residuals say that they have settled.
    Randomised,
    /// linfa-reduction's LOBPCG.
    Lobpcg,
}

/// Principal components of rows, and the rows in their coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pca {
    /// Dimensions asked for: columns of [`coordinates`](Self::coordinates).
    pub dimensions: usize,
    /// How it was computed.
    pub solver: PcaSolver,
    /// Mean row, which lies at the origin of the coordinates.
    pub mean: Vec<f64>,
    /// Unit vectors as wide as the rows, by falling variance: as many as were asked for, or as the
    /// rows have (their rank) where that is less.
    pub components: Vec<Vec<f64>>,
    /// Variance along each component (divisor n - 1).
    pub explained_variance: Vec<f64>,
    /// The same as shares of [`total_variance`](Self::total_variance).
    pub explained_variance_ratio: Vec<f64>,
    /// Variance over all columns (divisor n - 1).
    pub total_variance: f64,
    /// `[rows, dimensions]`, row-major. Columns beyond the rank of the rows are zero.
    pub coordinates: Vec<f64>,
}

/// The first `dimensions` principal components of `rows`.
///
/// Equal to scikit-learn's `PCA(svd_solver="full")`, signs apart. A component is only known up to
/// its sign: with `sides` (one per row) the positive texts' mean is never below the negative texts'
/// on any axis; without, or where the two are the same, the largest loading is positive. Rows that
/// are all equal give no component, and coordinates of zero. The same for any number of threads.
///
/// # Errors
/// Fewer than two rows, no dimensions, NaN or an infinity, as many sides as there are not rows, or
/// an eigenvalue iteration without end.
pub fn pca(
    rows: &ActivationMatrix,
    dimensions: usize,
    sides: Option<&[Side]>,
) -> Result<Pca, AnalysisError> {
    pca_on(rows, dimensions, sides, Run::on_processor(&Silent, &CancelToken::default()))
}

/// [`pca`], with an accelerator that may hold the rows while components are searched for
/// ([`PcaSolver::Randomised`] then, where that is done sooner than all products are summed). The
/// components are the same but for what the search leaves open, as between solvers.
///
/// # Errors
/// See [`pca`]; a cancelled token, looked at in each step of a search.
pub fn pca_on(
    rows: &ActivationMatrix,
    dimensions: usize,
    sides: Option<&[Side]>,
    run: Run<'_>,
) -> Result<Pca, AnalysisError> {
    check(rows.rows(), dimensions, sides)?;
    if rows.width() == 0 {
        return Ok(Pca::of_a_point(rows.rows(), dimensions, Vec::new()));
    }
    let source = &mut Whole(rows);
    let frame = Frame::of(source)?;
    let solver = PcaSolver::for_shape(frame.rows, frame.width, dimensions);
    components(source, Some(rows), &frame, dimensions, sides, solver, run)
}

/// The same for rows that are read block by block, about as often as there are steps in the
/// computation: three times up to 8,192 columns. However they are divided, the result is the same.
///
/// # Errors
/// As [`pca`]; rows that cannot be read, are cut, or change in between.
pub fn pca_of_blocks<S: RowBlocks>(
    source: &mut S,
    dimensions: usize,
    sides: Option<&[Side]>,
) -> Result<Pca, S::Error> {
    let cancel = CancelToken::default();
    pca_of_blocks_on(source, dimensions, sides, Run::on_processor(&Silent, &cancel))
}

/// [`pca_of_blocks`], with an accelerator as in [`pca_on`]. Rows that it holds are read three times,
/// however many steps there are.
///
/// # Errors
/// As [`pca_of_blocks`] and [`pca_on`].
pub fn pca_of_blocks_on<S: RowBlocks>(
    source: &mut S,
    dimensions: usize,
    sides: Option<&[Side]>,
    run: Run<'_>,
) -> Result<Pca, S::Error> {
    let frame = if source.width() == 0 { Frame::empty() } else { Frame::of(source)? };
    check(frame.rows, dimensions, sides)?;
    let solver = if frame.width > WIDEST { PcaSolver::Randomised } else { PcaSolver::Covariance };
    components(source, None, &frame, dimensions, sides, solver, run)
}

fn check(rows: usize, dimensions: usize, sides: Option<&[Side]>) -> Result<(), AnalysisError> {
    if dimensions == 0 {
        return Err(AnalysisError::NoDimensions);
    }
    if rows < 2 {
        return Err(AnalysisError::TooFewRows { found: rows });
    }
    match sides.filter(|sides| sides.len() != rows) {
        Some(sides) => Err(AnalysisError::SideCount { found: sides.len(), rows }),
        None => Ok(()),
    }
}

impl PcaSolver {
    /// What is fastest for rows that are in memory.
    fn for_shape(rows: usize, width: usize, dimensions: usize) -> Self {
        let smaller = rows.min(width);
        if iterative::is_asked(rows, width, dimensions) {
            Self::Lobpcg
        } else if smaller >= LARGE && smaller >= FEW * dimensions {
            Self::Randomised
        } else if rows < width {
            Self::Gram
        } else {
            Self::Covariance
        }
    }
}

/// A principal axis: unit vector, and the sum of the rows' squared coordinates along it.
struct Axis {
    vector: Vec<f64>,
    squares: f64,
}

/// Principal axes, and how they were found.
struct Axes {
    axes: Vec<Axis>,
    solver: PcaSolver,
    /// Whether products in f32 went into them.
    is_rough: bool,
}

/// `whole` are the rows where memory holds them all.
fn components<S: RowBlocks>(
    source: &mut S,
    whole: Option<&ActivationMatrix>,
    frame: &Frame,
    dimensions: usize,
    sides: Option<&[Side]>,
    solver: PcaSolver,
    run: Run<'_>,
) -> Result<Pca, S::Error> {
    let Some(scale) = frame.scale else {
        return Ok(Pca::of_a_point(frame.rows, dimensions, frame.mean()));
    };
    let Axes { axes, solver, is_rough } = axes(source, whole, frame, dimensions, solver, run)?;
    let mut squares: Vec<f64> = axes.iter().map(|axis| axis.squares).collect();
    let mut vectors = Mat::from_fn(frame.width, axes.len(), |row, axis| axes[axis].vector[row]);
    let mut coordinates = Coordinates::of(source, frame, &vectors)?;
    if is_rough {
        // What the rounding of products has mixed is told apart again in f64.
        let (values, turn) = symmetric_eigen(coordinates.products.as_ref())?;
        let last = values.len() - 1;
        let falling = Mat::from_fn(values.len(), values.len(), |i, j| turn[(i, last - j)]);
        coordinates.turn(&falling);
        squares = values.into_iter().rev().collect();
        vectors = &vectors * &falling;
    }
    let rows = (frame.rows - 1) as f64;
    let spreads: Vec<f64> = squares.iter().map(|squares| (squares / rows).sqrt()).collect();
    let signs = signs(&vectors, &coordinates.values, &spreads, sides);
    let (total, freedom) = (coordinates.total, rows * scale * scale);
    Ok(Pca {
        dimensions,
        solver,
        mean: frame.mean(),
        explained_variance: squares.iter().map(|squares| squares / freedom).collect(),
        explained_variance_ratio: squares.iter().map(|squares| squares / total).collect(),
        components: (vectors.col_iter().zip(&signs))
            .map(|(axis, sign)| axis.iter().map(|value| sign * value).collect())
            .collect(),
        total_variance: total / freedom,
        coordinates: widened(coordinates.values, &signs, dimensions, scale),
    })
}

/// The first `dimensions` principal axes of rows that are not all equal, by `solver` where that
/// settles them.
fn axes<S: RowBlocks>(
    source: &mut S,
    whole: Option<&ActivationMatrix>,
    frame: &Frame,
    dimensions: usize,
    solver: PcaSolver,
    run: Run<'_>,
) -> Result<Axes, S::Error> {
    let (rows, width) = (frame.rows, frame.width);
    let wanted = dimensions.min(rows - 1).min(width);
    // A variance so small that products in f32 would not show it.
    let is_safe = |axes: &[Axis]| {
        let ends = axes.first().zip(axes.last());
        axes.len() == wanted && ends.is_some_and(|(top, last)| last.squares >= SAFE * top.squares)
    };
    if let (PcaSolver::Lobpcg, Some(whole)) = (solver, whole) {
        let scatter = scatter::covariance::<f64, _>(source, frame)?;
        let mut values = vec![0.0; rows * width];
        frame.centre(whole.values(), 0..width, &mut values);
        if let Some(axes) = iterative::axes(&values, &scatter, dimensions) {
            return Ok(Axes { axes, solver, is_rough: false });
        }
        let axes = dense::axes(&scatter, rows, wanted)?;
        return Ok(Axes { axes, solver: PcaSolver::Covariance, is_rough: false });
    }
    let block = wanted + OVERSAMPLING;
    let mut multiplied = Multiplied::new(source, frame, run);
    let is_held = if rows.min(width) >= FEW * dimensions {
        multiplied.hand_over(block, all_products(solver, rows, width))?
    } else {
        false
    };
    if is_held || solver == PcaSolver::Randomised {
        let rounding = dense::rounding(rows, width);
        let most = PASSES * block;
        let search = Search { block, residual: RESIDUAL, floor: 0.0, rounding, most };
        let found = krylov::leading(width, wanted, &search, |columns| multiplied.image(columns))?;
        if let Some(axes) = found.filter(|axes| is_safe(axes)) {
            return Ok(Axes { axes, solver: PcaSolver::Randomised, is_rough: true });
        }
    }
    drop(multiplied);
    if let Some(whole) = whole.filter(|_| rows < width) {
        let of_rows = dense::axes(&scatter::gram(whole, frame), width, wanted)?;
        let axes = passes::lifted(whole, frame, &of_rows);
        return Ok(Axes { axes, solver: PcaSolver::Gram, is_rough: false });
    }
    let solver = PcaSolver::Covariance;
    if rows as f64 * width as f64 * width as f64 > CHEAP {
        let scatter = scatter::covariance::<f32, _>(source, frame)?;
        if let Some(axes) = dense::quick(&scatter, rows, wanted)?.filter(|axes| is_safe(axes)) {
            return Ok(Axes { axes, solver, is_rough: true });
        }
    }
    let axes = dense::axes(&scatter::covariance::<f64, _>(source, frame)?, rows, wanted)?;
    Ok(Axes { axes, solver, is_rough: false })
}

/// Multiplications of all products, of which one triangle is taken; none where the solver takes none.
fn all_products(solver: PcaSolver, rows: usize, width: usize) -> Option<usize> {
    let smaller = if solver == PcaSolver::Gram { rows } else { width };
    (solver != PcaSolver::Randomised)
        .then(|| rows.saturating_mul(width).saturating_mul(smaller) / 2)
}

/// -1 for each axis (a column of `vectors`) for which the sign convention asks for the other sign.
fn signs(
    vectors: &Mat<f64>,
    coordinates: &[f64],
    spreads: &[f64],
    sides: Option<&[Side]>,
) -> Vec<f64> {
    let count = spreads.len().max(1);
    let mean = |of: Side| {
        let mut sums = vec![0.0; count];
        let mut rows = 0.0;
        let of_row = coordinates.chunks_exact(count).zip(sides.unwrap_or_default());
        for (row, _) in of_row.filter(|(_, side)| **side == of) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            rows += 1.0;
        }
        sums.into_iter().map(move |sum| if rows > 0.0 { sum / rows } else { 0.0 })
    };
    let differences = mean(Side::Positive).zip(mean(Side::Negative)).map(|(a, b)| a - b);
    let of_axis = vectors.col_iter().zip(spreads).zip(differences);
    of_axis
        .map(|((loadings, spread), difference)| {
            let decides = if difference.abs() > SIDE_TIE * spread {
                difference
            } else {
                loadings.iter().fold(0.0_f64, |top, &l| if l.abs() > top.abs() { l } else { top })
            };
            if decides < 0.0 { -1.0 } else { 1.0 }
        })
        .collect()
}

/// Rows of scaled coordinates as rows of `dimensions`, in the rows' units and with these signs.
fn widened(mut values: Vec<f64>, signs: &[f64], dimensions: usize, scale: f64) -> Vec<f64> {
    let count = signs.len().max(1);
    for row in values.chunks_exact_mut(count) {
        row.iter_mut().zip(signs).for_each(|(value, sign)| *value *= sign / scale);
    }
    if count == dimensions {
        return values;
    }
    let beyond = vec![0.0; dimensions - count];
    values.chunks_exact(count).flat_map(|row| row.iter().chain(&beyond).copied()).collect()
}

impl Pca {
    /// Of rows that are all equal.
    fn of_a_point(rows: usize, dimensions: usize, mean: Vec<f64>) -> Self {
        Self {
            dimensions,
            solver: PcaSolver::Covariance,
            mean,
            components: Vec::new(),
            explained_variance: Vec::new(),
            explained_variance_ratio: Vec::new(),
            total_variance: 0.0,
            coordinates: vec![0.0; rows * dimensions],
        }
    }

    /// Turns each axis so that the rows lie on it as they do in `previous`, rather than mirrored:
    /// for views of the same texts at one layer after the other.
    pub fn align_to(&mut self, previous: &Self) {
        for axis in 0..self.components.len().min(previous.components.len()) {
            let agreement: f64 = self.axis(axis).zip(previous.axis(axis)).map(|(a, b)| a * b).sum();
            if agreement < 0.0 {
                self.flip(axis);
            }
        }
    }

    /// The rows' coordinates on one axis.
    fn axis(&self, axis: usize) -> impl Iterator<Item = f64> {
        self.coordinates.iter().skip(axis).step_by(self.dimensions.max(1)).copied()
    }

    fn flip(&mut self, axis: usize) {
        if let Some(component) = self.components.get_mut(axis) {
            component.iter_mut().for_each(|c| *c = -*c);
        }
        let dimensions = self.dimensions.max(1);
        self.coordinates.iter_mut().skip(axis).step_by(dimensions).for_each(|c| *c = -*c);
    }
}

#[cfg(test)]
mod tests;
