//! What capture promises beside its numbers: independence, order, progress, stopping.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::sync::Mutex;

use candle_core::Tensor;
use common::{Reference, VARIANTS, capture, options};
use lens_core::{CancelToken, HookPoint, Pooling, Progress, Reporter, Silent};
use lens_model::{CaptureOptions, Hook, HookOutcome, ModelError, NoHook};

/// Texts of many lengths: prefixes of the reference texts, one to some sixty tokens.
fn many_texts(reference: &Reference) -> Vec<String> {
    let joined = reference.texts.join(" ");
    let characters: Vec<char> = joined.chars().collect();
    (1..90).map(|n| characters[n..n + 1 + n * 7 % 83].iter().collect()).collect()
}

#[test]
fn a_text_has_the_same_bits_alone_and_in_any_company() {
    for variant in VARIANTS {
        let reference = Reference::open(variant);
        let model = reference.model();
        let texts = many_texts(&reference);
        let one_by_one = capture(&model, &texts, &options(&model, Pooling::Mean, 1));
        for batch_tokens in [64, 500, 100_000] {
            let batched = capture(&model, &texts, &options(&model, Pooling::Mean, batch_tokens));
            assert!(one_by_one == batched, "{variant}, batches of {batch_tokens} tokens");
        }
        let reversed: Vec<&String> = texts.iter().rev().collect();
        let mut backwards = capture(&model, &reversed, &options(&model, Pooling::Mean, 300));
        backwards.reverse();
        for (a, b) in one_by_one.iter().zip(&backwards) {
            assert!(a.values == b.values, "{variant}, text {}", a.index);
        }
    }
}

#[test]
fn fewer_layers_give_the_same_rows_and_stop_early() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let all = capture(&model, &reference.texts, &options(&model, Pooling::Last, 256));
    let mut some = options(&model, Pooling::Last, 256);
    some.layers = vec![0, 2];
    let width = model.width();
    for (full, part) in all.iter().zip(capture(&model, &reference.texts, &some)) {
        assert_eq!(part.values[..width], full.values[..width]);
        assert_eq!(part.values[width..], full.values[2 * width..3 * width]);
    }

    struct StopAt(usize, Vec<HookPoint>);
    impl Hook for StopAt {
        fn wants(&self, _point: HookPoint) -> bool {
            true
        }
        fn at(&mut self, point: HookPoint, _: &Tensor) -> Result<HookOutcome, ModelError> {
            self.1.push(point);
            let last = point == HookPoint::of_layer(self.0);
            Ok(if last { HookOutcome::Stop } else { HookOutcome::Keep })
        }
    }
    let mut hook = StopAt(1, Vec::new());
    let end = model.forward(&[&[0, 5]], &mut hook, &CancelToken::default()).unwrap();
    assert!(end.is_none());
    let seen = [HookPoint::Embedding, HookPoint::ResidualMid(0), HookPoint::ResidualPost(0)];
    assert_eq!(hook.1, seen);
}

#[test]
fn a_replaced_residual_stream_is_what_the_rest_sees() {
    struct Zero;
    impl Hook for Zero {
        fn wants(&self, point: HookPoint) -> bool {
            point == HookPoint::Embedding
        }
        fn at(&mut self, _: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
            Ok(HookOutcome::Replace(residual.zeros_like()?))
        }
    }
    // no biases: a zero residual stream stays zero through every block
    let model = Reference::open("plain").model();
    let end = model.forward(&[&[0, 5, 9]], &mut Zero, &CancelToken::default()).unwrap().unwrap();
    assert_eq!(end.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap(), 0.0);

    struct Wrong;
    impl Hook for Wrong {
        fn wants(&self, _: HookPoint) -> bool {
            true
        }
        fn at(&mut self, _: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
            Ok(HookOutcome::Replace(residual.get(0)?))
        }
    }
    assert!(model.forward(&[&[0, 5, 9]], &mut Wrong, &CancelToken::default()).is_err());
}

#[test]
fn cut_texts_are_counted_and_equal_their_beginning() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let mut short = options(&model, Pooling::MeanAll, 256);
    short.token_limit = reference.limit;
    let mut cut = Vec::new();
    let mut sink = |text| -> Result<(), ModelError> {
        cut.push(text);
        Ok(())
    };
    let summary = model
        .capture(&reference.texts, &short, &Silent, &CancelToken::default(), &mut sink)
        .unwrap();
    let longer = reference.ids.iter().filter(|ids| ids.len() > reference.limit).count();
    assert!(longer > 0);
    assert_eq!(summary.truncated, longer);
    assert_eq!(summary.texts, reference.texts.len());
    assert_eq!(summary.tokens, reference.ids_cut.iter().map(Vec::len).sum::<usize>() as u64);
    assert_eq!(cut.iter().filter(|text| text.truncated).count(), longer);
    // a limit beyond the model's positions is brought down to them
    let long = "word ".repeat(400);
    let tokens = model.tokenise(&long, 10_000).unwrap();
    assert_eq!((tokens.ids.len(), tokens.truncated), (256, true));
}

#[test]
fn progress_counts_tokens_up_to_the_total() {
    #[derive(Default)]
    struct Log(Mutex<Vec<Progress>>);
    impl Reporter for Log {
        fn report(&self, progress: Progress) {
            self.0.lock().unwrap().push(progress);
        }
    }
    let reference = Reference::open("plain");
    let model = reference.model();
    let log = Log::default();
    let wanted = options(&model, Pooling::Mean, 50);
    let mut sink = |_| -> Result<(), ModelError> { Ok(()) };
    model.capture(&reference.texts, &wanted, &log, &CancelToken::default(), &mut sink).unwrap();
    let log = log.0.into_inner().unwrap();
    let total: usize = reference.ids.iter().map(Vec::len).sum();
    assert!(log.len() > 2);
    assert!(log.iter().all(|p| p.total == total as u64 && p.unit == "tokens"));
    assert!(log.is_sorted_by_key(|p| p.done));
    assert_eq!(log.last().unwrap().done, total as u64);
}

#[test]
fn a_stop_keeps_what_was_delivered_and_the_rest_can_follow() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let texts = many_texts(&reference);
    let wanted = options(&model, Pooling::Mean, 64);
    let cancel = CancelToken::default();
    let mut first = Vec::new();
    let mut sink = |text| -> Result<(), ModelError> {
        first.push(text);
        cancel.cancel();
        Ok(())
    };
    let stopped = model.capture(&texts, &wanted, &Silent, &cancel, &mut sink);
    assert!(matches!(stopped, Err(ModelError::Cancelled(_))), "{stopped:?}");
    assert!(!first.is_empty() && first.len() < texts.len());

    let done: Vec<usize> = first.iter().map(|text| text.index).collect();
    let rest: Vec<usize> = (0..texts.len()).filter(|i| !done.contains(i)).collect();
    let left: Vec<&String> = rest.iter().map(|&i| &texts[i]).collect();
    let mut all = first;
    for mut text in capture(&model, &left, &wanted) {
        text.index = rest[text.index];
        all.push(text);
    }
    all.sort_by_key(|text| text.index);
    assert!(all == capture(&model, &texts, &wanted));
}

#[test]
fn the_order_of_delivery_depends_on_the_texts_alone_and_a_sink_error_ends_it() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let texts = many_texts(&reference);
    let wanted = options(&model, Pooling::Mean, 64);
    let order = || {
        let mut order = Vec::new();
        let mut sink = |text: lens_model::CapturedText| -> Result<(), ModelError> {
            order.push((std::cmp::Reverse(text.tokens), text.index));
            Ok(())
        };
        model.capture(&texts, &wanted, &Silent, &CancelToken::default(), &mut sink).unwrap();
        order
    };
    let first = order();
    assert!(first.is_sorted(), "longest first, ties as given");
    assert_eq!(first, order());

    let mut taken = 0;
    let mut sink = |_| {
        taken += 1;
        Err(ModelError::Config("full".to_owned()))
    };
    let full = model.capture(&texts, &wanted, &Silent, &CancelToken::default(), &mut sink);
    assert_eq!(full.unwrap_err().to_string(), "config.json: full");
    assert_eq!(taken, 1);
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let model = Reference::open("scaled").model();
    let fails = |texts: &[&str], wanted: &CaptureOptions| {
        let mut sink = |_| -> Result<(), ModelError> { Ok(()) };
        model
            .capture(texts, wanted, &Silent, &CancelToken::default(), &mut sink)
            .unwrap_err()
            .to_string()
    };
    let mut wanted = options(&model, Pooling::Mean, 64);
    assert!(fails(&["a", ""], &wanted).starts_with("text 1 has no content tokens"));
    wanted.token_limit = 2;
    assert!(fails(&["some text"], &wanted).contains("limit of 2 leaves no room"));
    wanted.layers = vec![0, 3];
    assert_eq!(fails(&["a"], &wanted), "there is no layer 3; this model has layers 0 to 2");
    for layers in [vec![1, 0], vec![1, 1]] {
        wanted.layers = layers;
        assert!(fails(&["a"], &wanted).contains("ascending order"));
    }
}

#[test]
fn no_texts_or_no_layers_are_no_error_but_no_tokens_are() {
    let model = Reference::open("plain").model();
    for rows in [&[][..], &[&[][..]][..]] {
        let end = model.forward(rows, &mut NoHook, &CancelToken::default());
        assert!(matches!(end, Err(ModelError::NoTokens)));
    }
    let mut wanted = options(&model, Pooling::Mean, 64);
    assert!(capture::<&str>(&model, &[], &wanted).is_empty());
    wanted.layers.clear();
    let read = capture(&model, &["a"], &wanted);
    assert!(read[0].values.is_empty() && read[0].tokens == 2);
}

/// Token rows, summed in the order of the text, are the pooled row to the last bit; and the tokens'
/// texts behind each other are the text.
#[test]
fn the_rows_of_a_texts_tokens_average_to_its_pooled_row() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let mut pooled = options(&model, Pooling::Mean, 256);
    pooled.layers = vec![2];
    let pooled = capture(&model, &reference.texts, &pooled);
    let texts: Vec<_> =
        reference.texts.iter().map(|text| model.tokenise(text, 256).unwrap()).collect();
    let mut read = Vec::new();
    let mut sink = |tokens| -> Result<(), ModelError> {
        read.push(tokens);
        Ok(())
    };
    model.capture_tokens(&texts, 2, &Silent, &CancelToken::default(), &mut sink).unwrap();
    read.sort_by_key(|tokens| tokens.index);
    assert_eq!(read.len(), texts.len());
    for (tokens, text) in read.iter().zip(&pooled) {
        let rows = tokens.values.chunks_exact(model.width());
        assert_eq!(rows.len(), texts[tokens.index].content().count());
        let count = rows.len() as f32;
        let mut mean = vec![0.0_f32; model.width()];
        for row in rows {
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        mean.iter_mut().for_each(|sum| *sum /= count);
        assert!(mean == text.values, "text {}", tokens.index);
    }
    for (text, written) in texts.iter().zip(&reference.texts).filter(|(_, t)| t.is_ascii()) {
        let words = text.content().map(|at| model.token_text(text.ids[at]).unwrap());
        assert_eq!(words.collect::<String>().trim(), written.trim());
    }

    let stopped = CancelToken::default();
    stopped.cancel();
    let mut none = |_| -> Result<(), ModelError> { panic!("nothing is read after a stop") };
    assert!(model.capture_tokens(&texts, 2, &Silent, &stopped, &mut none).is_err());
    let end = model.layers() + 1;
    assert!(model.capture_tokens(&texts, end, &Silent, &stopped, &mut none).is_err());
}
