//! Changes of the residual stream happen where they should, and only there.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::ops::Range;

use candle_core::{DType, Tensor};
use common::families::{Family, Record, numbers};
use common::{Reference, capture, options};
use lens_core::{CancelToken, HookPoint, Pooling};
use lens_model::{
    Change, Hook, HookOutcome, Intervention, Interventions, LanguageModel, ModelError, Positions,
    Steering,
};

/// Makes changes and keeps the residual stream as it is after them.
struct Watch(Steering, Record);

impl Watch {
    fn of(model: &LanguageModel, rows: &[&[u32]], steering: Steering) -> Record {
        let mut watch = Self(steering, Record::default());
        model.forward(rows, &mut watch, &CancelToken::default()).unwrap().unwrap();
        watch.1
    }
}

impl Hook for Watch {
    fn wants(&self, _point: HookPoint) -> bool {
        true
    }

    fn begins(&mut self, rows: &[Range<usize>]) {
        self.0.begins(rows);
    }

    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let wants = self.0.wants(point);
        let outcome = if wants { self.0.at(point, residual)? } else { HookOutcome::Keep };
        let after = if let HookOutcome::Replace(other) = &outcome { other } else { residual };
        self.1.0.push((point, after.clone()));
        Ok(outcome)
    }
}

fn direction(model: &LanguageModel, turn: f32) -> Vec<f32> {
    (0..model.width()).map(|i| (i as f32 * turn).sin()).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn one(model: &LanguageModel, layer: usize, change: Change, positions: Positions) -> Interventions {
    Interventions::new(model, vec![Intervention { layer, change, positions }]).unwrap()
}

#[test]
fn only_the_wanted_positions_of_the_wanted_layer_and_what_follows_change() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let rows: Vec<&[u32]> = [0, 5].map(|text| reference.ids[text].as_slice()).to_vec();
    // no prompt is as long as its text
    let prompts = [4, 7];
    let shift: Vec<f32> = direction(&model, 1.0).iter().map(|d| 0.3 * d).collect();
    let at = 2;
    let before = Watch::of(&model, &rows, Interventions::default().hook(&prompts));
    for (positions, first_and_end) in [
        (Positions::Prompt, [(0, 4), (0, 7)]),
        (Positions::Generated, [(3, usize::MAX), (6, usize::MAX)]),
        (Positions::Both, [(0, usize::MAX); 2]),
    ] {
        let change = Change::Add { shift: shift.clone() };
        let change = one(&model, at, change, positions);
        let after = Watch::of(&model, &rows, change.hook(&prompts));
        for (row, (first, end)) in first_and_end.into_iter().enumerate() {
            let length = rows[row].len();
            for layer in 0..=model.layers() {
                let state = |record: &Record| {
                    let row = record.row(HookPoint::of_layer(layer), row, length);
                    row.chunks(model.width()).map(<[f32]>::to_vec).collect::<Vec<_>>()
                };
                for (position, (was, is)) in state(&before).iter().zip(state(&after)).enumerate() {
                    let place = format!("{positions:?}, {layer}, {row}, {position}");
                    let changed = (first..end).contains(&position);
                    if layer < at || position < first || (layer == at && !changed) {
                        assert_eq!(*was, is, "{place}");
                    } else if layer == at {
                        let sum: Vec<f32> = was.iter().zip(&shift).map(|(h, s)| h + s).collect();
                        assert_eq!(sum, is, "{place}");
                    } else {
                        assert_ne!(*was, is, "{place}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_projected_out_is_gone_and_what_is_clamped_has_its_value() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let rows: Vec<&[u32]> = reference.ids.iter().map(Vec::as_slice).collect();
    let lengths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
    // their length does not matter
    let (low, high) = (direction(&model, 0.7), direction(&model, 1.9));
    let list = vec![
        Intervention {
            layer: 1,
            change: Change::ProjectOut { direction: low.clone() },
            positions: Positions::Both,
        },
        Intervention {
            layer: 3,
            change: Change::Clamp { direction: high.clone(), value: -2.5 },
            positions: Positions::Both,
        },
    ];
    let changes = Interventions::new(&model, list).unwrap();
    let record = Watch::of(&model, &rows, changes.hook(&lengths));
    let before = Watch::of(&model, &rows, Interventions::default().hook(&lengths));
    for (row, length) in lengths.iter().enumerate() {
        for (layer, direction, value) in [(1, &low, 0.0), (3, &high, -2.5)] {
            let norm = dot(direction, direction).sqrt();
            let states = record.row(HookPoint::of_layer(layer), row, *length);
            for h in states.chunks(model.width()) {
                let along = dot(h, direction) / norm;
                assert!((along - value).abs() < 1e-5, "layer {layer}, row {row}: {along}");
            }
        }
        // nothing else is taken away: the rest of the stream is what it was
        let states = |record: &Record| record.row(HookPoint::of_layer(1), row, *length);
        let (was, is) = (states(&before), states(&record));
        for (was, is) in was.chunks(model.width()).zip(is.chunks(model.width())) {
            let along = dot(was, &low) / dot(&low, &low);
            for ((was, is), d) in was.iter().zip(is).zip(&low) {
                let expected = f64::from(*was) - along * f64::from(*d);
                assert!((f64::from(*is) - expected).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn changes_of_one_layer_are_made_in_their_order() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let ids = reference.ids[0].as_slice();
    let d = direction(&model, 0.4);
    let add = Intervention {
        layer: 2,
        change: Change::Add { shift: d.clone() },
        positions: Positions::Both,
    };
    let out = Intervention {
        layer: 2,
        change: Change::ProjectOut { direction: d.clone() },
        positions: Positions::Both,
    };
    let norm = dot(&d, &d).sqrt();
    for (list, expected) in [(vec![add.clone(), out.clone()], 0.0), (vec![out, add], norm)] {
        let changes = Interventions::new(&model, list).unwrap();
        let record = Watch::of(&model, &[ids], changes.hook(&[ids.len()]));
        let states = record.row(HookPoint::of_layer(2), 0, ids.len());
        for h in states.chunks(model.width()) {
            assert!((dot(h, &d) / norm - expected).abs() < 1e-4);
        }
    }
}

/// Three texts with prompts of their own, each changed in its own way, read token by token and as a
/// whole.
#[test]
fn a_generation_with_changes_has_the_bits_of_a_whole_pass_with_them() {
    for name in ["llama", "gemma3", "gpt2", "gpt-neox", "qwen2-window", "phi3-long"] {
        let (model, texts) = if name == "llama" {
            let reference = Reference::open("plain");
            (reference.model(), [0, 2, 5].map(|text| reference.ids[text].clone()).to_vec())
        } else {
            let family = Family::open(name);
            (family.model(DType::F32), family.texts())
        };
        let prompts: Vec<usize> = texts.iter().map(|text| text.len() / 2).collect();
        let d = direction(&model, 0.9);
        let ways = [
            one(
                &model,
                1,
                Change::Clamp { direction: d.clone(), value: 3.0 },
                Positions::Generated,
            ),
            one(&model, 0, Change::ProjectOut { direction: d.clone() }, Positions::Prompt),
            one(&model, 2, Change::Add { shift: d }, Positions::Both),
        ];
        let hook = || Steering::new(prompts.iter().copied().zip(ways.iter().cloned()).collect());
        let cancel = CancelToken::default();
        let starts: Vec<&[u32]> =
            texts.iter().zip(&prompts).map(|(text, prompt)| &text[..*prompt]).collect();
        let mut steering = hook();
        let mut generation = model.start(&starts).unwrap();
        let mut logits = generation.read_prompts(&mut steering, &cancel).unwrap().unwrap();
        for step in 0.. {
            let next: Option<Vec<u32>> = texts
                .iter()
                .zip(&prompts)
                .map(|(text, prompt)| text.get(prompt + step).copied())
                .collect();
            let Some(next) = next else { break };
            logits = generation.step(&next, &mut steering, &cancel).unwrap().unwrap();
        }
        let rows: Vec<&[u32]> = generation.texts().iter().map(Vec::as_slice).collect();
        let mut read = model.start(&rows).unwrap();
        let whole = read.read_prompts(&mut hook(), &cancel).unwrap().unwrap();
        assert_eq!(numbers(&logits), numbers(&whole), "{name}");
        let mut unchanged = model.start(&rows).unwrap();
        let unchanged = unchanged.read_prompts(&mut lens_model::NoHook, &cancel).unwrap().unwrap();
        for row in 0..3 {
            let row = |logits: &Tensor| numbers(&logits.get(row).unwrap());
            assert_ne!(row(&whole), row(&unchanged), "{name}");
        }
    }
}

#[test]
fn capture_reads_what_has_been_changed() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let d = direction(&model, 0.3);
    let mut options = options(&model, Pooling::MeanAll, 64);
    let before = capture(&model, &reference.texts, &options);
    options.interventions =
        one(&model, 2, Change::Clamp { direction: d.clone(), value: 1.5 }, Positions::Prompt);
    let after = capture(&model, &reference.texts, &options);
    let width = model.width();
    for (before, after) in before.iter().zip(&after) {
        let layer = |text: &lens_model::CapturedText, layer: usize| {
            text.values[layer * width..][..width].to_vec()
        };
        assert_eq!(layer(before, 1), layer(after, 1));
        assert_ne!(layer(before, 3), layer(after, 3));
        let along = dot(&layer(after, 2), &d) / dot(&d, &d).sqrt();
        assert!((along - 1.5).abs() < 1e-5, "{along}");
    }
}

#[test]
fn changes_that_cannot_be_are_refused_in_a_sentence() {
    let model = Reference::open("plain").model();
    let width = model.width();
    let refused = |layer, change| {
        let change = Intervention { layer, change, positions: Positions::Both };
        Interventions::new(&model, vec![change]).unwrap_err().to_string()
    };
    let add = |shift| Change::Add { shift };
    let sentence = refused(1, add(vec![1.0; width + 1]));
    assert!(sentence.contains("width 65 does not fit a residual stream of width 64"), "{sentence}");
    let sentence = refused(5, add(vec![1.0; width]));
    assert!(sentence.contains("no layer 5; this model has layers 0 to 4"), "{sentence}");
    for bad in [f32::NAN, f32::INFINITY] {
        let mut shift = vec![0.0; width];
        shift[3] = bad;
        let sentence = refused(1, add(shift.clone()));
        assert!(sentence.contains("NaN or infinite"), "{sentence}");
        let sentence = refused(1, Change::ProjectOut { direction: shift });
        assert!(sentence.contains("NaN or infinite"), "{sentence}");
        let direction = vec![1.0; width];
        let sentence = refused(2, Change::Clamp { direction, value: bad });
        assert!(sentence.contains("value to clamp to at layer 2"), "{sentence}");
    }
    let zero = vec![0.0; width];
    let sentence = refused(1, Change::ProjectOut { direction: zero.clone() });
    assert!(sentence.contains("has length 0"), "{sentence}");
    let sentence = refused(1, Change::Clamp { direction: zero.clone(), value: 1.0 });
    assert!(sentence.contains("has length 0"), "{sentence}");
    // a coefficient of 0 is no mistake
    let list = vec![Intervention { layer: 1, change: add(zero), positions: Positions::Both }];
    assert!(Interventions::new(&model, list).unwrap().is_empty());
}

#[test]
fn changes_for_other_models_and_batches_are_refused() {
    let (plain, scaled) = (Reference::open("plain"), Reference::open("scaled"));
    let (model, other) = (plain.model(), scaled.model());
    let shift = vec![1.0; model.width()];
    let changes = one(&model, 1, Change::Add { shift }, Positions::Both);
    let ids = plain.ids[0].as_slice();
    let mut hook = changes.hook(&[3, 3]);
    let refusal = model.forward(&[ids], &mut hook, &CancelToken::default());
    assert!(matches!(refusal, Err(ModelError::InterventionRows { rows: 2, batch: 1 })));
    let mut options = options(&other, Pooling::Mean, 64);
    options.interventions = changes;
    let mut sink = |_| Ok::<(), ModelError>(());
    let refusal =
        other.capture(&["a"], &options, &lens_core::Silent, &CancelToken::default(), &mut sink);
    assert!(matches!(refusal, Err(ModelError::DirectionWidth { width: 64, model: 48 })));
}
