//! The split and the keywords of a study, as the window edits them.

use lens_core::{ContrastPair, Side};
use lens_dataset::{Ablation, Keyword, KeywordList, SplitRule, ablate, ablate_text};

use crate::EngineError;
use crate::contract::{
    AblatedPairView, AblationView, KeywordCountView, KeywordView, SegmentView, SplitKind, SplitView,
};
use crate::pairs::PreparedPairs;

/// Shares of the pairs that can go to test.
const TEST_SHARES: std::ops::RangeInclusive<f64> = 0.05..=0.95;
/// Pairs with a replacement that are named to the window.
const TOUCHED_SHOWN: usize = 200;

/// The rule that a view asks for.
///
/// # Errors
/// A share out of range, or a scenario or source that no pair has.
pub(crate) fn split_rule(
    view: &SplitView,
    pairs: &[ContrastPair],
) -> Result<SplitRule, EngineError> {
    if !TEST_SHARES.contains(&view.test_share) {
        return Err(EngineError::BadValue {
            what: format!("A test share of {} cannot be used.", view.test_share),
            hint: "Choose one from 5 % to 95 %.".into(),
        });
    }
    let known = |names: fn(&ContrastPair) -> Option<&str>, what: &str| {
        let stranger =
            view.test.iter().find(|name| pairs.iter().all(|p| names(p) != Some(name.as_str())));
        match stranger {
            Some(name) => Err(EngineError::BadValue {
                what: format!("No pair has the {what} \"{name}\"."),
                hint: format!("Choose a {what} that the pairs have."),
            }),
            None => Ok(view.test.clone()),
        }
    };
    let test_share = view.test_share;
    Ok(match view.kind {
        SplitKind::AsGiven => SplitRule::AsGiven { test_share },
        SplitKind::Random => SplitRule::Random { test_share },
        SplitKind::ByScenario => SplitRule::ByScenario {
            test: known(|p| p.scenario.as_deref(), "scenario")?,
            test_share,
        },
        SplitKind::BySource => {
            SplitRule::BySource { test: known(|p| p.source.as_deref(), "source")?, test_share }
        }
    })
}

/// A rule as the window shows it.
pub(crate) fn split_view(rule: &SplitRule) -> SplitView {
    let view =
        |kind, test_share, test: &[String]| SplitView { kind, test_share, test: test.to_vec() };
    match rule {
        SplitRule::AsGiven { test_share } => view(SplitKind::AsGiven, *test_share, &[]),
        SplitRule::Random { test_share } => view(SplitKind::Random, *test_share, &[]),
        SplitRule::ByScenario { test, test_share } => {
            view(SplitKind::ByScenario, *test_share, test)
        }
        SplitRule::BySource { test, test_share } => view(SplitKind::BySource, *test_share, test),
    }
}

/// The list that the window gives.
///
/// # Errors
/// An empty word, a word listed twice, or a replacement that is itself a keyword.
pub(crate) fn keyword_list(views: Vec<KeywordView>) -> Result<KeywordList, EngineError> {
    let entries = views
        .into_iter()
        .map(|view| Keyword { word: view.word, replacements: view.replacements })
        .collect();
    KeywordList::new(entries).map_err(|error| EngineError::BadValue {
        what: crate::error::sentence(&error.to_string()),
        hint: "Change or remove that line.".into(),
    })
}

/// The list that ships with the program.
///
/// # Errors
/// Never with the list as it is; its reading is checked all the same.
pub fn shipped_keywords() -> Result<KeywordList, EngineError> {
    Ok(KeywordList::shipped()?)
}

/// What replacing the keywords does to the pairs.
pub(crate) fn ablation_view(
    pairs: &PreparedPairs,
    list: &KeywordList,
    is_default: bool,
) -> AblationView {
    let Ablation {
        counts, replaced_positive, replaced_negative, touched_pairs, pairs: after, ..
    } = ablate(pairs.pairs(), list, pairs.seed());
    let touched = pairs
        .pairs()
        .iter()
        .zip(&after)
        .zip(0_u32..)
        .filter(|((before, after), _)| {
            Side::BOTH.iter().any(|&side| before.text(side) != after.text(side))
        })
        .map(|(_, index)| index)
        .take(TOUCHED_SHOWN)
        .collect();
    AblationView {
        keywords: list
            .entries()
            .iter()
            .map(|k| KeywordView { word: k.word.clone(), replacements: k.replacements.clone() })
            .collect(),
        is_default,
        counts: counts
            .into_iter()
            .map(|c| KeywordCountView {
                word: c.word,
                positive: small(c.positive),
                negative: small(c.negative),
            })
            .collect(),
        replaced_positive: small(replaced_positive),
        replaced_negative: small(replaced_negative),
        touched_pairs: small(touched_pairs),
        touched,
        pairs: small(pairs.pairs().len()),
    }
}

/// One pair before and after.
///
/// # Errors
/// When there is no such pair.
pub(crate) fn ablated_pair(
    pairs: &PreparedPairs,
    list: &KeywordList,
    index: u32,
) -> Result<AblatedPairView, EngineError> {
    let pair = pairs.pairs().get(index as usize).ok_or(EngineError::NoPairs)?;
    let segments = |text: &str| {
        let (result, replacements) = ablate_text(text, list, pairs.seed());
        let mut segments = Vec::new();
        let mut at = 0;
        let mut add = |before: &str, after: Option<&str>| {
            if !before.is_empty() || after.is_some() {
                let (before, after) = (before.to_owned(), after.map(str::to_owned));
                segments.push(SegmentView { before, after });
            }
        };
        for replacement in replacements {
            add(text.get(at..replacement.original.start).unwrap_or_default(), None);
            at = replacement.original.end;
            add(
                text.get(replacement.original).unwrap_or_default(),
                Some(result.get(replacement.result).unwrap_or_default()),
            );
        }
        add(text.get(at..).unwrap_or_default(), None);
        segments
    };
    Ok(AblatedPairView {
        index,
        id: pair.id.clone(),
        positive: segments(&pair.positive),
        negative: segments(&pair.negative),
    })
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
