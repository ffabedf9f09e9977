//! Principal components of rows that an accelerator holds.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lens_analysis::{
    Accelerator, AnalysisError, Held, HeldRows, Pca, PcaSolver, Processor, RowBlocks, Run, pca,
    pca_of_blocks_on, pca_on,
};
use lens_core::{ActivationMatrix, CancelToken, Seed, Silent};
use rand::Rng;

/// Multiplies rows by plain sums in f64.
struct Holder {
    rows: Mutex<Vec<f32>>,
    wanted: Mutex<Option<Held>>,
    /// Rows that it takes before it takes no more.
    room: usize,
    /// Steps that it does before it does no more.
    steps: usize,
    asked: AtomicUsize,
    /// Answers are one value short.
    is_short: bool,
}

impl Holder {
    fn new() -> Self {
        Self {
            rows: Mutex::default(),
            wanted: Mutex::default(),
            room: usize::MAX,
            steps: usize::MAX,
            asked: AtomicUsize::new(0),
            is_short: false,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Accelerator for Holder {
    fn hold(&self, wanted: Held) -> Option<Box<dyn HeldRows + '_>> {
        *self.wanted.lock().unwrap() = Some(wanted);
        Some(Box::new(HeldHere { holder: self, width: wanted.width }))
    }
}

struct HeldHere<'a> {
    holder: &'a Holder,
    width: usize,
}

impl HeldRows for HeldHere<'_> {
    fn add(&mut self, rows: &[f32]) -> Option<()> {
        let mut held = self.holder.rows.lock().unwrap();
        held.extend(rows);
        (held.len() / self.width <= self.holder.room).then_some(())
    }

    fn image(&self, columns: &[f32]) -> Option<Vec<f64>> {
        if self.holder.asked.fetch_add(1, Ordering::Relaxed) >= self.holder.steps {
            return None;
        }
        let rows = self.holder.rows.lock().unwrap();
        let mut image = Vec::new();
        for column in columns.chunks(self.width) {
            let mut sums = vec![0.0; self.width];
            for row in rows.chunks(self.width) {
                let score: f64 =
                    row.iter().zip(column).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                sums.iter_mut().zip(row).for_each(|(sum, &v)| *sum += score * f64::from(v));
            }
            image.extend(sums);
        }
        if self.holder.is_short {
            image.pop();
        }
        Some(image)
    }
}

/// Standard deviations that fall along the columns, far from the origin.
fn rows(count: usize, width: usize) -> ActivationMatrix {
    let mut random = Seed(1).stream("rows");
    let value = |at: usize| {
        let spread = 0.9_f32.powi((at % width) as i32);
        20.0 + spread * random.random_range(-1.0..1.0_f32)
    };
    ActivationMatrix::new(count, width, (0..count * width).map(value).collect()).unwrap()
}

fn on(rows: &ActivationMatrix, dimensions: usize, accelerator: &dyn Accelerator) -> Pca {
    let cancel = CancelToken::default();
    let run = Run { accelerator, reporter: &Silent, cancel: &cancel };
    pca_on(rows, dimensions, None, run).unwrap()
}

#[track_caller]
fn assert_agrees(found: &Pca, expected: &Pca) {
    assert_eq!(found.solver, PcaSolver::Randomised);
    let variances = found.explained_variance.iter().zip(&expected.explained_variance);
    for (found, expected) in variances {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} instead of {expected}");
    }
    assert_eq!(found.coordinates.len(), expected.coordinates.len());
    for (found, expected) in found.coordinates.iter().zip(&expected.coordinates) {
        assert!((found - expected).abs() < 1e-4, "{found} instead of {expected}");
    }
    assert_eq!((&found.mean, found.total_variance), (&expected.mean, expected.total_variance));
}

#[test]
fn components_of_held_rows_are_those_of_the_rows() {
    // More columns than rows, and fewer.
    for (count, width, instead) in [(1100, 200, 1100 * 200 * 100), (150, 400, 150 * 400 * 75)] {
        let rows = rows(count, width);
        let expected = pca(&rows, 2, None).unwrap();
        assert_ne!(expected.solver, PcaSolver::Randomised);
        let holder = Holder::new();
        let found = on(&rows, 2, &holder);
        assert_agrees(&found, &expected);
        let wanted = holder.wanted.lock().unwrap().unwrap();
        assert_eq!((wanted.rows, wanted.width, wanted.columns), (count, width, 12));
        assert_eq!(wanted.instead, instead);
        // All rows came, around their mean.
        let held = holder.rows.lock().unwrap();
        assert_eq!(held.len(), count * width);
        for column in 0..width {
            let sum: f64 = held.iter().skip(column).step_by(width).map(|&v| f64::from(v)).sum();
            assert!(sum.abs() < 1e-3 * count as f64, "column {column}: {sum}");
        }
        assert!(holder.asked() > 1);
    }
}

#[test]
fn where_the_accelerator_stops_the_processor_goes_on() {
    let rows = rows(1100, 200);
    let expected = pca(&rows, 2, None).unwrap();
    for steps in 0..3 {
        let holder = Holder { steps, ..Holder::new() };
        assert_agrees(&on(&rows, 2, &holder), &expected);
        assert!(holder.asked() > steps);
    }
    let short = Holder { is_short: true, ..Holder::new() };
    assert_agrees(&on(&rows, 2, &short), &expected);
    // Rows that are not all taken are as if none were.
    let narrow = Holder { room: 1050, ..Holder::new() };
    assert!(on(&rows, 2, &narrow) == expected);
    assert_eq!(narrow.asked(), 0);
    assert!(on(&rows, 2, &Processor) == expected);
}

#[test]
fn many_components_of_few_columns_are_not_searched_for() {
    let rows = rows(300, 100);
    let holder = Holder::new();
    assert!(on(&rows, 2, &holder) == pca(&rows, 2, None).unwrap());
    assert!(holder.wanted.lock().unwrap().is_none());
}

#[test]
fn a_search_stops_when_it_is_told_to() {
    let (rows, cancel, holder) = (rows(300, 200), CancelToken::default(), Holder::new());
    cancel.cancel();
    let run = Run { accelerator: &holder, reporter: &Silent, cancel: &cancel };
    assert!(matches!(pca_on(&rows, 2, None, run), Err(AnalysisError::Cancelled(_))));
    assert_eq!(holder.asked(), 0);
}

/// Rows that are read piece by piece.
struct Pieces<'a> {
    rows: &'a ActivationMatrix,
    readings: usize,
}

impl RowBlocks for Pieces<'_> {
    type Error = AnalysisError;

    fn width(&self) -> usize {
        self.rows.width()
    }

    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        self.readings += 1;
        self.rows.values().chunks(77 * self.rows.width()).try_for_each(take)
    }
}

#[test]
fn rows_in_blocks_are_held_after_one_reading() {
    let rows = rows(1100, 200);
    let (holder, cancel) = (Holder::new(), CancelToken::default());
    let run = Run { accelerator: &holder, reporter: &Silent, cancel: &cancel };
    let mut pieces = Pieces { rows: &rows, readings: 0 };
    let found = pca_of_blocks_on(&mut pieces, 2, None, run).unwrap();
    assert_agrees(&found, &pca(&rows, 2, None).unwrap());
    // For the mean, for the holder, for the coordinates.
    assert_eq!(pieces.readings, 3);
}
