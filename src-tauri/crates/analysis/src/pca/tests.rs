//! The solvers against each other: whichever is chosen, the view is the same.

use lens_core::Seed;
use rand::Rng;
use rand_distr::StandardNormal;

use super::*;
use crate::linear;

fn random_rows(rows: usize, width: usize, falling: f32, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("rows");
    let values = (0..rows * width)
        .map(|i| falling.powi((i % width) as i32) * random.random_range(-1.0..1.0_f32))
        .collect();
    ActivationMatrix::new(rows, width, values).unwrap()
}

/// Rows whose standard deviation along axis `i` (a rotation of the columns) is `spread(i)`, around a
/// mean of about `far`.
fn planted(
    rows: usize,
    width: usize,
    axes: usize,
    far: f64,
    seed: u32,
    spread: impl Fn(usize) -> f64,
) -> ActivationMatrix {
    let mut random = Seed(seed).stream("planted");
    let mut normal = |rows: usize, columns: usize| -> Mat<f64> {
        Mat::from_fn(rows, columns, |_, _| random.sample(StandardNormal))
    };
    let turn = normal(width, axes) * (width as f64).sqrt().recip();
    let along = normal(rows, axes);
    let along = Mat::from_fn(rows, axes, |row, axis| along[(row, axis)] * spread(axis));
    let mean = normal(1, width);
    let values = linear::product(along.as_ref(), turn.transpose());
    let rows_of = |row: usize| (0..width).map(move |column| (row, column));
    let values = (0..rows)
        .flat_map(rows_of)
        .map(|(row, column)| (values[(row, column)] + far * mean[(0, column)]) as f32)
        .collect();
    ActivationMatrix::new(rows, width, values).unwrap()
}

fn run(cancel: &CancelToken) -> Run<'_> {
    Run::on_processor(&Silent, cancel)
}

fn by(rows: &ActivationMatrix, dimensions: usize, solver: PcaSolver) -> Pca {
    let (source, cancel) = (&mut Whole(rows), CancelToken::default());
    let frame = Frame::of(source).unwrap();
    components(source, Some(rows), &frame, dimensions, None, solver, run(&cancel)).unwrap()
}

/// All eigenvectors of products in f64.
fn reference(rows: &ActivationMatrix, dimensions: usize) -> Vec<Axis> {
    let frame = Frame::of(&mut Whole(rows)).unwrap();
    let scatter = scatter::covariance::<f64, _>(&mut Whole(rows), &frame).unwrap();
    let (values, vectors) = symmetric_eigen(scatter.as_ref()).unwrap();
    let freedom = (frame.rows - 1) as f64 * frame.scale.unwrap().powi(2);
    (0..rows.width())
        .rev()
        .take(dimensions)
        .map(|i| Axis {
            vector: vectors.col(i).iter().copied().collect(),
            squares: values[i] / freedom,
        })
        .collect()
}

#[track_caller]
fn assert_agrees(found: &Pca, expected: &[Axis], variance: f64, angle: f64) {
    assert_eq!(found.components.len(), expected.len());
    for (i, axis) in expected.iter().enumerate() {
        let off = (found.explained_variance[i] / axis.squares - 1.0).abs();
        assert!(off < variance, "variance {i} is off by {off}");
        let pairs = found.components[i].iter().zip(&axis.vector);
        let cosine: f64 = pairs.map(|(a, b)| a * b).sum();
        let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
        assert!(sine < angle, "component {i} is off by {sine}");
    }
}

/// Where the iterative solver answers at all, it answers as the exact one does.
#[test]
fn linfa_agrees_where_it_answers() {
    let mut answered = 0;
    for seed in 0..60 {
        let width = 10 + seed as usize % 30;
        let dimensions = 1 + seed as usize % (width / 5);
        let falling = [1.0, 0.95, 0.8][seed as usize % 3];
        let rows = random_rows(5 * width, width, falling, seed);
        let found = by(&rows, dimensions, PcaSolver::Lobpcg);
        if found.solver == PcaSolver::Lobpcg {
            answered += 1;
            assert_agrees(&found, &reference(&rows, dimensions), 1e-7, 2e-3);
        }
    }
    assert!(answered > 20, "the iterative solver answered {answered} of 60");
}

#[test]
fn rows_of_low_rank_never_reach_linfa() {
    let base = random_rows(200, 3, 1.0, 1);
    let values = base.iter_rows().flat_map(|r| {
        (0..20).map(|c| r[0] + r[1] * c as f32 + r[2] * (c * c) as f32).collect::<Vec<_>>()
    });
    let rows = ActivationMatrix::new(200, 20, values.collect()).unwrap();
    assert_eq!(PcaSolver::for_shape(200, 20, 2), PcaSolver::Lobpcg);
    assert_eq!(by(&rows, 2, PcaSolver::Lobpcg).solver, PcaSolver::Covariance);
}

#[test]
fn every_solver_finds_the_same_components() {
    // Wide and tall; with more columns than one tile and more rows than one block.
    for (rows, width) in [(300, 700), (2100, 450)] {
        let data = planted(rows, width, 40, 3.0, 1, |axis| 0.8_f64.powi(axis as i32));
        let expected = reference(&data, 12);
        for solver in [PcaSolver::Covariance, PcaSolver::Gram, PcaSolver::Randomised] {
            let found = by(&data, 12, solver);
            let is_tall = rows > width;
            let by_gram = solver == PcaSolver::Gram && is_tall;
            let by_covariance = solver == PcaSolver::Covariance && !is_tall;
            if !by_gram && !by_covariance {
                assert_eq!(found.solver, solver);
            }
            assert_agrees(&found, &expected, 1e-9, 1e-4);
        }
    }
}

/// A spectrum that hardly falls: either the search settles, or it says that it did not and all
/// products are summed. Components next to each other are ill determined, so they are held against
/// the gaps.
#[test]
fn slowly_falling_spectra_do_not_pass_unsettled() {
    for power in [0.5, 0.2, 0.02] {
        let data = planted(1500, 300, 300, 0.0, 2, |axis| (1.0 + axis as f64).powf(-power));
        let expected = reference(&data, 5);
        let found = by(&data, 5, PcaSolver::Randomised);
        println!("{power}: {:?}", found.solver);
        assert_agrees(&found, &expected, 1e-8, 1e-3);
    }
    let flat = planted(1500, 300, 300, 0.0, 2, |_| 1.0);
    let found = by(&flat, 5, PcaSolver::Randomised);
    assert_agrees(&found, &reference(&flat, 5), 1e-8, 1e-3);
}

/// Many equal eigenvalues, of which a small block of vectors sees only as many as it has.
#[test]
fn equal_variances_are_all_found() {
    // Every column of a Hadamard matrix but the first, of which 40 are stretched alike.
    let (rows, width) = (512, 500);
    let value = |row: usize, column: usize| {
        let sign = if (row & (column + 1)).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
        sign * if column < 40 { 2.0 } else { 1.0 }
    };
    let values = (0..rows * width).map(|i| value(i / width, i % width)).collect();
    let data = ActivationMatrix::new(rows, width, values).unwrap();
    let found = by(&data, 41, PcaSolver::Covariance);
    let freedom = 511.0 / 512.0;
    for (i, variance) in found.explained_variance.iter().enumerate() {
        let expected = if i < 40 { 4.0 } else { 1.0 } / freedom;
        assert!((variance / expected - 1.0).abs() < 1e-12, "{i}: {variance}");
    }
}

/// A column thousands of times as long as the others, as residual streams have them, far from the
/// origin: products in f32 either do for it, or give way to f64.
#[test]
fn products_in_f32_are_as_good_or_left() {
    for (first, second) in [(1.0, 1.0), (30.0, 1.0), (3000.0, 1.0), (300.0, 0.03)] {
        let data = planted(9000, 720, 60, 20.0, 3, |axis| {
            if axis == 0 { first } else { second * 0.8_f64.powi(axis as i32) }
        });
        let found = by(&data, 6, PcaSolver::Covariance);
        assert_agrees(&found, &reference(&data, 6), 1e-9, 1e-4);
    }
}

/// As many blocks as there are pieces, or one: the same bits.
struct Pieces<'a>(&'a ActivationMatrix, usize);

impl RowBlocks for Pieces<'_> {
    type Error = AnalysisError;

    fn width(&self) -> usize {
        self.0.width()
    }

    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        self.0.values().chunks(self.1 * self.0.width()).try_for_each(take)
    }
}

#[test]
fn threads_and_blocks_change_no_bit() {
    let data = planted(3000, 420, 50, 1.0, 4, |axis| 0.9_f64.powi(axis as i32));
    for solver in [PcaSolver::Covariance, PcaSolver::Gram, PcaSolver::Randomised] {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| by(&data, 4, solver))
        };
        assert!(on(1) == on(2) && on(1) == on(5), "{solver:?}");
    }
    let whole = by(&data, 4, PcaSolver::Covariance);
    for piece in [1, 700, 4000] {
        let found = pca_of_blocks(&mut Pieces(&data, piece), 4, None).unwrap();
        assert!(found == whole, "pieces of {piece} rows");
    }
    let frame = Frame::of(&mut Whole(&data)).unwrap();
    let (source, cancel) = (&mut Pieces(&data, 77), CancelToken::default());
    let solver = PcaSolver::Randomised;
    let found = components(source, None, &frame, 4, None, solver, run(&cancel)).unwrap();
    assert!(found == by(&data, 4, PcaSolver::Randomised));
}
