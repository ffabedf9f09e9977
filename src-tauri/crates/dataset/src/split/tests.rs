use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn pair(text: usize, scenario: usize) -> ContrastPair {
    ContrastPair {
        id: format!("row-{text}"),
        positive: format!("kind {text}"),
        negative: format!("curt {text}"),
        scenario: (scenario > 0).then(|| format!("s{scenario}")),
        ..ContrastPair::default()
    }
}

#[test]
fn given_splits_are_kept_and_the_rest_is_divided() {
    let mut pairs: Vec<_> = (0..12).map(|i| pair(i, 0)).collect();
    pairs[0].split = Some(Split::Test);
    pairs[1].split = Some(Split::Train);
    let (splits, report) = assign_splits(&pairs, &SplitRule::default(), Seed(0));
    assert_eq!((splits[0], splits[1]), (Split::Test, Split::Train));
    assert_eq!((report.train, report.test, report.given), (8, 4, false));
}

#[test]
fn all_of_one_kind_stays_so_and_is_said() {
    let mut pairs: Vec<_> = (0..3).map(|i| pair(i, 0)).collect();
    pairs.iter_mut().for_each(|p| p.split = Some(Split::Train));
    let (splits, report) = assign_splits(&pairs, &SplitRule::default(), Seed(0));
    assert_eq!(splits, [Split::Train; 3]);
    assert!(report.given && report.note.contains("nothing is left to measure on"));
    assert_eq!(
        assign_splits(&[], &SplitRule::default(), Seed(0)).1.note,
        "There are no pairs to divide."
    );
}

#[test]
fn the_seed_matters() {
    let pairs: Vec<_> = (0..40).map(|i| pair(i, 0)).collect();
    assert_ne!(
        assign_splits(&pairs, &SplitRule::default(), Seed(0)).0,
        assign_splits(&pairs, &SplitRule::default(), Seed(1)).0
    );
}

#[test]
fn five_scenarios_of_ten_give_seven_to_three_each() {
    let pairs: Vec<_> = (0..50).map(|i| pair(i, 1 + i % 5)).collect();
    let (splits, report) = assign_splits(&pairs, &SplitRule::default(), Seed(7));
    assert_eq!((report.train, report.test), (35, 15));
    for scenario in 0..5 {
        let test = (0..50).filter(|i| i % 5 == scenario && splits[*i] == Split::Test).count();
        assert_eq!(test, 3);
    }
}

proptest! {
    #[test]
    fn shares_bounds_and_independence_of_order(
        scenarios in prop::collection::vec(0_usize..6, 0..60), seed: u32,
    ) {
        let pairs: Vec<_> = scenarios.iter().enumerate().map(|(i, s)| pair(i, *s)).collect();
        let (splits, report) = assign_splits(&pairs, &SplitRule::default(), Seed(seed));
        prop_assert_eq!(report.train + report.test, pairs.len());
        let mut reversed = pairs.clone();
        reversed.reverse();
        // ids made from row numbers change with the order
        for (i, p) in reversed.iter_mut().enumerate() {
            p.id = format!("row-{i}");
        }
        let mut again = assign_splits(&reversed, &SplitRule::default(), Seed(seed)).0;
        again.reverse();
        prop_assert_eq!(&splits, &again);
        let mut strata: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
        for (s, split) in scenarios.iter().zip(&splits) {
            strata.entry(*s).or_default()[usize::from(*split == Split::Test)] += 1;
        }
        for [train, test] in strata.values() {
            let n = train + test;
            if n >= 2 {
                prop_assert!(*train >= 1 && *test >= 1);
            }
        }
        // scenarios of two or three pull the total off, for which the larger ones make up
        if strata.values().all(|[a, b]| a + b >= 4) {
            prop_assert_eq!(report.train, (0.7 * pairs.len() as f64).round() as usize);
            for [train, test] in strata.values() {
                let wanted = 0.7 * (train + test) as f64;
                prop_assert!((*train as f64 - wanted).abs() < 1.0);
            }
        }
    }
}

fn named(text: usize, scenario: &str, source: &str) -> ContrastPair {
    let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    ContrastPair { scenario: some(scenario), source: some(source), ..pair(text, 0) }
}

fn by_scenario(test: &[&str], test_share: f64) -> SplitRule {
    SplitRule::ByScenario { test: test.iter().map(|t| (*t).to_owned()).collect(), test_share }
}

#[test]
fn a_division_made_before_there_were_rules_stays() {
    let mut pairs: Vec<_> = (0..23).map(|i| pair(i, i % 4)).collect();
    pairs[5].split = Some(Split::Test);
    let splits = assign_splits(&pairs, &SplitRule::default(), Seed(3)).0;
    let test: Vec<usize> = (0..23).filter(|i| splits[*i] == Split::Test).collect();
    assert_eq!(test, [0, 2, 5, 13, 14, 15, 16, 21]);
}

#[test]
fn random_divides_what_the_file_has_divided() {
    let mut pairs: Vec<_> = (0..40).map(|i| pair(i, 1 + i % 2)).collect();
    let free = assign_splits(&pairs, &SplitRule::default(), Seed(1)).0;
    pairs.iter_mut().for_each(|p| p.split = Some(Split::Train));
    let (splits, report) = assign_splits(&pairs, &SplitRule::Random { test_share: 0.3 }, Seed(1));
    assert_eq!(splits, free);
    assert_eq!((report.train, report.test, report.given, report.unusual), (28, 12, false, false));
    assert!(report.note.contains("70/30") && report.note.contains("aside"), "{}", report.note);
    let (_, report) = assign_splits(&pairs, &SplitRule::Random { test_share: 0.125 }, Seed(1));
    assert_eq!(report.test, 5);
    assert!(report.note.contains("87.5/12.5"), "{}", report.note);
}

#[test]
fn shares_that_cannot_be_are_said() {
    let pairs: Vec<_> = (0..100).map(|i| pair(i, 0)).collect();
    for (asked, test) in [(0.0, 5), (2.0, 95), (f64::NAN, 30), (-1.0, 5)] {
        let rule = SplitRule::Random { test_share: asked };
        let (_, report) = assign_splits(&pairs, &rule, Seed(0));
        assert_eq!(report.test, test, "{asked}");
        assert!(report.unusual && report.note.contains("cannot be"), "{}", report.note);
    }
}

#[test]
fn named_scenarios_are_test_and_nothing_else() {
    let pairs: Vec<_> = (0..12)
        .map(|i| named(i, ["gate", "game", "ferry", ""][i % 4], ["ann", "bob"][i % 2]))
        .collect();
    let (splits, report) = assign_splits(&pairs, &by_scenario(&["gate", "ferry"], 0.3), Seed(0));
    for (i, split) in splits.iter().enumerate() {
        assert_eq!(*split == Split::Test, i % 4 == 0 || i % 4 == 2);
    }
    assert_eq!(report.test_groups, ["ferry", "gate"]);
    assert_eq!((report.ungrouped, report.unusual), (3, true));
    assert!(report.note.contains("3 of the pairs name no scenario"), "{}", report.note);

    let rule = SplitRule::BySource { test: vec!["bob".into(), "eve".into()], test_share: 0.3 };
    let (splits, report) = assign_splits(&pairs, &rule, Seed(0));
    assert!(splits.iter().enumerate().all(|(i, s)| (*s == Split::Test) == (i % 2 == 1)));
    assert!(report.note.ends_with("No pair is of \"eve\"."), "{}", report.note);
}

#[test]
fn divisions_that_leave_a_part_empty_say_what_to_do() {
    let one: Vec<_> = (0..6).map(|i| named(i, "gate", "")).collect();
    let note = |rule: &SplitRule, pairs: &[ContrastPair]| {
        let (_, report) = assign_splits(pairs, rule, Seed(0));
        assert!(report.unusual);
        report.note
    };
    assert!(note(&by_scenario(&[], 0.3), &one).contains("Divide at random"));
    assert!(note(&by_scenario(&["game"], 0.3), &one).contains("Name one of: \"gate\"."));
    assert!(note(&by_scenario(&["gate"], 0.3), &one).contains("Leave one scenario"));
    assert_eq!(note(&by_scenario(&[], 0.3), &[]), NO_PAIRS);
    assert!(note(&by_scenario(&[], 0.3), &[pair(0, 0)]).contains("There is only one pair"));
    assert!(note(&SplitRule::Random { test_share: 0.3 }, &one[..1]).contains("Too few pairs"));
    let sources = SplitRule::BySource { test: Vec::new(), test_share: 0.5 };
    assert!(note(&sources, &one).contains("this is a random division"));
}

#[test]
fn rules_survive_json_and_leave_out_what_is_usual() {
    for rule in [
        SplitRule::default(),
        SplitRule::Random { test_share: 0.25 },
        by_scenario(&["gate"], 0.3),
        SplitRule::BySource { test: Vec::new(), test_share: 0.5 },
    ] {
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<SplitRule>(&json).unwrap(), rule, "{json}");
    }
    let read = |json: &str| serde_json::from_str::<SplitRule>(json).unwrap();
    assert_eq!(read(r#"{"kind":"as-given"}"#), SplitRule::default());
    assert_eq!(read(r#"{"kind":"by-scenario","test":["gate"]}"#), by_scenario(&["gate"], 0.3));
}

proptest! {
    #[test]
    fn groups_are_never_divided(
        scenarios in prop::collection::vec(0_usize..7, 0..80), percent in 5_u32..=95, seed: u32,
    ) {
        let pairs: Vec<_> = scenarios.iter().enumerate().map(|(i, s)| pair(i, *s)).collect();
        let rule = by_scenario(&[], f64::from(percent) / 100.0);
        let (splits, report) = assign_splits(&pairs, &rule, Seed(seed));
        let mut parts: BTreeMap<&str, (Split, usize)> = BTreeMap::new();
        let mut largest = 0;
        for (p, split) in pairs.iter().zip(&splits) {
            if let Some(scenario) = p.scenario.as_deref() {
                let (part, size) = parts.entry(scenario).or_insert((*split, 0));
                prop_assert_eq!(*part, *split);
                *size += 1;
                largest = largest.max(*size);
            }
        }
        let groups = parts.len() + report.ungrouped;
        prop_assert_eq!(report.train + report.test, pairs.len());
        prop_assert_eq!(report.train > 0 && report.test > 0, groups >= 2);
        if groups >= 2 {
            let target = f64::from(percent) / 100.0 * pairs.len() as f64;
            prop_assert!((report.test as f64 - target).abs() <= largest.max(1) as f64);
        }
        // nor does the order of rows matter
        let mut reversed = pairs.clone();
        reversed.reverse();
        let mut again = assign_splits(&reversed, &rule, Seed(seed)).0;
        again.reverse();
        prop_assert_eq!(splits, again);
    }
}
