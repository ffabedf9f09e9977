//! The colours of the window's plots, so that an exported figure shows the same ones.

use std::fmt;

use serde::Deserialize;

use crate::{FigureError, Theme};

const FILE: &str = include_str!("../../../../ui/src/lib/design/plot-colours.json");

/// An opaque colour. Figures use no transparency: opaque vectors print alike everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Colour([u8; 3]);

impl Colour {
    pub(crate) const BLACK: Self = Self([0, 0, 0]);

    /// Red, green and blue.
    pub(crate) fn rgb(self) -> [u8; 3] {
        self.0
    }

    /// `share` of `other` in this colour, 0 to 1.
    pub(crate) fn mix(self, other: Self, share: f64) -> Self {
        let blend = |from: u8, to: u8| {
            (f64::from(from) + (f64::from(to) - f64::from(from)) * share).round() as u8
        };
        let [r, g, b] = self.0;
        let [to_r, to_g, to_b] = other.0;
        Self([blend(r, to_r), blend(g, to_g), blend(b, to_b)])
    }

    /// Relative luminance as WCAG 2 defines it, 0 for black to 1 for white.
    pub(crate) fn luminance(self) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.0;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// Contrast with another colour as WCAG 2 defines it, 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if a > b { a / b } else { b / a }
    }

    /// `#RRGGBB`.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, r, g, b] = value.to_be_bytes();
        Some(Self([r, g, b]))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02X}{g:02X}{b:02X}")
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is not a colour like #1A2B3C"))
        })
    }
}

/// The colours of one theme.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Colours {
    /// Told apart under colour-vision deficiency; the first two are the sides' own.
    categories: Vec<Colour>,
    /// Axes, titles, text.
    pub(crate) ink: Colour,
    /// Secondary text.
    pub(crate) muted: Colour,
    /// Lines that stand back.
    pub(crate) grid: Colour,
    /// The ground.
    pub(crate) paper: Colour,
}

impl Colours {
    pub(crate) fn of(theme: Theme) -> Result<Self, FigureError> {
        #[derive(Deserialize)]
        struct File {
            light: Colours,
            dark: Colours,
        }
        let file: File =
            serde_json::from_str(FILE).map_err(|error| FigureError::Colours(error.to_string()))?;
        Ok(match theme {
            Theme::Light => file.light,
            Theme::Dark => file.dark,
        })
    }

    /// Colour of category `index`; the muted one beyond those that can be told apart.
    pub(crate) fn category(&self, index: usize) -> Colour {
        self.categories.get(index).copied().unwrap_or(self.muted)
    }

    /// Ink or paper, whichever is easier to read on that ground.
    pub(crate) fn text_on(&self, ground: Colour) -> Colour {
        if ground.contrast(self.ink) >= ground.contrast(self.paper) { self.ink } else { self.paper }
    }

    /// How many categories have a colour of their own.
    pub(crate) fn distinct(&self) -> usize {
        self.categories.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_have_ten_categories_and_the_sides_first() {
        let file: serde_json::Value = serde_json::from_str(FILE).unwrap();
        for (theme, key) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let colours = Colours::of(theme).unwrap();
            assert_eq!(colours.distinct(), 10);
            for (index, side) in ["positive", "negative"].into_iter().enumerate() {
                let stated = file[key][side].as_str().unwrap();
                assert_eq!(colours.category(index).to_string(), stated.to_uppercase());
            }
            assert_eq!(colours.category(10), colours.muted);
        }
    }

    #[test]
    fn text_is_legible_on_the_ground() {
        // WCAG 2 contrast: 4.5 for text, 3 for the marks
        for theme in [Theme::Light, Theme::Dark] {
            let colours = Colours::of(theme).unwrap();
            assert!(colours.ink.contrast(colours.paper) >= 4.5);
            assert!(colours.muted.contrast(colours.paper) >= 4.5);
            for index in 0..colours.distinct() {
                assert!(colours.category(index).contrast(colours.paper) >= 3.0, "{index}");
            }
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let (black, white) = (Colour::BLACK, Colour([255, 255, 255]));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        // #767676 on white is the standard's own example of just enough
        assert!((Colour([0x76, 0x76, 0x76]).contrast(white) - 4.54).abs() < 0.01);
    }

    #[test]
    fn mixing_goes_from_one_to_the_other() {
        let (black, white) = (Colour([0, 0, 0]), Colour([255, 255, 255]));
        assert_eq!(black.mix(white, 0.0), black);
        assert_eq!(black.mix(white, 1.0), white);
        assert_eq!(black.mix(white, 0.2), Colour([51, 51, 51]));
    }
}
