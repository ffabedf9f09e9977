//! The shipped catalogue, and what a catalogue may not be.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests assert by unwrapping, their helpers too"
)]

use lens_hub::{Catalog, CatalogError};

const SHIPPED: &str = include_str!("../../../../models/catalog.toml");

#[test]
fn the_shipped_catalogue_is_plausible() {
    let catalog = Catalog::parse(SHIPPED).unwrap();
    assert!(catalog.models.len() >= 12);
    for entry in &catalog.models {
        // A block holds between 6 (grouped queries, narrow gates) and 16 squares of the width; the
        // rest is at most two embeddings of some 50 to 262 thousand tokens.
        let (layers, width) = (entry.layers as u64, entry.width as u64);
        let blocks = layers * width * width;
        let most = 16 * blocks + 2 * 262_144 * width;
        assert!((6 * blocks..most).contains(&entry.parameters), "{}", entry.repo);
        assert_eq!(width % 64, 0, "{}", entry.repo);
        assert_eq!(entry.half_bytes(), 2 * entry.parameters);
        assert!(entry.context.is_none_or(|context| context >= 1024), "{}", entry.repo);
    }
}

#[test]
fn what_is_asked_for_most_is_listed_and_the_gated_are_marked() {
    let catalog = Catalog::parse(SHIPPED).unwrap();
    let gated = |id: &str| catalog.find(&id.parse().unwrap()).map(|entry| entry.gated);
    for id in [
        "microsoft/Phi-3-mini-4k-instruct",
        "Qwen/Qwen2.5-7B-Instruct",
        "cognitivecomputations/dolphin-2.9.4-llama3.1-8b",
        "Qwen/Qwen2.5-0.5B-Instruct",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "Qwen/Qwen3-0.6B",
        "EleutherAI/pythia-160m",
        "eleutherai/PYTHIA-160m",
    ] {
        assert_eq!(gated(id), Some(false), "{id}");
    }
    for id in ["meta-llama/Llama-3.2-1B-Instruct", "google/gemma-3-270m", "google/gemma-3-1b-it"] {
        assert_eq!(gated(id), Some(true), "{id}");
    }
    assert_eq!(gated("org/unknown"), None);
}

const ENTRY: &str = r#"
[[model]]
repo = "a/b"
about = "x"
family = "llama"
licence = "mit"
parameters = 1_000
layers = 2
width = 8
gated = false
"#;

#[test]
fn a_catalogue_that_says_too_much_too_little_or_twice_is_refused() {
    assert_eq!(Catalog::parse(ENTRY).unwrap().models[0].parameters, 1000);
    let twice = format!("{ENTRY}{}", ENTRY.replace("a/b", "A/B"));
    assert!(matches!(Catalog::parse(&twice), Err(CatalogError::Twice(_))));
    for (from, to) in [("\"mit\"", "\" \""), ("= 1_000", "= 0"), ("width = 8", "width = 0")] {
        let error = Catalog::parse(&ENTRY.replace(from, to)).unwrap_err();
        assert!(matches!(error, CatalogError::Empty { .. }), "{to}: {error}");
    }
    for (from, to) in [
        ("gated = false", "gated = false\nstars = 5"),
        ("licence = \"mit\"\n", ""),
        ("a/b", "../b"),
        ("= 1_000", "= -1"),
        ("[[model]]", "[[models]]"),
    ] {
        let error = Catalog::parse(&ENTRY.replace(from, to)).unwrap_err();
        assert!(matches!(error, CatalogError::Toml(_)), "{to}: {error}");
    }
}
