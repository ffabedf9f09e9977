//! Adding a direction changes the residual stream where it should, and only there.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use candle_core::Tensor;
use common::Reference;
use lens_core::{CancelToken, HookPoint};
use lens_model::{AddDirection, Hook, HookOutcome, ModelError};

/// Makes a change and keeps the residual stream as it is after it, at every layer.
struct Watch(AddDirection, Vec<(HookPoint, Tensor)>);

impl Hook for Watch {
    fn wants(&self, _point: HookPoint) -> bool {
        true
    }

    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let outcome =
            if self.0.wants(point) { self.0.at(point, residual)? } else { HookOutcome::Keep };
        let after = if let HookOutcome::Replace(other) = &outcome { other } else { residual };
        self.1.push((point, after.clone()));
        Ok(outcome)
    }
}

/// `[row][position][width]` of a layer.
fn layer(watch: &Watch, layer: usize) -> Vec<Vec<Vec<f32>>> {
    let (_, tensor) =
        watch.1.iter().find(|(point, _)| *point == HookPoint::of_layer(layer)).unwrap();
    tensor.to_vec3().unwrap()
}

#[test]
fn only_the_wanted_positions_of_the_wanted_layer_and_what_follows_change() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let rows: Vec<&[u32]> = [0, 5].map(|text| reference.ids[text].as_slice()).to_vec();
    let from: Vec<usize> = vec![4, rows[1].len() - 1];
    let shift: Vec<f32> = (0..model.width()).map(|i| 0.3 * (i as f32).sin()).collect();
    let none = vec![0.0; model.width()];
    let at = 2;
    let run = |shift: &[f32]| {
        let change = AddDirection::new(at, shift.to_vec(), from.clone());
        let mut watch = Watch(change, Vec::new());
        model.forward(&rows, &mut watch, &CancelToken::default()).unwrap().unwrap();
        watch
    };
    let (before, after) = (run(&none), run(&shift));
    for l in 0..=model.layers() {
        let (before, after) = (layer(&before, l), layer(&after, l));
        for (row, &from) in from.iter().enumerate() {
            for position in 0..rows[row].len() {
                let (was, is) = (&before[row][position], &after[row][position]);
                if l < at || position < from {
                    assert_eq!(was, is, "layer {l}, row {row}, position {position}");
                } else if l == at {
                    for ((was, is), added) in was.iter().zip(is).zip(&shift) {
                        assert!((is - was - added).abs() < 1e-5, "row {row}, position {position}");
                    }
                } else {
                    assert_ne!(was, is, "layer {l}, row {row}, position {position}");
                }
            }
        }
    }
}

#[test]
fn a_direction_of_another_model_is_refused() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let ids = reference.ids[0].as_slice();
    let width = model.width();
    for (shift, from) in [(vec![0.0; width + 1], vec![0]), (vec![0.0; width], vec![0, 0])] {
        let mut change = AddDirection::new(1, shift, from);
        let refusal = model.forward(&[ids], &mut change, &CancelToken::default());
        assert!(matches!(refusal, Err(ModelError::InterventionShape { .. })), "{refusal:?}");
    }
}
