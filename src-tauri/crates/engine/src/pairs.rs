//! The pairs of a study with everything derived from them: split, checks, and their views.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lens_analysis::SurfaceCeiling;
use lens_core::{CancelToken, ContrastPair, Digest, Reporter, Seed, Side, Split};
use lens_dataset::{CheckSentence, Checks, Severity, SplitReport, SplitRule, WordCounts};

use crate::EngineError;
use crate::contract::{
    CheckSeverity, CheckView, ChecksView, CountView, PairDetail, PairIndexHeader, PairPage,
    PairRow, PairsSummary, ProblemView,
};
use crate::human_scores::ScoreRecord;
use crate::packet::Packet;
use crate::study::PairSet;

/// Characters of a text that a table line shows.
const PREVIEW_CHARACTERS: usize = 160;
/// Words that stand before the first difference where a line begins in the middle of a text.
const PREVIEW_WORDS_BEFORE: usize = 4;
/// Problems that are sent to the window; all are counted.
const PROBLEMS_SHOWN: usize = 200;

/// A pair set with its split and checks.
#[derive(Debug)]
pub struct PreparedPairs {
    set: Arc<PairSet>,
    rule: SplitRule,
    seed: Seed,
    splits: Vec<Split>,
    split_report: SplitReport,
    checks: Checks,
    length_auroc: Option<f64>,
    /// Computed when it is first asked for.
    surface: Mutex<Option<Arc<SurfaceCeiling>>>,
}

impl PreparedPairs {
    /// Splits and checks a pair set.
    #[must_use]
    pub fn new(set: Arc<PairSet>, rule: SplitRule, seed: Seed) -> Self {
        let (splits, split_report) = lens_dataset::assign_splits(&set.pairs, &rule, seed);
        let checks = lens_dataset::checks(&set.pairs, &splits);
        let length_auroc = length_auroc(&checks.word_counts);
        Self {
            set,
            rule,
            seed,
            splits,
            split_report,
            checks,
            length_auroc,
            surface: Mutex::default(),
        }
    }

    /// The same by the rule that a study begins with: as the file says, else at random.
    #[must_use]
    pub fn as_given(set: Arc<PairSet>, seed: Seed) -> Self {
        Self::new(set, SplitRule::default(), seed)
    }

    /// Whether this is what `set`, `rule` and `seed` give.
    #[must_use]
    pub fn is_of(&self, set: &Arc<PairSet>, rule: &SplitRule, seed: Seed) -> bool {
        Arc::ptr_eq(&self.set, set) && self.rule == *rule && self.seed == seed
    }

    /// Seed of the split.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// What the positive side has and the negative side lacks.
    #[must_use]
    pub fn concept(&self) -> &str {
        &self.set.record.concept
    }

    /// Digest over which pair is in which split.
    #[must_use]
    pub fn split_digest(&self) -> Digest {
        Digest::of_fields(self.splits.iter().map(|split| Some(split.name())))
    }

    /// The pairs, in file order.
    #[must_use]
    pub fn pairs(&self) -> &[ContrastPair] {
        &self.set.pairs
    }

    /// The split of each pair.
    #[must_use]
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// The scenario of each pair: what cross-validation keeps together.
    #[must_use]
    pub fn groups(&self) -> Vec<Option<String>> {
        self.pairs().iter().map(|p| p.scenario.clone()).collect()
    }

    /// Name of the data set.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.set.record.name
    }

    /// Digest over the pairs in order.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.set.record.digest
    }

    /// The table that the human scores are from, where it is not the pairs' own file.
    #[must_use]
    pub fn human_scores(&self) -> Option<&ScoreRecord> {
        self.set.record.scores.as_ref()
    }

    /// Pairs in the training and the test split.
    #[must_use]
    pub fn split_sizes(&self) -> (usize, usize) {
        let train = self.splits.iter().filter(|&&s| s == Split::Train).count();
        (train, self.splits.len() - train)
    }

    /// What the texts alone give away; computed once.
    ///
    /// # Errors
    /// When there are too few pairs, or on cancel.
    pub fn surface(
        &self,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Arc<SurfaceCeiling>, EngineError> {
        // Held while computing: who asks meanwhile waits instead of computing it again.
        let mut kept = self.surface.lock().map_err(|_| EngineError::WorkerGone)?;
        if let Some(surface) = kept.as_ref() {
            return Ok(Arc::clone(surface));
        }
        let texts: Vec<[&str; 2]> =
            self.pairs().iter().map(|p| Side::BOTH.map(|side| p.text(side))).collect();
        let surface = Arc::new(lens_analysis::surface_ceiling(
            &texts,
            self.splits(),
            self.seed,
            reporter,
            cancel,
        )?);
        *kept = Some(Arc::clone(&surface));
        Ok(surface)
    }

    /// Everything the Pairs room says about the whole set.
    #[must_use]
    pub fn summary(&self) -> PairsSummary {
        let record = &self.set.record;
        let of_scores = self.human_scores();
        let useless = of_scores.map_or(0, |scores| scores.problem_count);
        let (train, test) = self.split_sizes();
        PairsSummary {
            name: record.name.clone(),
            digest: record.digest.to_string(),
            format: record.format.clone(),
            concept: record.concept.clone(),
            count: count(self.pairs().len()),
            scenarios: counts(self.pairs(), |p| p.scenario.as_deref()),
            sources: counts(self.pairs(), |p| p.source.as_deref()),
            train: count(train),
            test: count(test),
            split_given: self.split_report.given,
            split_note: self.split_report.unusual.then(|| self.split_report.note.clone()),
            problems: record
                .problems
                .iter()
                .chain(of_scores.into_iter().flat_map(|scores| &scores.problems))
                .take(PROBLEMS_SHOWN)
                .map(|p| ProblemView {
                    file: p.file.clone(),
                    line: p.line,
                    field: p.field.clone(),
                    code: p.code.name().to_owned(),
                    message: p.message.clone(),
                    dropped: p.dropped,
                })
                .collect(),
            problem_count: record.problem_count.saturating_add(useless),
            dropped: record.dropped.saturating_add(useless),
            scores: of_scores.map(ScoreRecord::view),
            checks: self.checks_view(),
        }
    }

    /// The lines `offset..offset + limit` among those that contain `query` (any case) in a text,
    /// id, scenario or source.
    #[must_use]
    pub fn rows(&self, offset: u32, limit: u32, query: &str) -> PairPage {
        let query = query.trim().to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&query);
        let matches: Vec<usize> = (0..self.pairs().len())
            .filter(|&i| {
                let pair = &self.pairs()[i];
                query.is_empty()
                    || [&pair.id, &pair.positive, &pair.negative].into_iter().any(|t| holds(t))
                    || pair.scenario.as_deref().is_some_and(holds)
                    || pair.source.as_deref().is_some_and(holds)
            })
            .collect();
        let rows = matches
            .iter()
            .skip(offset as usize)
            .take(limit as usize)
            .map(|&i| self.row(i, &self.pairs()[i], Some(PREVIEW_CHARACTERS)))
            .collect();
        PairPage { total: count(matches.len()), rows }
    }

    /// One pair in full.
    ///
    /// # Errors
    /// When there is no such pair.
    pub fn detail(&self, index: u32) -> Result<PairDetail, EngineError> {
        let at = index as usize;
        let pair = self.pairs().get(at).ok_or(EngineError::NoPairs)?;
        let words = &self.checks.word_counts;
        Ok(PairDetail {
            row: self.row(at, pair, None),
            prompt: pair.prompt.clone(),
            positive_words: words.positive.get(at).copied().unwrap_or_default(),
            negative_words: words.negative.get(at).copied().unwrap_or_default(),
            metadata: pair.metadata.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        })
    }

    /// Scenario, source and split of every pair, for colouring.
    ///
    /// # Errors
    /// When the header cannot be written.
    pub fn index(&self) -> Result<Packet, EngineError> {
        let scenarios = counts(self.pairs(), |p| p.scenario.as_deref());
        let sources = counts(self.pairs(), |p| p.source.as_deref());
        let of = |names: &[CountView], name: Option<&str>| {
            let at = names.iter().position(|c| c.name == name.unwrap_or_default());
            at.and_then(|i| u16::try_from(i).ok()).unwrap_or(u16::MAX)
        };
        let scenario: Vec<u16> =
            self.pairs().iter().map(|p| of(&scenarios, p.scenario.as_deref())).collect();
        let source: Vec<u16> =
            self.pairs().iter().map(|p| of(&sources, p.source.as_deref())).collect();
        let split: Vec<u16> = self.splits.iter().map(|&s| u16::from(s == Split::Test)).collect();
        let header = PairIndexHeader { pairs: count(self.pairs().len()), scenarios, sources };
        Ok(Packet::of_u16(&header, &[&scenario, &source, &split])?)
    }

    fn row(&self, index: usize, pair: &ContrastPair, characters: Option<usize>) -> PairRow {
        let start = characters.map_or(0, |_| difference_start(&pair.positive, &pair.negative));
        let text = |side: Side| match characters {
            Some(limit) => preview(pair.text(side), start, limit),
            None => pair.text(side).to_owned(),
        };
        PairRow {
            index: count(index),
            id: pair.id.clone(),
            scenario: pair.scenario.clone(),
            source: pair.source.clone(),
            split: self.splits.get(index).map_or("", |s| s.name()).to_owned(),
            score: pair.score,
            positive: text(Side::Positive),
            negative: text(Side::Negative),
        }
    }

    fn checks_view(&self) -> ChecksView {
        ChecksView {
            length_auroc: self.length_auroc,
            duplicates: count(self.checks.duplicates.texts),
            leakage: count(self.checks.leakage.pairs),
            source_imbalance: self.checks.source_imbalance.as_ref().map(|s| s.imbalance),
            sentences: self.sentences(),
        }
    }

    /// The checks in words, each with what to do about it.
    fn sentences(&self) -> Vec<CheckView> {
        let sentences = lens_dataset::check_sentences(
            self.pairs(),
            &self.splits,
            &self.checks,
            &self.set.record.problems,
            self.length_auroc,
        );
        sentences.into_iter().map(check_view).collect()
    }
}

fn check_view(check: CheckSentence) -> CheckView {
    CheckView {
        code: check.code.name().to_owned(),
        severity: match check.severity {
            Severity::Warning => CheckSeverity::Warning,
            Severity::Note => CheckSeverity::Note,
            Severity::Fine => CheckSeverity::Fine,
        },
        sentence: check.sentence,
        advice: check.advice,
    }
}

/// AUROC of the word count alone.
fn length_auroc(words: &WordCounts) -> Option<f64> {
    let numbers = |counts: &[u32]| counts.iter().copied().map(f64::from).collect::<Vec<f64>>();
    lens_analysis::auroc(&numbers(&words.positive), &numbers(&words.negative)).ok()
}

/// Names by frequency, then alphabetically; pairs without one under the empty name.
fn counts<'a>(
    pairs: &'a [ContrastPair],
    name: impl Fn(&'a ContrastPair) -> Option<&'a str>,
) -> Vec<CountView> {
    let mut by_name: BTreeMap<&str, u32> = BTreeMap::new();
    for pair in pairs {
        *by_name.entry(name(pair).unwrap_or_default()).or_default() += 1;
    }
    let mut counts: Vec<CountView> = by_name
        .into_iter()
        .map(|(name, count)| CountView { name: name.to_owned(), count })
        .collect();
    counts.sort_by_key(|c| std::cmp::Reverse(c.count));
    counts
}

/// Byte at which a table line may begin so that the first difference is in it: 0 when that comes
/// early, else the word a little before it.
fn difference_start(positive: &str, negative: &str) -> usize {
    let differs = positive
        .char_indices()
        .zip(negative.chars())
        .find(|((_, a), b)| a != b)
        .map_or(positive.len().min(negative.len()), |((at, _), _)| at);
    let before = positive.get(..differs).unwrap_or_default();
    if before.chars().count() < PREVIEW_CHARACTERS / 2 {
        return 0;
    }
    let words = before.char_indices().rev().filter(|(_, c)| c.is_whitespace());
    words.map(|(at, c)| at + c.len_utf8()).nth(PREVIEW_WORDS_BEFORE).unwrap_or(0)
}

/// At most `characters` of a text from byte `start` on, with an ellipsis where something is left out.
fn preview(text: &str, start: usize, characters: usize) -> String {
    let rest = text.get(start..).unwrap_or(text);
    let lead = if start == 0 { "" } else { "… " };
    match rest.char_indices().nth(characters) {
        Some((end, _)) => format!("{lead}{}…", rest[..end].trim_end()),
        None => format!("{lead}{rest}"),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_lines_begin_where_the_texts_part() {
        assert_eq!(difference_start("I help you.", "I leave you."), 0);
        let shared = "The old man waits by the gate in the rain and nobody else has come all day, so now the guard";
        let (positive, negative) = (format!("{shared} stops."), format!("{shared} walks on."));
        let start = difference_start(&positive, &negative);
        assert_eq!(preview(&positive, start, 160), "… so now the guard stops.");
        assert_eq!(preview(&negative, start, 11), "… so now the…");
        assert_eq!(difference_start("", "x"), 0);
        let accents = "é".repeat(100);
        assert_eq!(difference_start(&accents, &format!("{accents}x")), 0, "no word to begin at");
    }
}
