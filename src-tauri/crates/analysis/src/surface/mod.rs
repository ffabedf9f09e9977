//! What the texts alone give away, without any model: the surface baselines and their ceiling.
//!
//! A probe says something about a model only if it beats what can be had by counting words, marks
//! or letters. Every baseline is fitted on the train pairs and measured on the test pairs, as a probe
//! is. Definitions: METHODS, section 4.

mod ceiling;
mod features;
mod function_words;
mod logistic;
mod marks;
mod tfidf;
mod words;

pub use ceiling::{
    BaselineScores, SurfaceBaseline, SurfaceBaselineKind, SurfaceCeiling, SurfaceOutcome,
    surface_ceiling,
};
pub use words::{TopWord, TopWords};

/// A difference of means smaller than this share of what it is the difference of is rounding.
const ROUNDING: f64 = 1e-12;

/// Scores of all texts, two per pair, positive first; or why there are none.
type Scored = Result<Vec<f64>, String>;

/// The features of a text that are not zero, by position, ascending.
type SparseRow = Vec<(u32, f64)>;

/// The texts of pairs with their split: text `2 i` is the positive side of pair `i`, `2 i + 1` the
/// negative one.
struct Texts<'a> {
    all: Vec<&'a str>,
    /// Pairs to fit on.
    train: Vec<usize>,
    /// Pairs to measure on.
    test: Vec<usize>,
}

impl Texts<'_> {
    /// The texts to fit on, in order.
    fn train_texts(&self) -> impl Iterator<Item = usize> {
        self.train.iter().flat_map(|pair| [2 * pair, 2 * pair + 1])
    }
}

/// Whether text number `index` is a positive side.
fn is_positive(index: usize) -> bool {
    index.is_multiple_of(2)
}
