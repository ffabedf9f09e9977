use super::*;

const LONG: &str = "I put the parcel down, sat beside him on the cold step, and asked what had \
                    happened, and whether there was anyone I could call for him tonight.";

fn pair(id: &str, positive: &str, negative: &str) -> ContrastPair {
    ContrastPair {
        id: id.into(),
        positive: positive.into(),
        negative: negative.into(),
        ..ContrastPair::default()
    }
}

fn with_sources(id: &str, positive: &str, negative: &str) -> ContrastPair {
    let mut pair = pair(id, id, "x");
    pair.metadata.insert("positive_source".into(), positive.into());
    pair.metadata.insert("Negative Source".into(), negative.into());
    pair
}

#[test]
fn duplicates_are_counted_by_pair_and_by_text() {
    let pairs = [
        pair("a", LONG, "I walk on past him without a word."),
        pair("b", LONG, "I do not stop for anybody at all."),
        pair("c", LONG, "I walk on past him without a word."),
    ];
    let found = duplicates(&pairs);
    assert_eq!((found.pairs, found.texts), (1, 2));
    assert_eq!(found.examples[0].count, 3);
    assert_eq!(
        found.examples[1].places,
        [("a".into(), Side::Negative), ("c".into(), Side::Negative)]
    );
}

#[test]
fn short_answers_are_compared_with_their_question() {
    let mut pairs = [pair("a", " (A)", " (B)"), pair("b", " (A)", " (B)")];
    pairs[0].prompt = Some("Would you stay?".into());
    pairs[1].prompt = Some("Would you lie?".into());
    let splits = [Split::Train, Split::Test];
    let found = checks(&pairs, &splits);
    assert_eq!((found.duplicates.pairs, found.duplicates.texts, found.leakage.pairs), (0, 0, 0));
    pairs[1].prompt = pairs[0].prompt.clone();
    let found = checks(&pairs, &splits);
    assert_eq!((found.duplicates.pairs, found.duplicates.texts), (1, 2));
    assert_eq!((found.leakage.pairs, found.leakage.exact_texts), (1, 2));
}

#[test]
fn planted_near_duplicates_are_found_across_splits_only() {
    let near = LONG.replace("tonight", "now");
    let other = "She asked for the form in triplicate and would not say a word about the reason.";
    let pairs = [
        pair("train", LONG, "Nothing here is like anything else in this small set."),
        pair("test-near", other, &near),
        pair("test-other", "An entirely different text with quite enough words in it.", "Short."),
        pair("train-too", &near.replace("cold", "wet"), "And another one that is alone as well."),
    ];
    let splits = [Split::Train, Split::Test, Split::Test, Split::Train];
    let found = leakage(&pairs, &splits);
    assert_eq!((found.pairs, found.exact_texts, found.near_texts), (1, 0, 1));
    let example = &found.examples[0];
    assert_eq!((example.test_id.as_str(), example.test_side), ("test-near", Side::Negative));
    assert_eq!((example.train_id.as_str(), example.train_side), ("train", Side::Positive));
    // 28 words give 24 shingles, the last of which differs
    assert!((example.jaccard - 23.0 / 25.0).abs() < 1e-12, "{}", example.jaccard);
    assert_eq!(leakage(&pairs, &[Split::Train; 4]), Leakage::default());
}

#[test]
fn the_source_most_on_one_side_is_named() {
    assert_eq!(source_imbalance(&[pair("a", "b", "c")]), None);
    let mut whole = pair("a", "b", "c");
    whole.source = Some("gpt".into());
    assert_eq!(source_imbalance(&[whole.clone()]), None);

    let pairs = [
        with_sources("1", "ann", "bob"),
        with_sources("2", "ann", "bob"),
        with_sources("3", "ann", "ann"),
        with_sources("4", "bob", "bob"),
    ];
    let found = source_imbalance(&pairs).unwrap();
    // three of ann's four texts are positive, one of bob's four
    assert_eq!((found.source.as_str(), found.positive, found.negative), ("ann", 3, 1));
    assert_eq!(found.imbalance, 0.5);
    // sides without a source of their own have that of the pair
    let mut rest = with_sources("5", "ann", "");
    rest.source = Some("eve".into());
    let found = source_imbalance(&[rest]).unwrap();
    assert_eq!((found.source.as_str(), found.imbalance), ("ann", 1.0));
}

#[test]
fn a_source_of_a_few_texts_does_not_count() {
    let mut pairs: Vec<_> = (0..50).map(|i| with_sources(&i.to_string(), "a", "a")).collect();
    pairs.push(with_sources("odd", "once", "a"));
    let found = source_imbalance(&pairs).unwrap();
    assert_eq!(found.source, "a");
}

#[test]
fn scenario_shares_are_compared() {
    let mut pairs = vec![pair("a", "x", "y"); 8];
    for (i, p) in pairs.iter_mut().enumerate() {
        p.scenario = Some(if i % 2 == 0 { "even" } else { "odd" }.into());
    }
    use Split::{Test, Train};
    let even = scenario_imbalance(&pairs, &[Train, Train, Train, Train, Test, Test, Test, Test]);
    assert_eq!(even.total_variation, 0.0);
    let apart = scenario_imbalance(&pairs, &[Train, Test, Train, Test, Train, Test, Train, Test]);
    assert_eq!(apart.total_variation, 1.0);
    assert_eq!(apart.counts[0], ScenarioCount { scenario: Some("even".into()), train: 4, test: 0 });
    assert_eq!(scenario_imbalance(&pairs, &[Train; 8]).total_variation, 0.0);
}

#[test]
fn words_are_counted_per_side() {
    let counts = checks(&[pair("a", " one two\nthree ", "one")], &[Split::Train]).word_counts;
    assert_eq!((counts.positive, counts.negative), (vec![3], vec![1]));
}
