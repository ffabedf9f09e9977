//! The rows that a map is drawn of.

use lens_core::{ActivationMatrix, Side, Split};

use super::MapSettings;
use super::filed::{FiledRows, Part};
use crate::EngineError;
use crate::contract::MapFit;
use crate::snapshot::Snapshot;
use crate::store::{ActivationStore, StoredPlace};

/// The rows of a map, those that shape it apart from those that are laid over.
#[derive(Debug)]
pub struct MapRows {
    pub(super) source: Source,
    /// For each point, in the order in which points are numbered, whether it is laid over.
    pub(super) laid_over: Vec<bool>,
    /// Side of each row that shapes the map.
    pub(super) sides: Vec<Side>,
    /// What each point is, where points are tokens.
    pub(super) tokens: Option<TokenIndex>,
}

/// Where the rows of a map are.
#[derive(Debug)]
pub(super) enum Source {
    /// In memory.
    Held {
        /// Those that shape the map.
        shaping: ActivationMatrix,
        /// Those laid over it.
        over: ActivationMatrix,
    },
    /// In the file that tokens were read into.
    Filed {
        rows: FiledRows,
        /// Bytes of memory that there are for them.
        memory: u64,
    },
}

impl Source {
    pub(super) fn rows(&self, part: Part) -> usize {
        match (self, part) {
            (Self::Held { shaping, .. }, Part::Shaping) => shaping.rows(),
            (Self::Held { over, .. }, Part::Over) => over.rows(),
            (Self::Filed { rows, .. }, _) => rows.rows(part),
        }
    }

    pub(super) const fn width(&self) -> usize {
        match self {
            Self::Held { shaping, .. } => shaping.width(),
            Self::Filed { rows, .. } => rows.width(),
        }
    }
}

/// Which token each point is.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct TokenIndex {
    /// Different tokens, in the order in which they first occur.
    pub words: Vec<String>,
    /// The text that it is of: `2 i` is the positive one of pair `i`.
    #[serde(skip)]
    pub text: Vec<u32>,
    /// Which of [`Self::words`] it is.
    #[serde(skip)]
    pub word: Vec<u32>,
    /// Its position among the tokens that were read, special ones counted.
    #[serde(skip)]
    pub position: Vec<u32>,
    /// How far above the threshold it lies along the probe; NaN where the pairs allow no probe.
    #[serde(skip)]
    pub score: Vec<f32>,
}

/// For each text whether it is laid over a map that it does not shape.
pub(super) fn laid_over(snapshot: &Snapshot, fit: MapFit) -> Vec<bool> {
    let splits = snapshot.pairs.splits().iter();
    splits.flat_map(|split| [fit == MapFit::Train && *split == Split::Test; 2]).collect()
}

/// The side of a text, by its number.
pub(super) fn side(text: usize) -> Side {
    if text.is_multiple_of(2) { Side::Positive } else { Side::Negative }
}

/// The pooled texts at one layer.
///
/// # Errors
/// When the layer was not captured, or the activations cannot be read.
pub fn text_rows(
    snapshot: &Snapshot,
    store: &ActivationStore,
    settings: &MapSettings,
) -> Result<MapRows, EngineError> {
    settings.check(snapshot)?;
    let laid_over = laid_over(snapshot, settings.fit);
    let places = |over: bool| -> Vec<StoredPlace> {
        let all = snapshot.reading.places.iter().zip(&laid_over);
        all.filter(|(_, is_over)| **is_over == over).map(|(place, _)| place.clone()).collect()
    };
    Ok(MapRows {
        source: Source::Held {
            shaping: store.layer(&places(false), settings.layer)?,
            over: store.layer(&places(true), settings.layer)?,
        },
        sides: (0..laid_over.len()).filter(|&text| !laid_over[text]).map(side).collect(),
        laid_over,
        tokens: None,
    })
}
