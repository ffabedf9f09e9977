use crate::{Estimate, Range};

/// The samples of one coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DosePoint {
    /// How far along the direction.
    pub coefficient: f64,
    /// Rate of the outcome, 0 to 1, with its interval; none where no sample counts.
    pub rate: Option<Estimate>,
    /// Share of samples that are coherent, 0 to 1.
    pub coherent: Option<f64>,
}

/// What random directions did at one coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomDose {
    /// How far along them.
    pub coefficient: f64,
    /// Lowest and highest rate of a direction.
    pub range: Range,
}

/// What has to be known about the rate at coefficient 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// Every coherent sample has the outcome: it cannot move up.
    Ceiling,
    /// No coherent sample has it: it cannot move down.
    Floor,
    /// Fewer than half of the samples are coherent.
    Incoherent,
}

impl Remark {
    pub(super) const ALL: [Self; 3] = [Self::Ceiling, Self::Floor, Self::Incoherent];

    /// What stands in the panel.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ceiling => "ceiling",
            Self::Floor => "floor",
            Self::Incoherent => "incoherent",
        }
    }

    /// What the caption says of it.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Ceiling => {
                "Ceiling: every coherent sample at 0 has the outcome, so the rate cannot move up."
            }
            Self::Floor => {
                "Floor: no coherent sample at 0 has the outcome, so the rate cannot move down."
            }
            Self::Incoherent => {
                "Incoherent: fewer than half of the unsteered samples are coherent, so no claim \
                 stands."
            }
        }
    }
}

/// One model in one scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DoseCurve {
    /// By ascending coefficient.
    pub points: Vec<DosePoint>,
    /// With the direction projected out: its coefficient counts for nothing.
    pub projected_out: Option<DosePoint>,
    /// What random directions did, by ascending coefficient; empty without them.
    pub random: Vec<RandomDose>,
    /// What has to be known about it.
    pub remarks: Vec<Remark>,
}

/// One scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct DosePanel {
    /// Its name.
    pub title: String,
    /// One for each of [`DoseResponseData::models`]; empty where a model has none.
    pub curves: Vec<DoseCurve>,
}

/// What a dose-response shows.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseResponseData {
    /// "Dose-response of steering".
    pub title: String,
    /// Beside the title: "n = 10 samples a coefficient".
    pub sample: String,
    /// The models; a model keeps the colour and the shape of its place in this list.
    pub models: Vec<String>,
    /// Scenarios, left to right and top to bottom.
    pub panels: Vec<DosePanel>,
    /// "Coefficient (residual norms)".
    pub x_label: String,
    /// "Rate among coherent samples".
    pub y_label: String,
    /// What the intervals are: "95 % interval (Wilson)".
    pub interval_label: String,
    /// What the band is: "5 random directions".
    pub random_label: String,
    /// Whether the share of coherent samples is drawn beneath each panel.
    pub coherence: bool,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}
