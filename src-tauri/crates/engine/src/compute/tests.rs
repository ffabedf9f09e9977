//! On the best adapter there is, which may be a software one.

use lens_analysis::{
    PcaSolver, ProbeControls, Processor, Run, layer_sweep, pca, pca_on, probe_controls_on,
};
use lens_core::{ActivationMatrix, CancelToken, DirectionMethod, Seed, Silent, Split};

use super::*;

const ROWS: [f32; 4] = [1.0, 2.0, 5.0, 6.0];
const SIDES: [bool; 2] = [true, false];
const DIRECTIONS: [f32; 4] = [3.0, 4.0, -1.0, 0.0];

/// The device that was asked for, software included.
fn device() -> Option<Compute> {
    match Compute::new(DeviceChoice::Gpu, Path::new("")) {
        Ok(compute) => Some(compute),
        Err(error) => {
            let told = crate::contract::ApiError::from(&error);
            assert!(told.message.starts_with("No graphics adapter was found"), "{told:?}");
            eprintln!("no graphics adapter here: the device was not tested");
            None
        }
    }
}

/// Numbers without a pattern, between -1 and 1.
fn noise(at: usize) -> f32 {
    let mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / (1 << 23) as f32
        - 1.0
}

fn matrix(rows: usize, width: usize, value: impl Fn(usize, usize) -> f32) -> ActivationMatrix {
    let values = (0..rows * width).map(|at| value(at / width, at % width)).collect();
    ActivationMatrix::new(rows, width, values).unwrap()
}

#[test]
fn small_work_looks_for_no_device() {
    let compute = Compute::new(DeviceChoice::Auto, Path::new("")).unwrap();
    let accelerator = compute.accelerator();
    assert_eq!(accelerator.aurocs(&ROWS, &SIDES, &DIRECTIONS, 2), None);
    assert!(accelerator.nearest(None, &ROWS, 2, 1).is_none());
    assert_eq!(accelerator.scores(&ROWS, &DIRECTIONS, 2), None);
    assert!(compute.opened.get().is_none());
    assert_eq!(accelerator.note(), None);
}

#[test]
fn a_device_that_was_asked_for_computes_and_is_named() {
    let Some(compute) = device() else { return };
    let accelerator = compute.accelerator();
    let name = compute.describe();
    assert_eq!(accelerator.note(), None);
    let found = accelerator.aurocs(&ROWS, &SIDES, &DIRECTIONS, 2);
    assert_eq!(found, Some(vec![0.0, 1.0]));
    let said = format!("random directions computed on {name}");
    assert_eq!(accelerator.note(), Some(said));
    let lists = accelerator.nearest(None, &ROWS, 2, 1).unwrap();
    assert_eq!(lists.indices, [1, 0]);
    assert_eq!(accelerator.scores(&ROWS, &DIRECTIONS, 2), Some(vec![11., -1., 39., -5.]));
    accelerator.scores(&ROWS, &DIRECTIONS, 2).unwrap();
    let said = format!("random directions, neighbours and scores computed on {name}");
    assert_eq!(accelerator.note(), Some(said.clone()));
    assert_eq!(with_note("seed 0".into(), Some(said.clone())), format!("seed 0; {said}"));
    // Values that are not whole rows.
    assert_eq!(accelerator.scores(&ROWS[1..], &DIRECTIONS, 2), None);
    assert_eq!(accelerator.scores(&[], &[], 0), None);
}

#[test]
fn the_processor_is_all_there_is_where_it_was_asked_for() {
    let compute = Compute::new(DeviceChoice::Cpu, Path::new("")).unwrap();
    assert_eq!(compute.describe(), "processor");
    assert_eq!(compute.accelerator().aurocs(&ROWS, &SIDES, &DIRECTIONS, 2), None);
    assert_eq!(compute.accelerator().scores(&ROWS, &DIRECTIONS, 2), None);
}

#[test]
fn components_on_the_device_are_those_of_the_processor() {
    let Some(compute) = device() else { return };
    let cancel = CancelToken::default();
    // More rows than columns, and fewer; a width that is padded on the device.
    for (count, width) in [(700, 203), (200, 390)] {
        let rows = matrix(count, width, |row, column| {
            20.0 + 0.9_f32.powi(column as i32) * noise(row * width + column)
        });
        let accelerator = compute.accelerator();
        let run = Run { accelerator: &accelerator, reporter: &Silent, cancel: &cancel };
        let found = pca_on(&rows, 3, None, run).unwrap();
        let expected = pca(&rows, 3, None).unwrap();
        assert_ne!(expected.solver, PcaSolver::Randomised);
        assert_eq!(found.solver, PcaSolver::Randomised);
        for (found, expected) in found.explained_variance.iter().zip(&expected.explained_variance) {
            assert!((found / expected - 1.0).abs() < 1e-7, "{found} instead of {expected}");
        }
        for (found, expected) in found.coordinates.iter().zip(&expected.coordinates) {
            assert!((found - expected).abs() < 1e-4, "{found} instead of {expected}");
        }
        let said = format!("components computed on {}", compute.describe());
        assert_eq!(accelerator.note(), Some(said));
    }
    assert!(compute.take_notices().is_empty());
}

#[test]
fn a_permutation_test_on_the_device_is_that_of_the_processor() {
    let Some(compute) = device() else { return };
    let (pairs, width, cancel) = (60, 40, CancelToken::default());
    let rows = |layer: usize| {
        let values = matrix(2 * pairs, width, |row, column| {
            let side = if row % 2 == 0 && column == layer { 0.8 } else { 0.0 };
            // Texts of a pair have much in common, and steps make equal scores.
            let common = 3.0 * noise((row / 2) * width + column + 7 * layer);
            ((common + side + noise((row + 999) * width + column + 31 * layer)) * 4.0).round() / 4.0
        });
        (layer, values)
    };
    let splits: Vec<Split> =
        (0..pairs).map(|i| if i % 10 < 7 { Split::Train } else { Split::Test }).collect();
    let (layers, scenarios) = (vec![rows(1), rows(2), rows(3)], vec![None; pairs]);
    let (method, seed) = (DirectionMethod::MeanDifference, Seed(0));
    let sweep = layer_sweep(&layers, &splits, &scenarios, method, seed, &Silent, &cancel).unwrap();
    let controls = |accelerator: &dyn Accelerator| -> ProbeControls {
        let run = Run { accelerator, reporter: &Silent, cancel: &cancel };
        probe_controls_on(&layers, &splits, &scenarios, &sweep, seed, run).unwrap()
    };
    let accelerator = compute.accelerator();
    assert_eq!(controls(&accelerator).permutation, controls(&Processor).permutation);
    let said = format!("random directions and permutations computed on {}", compute.describe());
    assert_eq!(accelerator.note(), Some(said));
    assert!(compute.take_notices().is_empty());
}
