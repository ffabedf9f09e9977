use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a model's matrices are held in memory. Products and sums are of f32 numbers whichever it is.
///
/// f16 is not among them: it ends at 65504 and loses digits below 0.00006, so weights of a checkpoint
/// in f32 or bf16 may not fit into it, and it takes the memory of bf16. Checkpoints in f16 are held as
/// f16 all the same, by [`WeightsDtype::Stored`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightsDtype {
    /// In the type that the file stores them in, quantised ones too.
    #[default]
    Stored,
    /// Widened to f32 when they are loaded: the same numbers in more memory. Quantised ones are then
    /// not widened again before every product; bf16 and f16 gain nothing, since that is cheap for them.
    F32,
    /// Rounded to bf16 when they are loaded, to the nearest, ties to even: other numbers, each off by
    /// 2^-8 of itself at most.
    Bf16,
}

impl WeightsDtype {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Stored, Self::F32, Self::Bf16];

    /// `stored`, `f32` or `bf16`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }

    /// How weights that are stored as `stored` (`f32`, `bf16`, `q8_0` ...) are said to be held: "f32",
    /// or "f32 held as bf16" where the two differ.
    #[must_use]
    pub fn of_stored(self, stored: &str) -> String {
        match self {
            Self::Stored => stored.to_owned(),
            held if held.name() == stored => stored.to_owned(),
            held => format!("{stored} held as {held}"),
        }
    }

    /// Whether the weights may be other numbers than those stored: widening changes none.
    #[must_use]
    pub const fn rounds(self) -> bool {
        matches!(self, Self::Bf16)
    }

    /// The first of [`Self::ALL`] that gives the same numbers: what a result depends on.
    #[must_use]
    pub const fn by_numbers(self) -> Self {
        if self.rounds() { self } else { Self::Stored }
    }
}

impl fmt::Display for WeightsDtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not one of a way to hold weights.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Weights cannot be held as {0:?}: use stored, f32 or bf16.")]
pub struct UnknownWeightsDtype(pub String);

impl FromStr for WeightsDtype {
    type Err = UnknownWeightsDtype;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|dtype| dtype.name() == s);
        known.ok_or_else(|| UnknownWeightsDtype(s.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for dtype in WeightsDtype::ALL {
            assert_eq!(dtype.name().parse(), Ok(dtype));
            let json = serde_json::to_string(&dtype).unwrap();
            assert_eq!(json, format!("\"{}\"", dtype.name()));
        }
        assert!("f16".parse::<WeightsDtype>().is_err());
    }

    #[test]
    fn what_is_held_otherwise_is_said() {
        assert_eq!(WeightsDtype::Stored.of_stored("q8_0"), "q8_0");
        assert_eq!(WeightsDtype::F32.of_stored("f32"), "f32");
        assert_eq!(WeightsDtype::Bf16.of_stored("f32"), "f32 held as bf16");
        let numbers = WeightsDtype::ALL.map(WeightsDtype::by_numbers);
        assert_eq!(numbers, [WeightsDtype::Stored, WeightsDtype::Stored, WeightsDtype::Bf16]);
    }
}
