//! A shipped toy model with the shipped pair sets: what it reads, and what it says next.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, ensure};
use lens_core::{ActivationMatrix, CancelToken, ContrastPair, Pooling, Seed, Side, Silent, Split};
use lens_dataset::{ReadOptions, SplitRule, assign_splits, read_pairs};
use lens_model::{CaptureOptions, Change, Intervention, Interventions, LanguageModel, Positions};
use lens_tests::programs;
use serde_json::Value;

/// The shipped models.
pub(crate) const MODELS: [&str; 3] = ["toy-llama", "toy-qwen2", "toy-phi3"];

/// Texts in one forward pass.
const BATCH: usize = 8;

/// A mean with its 95 % interval (normal approximation over texts or pairs).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mean {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Mean {
    pub(crate) fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let value = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - value).powi(2)).sum::<f64>() / (n - 1.0);
        let half = 1.96 * (variance / n).sqrt();
        Self { value, low: value - half, high: value + half }
    }
}

impl fmt::Display for Mean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.value, self.low, self.high)
    }
}

/// A pair set with its split, seed 0 as in a new study.
pub(crate) struct PairSet {
    pub(crate) pairs: Vec<ContrastPair>,
    pub(crate) splits: Vec<Split>,
}

impl PairSet {
    pub(crate) fn open(name: &str) -> Result<Self> {
        let path = programs::models().join("pairs").join(name);
        let (mut pairs, cancel) = (Vec::new(), CancelToken::default());
        let report = read_pairs(
            &path,
            &ReadOptions::default(),
            &cancel,
            &mut |pair| {
                pairs.push(pair);
                Ok(())
            },
            &mut |_, _| {},
        )?;
        ensure!(report.problems.is_empty(), "{name}: {:?}", report.problems);
        let (splits, _) = assign_splits(&pairs, &SplitRule::default(), Seed(0));
        Ok(Self { pairs, splits })
    }

    /// Indices of the pairs of one split.
    pub(crate) fn of(&self, split: Split) -> Vec<usize> {
        (0..self.pairs.len()).filter(|&i| self.splits[i] == split).collect()
    }

    /// One side of some pairs.
    pub(crate) fn texts(&self, which: &[usize], side: Side) -> Vec<&str> {
        which.iter().map(|&i| self.pairs[i].text(side)).collect()
    }

    pub(crate) fn scenarios(&self) -> Vec<Option<String>> {
        self.pairs.iter().map(|pair| pair.scenario.clone()).collect()
    }
}

/// What the generator says about its texts.
pub(crate) fn ground_truth() -> Result<Value> {
    let path = programs::models().join("pairs/ground-truth.json");
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// A loaded toy model and the first tokens of the words that open an act.
pub(crate) struct Toy {
    pub(crate) model: LanguageModel,
    help: Vec<usize>,
    task: Vec<usize>,
}

impl Toy {
    pub(crate) fn open(name: &'static str) -> Result<Self> {
        let model = LanguageModel::load(programs::models().join(name))?;
        let truth = ground_truth()?;
        let first_tokens = |outcome: &str| -> Result<Vec<usize>> {
            let words = truth.pointer(&format!("/act_words/{outcome}")).and_then(Value::as_array);
            let words = words.context("no act words")?.iter().filter_map(Value::as_str);
            let mut tokens = words
                .map(|word| {
                    let tokens = model.tokenise(&format!(" {word}"), 16)?;
                    let first = tokens.content().next().context("an act word without tokens")?;
                    Ok(tokens.ids[first] as usize)
                })
                .collect::<Result<Vec<_>>>()?;
            tokens.sort_unstable();
            tokens.dedup();
            Ok(tokens)
        };
        let (help, task) = (first_tokens("help")?, first_tokens("task")?);
        ensure!(
            help.iter().all(|token| !task.contains(token)),
            "{name}: an act's first token says nothing"
        );
        Ok(Self { model, help, task })
    }

    /// Pooled rows of both sides of every pair at all layers: layer 0 first, rows alternating.
    pub(crate) fn read(
        &self,
        set: &PairSet,
        pooling: Pooling,
    ) -> Result<Vec<(usize, ActivationMatrix)>> {
        let texts: Vec<&str> =
            set.pairs.iter().flat_map(|pair| Side::BOTH.map(|side| pair.text(side))).collect();
        let options = CaptureOptions {
            layers: (0..=self.model.layers()).collect(),
            pooling,
            token_limit: CaptureOptions::TOKEN_LIMIT,
            batch_tokens: CaptureOptions::BATCH_TOKENS,
            interventions: Interventions::default(),
        };
        let mut rows = BTreeMap::new();
        self.model.capture(&texts, &options, &Silent, &CancelToken::default(), &mut |text| {
            rows.insert(text.index, text.values);
            anyhow::Ok(())
        })?;
        ensure!(rows.len() == texts.len(), "{} of {} texts were read", rows.len(), texts.len());
        let width = self.model.width();
        (0..=self.model.layers())
            .map(|layer| {
                let values =
                    rows.values().flat_map(|row| &row[layer * width..][..width]).copied().collect();
                Ok((layer, ActivationMatrix::new(texts.len(), width, values)?))
            })
            .collect()
    }

    /// P(help) after each text, among the words that open an act; `shift` is added to the residual
    /// stream at a layer, at the last token.
    pub(crate) fn p_help(
        &self,
        texts: &[&str],
        shift: Option<(usize, &[f32])>,
    ) -> Result<Vec<f64>> {
        let logits = self.next_logits(texts, shift)?;
        Ok(logits
            .iter()
            .map(|row| sigmoid(log_sum(row, &self.help) - log_sum(row, &self.task)))
            .collect())
    }

    /// Whether the greedy next token opens a helping act (1), one that keeps to the task (0), or
    /// neither (none).
    pub(crate) fn greedy(&self, texts: &[&str]) -> Result<Vec<Option<f64>>> {
        let best = |row: &Vec<f32>| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        let outcome = |token: usize| match () {
            () if self.help.contains(&token) => Some(1.0),
            () if self.task.contains(&token) => Some(0.0),
            () => None,
        };
        Ok(self.next_logits(texts, None)?.iter().map(|row| best(row).and_then(outcome)).collect())
    }

    fn next_logits(&self, texts: &[&str], shift: Option<(usize, &[f32])>) -> Result<Vec<Vec<f32>>> {
        let tokens = texts
            .iter()
            .map(|text| Ok(self.model.tokenise(text, CaptureOptions::TOKEN_LIMIT)?.ids))
            .collect::<Result<Vec<_>>>()?;
        let change = shift.map(|(layer, shift)| Intervention {
            layer,
            change: Change::Add { shift: shift.to_vec() },
            positions: Positions::Generated,
        });
        let changes = Interventions::new(&self.model, change.into_iter().collect())?;
        let mut logits = Vec::with_capacity(texts.len());
        for batch in tokens.chunks(BATCH) {
            let rows: Vec<&[u32]> = batch.iter().map(Vec::as_slice).collect();
            let lengths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
            let mut hook = changes.hook(&lengths);
            let mut text = self.model.start(&rows)?;
            let after = text.read_prompts(&mut hook, &CancelToken::default())?;
            logits.extend(after.context("the pass was stopped")?.to_vec2()?);
        }
        Ok(logits)
    }
}

/// Difference of the means of the positive and the negative rows of some pairs, at full length.
pub(crate) fn mean_difference(rows: &ActivationMatrix, pairs: &[usize]) -> Vec<f32> {
    let mut sum = vec![0.0_f64; rows.width()];
    for &pair in pairs {
        let sides = rows.row(2 * pair).iter().zip(rows.row(2 * pair + 1));
        for (s, (positive, negative)) in sum.iter_mut().zip(sides) {
            *s += f64::from(*positive) - f64::from(*negative);
        }
    }
    sum.iter().map(|s| (s / pairs.len() as f64) as f32).collect()
}

fn log_sum(row: &[f32], tokens: &[usize]) -> f64 {
    let most = tokens.iter().map(|&t| f64::from(row[t])).fold(f64::MIN, f64::max);
    most + tokens.iter().map(|&t| (f64::from(row[t]) - most).exp()).sum::<f64>().ln()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
