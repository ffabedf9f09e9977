//! Reading many texts: batches of like length, spread over the processor's cores.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use lens_core::{CancelToken, Pooling, Reporter};
use rayon::prelude::*;

use crate::ModelError;
use crate::hook::InTurn;
use crate::intervene::Interventions;
use crate::model::LanguageModel;
use crate::pool::PoolingHook;
use crate::tokens::TokenisedText;

/// What to read.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureOptions {
    /// Layers of the residual stream, ascending, each once (see `LayerSelection::resolve`).
    pub layers: Vec<usize>,
    /// How tokens become one row.
    pub pooling: Pooling,
    /// Longer texts are cut to this many tokens, special ones included; METHODS says 512.
    pub token_limit: usize,
    /// Tokens in one batch at most, padding included (one text is always allowed).
    pub batch_tokens: usize,
    /// What is changed on the way; rows are of the stream as it is then. A text is a prompt as a
    /// whole.
    pub interventions: Interventions,
}

impl CaptureOptions {
    /// Default of [`Self::token_limit`].
    pub const TOKEN_LIMIT: usize = 512;
    /// Default of [`Self::batch_tokens`].
    pub const BATCH_TOKENS: usize = 512;
}

/// One text, read.
#[derive(Debug, Clone, PartialEq)]
pub struct CapturedText {
    /// Which of the given texts.
    pub index: usize,
    /// Tokens read, special ones included.
    pub tokens: usize,
    /// Whether the text was cut to the token limit.
    pub truncated: bool,
    /// Pooled rows, `[layers, width]` row-major, in the order of the layers asked for.
    pub values: Vec<f32>,
}

/// What was read in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CaptureSummary {
    /// Texts read.
    pub texts: usize,
    /// Tokens read, special ones included.
    pub tokens: u64,
    /// Texts that were cut to the token limit.
    pub truncated: usize,
}

impl LanguageModel {
    /// Reads texts and hands each one's pooled rows to `sink`, batch by batch, longest texts first
    /// and in an order that depends on the texts alone. What `sink` has taken is done: after a stop
    /// the caller need only give the rest.
    ///
    /// A text's values are the same bits whatever other texts are given.
    ///
    /// # Errors
    /// Layers the model does not have or out of order, changes made for another model, a text without content tokens, a cancellation (checked at
    /// every block of every batch), or what `sink` returns.
    pub fn capture<S, E>(
        &self,
        texts: &[S],
        options: &CaptureOptions,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
        sink: &mut dyn FnMut(CapturedText) -> Result<(), E>,
    ) -> Result<CaptureSummary, E>
    where
        S: AsRef<str> + Sync,
        E: From<ModelError>,
    {
        let tokenise = |text: &S| self.tokenise(text.as_ref(), options.token_limit);
        self.capture_by(texts, &tokenise, options, reporter, cancel, sink)
    }

    /// The same for whatever `tokenise` makes tokens of: conversations, say, by
    /// [`Self::tokenise_chat`].
    ///
    /// # Errors
    /// As [`Self::capture`], and what `tokenise` returns.
    pub fn capture_by<T, E>(
        &self,
        texts: &[T],
        tokenise: &(dyn Fn(&T) -> Result<TokenisedText, ModelError> + Sync),
        options: &CaptureOptions,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
        sink: &mut dyn FnMut(CapturedText) -> Result<(), E>,
    ) -> Result<CaptureSummary, E>
    where
        T: Sync,
        E: From<ModelError>,
    {
        if let Some(&layer) = options.layers.iter().find(|&&layer| layer > self.layers()) {
            return Err(ModelError::NoSuchLayer { layer, layers: self.layers() }.into());
        }
        options.interventions.check(self)?;
        if !options.layers.is_sorted_by(|a, b| a < b) {
            return Err(ModelError::LayersOutOfOrder(options.layers.clone()).into());
        }
        let tokenised = texts
            .par_iter()
            .map(|text| {
                cancel.check()?;
                tokenise(text)
            })
            .collect::<Result<Vec<_>, ModelError>>()?;
        let plan = Plan::new(&tokenised, options.batch_tokens);
        let total = tokenised.iter().map(|text| text.ids.len() as u64).sum();
        self.report(reporter, 0, total);

        let mut summary = CaptureSummary::default();
        let read = |batch: &Batch<'_>| self.read(batch, options, cancel);
        plan.run(&read, &mut |batch| -> Result<(), E> {
            for text in batch {
                summary.texts += 1;
                summary.tokens += text.tokens as u64;
                summary.truncated += usize::from(text.truncated);
                sink(text)?;
            }
            self.report(reporter, summary.tokens, total);
            Ok(())
        })?;
        Ok(summary)
    }

    /// One batch.
    fn read(
        &self,
        batch: &Batch<'_>,
        options: &CaptureOptions,
        cancel: &CancelToken,
    ) -> Result<Vec<CapturedText>, ModelError> {
        cancel.check()?;
        let mut hook = PoolingHook::new(&options.layers, options.pooling, self.width(), batch)?;
        if !options.layers.is_empty() {
            let rows: Vec<&[u32]> = batch.iter().map(|(_, text)| text.ids.as_slice()).collect();
            let lengths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
            let mut steering = options.interventions.hook(&lengths);
            self.forward(&rows, &mut InTurn { first: &mut steering, second: &mut hook }, cancel)?;
        }
        let read = batch.iter().zip(hook.into_rows()).map(|((index, text), values)| CapturedText {
            index: *index,
            tokens: text.ids.len(),
            truncated: text.truncated,
            values,
        });
        Ok(read.collect())
    }
}

/// Passes batches on in ascending number, however they arrive, up to the first error.
fn deliver_in_order<T, E: From<ModelError>>(
    receiver: &mpsc::Receiver<(usize, Result<T, ModelError>)>,
    deliver: &mut dyn FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut waiting = BTreeMap::new();
    let mut due = 0;
    for (number, result) in receiver {
        waiting.insert(number, result);
        while let Some(result) = waiting.remove(&due) {
            deliver(result?)?;
            due += 1;
        }
    }
    Ok(())
}

/// Texts that are read at once, with their indices.
pub(crate) type Batch<'a> = [(usize, &'a TokenisedText)];

/// Texts by length, cut into batches.
pub(crate) struct Plan<'a> {
    /// Texts with their indices, longest first, equal lengths in the order given.
    order: Vec<(usize, &'a TokenisedText)>,
    /// Ranges of `order`.
    batches: Vec<Range<usize>>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(texts: &'a [TokenisedText], batch_tokens: usize) -> Self {
        let mut order: Vec<_> = texts.iter().enumerate().collect();
        order.sort_by_key(|(index, text)| (std::cmp::Reverse(text.ids.len()), *index));
        let mut batches = Vec::new();
        let mut start = 0;
        while let Some((_, longest)) = order.get(start) {
            // every text of the batch is padded to its first, the longest
            let size = (batch_tokens / longest.ids.len().max(1)).max(1);
            let end = order.len().min(start + size);
            batches.push(start..end);
            start = end;
        }
        Self { order, batches }
    }

    /// Computes the batches, several at once, and delivers them in the order of the plan. One
    /// batch on one core beats one batch on all: only the large products would be shared out.
    pub(crate) fn run<T: Send, E: From<ModelError>>(
        &self,
        read: &(dyn Fn(&Batch<'_>) -> Result<T, ModelError> + Sync),
        deliver: &mut dyn FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let workers = cores.min(self.batches.len()).max(1);
        let next = AtomicUsize::new(0);
        let halted = AtomicBool::new(false);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, next, halted) = (sender.clone(), &next, &halted);
                scope.spawn(move || {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(cores / workers).build();
                    while !halted.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(batch) = self.batch(number) else { break };
                        let result = match &pool {
                            Ok(pool) => pool.install(|| read(&batch)),
                            Err(e) => Err(ModelError::Threads(e.to_string())),
                        };
                        // the receiver is gone only when the outcome is decided
                        if sender.send((number, result)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let outcome = deliver_in_order(&receiver, deliver);
            halted.store(true, Ordering::Relaxed);
            outcome
        })
    }

    fn batch(&self, number: usize) -> Option<Vec<(usize, &'a TokenisedText)>> {
        self.batches.get(number).and_then(|range| self.order.get(range.clone())).map(<[_]>::to_vec)
    }
}
