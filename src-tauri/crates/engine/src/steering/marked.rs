//! Responses with the words that counted marked.

use lens_steering::{Scenario, WordList, word_spans};

use crate::contract::MarkedStretchView;

/// The text with the words that counted marked: every word of the two lists, or the word of the
/// scenario's rule that decided.
pub(super) fn stretches(scenario: &Scenario, text: &str) -> Vec<MarkedStretchView> {
    let marks: Vec<(usize, usize, &str)> = match &scenario.rule {
        Some(rule) => rule
            .first(text)
            .map(|word| (word.start, word.end, if word.helps { "towards" } else { "against" }))
            .into_iter()
            .collect(),
        None => word_spans(text)
            .into_iter()
            .map(|span| {
                let mark = if span.list == WordList::Empathy { "towards" } else { "against" };
                (span.start, span.end, mark)
            })
            .collect(),
    };
    let mut stretches = Vec::new();
    let plain = |from: usize, to: usize, stretches: &mut Vec<MarkedStretchView>| {
        if let Some(piece) = text.get(from..to).filter(|piece| !piece.is_empty()) {
            stretches.push(MarkedStretchView { text: piece.to_owned(), mark: None });
        }
    };
    let mut at = 0;
    for (start, end, mark) in marks {
        // Words of the lists may lie over each other ("care" in "scared" does not, but lists change).
        if start < at {
            continue;
        }
        plain(at, start, &mut stretches);
        if let Some(piece) = text.get(start..end) {
            let mark = Some(mark.to_owned());
            stretches.push(MarkedStretchView { text: piece.to_owned(), mark });
            at = end;
        }
    }
    plain(at, text.len(), &mut stretches);
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{OutcomeRuleView, ScenarioView};
    use crate::steering::scenarios::scenario_of;

    #[test]
    fn words_that_counted_are_marked_and_nothing_is_lost() {
        let view = ScenarioView {
            id: "a".into(),
            title: "A".into(),
            objective: "x".into(),
            pressure: String::new(),
            prompt: None,
            rubric: Vec::new(),
            rule: None,
        };
        let told = |view: &ScenarioView, text: &str| {
            let found = stretches(&scenario_of(view), text);
            let whole: String = found.iter().map(|s| s.text.as_str()).collect();
            assert_eq!(whole, text);
            let marked = found.into_iter().filter_map(|s| Some((s.text, s.mark?)));
            marked.collect::<Vec<_>>()
        };
        let pair = |text: &str, mark: &str| (text.to_owned(), mark.to_owned());
        assert_eq!(
            told(&view, "Café: I Care about the goal"),
            [pair("Care", "towards"), pair("goal", "against")]
        );
        assert!(told(&view, "").is_empty());
        let rule = OutcomeRuleView { helps: vec!["stopped".into()], keeps: vec!["hurried".into()] };
        let ruled = ScenarioView { rule: Some(rule), ..view };
        assert_eq!(told(&ruled, "hurried, then stopped"), [pair("hurried", "against")]);
    }
}
