//! The baselines side by side, and the best of them.

use lens_core::{CancelToken, Progress, Reporter, Seed, Split};
use serde::{Deserialize, Serialize};

use super::words::TopWords;
use super::{Scored, Texts, features, function_words, marks, tfidf, words};
use crate::AnalysisError;
use crate::bootstrap::{ProbeStatistics, bootstrap};
use crate::statistics::{PairScores, mean};

/// Pairs needed to fit on.
const LEAST_TRAIN_PAIRS: usize = 2;

/// Pairs needed to measure on: an interval needs two.
const LEAST_TEST_PAIRS: usize = 2;

/// A way to tell the sides apart without a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SurfaceBaselineKind {
    /// Mean difference of relative word frequencies.
    BagOfWords,
    /// Logistic regression on TF-IDF weighted words.
    TfIdfLogistic,
    /// Mean difference of the relative frequencies of function words.
    FunctionWords,
    /// Mean difference of standardised counts of punctuation and markdown.
    Marks,
    /// The number of words.
    WordCount,
    /// The number of characters.
    CharacterCount,
}

impl SurfaceBaselineKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::BagOfWords,
        Self::TfIdfLogistic,
        Self::FunctionWords,
        Self::Marks,
        Self::WordCount,
        Self::CharacterCount,
    ];

    /// The name in files, as serialised: `bag-of-words`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BagOfWords => "bag-of-words",
            Self::TfIdfLogistic => "tf-idf-logistic",
            Self::FunctionWords => "function-words",
            Self::Marks => "marks",
            Self::WordCount => "word-count",
            Self::CharacterCount => "character-count",
        }
    }

    /// The name for a person: "Bag of words".
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BagOfWords => "Bag of words",
            Self::TfIdfLogistic => "TF-IDF and logistic regression",
            Self::FunctionWords => "Function words only",
            Self::Marks => "Punctuation and markdown",
            Self::WordCount => "Word count alone",
            Self::CharacterCount => "Length in characters",
        }
    }
}

/// All baselines on the same train and test pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurfaceCeiling {
    /// One of each kind, in the order of [`SurfaceBaselineKind::ALL`].
    pub baselines: Vec<SurfaceBaseline>,
    /// The baseline with the highest test AUROC, the first of those that tie: the surface ceiling.
    /// `None` where not one could be tested.
    pub best: Option<usize>,
    /// Pairs that were fitted on.
    pub train_pairs: usize,
    /// Pairs that were measured on.
    pub test_pairs: usize,
    /// The words by which bag of words tells the sides apart; `None` where it could not be tested.
    pub top_words: Option<TopWords>,
}

/// One baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurfaceBaseline {
    /// Which.
    pub kind: SurfaceBaselineKind,
    /// What it comes to.
    pub outcome: SurfaceOutcome,
}

/// What a baseline comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum SurfaceOutcome {
    /// It was fitted and measured.
    Tested {
        /// On the test pairs, with intervals; the threshold is the train midpoint.
        statistics: Box<ProbeStatistics>,
        /// The scores of the test pairs.
        scores: BaselineScores,
    },
    /// The texts hold nothing that it could be fitted on.
    NotTestable {
        /// Why, in a sentence.
        reason: String,
    },
}

/// A baseline's scores of the test pairs, in the order of the pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineScores {
    /// Scores of the positive sides.
    pub positive: Vec<f64>,
    /// Scores of the negative sides.
    pub negative: Vec<f64>,
    /// Midpoint of the two class means of the train scores.
    pub threshold: f64,
}

impl BaselineScores {
    /// As the statistics take them, to be compared with a probe's scores of the same test pairs.
    #[must_use]
    pub fn as_pair_scores(&self) -> PairScores<'_> {
        PairScores { positive: &self.positive, negative: &self.negative, threshold: self.threshold }
    }
}

impl SurfaceBaseline {
    /// Statistics and scores, where it was tested.
    #[must_use]
    pub fn tested(&self) -> Option<(&ProbeStatistics, &BaselineScores)> {
        match &self.outcome {
            SurfaceOutcome::Tested { statistics, scores } => Some((statistics, scores)),
            SurfaceOutcome::NotTestable { .. } => None,
        }
    }
}

impl SurfaceCeiling {
    /// The baseline that is the ceiling.
    #[must_use]
    pub fn ceiling(&self) -> Option<&SurfaceBaseline> {
        self.baselines.get(self.best?)
    }

    /// The baseline of one kind.
    #[must_use]
    pub fn baseline(&self, kind: SurfaceBaselineKind) -> Option<&SurfaceBaseline> {
        self.baselines.iter().find(|b| b.kind == kind)
    }
}

/// Fits every baseline on the train pairs and measures it on the test pairs.
///
/// `texts` holds the positive and the negative text of each pair, without the prompt they share;
/// `splits` has one entry per pair. Intervals are those of [`bootstrap`] for `seed`, so their draws
/// are those of a probe on the same test pairs.
///
/// # Errors
/// As many splits as there are not pairs, fewer than two train or test pairs, or a cancelled token.
/// A baseline for which the texts hold nothing is [`SurfaceOutcome::NotTestable`], and the others go
/// on.
pub fn surface_ceiling(
    texts: &[[&str; 2]],
    splits: &[Split],
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<SurfaceCeiling, AnalysisError> {
    let texts = divided(texts, splits)?;
    let mut found: Vec<(SurfaceBaselineKind, Result<BaselineScores, String>)> = Vec::new();
    let mut top_words = None;
    for (done, kind) in SurfaceBaselineKind::ALL.into_iter().enumerate() {
        cancel.check()?;
        reporter.report(Progress {
            stage: "Testing what the texts alone give away".to_owned(),
            done: done as u64,
            total: SurfaceBaselineKind::ALL.len() as u64,
            unit: "baselines",
        });
        let scored: Scored = match kind {
            SurfaceBaselineKind::BagOfWords => words::bag_of_words(&texts).map(|(scores, top)| {
                top_words = Some(top);
                scores
            }),
            SurfaceBaselineKind::TfIdfLogistic => tfidf::tfidf_logistic(&texts, cancel)?,
            SurfaceBaselineKind::FunctionWords => function_words::function_words(&texts),
            SurfaceBaselineKind::Marks => Ok(marks::marks(&texts)),
            SurfaceBaselineKind::WordCount => {
                Ok(features::length(&texts, |text| text.split_whitespace().count()))
            }
            SurfaceBaselineKind::CharacterCount => {
                Ok(features::length(&texts, |text| text.chars().count()))
            }
        };
        found.push((kind, scored.map(|scores| measured(&texts, &scores))));
    }
    let tested: Vec<PairScores<'_>> = found
        .iter()
        .filter_map(|(_, scores)| scores.as_ref().ok().map(BaselineScores::as_pair_scores))
        .collect();
    let mut statistics = bootstrap(&tested, seed, reporter, cancel)?.into_iter();
    let baselines: Vec<SurfaceBaseline> = found
        .into_iter()
        .filter_map(|(kind, scores)| {
            let outcome = match scores {
                Ok(scores) => {
                    let statistics = Box::new(statistics.next()?);
                    SurfaceOutcome::Tested { statistics, scores }
                }
                Err(reason) => SurfaceOutcome::NotTestable { reason },
            };
            Some(SurfaceBaseline { kind, outcome })
        })
        .collect();
    let auroc = |b: &SurfaceBaseline| b.tested().map(|(statistics, _)| statistics.auroc.value);
    let best = baselines
        .iter()
        .enumerate()
        .filter_map(|(i, b)| Some((i, auroc(b)?)))
        .reduce(|best, other| if other.1 > best.1 { other } else { best })
        .map(|(i, _)| i);
    Ok(SurfaceCeiling {
        baselines,
        best,
        train_pairs: texts.train.len(),
        test_pairs: texts.test.len(),
        top_words,
    })
}

fn divided<'a>(texts: &[[&'a str; 2]], splits: &[Split]) -> Result<Texts<'a>, AnalysisError> {
    let pairs = texts.len();
    if splits.len() != pairs {
        return Err(AnalysisError::EntryCount { what: "splits", found: splits.len(), pairs });
    }
    let part = |split: Split| -> Vec<usize> {
        splits.iter().enumerate().filter(|(_, s)| **s == split).map(|(i, _)| i).collect()
    };
    let texts = Texts {
        all: texts.iter().flatten().copied().collect(),
        train: part(Split::Train),
        test: part(Split::Test),
    };
    for (split, found, needed) in [
        ("train", texts.train.len(), LEAST_TRAIN_PAIRS),
        ("test", texts.test.len(), LEAST_TEST_PAIRS),
    ] {
        if found < needed {
            return Err(AnalysisError::TooFewPairs { split, found, needed });
        }
    }
    Ok(texts)
}

/// The test scores with the train midpoint.
fn measured(texts: &Texts<'_>, scores: &[f64]) -> BaselineScores {
    let side = |pairs: &[usize], side: usize| -> Vec<f64> {
        pairs.iter().filter_map(|pair| scores.get(2 * pair + side).copied()).collect()
    };
    let threshold = f64::midpoint(mean(&side(&texts.train, 0)), mean(&side(&texts.train, 1)));
    BaselineScores { positive: side(&texts.test, 0), negative: side(&texts.test, 1), threshold }
}
