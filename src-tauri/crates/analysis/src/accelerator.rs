//! Work that a graphics card may do faster than this crate's own loops, and how it is handed in.

use lens_core::{CancelToken, Reporter};

/// Does some of the work, in f32. Every answer may be none: nothing to gain, or the device failed; the
/// processor does the work then. What depends on an accelerator is kept to what f32 settles: AUROCs
/// of random directions, and short lists of neighbours, whose distances are taken in f64 here.
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
