//! What a ladder says in words.

use super::{ReportData, ReportModel, ReportPart, ReportRung, Status};
use crate::estimate::counted;
use crate::svg::clean;

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotTested => "not tested",
        }
    }
}

impl ReportPart {
    /// "keyword ablation, passed: AUROC ...", as one of several parts.
    pub(super) fn in_words(&self) -> String {
        let (name, text, word) = (clean(&self.name), clean(&self.sentence), self.status.word());
        if name.is_empty() { format!("{word}: {text}") } else { format!("{name}, {word}: {text}") }
    }
}

const NOTHING: &str = "No rung was tested, so nothing is known.";

/// Heading of [`shown`] and [`CAUTION`].
pub(super) const SHOWN: &str = "What is and is not shown";

/// Holds for every report.
pub(super) const CAUTION: &str = "A rung that was not tested says nothing either way, and no rung \
    is inferred from another. All numbers were measured on the texts named above and hold for texts \
    like them. They describe activations, scores and outputs; they do not say that a model feels \
    anything.";

/// The pairs that the numbers rest on.
pub(super) fn sample(data: &ReportData) -> String {
    format!(
        "{} for fitting, {} for testing",
        counted(data.train_pairs, "pair", "pairs"),
        counted(data.test_pairs, "pair", "pairs")
    )
}

/// What a model's ladder shows, and what it does not.
pub(super) fn shown(model: &ReportModel) -> String {
    if model.rungs.is_empty() {
        return NOTHING.to_owned();
    }
    let of = |status: Status| -> Vec<String> {
        let rungs = model.rungs.iter().filter(|rung| rung.status == status);
        rungs.map(named).collect()
    };
    let mut sentences = Vec::new();
    for (status, intro) in [
        (Status::Passed, "Shown"),
        (Status::Failed, "Tested and not shown"),
        (Status::NotTested, "Not tested, and so not known"),
    ] {
        let rungs = of(status);
        if !rungs.is_empty() {
            sentences.push(format!("{intro}: {}.", rungs.join("; ")));
        }
    }
    sentences.push(holds(model));
    sentences.join(" ")
}

/// How far the ladder holds from its lowest rung up.
pub(super) fn holds(model: &ReportModel) -> String {
    let unbroken = model.rungs.iter().take_while(|rung| rung.status == Status::Passed).last();
    match unbroken {
        Some(rung) if model.rungs.iter().all(|rung| rung.status == Status::Passed) => {
            format!("Every rung up to {} is passed.", rung.number)
        }
        Some(rung) => format!("From the lowest rung up, the ladder holds to rung {}.", rung.number),
        None if model.rungs.is_empty() => NOTHING.to_owned(),
        None => "The lowest rung is not passed, so the ladder does not hold.".to_owned(),
    }
}

/// "2 (beats the surface ceiling)".
fn named(rung: &ReportRung) -> String {
    format!("{} ({})", rung.number, clean(&rung.title).trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(statuses: &[Status]) -> ReportModel {
        let rung = |(index, &status): (usize, &Status)| ReportRung {
            number: index as u32 + 1,
            title: format!("rung {}", ["a", "b", "c"][index]),
            status,
            parts: Vec::new(),
        };
        ReportModel {
            name: "m".to_owned(),
            summary: String::new(),
            rungs: statuses.iter().enumerate().map(rung).collect(),
            provenance: String::new(),
        }
    }

    #[test]
    fn every_rung_is_named_once_and_none_is_inferred() {
        use Status::{Failed, NotTested, Passed};
        assert_eq!(
            shown(&model(&[Passed, Failed, NotTested])),
            "Shown: 1 (rung a). Tested and not shown: 2 (rung b). Not tested, and so not known: 3 \
             (rung c). From the lowest rung up, the ladder holds to rung 1."
        );
        // a rung above a gap is shown, but the ladder does not reach it
        let gap = shown(&model(&[Passed, NotTested, Passed]));
        assert!(gap.starts_with("Shown: 1 (rung a); 3 (rung c).") && gap.ends_with("to rung 1."));
        assert!(shown(&model(&[Failed, Passed])).ends_with("so the ladder does not hold."));
        assert!(shown(&model(&[Passed, Passed])).ends_with("Every rung up to 2 is passed."));
        assert_eq!(shown(&model(&[])), "No rung was tested, so nothing is known.");
    }
}
