//! Principal components: rank, signs, bad input.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use lens_analysis::{AnalysisError, Pca, PcaSolver, RowBlocks, pca, pca_of_blocks};
use lens_core::{ActivationMatrix, Seed, Side};
use proptest::prelude::*;
use rand::Rng;

fn matrix(
    rows: usize,
    width: usize,
    mut value: impl FnMut(usize, usize) -> f32,
) -> ActivationMatrix {
    let values = (0..rows * width).map(|i| value(i / width, i % width)).collect();
    ActivationMatrix::new(rows, width, values).unwrap()
}

fn noise(rows: usize, width: usize, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("noise");
    matrix(rows, width, |_, _| random.random_range(-1.0..1.0))
}

fn sides(rows: usize) -> Vec<Side> {
    (0..rows).map(|i| Side::BOTH[i % 2]).collect()
}

fn column(pca: &Pca, axis: usize) -> Vec<f64> {
    pca.coordinates.iter().skip(axis).step_by(pca.dimensions).copied().collect()
}

#[test]
fn rows_that_are_all_equal_lie_at_the_origin() {
    // 0.1 is not exact in binary, so a careless mean leaves rounding to be scaled up.
    for (rows, width) in [(2, 5), (7, 3), (40, 4), (3, 0)] {
        let found = pca(&matrix(rows, width, |_, _| 0.1), 2, Some(&sides(rows))).unwrap();
        assert!(found.components.is_empty());
        assert_eq!(found.total_variance, 0.0);
        assert_eq!(found.coordinates, vec![0.0; rows * 2]);
    }
}

#[test]
fn dimensions_beyond_the_rank_are_zero() {
    // Exactly rank 1, in a shape for each solver: wide, tall, and tall with room for LOBPCG.
    for (rows, width) in [(6, 30), (30, 6), (400, 20)] {
        let line = matrix(rows, width, |r, c| r as f32 * (c as f32 - 3.0));
        let found = pca(&line, 3, None).unwrap();
        assert_eq!(found.components.len(), 1, "{rows} x {width}");
        assert!((found.explained_variance_ratio[0] - 1.0).abs() < 1e-12);
        assert!(column(&found, 0).iter().any(|&c| c != 0.0));
        assert!(column(&found, 1).iter().chain(&column(&found, 2)).all(|&c| c == 0.0));
    }
    let two = pca(&noise(2, 9, 0), 3, None).unwrap();
    assert_eq!(two.components.len(), 1);
}

#[test]
fn what_cannot_be_projected_is_refused_in_a_sentence() {
    let rows = noise(4, 3, 0);
    assert_eq!(pca(&rows, 0, None), Err(AnalysisError::NoDimensions));
    assert_eq!(pca(&noise(1, 3, 0), 2, None), Err(AnalysisError::TooFewRows { found: 1 }));
    assert_eq!(pca(&noise(0, 3, 0), 2, None), Err(AnalysisError::TooFewRows { found: 0 }));
    assert!(matches!(pca(&rows, 2, Some(&sides(3))), Err(AnalysisError::SideCount { .. })));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let rows = matrix(4, 3, |r, c| if (r, c) == (2, 1) { bad } else { 1.0 });
        let error = pca(&rows, 2, None).unwrap_err();
        assert_eq!(error, AnalysisError::NonFiniteActivation { layer: None, row: 2, column: 1 });
        assert!(error.to_string().contains("row 2, column 1"));
    }
}

#[test]
fn extreme_magnitudes_neither_overflow_nor_vanish() {
    for scale in [1e-30_f32, 1e30] {
        let small = noise(20, 4, 1);
        let scaled = matrix(20, 4, |r, c| small.row(r)[c] * scale);
        let (small, scaled) = (pca(&small, 2, None).unwrap(), pca(&scaled, 2, None).unwrap());
        for (a, b) in small.explained_variance_ratio.iter().zip(&scaled.explained_variance_ratio) {
            assert!((a - b).abs() < 1e-6);
        }
    }
}

#[test]
fn the_positive_side_is_up_on_every_axis() {
    for seed in 0..20 {
        let rows = noise(24, 7, seed);
        let found = pca(&rows, 3, Some(&sides(24))).unwrap();
        for axis in 0..3 {
            let difference: f64 =
                column(&found, axis).chunks(2).map(|pair| pair[0] - pair[1]).sum();
            assert!(difference > 0.0);
        }
        let swapped: Vec<Side> = (0..24).map(|i| Side::BOTH[(i + 1) % 2]).collect();
        let mirrored = pca(&rows, 3, Some(&swapped)).unwrap();
        for (a, b) in found.coordinates.iter().zip(&mirrored.coordinates) {
            assert_eq!(*a, -b);
        }
    }
}

#[test]
fn without_a_class_difference_the_largest_loading_is_positive() {
    // Both sides of every pair are the same row.
    let base = noise(10, 5, 3);
    let rows = matrix(20, 5, |r, c| base.row(r / 2)[c]);
    for sides in [None, Some(sides(20))] {
        let found = pca(&rows, 2, sides.as_deref()).unwrap();
        for component in &found.components {
            let top = component.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
            assert!(top.unwrap() > 0.0);
        }
    }
}

#[test]
fn aligned_axes_do_not_flip_between_layers() {
    let rows = noise(30, 6, 4);
    let negated = matrix(30, 6, |r, c| -rows.row(r)[c]);
    let first = pca(&rows, 3, None).unwrap();
    let mut second = pca(&negated, 3, None).unwrap();
    assert_ne!(first.coordinates, second.coordinates);
    second.align_to(&first);
    assert!(first.coordinates.iter().zip(&second.coordinates).all(|(a, b)| (a - b).abs() < 1e-9));
    // Turning an axis turns its component with it: coordinates stay what components give.
    for (a, b) in first.components.concat().iter().zip(&second.components.concat()) {
        assert!((a + b).abs() < 1e-9);
    }
}

/// Rows of a file that may be cut, or grow while it is read.
struct Pieces {
    rows: ActivationMatrix,
    piece: usize,
    /// Values at the end that are left out from the second reading on.
    lost: usize,
    readings: usize,
}

impl RowBlocks for Pieces {
    type Error = AnalysisError;

    fn width(&self) -> usize {
        self.rows.width()
    }

    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        self.readings += 1;
        let lost = if self.readings > 1 { self.lost } else { 0 };
        let values = &self.rows.values()[..self.rows.values().len() - lost];
        values.chunks(self.piece * self.rows.width().max(1)).try_for_each(take)
    }
}

fn pieces(rows: &ActivationMatrix, piece: usize, lost: usize) -> Pieces {
    Pieces { rows: rows.clone(), piece, lost, readings: 0 }
}

/// Memory holds one block at a time, and the answer is that of all rows at once.
#[test]
fn rows_in_blocks_have_the_components_of_the_whole() {
    let rows = noise(900, 60, 5);
    let sides = sides(900);
    let whole = pca(&rows, 12, Some(&sides)).unwrap();
    assert_eq!(whole.solver, PcaSolver::Lobpcg);
    let first = pca_of_blocks(&mut pieces(&rows, 900, 0), 12, Some(&sides)).unwrap();
    for piece in [1, 64, 333] {
        let mut source = pieces(&rows, piece, 0);
        let found = pca_of_blocks(&mut source, 12, Some(&sides)).unwrap();
        assert!(found == first, "pieces of {piece}");
        assert_eq!(source.readings, 3);
    }
    assert_eq!(first.solver, PcaSolver::Covariance);
    for (a, b) in first.coordinates.iter().zip(&whole.coordinates) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    // More columns than rows: the products of columns have a rank below their number.
    let wide = noise(20, 50, 6);
    let of_blocks = pca_of_blocks(&mut pieces(&wide, 7, 0), 30, None).unwrap();
    let at_once = pca(&wide, 30, None).unwrap();
    assert_eq!((of_blocks.components.len(), at_once.solver), (19, PcaSolver::Gram));
    for (a, b) in of_blocks.coordinates.iter().zip(&at_once.coordinates) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
}

#[test]
fn blocks_that_cannot_be_projected_are_refused_in_a_sentence() {
    let rows = noise(10, 3, 0);
    let of = |mut source: Pieces| pca_of_blocks(&mut source, 2, None).unwrap_err();
    assert_eq!(of(pieces(&noise(1, 3, 0), 1, 0)), AnalysisError::TooFewRows { found: 1 });
    assert_eq!(of(pieces(&noise(4, 0, 0), 1, 0)), AnalysisError::TooFewRows { found: 0 });
    for lost in [3, 6] {
        assert_eq!(of(pieces(&rows, 4, lost)), AnalysisError::RowsChanged { expected: 10 });
    }
    assert!(matches!(of(pieces(&rows, 4, 1)), AnalysisError::TornRow { width: 3, .. }));
    let bad = matrix(10, 3, |r, c| if (r, c) == (7, 2) { f32::NAN } else { 1.0 });
    assert_eq!(
        of(pieces(&bad, 4, 0)),
        AnalysisError::NonFiniteActivation { layer: None, row: 7, column: 2 }
    );
    let sides = sides(9);
    let found = pca_of_blocks(&mut pieces(&rows, 4, 0), 2, Some(&sides));
    assert_eq!(found, Err(AnalysisError::SideCount { found: 9, rows: 10 }));
    let equal = matrix(10, 3, |_, c| c as f32);
    let found = pca_of_blocks(&mut pieces(&equal, 4, 0), 2, None).unwrap();
    assert_eq!((found.coordinates, found.mean), (vec![0.0; 20], vec![0.0, 1.0, 2.0]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any shape, with constant columns, equal rows and few distinct values among them: components
    /// are orthonormal, ratios are shares, and coordinates have the variances they claim.
    #[test]
    fn components_are_orthonormal_and_variances_are_those_of_the_coordinates(
        rows in 2usize..60, width in 1usize..16, dimensions in 1usize..5,
        levels in 1i32..6, seed in any::<u32>(),
    ) {
        let mut random = Seed(seed).stream("property");
        let data = matrix(rows, width, |_, column| {
            let constant = column % 4 == 3;
            if constant { 50.0 } else { random.random_range(-levels..levels) as f32 }
        });
        let found = pca(&data, dimensions, None).unwrap();
        let kept = found.components.len();
        prop_assert!(kept <= dimensions.min(width).min(rows - 1));
        prop_assert_eq!(found.coordinates.len(), rows * dimensions);
        for a in 0..kept {
            for b in 0..kept {
                let pairs = found.components[a].iter().zip(&found.components[b]);
                let product: f64 = pairs.map(|(x, y)| x * y).sum();
                prop_assert!((product - f64::from(a == b)).abs() < 1e-6);
            }
            let coordinates = column(&found, a);
            let mean = coordinates.iter().sum::<f64>() / rows as f64;
            let squares: f64 = coordinates.iter().map(|c| (c - mean).powi(2)).sum();
            let variance = squares / (rows - 1) as f64;
            prop_assert!((variance - found.explained_variance[a]).abs() < 1e-8 * found.total_variance);
        }
        let share: f64 = found.explained_variance_ratio.iter().sum();
        prop_assert!(share <= 1.0 + 1e-9);
        prop_assert!(found.explained_variance.is_sorted_by(|a, b| a + 1e-9 * found.total_variance >= *b));
    }
}
