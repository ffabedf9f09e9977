//! Reading on token by token gives what reading the whole text gives, for every family.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::ops::Range;

use candle_core::{DType, Tensor};
use common::families::{Family, Record, numbers};
use common::max_difference;
use lens_core::{CancelToken, HookPoint};
use lens_model::{Hook, HookOutcome, LanguageModel, ModelError, NoHook};

const TOLERANCE: f32 = 1e-4;

fn decoders() -> impl Iterator<Item = (Family, LanguageModel)> {
    let models = Family::all().into_iter().map(|family| {
        let model = family.model(DType::F32);
        (family, model)
    });
    models.filter(|(_, model)| model.has_logits())
}

fn no_stop() -> CancelToken {
    CancelToken::default()
}

/// Three texts of 41 tokens: the first is the reference's own.
fn texts(family: &Family) -> Vec<Vec<u32>> {
    let all = family.texts();
    let length = all[0].len();
    all.iter().map(|text| text.iter().copied().cycle().take(length).collect()).collect()
}

/// How much of each text is the prompt.
const PROMPTS: [usize; 3] = [5, 11, 1];

fn prompts(texts: &[Vec<u32>]) -> Vec<&[u32]> {
    texts.iter().zip(PROMPTS).map(|(text, length)| &text[..length]).collect()
}

/// The tokens after `done` steps, as long as every text has one.
fn next(texts: &[Vec<u32>], done: usize) -> Option<Vec<u32>> {
    texts.iter().zip(PROMPTS).map(|(text, prompt)| text.get(prompt + done).copied()).collect()
}

#[test]
fn cached_logits_equal_uncached_ones_bit_for_bit_and_those_of_transformers() {
    for (family, model) in decoders() {
        let texts = texts(&family);
        let expected = family.values("logits", 0).unwrap();
        let vocab = expected.len() / texts[0].len();
        let mut generation = model.start(&prompts(&texts)).unwrap();
        let mut logits = generation.read_prompts(&mut NoHook, &no_stop()).unwrap().unwrap();
        let mut steps = 0;
        loop {
            assert_eq!(logits.dims(), [3, vocab]);
            for (i, text) in generation.texts().iter().enumerate() {
                assert_eq!(text[..], texts[i][..PROMPTS[i] + steps]);
                let mine = numbers(&logits.get(i).unwrap());
                let whole = numbers(&model.logits(text).unwrap());
                let last = &whole[whole.len() - vocab..];
                assert_eq!(mine, last, "{}, text {i}, step {steps}", family.name);
            }
            let position = PROMPTS[0] + steps - 1;
            let reference = &expected[position * vocab..][..vocab];
            // there the first text is rotated as the whole of it is
            if family.name != "phi3-long" || position >= 20 {
                let mine = numbers(&logits.get(0).unwrap());
                let difference = max_difference(&mine, reference);
                assert!(difference < TOLERANCE, "{}, step {steps}: {difference}", family.name);
            }
            let Some(tokens) = next(&texts, steps) else { break };
            logits = generation.step(&tokens, &mut NoHook, &no_stop()).unwrap().unwrap();
            steps += 1;
        }
        // beyond every window, and beyond the length at which longrope changes
        assert_eq!(steps, 30);
    }
}

/// Adds a vector to the residual stream at some positions of all texts, and keeps what it is told
/// and shown.
struct Steer {
    from: usize,
    rows: Vec<Range<usize>>,
    seen: Record,
}

impl Steer {
    fn new(from: usize) -> Self {
        Self { from, rows: Vec::new(), seen: Record::default() }
    }
}

impl Hook for Steer {
    fn begins(&mut self, rows: &[Range<usize>]) {
        self.rows = rows.to_vec();
        self.seen = Record::default();
    }

    fn wants(&self, _point: HookPoint) -> bool {
        true
    }

    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let (batch, columns, width) = residual.dims3()?;
        assert_eq!(batch, self.rows.len());
        assert_eq!(columns, self.rows.iter().map(Range::len).max().unwrap());
        let changed = if point == HookPoint::ResidualMid(0) {
            let rows = self.rows.iter().flat_map(|row| row.start..row.start + columns);
            let added = rows.flat_map(|position| {
                let size = if position >= self.from { 1.0 } else { 0.0 };
                (0..width).map(move |i| size * (i as f32).sin())
            });
            let added =
                Tensor::from_vec(added.collect::<Vec<_>>(), residual.shape(), residual.device())?;
            (residual + added)?
        } else {
            residual.clone()
        };
        self.seen.0.push((point, changed.clone()));
        Ok(HookOutcome::Replace(changed))
    }
}

#[test]
fn a_hook_is_shown_new_positions_only_and_what_it_changed_stays() {
    for (family, model) in decoders() {
        let texts = texts(&family);
        let mut generation = model.start(&prompts(&texts)).unwrap();
        let mut steer = Steer::new(3);
        generation.read_prompts(&mut steer, &no_stop()).unwrap().unwrap();
        assert_eq!(steer.rows, PROMPTS.map(|length| 0..length));
        for done in 0..12 {
            let tokens = next(&texts, done).unwrap();
            generation.step(&tokens, &mut steer, &no_stop()).unwrap().unwrap();
            for (i, row) in steer.rows.iter().enumerate() {
                let end = PROMPTS[i] + done + 1;
                // the second text grows beyond the length at which longrope changes
                let again = family.name == "phi3-long" && end == 21;
                assert_eq!(*row, if again { 0..end } else { end - 1..end });
            }
        }
        let mut whole = Steer::new(3);
        let rows: Vec<&[u32]> = generation.texts().iter().map(Vec::as_slice).collect();
        model.forward(&rows, &mut whole, &no_stop()).unwrap().unwrap();
        for (point, _) in &whole.seen.0 {
            for (i, row) in steer.rows.iter().enumerate() {
                let all = whole.seen.row(*point, i, row.end);
                let mine = steer.seen.row(*point, i, row.len());
                assert_eq!(mine, all[all.len() - mine.len()..], "{}, {point}", family.name);
            }
        }
    }
}

/// Stops at a layer.
struct StopAt(HookPoint);

impl Hook for StopAt {
    fn wants(&self, point: HookPoint) -> bool {
        point == self.0
    }

    fn at(&mut self, _point: HookPoint, _residual: &Tensor) -> Result<HookOutcome, ModelError> {
        Ok(HookOutcome::Stop)
    }
}

#[test]
fn texts_can_end_and_passes_can_be_stopped_and_made_again() {
    for name in ["qwen2-window", "phi3-long", "gpt2", "gpt-neox"] {
        let family = Family::open(name);
        let model = family.model(DType::F32);
        let texts = texts(&family);
        let steps = |disturb: bool| {
            let mut generation = model.start(&prompts(&texts)).unwrap();
            let mut last = Vec::new();
            for done in 0..25 {
                let mut tokens = next(&texts, done).unwrap();
                if disturb && done >= 8 {
                    if done == 8 {
                        generation.retain(|i| i != 1);
                    }
                    tokens.remove(1);
                }
                if disturb {
                    let other: Vec<u32> = tokens.iter().map(|token| 95 - token).collect();
                    let mut stop = StopAt(HookPoint::ResidualPost(1));
                    let before = generation.texts().to_vec();
                    assert!(generation.step(&other, &mut stop, &no_stop()).unwrap().is_none());
                    let cancel = CancelToken::default();
                    cancel.cancel();
                    assert!(generation.step(&other, &mut NoHook, &cancel).is_err());
                    assert_eq!(generation.texts(), before);
                }
                let logits = generation.step(&tokens, &mut NoHook, &no_stop()).unwrap().unwrap();
                last = logits.to_vec2::<f32>().unwrap();
            }
            last
        };
        let (quiet, disturbed) = (steps(false), steps(true));
        assert_eq!(disturbed, [quiet[0].clone(), quiet[2].clone()], "{name}");
    }
}

#[test]
fn what_cannot_be_generated_is_refused() {
    let encoder = Family::open("bert").model(DType::F32);
    assert!(matches!(encoder.start(&[&[2, 3]]), Err(ModelError::NoLogits)));

    let model = Family::open("gpt2").model(DType::F32);
    assert!(matches!(model.start(&[]), Err(ModelError::NoTokens)));
    assert!(matches!(model.start(&[&[2], &[]]), Err(ModelError::NoTokens)));
    let mut generation = model.start(&[&[2; 63]]).unwrap();
    assert!(generation.read_prompts(&mut NoHook, &no_stop()).is_ok());
    let again = generation.read_prompts(&mut NoHook, &no_stop());
    assert!(matches!(again, Err(ModelError::NoTokens)));
    let error = generation.step(&[2, 3], &mut NoHook, &no_stop()).unwrap_err().to_string();
    assert!(error.contains("2 next tokens do not fit 1 texts"), "{error}");
    assert!(generation.step(&[2], &mut NoHook, &no_stop()).is_ok());
    let error = generation.step(&[2], &mut NoHook, &no_stop()).unwrap_err().to_string();
    assert!(error.contains("64 positions"), "{error}");
    assert!(generation.step(&[96], &mut NoHook, &no_stop()).is_err());
    assert_eq!(generation.texts()[0].len(), 64);
}
