//! What the texts alone give away, as the window shows it.

use lens_analysis::{SurfaceBaseline, SurfaceCeiling, SurfaceOutcome, TopWord};

use crate::VERSION;
use crate::contract::{SurfaceBaselineView, SurfaceView, TellingWordView};
use crate::pairs::PreparedPairs;
use crate::probe::{estimate, small};

/// The baselines, the ceiling among them, and the words that tell.
#[must_use]
pub fn surface_view(pairs: &PreparedPairs, found: &SurfaceCeiling) -> SurfaceView {
    let words = |words: &[TopWord]| words.iter().map(word_view).collect();
    let top = found.top_words.as_ref();
    SurfaceView {
        test_pairs: small(found.test_pairs),
        baselines: found.baselines.iter().map(baseline_view).collect(),
        ceiling: found.ceiling().map(|best| best.kind.name().to_owned()),
        positive_words: top.map_or_else(Vec::new, |top| words(&top.positive)),
        negative_words: top.map_or_else(Vec::new, |top| words(&top.negative)),
        provenance: format!(
            "Empathy Lens {VERSION}; data {} ({}); split {}; seed {}",
            pairs.name(),
            pairs.digest().short(),
            pairs.split_digest().short(),
            pairs.seed().0
        ),
    }
}

fn baseline_view(baseline: &SurfaceBaseline) -> SurfaceBaselineView {
    let tested = baseline.tested().map(|(statistics, _)| statistics);
    SurfaceBaselineView {
        name: baseline.kind.name().to_owned(),
        label: baseline.kind.label().to_owned(),
        auroc: tested.map(|t| estimate(&t.auroc)),
        accuracy: tested.map(|t| estimate(&t.accuracy)),
        problem: match &baseline.outcome {
            SurfaceOutcome::NotTestable { reason } => Some(crate::error::sentence(reason)),
            SurfaceOutcome::Tested { .. } => None,
        },
    }
}

fn word_view(word: &TopWord) -> TellingWordView {
    TellingWordView {
        word: word.word.clone(),
        weight: word.weight,
        positive: small(word.positive),
        negative: small(word.negative),
    }
}
