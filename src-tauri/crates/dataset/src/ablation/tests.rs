use super::*;
use proptest::prelude::*;

fn list(entries: &[(&str, &[&str])]) -> Result<KeywordList, KeywordError> {
    let entry = |(word, replacements): &(&str, &[&str])| Keyword {
        word: (*word).to_owned(),
        replacements: replacements.iter().map(|r| (*r).to_owned()).collect(),
    };
    KeywordList::new(entries.iter().map(entry).collect())
}

fn replaced(text: &str, entries: &[(&str, &[&str])]) -> String {
    ablate_text(text, &list(entries).unwrap(), Seed(0)).0
}

#[test]
fn whole_words_in_any_case_keep_their_case() {
    let help: &[(&str, &[&str])] = &[("help", &["aid"]), ("well-being", &["health"])];
    assert_eq!(
        replaced("Help! I help; HELP, \"help\" 'help' self-help.", help),
        "Aid! I aid; AID, \"aid\" 'aid' self-aid."
    );
    for same in ["helpful helper unhelp help_me", "help's help\u{2019}s o'help", "well being", ""] {
        assert_eq!(replaced(same, help), same);
    }
    assert_eq!(replaced("Well-Being, WELL-BEING", help), "Health, HEALTH");
    assert_eq!(replaced("I I a", &[("i", &["we"])]), "We We a", "one capital is no shouting");
}

#[test]
fn the_longest_keyword_at_a_place_is_taken() {
    let kind: &[(&str, &[&str])] = &[("kind", &["decent"]), ("kind of", &["sort of"])];
    assert_eq!(replaced("a kind\nof kind kind, of", kind), "a sort of decent decent, of");
}

#[test]
fn letters_beyond_ascii_are_letters() {
    let entries: &[(&str, &[&str])] = &[
        ("\u{e9}gard", &["soin"]),
        ("\u{43f}\u{43e}\u{43c}\u{43e}\u{449}\u{44c}", &["\u{442}\u{440}\u{443}\u{434}"]),
    ];
    assert_eq!(replaced("\u{c9}gard \u{c9}GARD", entries), "Soin SOIN");
    assert_eq!(
        replaced("\u{41f}\u{43e}\u{43c}\u{43e}\u{449}\u{44c}!", entries),
        "\u{422}\u{440}\u{443}\u{434}!"
    );
}

#[test]
fn places_are_those_of_the_words() {
    let shipped = KeywordList::shipped().unwrap();
    let text = "\u{c9}t\u{e9}: I HELP and care, gently.";
    let (result, found) = ablate_text(text, &shipped, Seed(2));
    let before: Vec<&str> = found.iter().map(|r| &text[r.original.clone()]).collect();
    assert_eq!(before, ["HELP", "care", "gently"]);
    for replacement in &found {
        let entry = &shipped.entries()[replacement.keyword];
        let after = result[replacement.result.clone()].to_lowercase();
        assert!(entry.replacements.contains(&after), "{after}");
    }
}

#[test]
fn every_replacement_is_drawn_and_the_same_text_becomes_the_same() {
    let list = list(&[("help", &["aid", "serve", "assist"])]).unwrap();
    let text = "help ".repeat(60);
    let (result, _) = ablate_text(&text, &list, Seed(0));
    for word in ["aid", "serve", "assist"] {
        assert!(result.split(' ').filter(|w| *w == word).count() > 8, "{result}");
    }
    assert_eq!(result, ablate_text(&text, &list, Seed(0)).0);
    assert_ne!(result, ablate_text(&text, &list, Seed(1)).0);
}

#[test]
fn both_sides_are_treated_the_same_and_counted() {
    let pair = |id: &str, positive: &str, negative: &str| ContrastPair {
        id: id.into(),
        positive: positive.into(),
        negative: negative.into(),
        prompt: Some("Will you help?".into()),
        ..ContrastPair::default()
    };
    let pairs = [
        pair("a", "I help and help, gently.", "I do not help."),
        pair("b", "I stay.", "I go."),
        pair("c", "I do not help.", "I do not aid."),
    ];
    let list = list(&[("gently", &["softly"]), ("help", &["aid"])]).unwrap();
    let found = ablate(&pairs, &list, Seed(0));
    assert_eq!(found.pairs[0].positive, "I aid and aid, softly.");
    assert_eq!(found.pairs[0].negative, found.pairs[2].positive);
    assert_eq!(found.pairs[0].prompt, pairs[0].prompt);
    assert_eq!(found.pairs[1], pairs[1]);
    assert_eq!(
        found.counts,
        [
            KeywordCount { word: "gently".into(), positive: 1, negative: 0 },
            KeywordCount { word: "help".into(), positive: 3, negative: 1 },
        ]
    );
    assert_eq!((found.replaced_positive, found.replaced_negative), (4, 1));
    assert_eq!((found.touched_texts, found.touched_pairs, found.now_identical), (3, 2, 1));
}

#[test]
fn lists_that_cannot_be_used_are_refused_with_a_reason() {
    let refused = |entries: &[(&str, &[&str])]| list(entries).unwrap_err();
    assert_eq!(refused(&[]), KeywordError::Empty);
    for odd in ["", " ", "help!", "-help", "a  b", "a_b"] {
        assert!(matches!(refused(&[(odd, &["x"])]), KeywordError::NotAWord { entry: 1, .. }));
        assert!(matches!(refused(&[("x", &[odd])]), KeywordError::NotAWord { .. }), "{odd}");
    }
    assert!(matches!(refused(&[("x", &[])]), KeywordError::NoReplacement { .. }));
    assert!(matches!(refused(&[("Care", &["a"]), ("care", &["b"])]), KeywordError::Twice { .. }));
    let back = |entries: &[(&str, &[&str])], keyword: &str| match refused(entries) {
        KeywordError::ReplacementIsKeyword { keyword: found, .. } => assert_eq!(found, keyword),
        other => panic!("{other}"),
    };
    back(&[("care", &["Help"]), ("help", &["aid"])], "help");
    back(&[("care", &["self-care"])], "care");
    // "well-comfort" would become "well-being"
    back(&[("comfort", &["being"]), ("well-being", &["health"])], "well-being");
    back(&[("fine", &["all well"]), ("well-being", &["health"])], "well-being");
    assert!(list(&[("kind of", &["sort of"])]).is_ok());
    assert!(matches!(KeywordList::from_json("{}"), Err(KeywordError::Json(_))));
    for entries in [&[("x", &[] as &[&str])] as &[(&str, &[&str])], &[]] {
        assert!(refused(entries).to_string().len() > 40);
    }
}

#[test]
fn the_shipped_list_is_sound_and_survives_json() {
    let shipped = KeywordList::shipped().unwrap();
    assert_eq!(shipped.entries().len(), 42);
    let json = serde_json::to_string(&shipped).unwrap();
    assert_eq!(KeywordList::from_json(&json).unwrap(), shipped);
    assert_eq!(serde_json::from_str::<KeywordList>(&json).unwrap(), shipped);
    assert!(serde_json::from_str::<KeywordList>("[]").is_err());
    for keyword in shipped.entries() {
        assert!(keyword.replacements.len() <= 3, "{}", keyword.word);
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[abcAB]{1,2}", "[abc][- '][abc]", "[abc]", "[\u{df}\u{130}a]{1,2}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Over a few letters, so that words meet in every way; lists that are refused are passed over.
    #[test]
    fn replacing_twice_is_replacing_once(
        entries in prop::collection::vec((word(), prop::collection::vec(word(), 1..3)), 1..4),
        pieces in prop::collection::vec(
            (0_usize..40, prop::sample::select(vec!["-", " ", "'", "\u{2019}", "_", "", "\n"])),
            0..12,
        ),
        seed: u32,
    ) {
        // texts of the list's own words and their parts
        let own = entries.iter().map(|(w, _)| w);
        let pool: Vec<&str> = own.flat_map(|w| [w.as_str()].into_iter().chain(find::runs(w))).collect();
        let text: String =
            pieces.iter().flat_map(|(i, joint)| [pool[i % pool.len()], joint]).collect();
        let entries = entries.iter().cloned();
        let entries = entries.map(|(word, replacements)| Keyword { word, replacements });
        if let Ok(list) = KeywordList::new(entries.collect()) {
            let (once, found) = ablate_text(&text, &list, Seed(seed));
            let (twice, left) = ablate_text(&once, &list, Seed(seed));
            prop_assert_eq!(&once, &twice);
            prop_assert!(left.is_empty());
            // what lies between the replacements is untouched
            let (mut a, mut b) = (0, 0);
            for r in &found {
                prop_assert_eq!(&text[a..r.original.start], &once[b..r.result.start]);
                (a, b) = (r.original.end, r.result.end);
            }
            prop_assert_eq!(&text[a..], &once[b..]);
        }
    }

    #[test]
    fn the_shipped_list_leaves_none_of_its_words(
        words in prop::collection::vec(
            prop::sample::select(vec!["Help", "kind", "of", "CARE", "well", "-", "being", "the", "'", "s", "shared"]),
            0..30,
        ),
        joint in prop::sample::select(vec![" ", "", "-"]),
    ) {
        let text = words.join(joint);
        let list = KeywordList::shipped().unwrap();
        let (once, _) = ablate_text(&text, &list, Seed(0));
        prop_assert!(ablate_text(&once, &list, Seed(9)).1.is_empty(), "{} became {}", text, once);
    }
}
