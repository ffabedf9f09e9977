//! What the texts alone give away, as the window shows it.

use lens_analysis::{SurfaceBaseline, SurfaceCeiling, TellingWord};

use crate::VERSION;
use crate::contract::{SurfaceBaselineView, SurfaceView, TellingWordView};
use crate::pairs::PreparedPairs;
use crate::probe::{estimate, small};

/// The baselines, the ceiling among them, and the words that tell.
#[must_use]
pub fn surface_view(pairs: &PreparedPairs, found: &SurfaceCeiling) -> SurfaceView {
    SurfaceView {
        test_pairs: small(pairs.split_sizes().1),
        baselines: found.baselines.iter().map(baseline_view).collect(),
        ceiling: found.best().map(|(best, _)| best.name.to_owned()),
        positive_words: found.positive_words.iter().map(word_view).collect(),
        negative_words: found.negative_words.iter().map(word_view).collect(),
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
    let test = baseline.test.as_ref();
    SurfaceBaselineView {
        name: baseline.name.to_owned(),
        label: baseline.label.to_owned(),
        auroc: test.ok().map(|t| estimate(&t.auroc)),
        accuracy: test.ok().map(|t| estimate(&t.accuracy)),
        problem: test.err().map(|reason| crate::error::sentence(reason)),
    }
}

fn word_view(word: &TellingWord) -> TellingWordView {
    TellingWordView {
        word: word.word.clone(),
        weight: word.weight,
        positive: small(word.positive),
        negative: small(word.negative),
    }
}
