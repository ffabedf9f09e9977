//! Work that a graphics card may do faster than this crate's own loops, and how it is handed in.

use lens_core::{CancelToken, Reporter};

/// Does some of the work, in f32. Every answer may be none: nothing to gain, or the device failed; the
/// processor does the work then. What depends on an accelerator is kept to what f32 settles: AUROCs
/// of random directions, scores that are drawn, short lists of neighbours, whose distances are taken in
/// f64 here, draws of a permutation test that are clearly above or below, and the search for principal
/// components, which residuals end.
pub trait Accelerator: Sync {
    /// The AUROC of `rows` (`[rows, width]`) along each of `directions` (`[directions, width]`), ties
    /// counting one half. `is_positive` says the side of each row; both sides have rows. Rows that are
    /// equal have to score equally.
    fn aurocs(
        &self,
        _rows: &[f32],
        _is_positive: &[bool],
        _directions: &[f32],
        _width: usize,
    ) -> Option<Vec<f64>> {
        None
    }

    /// The `k` of `rows` (`[rows, width]`) nearest to each of `queries`, or to each row itself among
    /// the others where there are no queries. Lengths are taken of the rows as they are.
    fn nearest(
        &self,
        _queries: Option<&[f32]>,
        _rows: &[f32],
        _width: usize,
        _k: usize,
    ) -> Option<ShortLists> {
        None
    }

    /// Scores `[rows, directions]`, row-major, of `rows` (`[rows, width]`) on `directions`
    /// (`[directions, width]`): right to some 1e-6 of `|row| |direction|`.
    fn scores(&self, _rows: &[f32], _directions: &[f32], _width: usize) -> Option<Vec<f32>> {
        None
    }

    /// How many combinations of a positive and a negative row have the positive one above, along each
    /// of `directions` (`[directions, width]`): those where it is above by more than the margin, and
    /// those where it is not below by more. `swaps` (`[directions, words]`) has a bit for each pair, the
    /// first pair's the lowest: 1 where its sides are taken for each other along that direction. Sums
    /// have to be taken in f32, in any order.
    fn wins(
        &self,
        _paired: PairedRows<'_>,
        _directions: &[f32],
        _swaps: &[u32],
    ) -> Option<Vec<[u64; 2]>> {
        None
    }

    /// Room for rows that are multiplied by again and again.
    fn hold(&self, _wanted: Held) -> Option<Box<dyn HeldRows + '_>> {
        None
    }
}

/// Rows of pairs, for [`Accelerator::wins`].
#[derive(Debug, Clone, Copy)]
pub struct PairedRows<'a> {
    /// `[2 * pairs, width]`: the positive side of a pair and its negative one beside each other.
    pub rows: &'a [f32],
    /// Components of each.
    pub width: usize,
    /// How far scores have to be apart to be told apart.
    pub margin: f32,
}

/// What is to be done with rows that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How many rows there are.
    pub rows: usize,
    /// Components of each.
    pub width: usize,
    /// Vectors that they are multiplied by in one step.
    pub columns: usize,
    /// Steps there will be, about.
    pub steps: usize,
    /// Multiplications that the processor would do for the same end.
    pub instead: usize,
}

/// Rows that an accelerator holds.
pub trait HeldRows {
    /// Adds the next rows; none where they cannot be taken, and none of them can be used.
    fn add(&mut self, rows: &[f32]) -> Option<()>;

    /// `X'X c` for the rows `X` and each of the vectors `c` in `columns` (`[columns, width]`), in their
    /// order: products of few rows in f32, of those sums in f64. None where the processor has to do
    /// this step.
    fn image(&self, columns: &[f32]) -> Option<Vec<f64>>;
}

/// Rows near each query, as [`Accelerator::nearest`] finds them.
#[derive(Debug, Clone, PartialEq)]
pub struct ShortLists {
    /// `[queries, k]`, row-major, nearest first.
    pub indices: Vec<u32>,
    /// Lengths of the differences.
    pub distances: Vec<f32>,
}

/// No accelerator: the processor does everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Processor;

impl Accelerator for Processor {}

/// How a long computation runs.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What may take work over.
    pub accelerator: &'a dyn Accelerator,
    /// Who hears how far it is.
    pub reporter: &'a dyn Reporter,
    /// What stops it.
    pub cancel: &'a CancelToken,
}

impl<'a> Run<'a> {
    /// On the processor.
    #[must_use]
    pub const fn on_processor(reporter: &'a dyn Reporter, cancel: &'a CancelToken) -> Self {
        Self { accelerator: &Processor, reporter, cancel }
    }
}
