//! The typeface: bundled faces, measuring, breaking and shortening of text, and the fonts of the
//! system for characters that the bundled faces lack.

use std::sync::{Arc, OnceLock};

use fontdb::{Database, ID, Source};
use ttf_parser::Face;

use crate::FigureError;

/// Family name in the SVG.
pub(crate) const FAMILY: &str = "Inter";

const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.ttf");
const REGULAR_WEB: &[u8] = include_bytes!("../fonts/Inter-Regular.woff2");
const SEMIBOLD_WEB: &[u8] = include_bytes!("../fonts/Inter-SemiBold.woff2");

/// Weight of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    SemiBold,
}

impl Weight {
    /// CSS number.
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Regular => 400,
            Self::SemiBold => 600,
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::SemiBold => SEMIBOLD,
        }
    }

    /// The face as a web font (WOFF 2).
    pub(crate) fn web_font(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR_WEB,
            Self::SemiBold => SEMIBOLD_WEB,
        }
    }
}

/// Measures text.
pub(crate) struct Fonts {
    regular: Face<'static>,
    semibold: Face<'static>,
}

impl Fonts {
    pub(crate) fn load() -> Result<Self, FigureError> {
        let parse = |weight: Weight| {
            Face::parse(weight.bytes(), 0).map_err(|error| FigureError::Font(error.to_string()))
        };
        Ok(Self { regular: parse(Weight::Regular)?, semibold: parse(Weight::SemiBold)? })
    }

    fn face(&self, weight: Weight) -> &Face<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semibold,
        }
    }

    /// Advance width in the unit of `size`. Kerning is left out (it mostly tightens); a character
    /// without a bundled glyph counts one em, or none when it combines with its neighbour.
    pub(crate) fn width(&self, text: &str, size: f64, weight: Weight) -> f64 {
        text.chars().map(|c| self.advance(c, size, weight)).sum()
    }

    fn advance(&self, c: char, size: f64, weight: Weight) -> f64 {
        let face = self.face(weight);
        face.glyph_index(c)
            .and_then(|glyph| face.glyph_hor_advance(glyph))
            .map_or(size, |advance| size * f64::from(advance) / f64::from(face.units_per_em()))
    }

    /// The text itself when it fits, else its beginning and an ellipsis.
    pub(crate) fn shorten(&self, text: &str, size: f64, weight: Weight, width: f64) -> String {
        // sums of the same advances in another order differ in the last digit
        if self.width(text, size, weight) <= width + 1e-6 {
            return text.to_owned();
        }
        let room = width - self.advance('…', size, weight);
        let mut used = 0.0;
        let mut kept: String = text
            .chars()
            .take_while(|&c| {
                used += self.advance(c, size, weight);
                used <= room
            })
            .collect();
        kept.truncate(kept.trim_end().len());
        kept.push('…');
        kept
    }

    /// Lines no wider than `width`, broken between words, and inside a word only where it is wider
    /// than a whole line; the last of `most` lines is shortened.
    pub(crate) fn wrap(
        &self,
        text: &str,
        size: f64,
        weight: Weight,
        width: f64,
        most: usize,
    ) -> Vec<String> {
        let measure = |text: &str| self.width(text, size, weight);
        let space = measure(" ");
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        let mut used = 0.0;
        for word in text.split_whitespace() {
            let wide = measure(word);
            if !line.is_empty() && used + space + wide > width {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            if !line.is_empty() {
                line.push(' ');
                used += space;
            }
            if wide <= width {
                line.push_str(word);
                used += wide;
                continue;
            }
            for c in word.chars() {
                let advance = self.advance(c, size, weight);
                if !line.is_empty() && used + advance > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(c);
                used += advance;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                last.push_str(" …");
                while measure(last) > width && last.chars().count() > 2 {
                    let kept = last.trim_end_matches('…').trim_end();
                    let shorter: String =
                        kept.chars().take(kept.chars().count().saturating_sub(1)).collect();
                    *last = format!("{}…", shorter.trim_end());
                }
            }
        }
        lines
    }
}

/// Options that draw text in the bundled faces and look through the system's fonts only once a
/// character is met that those lack.
pub(crate) fn usvg_options() -> usvg::Options<'static> {
    let mut database = Database::new();
    let load = |database: &mut Database, bytes: &'static [u8]| {
        database.load_font_source(Source::Binary(Arc::new(bytes))).first().copied()
    };
    let regular = load(&mut database, REGULAR);
    let semibold = load(&mut database, SEMIBOLD);
    let select_font = move |font: &usvg::Font, _: &mut Arc<Database>| {
        if font.weight() >= Weight::SemiBold.number() { semibold } else { regular }
    };
    let select_fallback = |c: char, tried: &[ID], database: &mut Arc<Database>| {
        find_face(database, c, tried).or_else(|| {
            *database = with_system_fonts(database);
            find_face(database, c, tried)
        })
    };
    usvg::Options {
        fontdb: Arc::new(database),
        font_resolver: usvg::FontResolver {
            select_font: Box::new(select_font),
            select_fallback: Box::new(select_fallback),
        },
        ..usvg::Options::default()
    }
}

/// The bundled faces under the numbers they have in `bundled`, and the system's behind them; looked
/// up once per process, because listing the system's fonts takes a while.
fn with_system_fonts(bundled: &Database) -> Arc<Database> {
    static ALL: OnceLock<Arc<Database>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let mut database = bundled.clone();
        database.load_system_fonts();
        Arc::new(database)
    });
    Arc::clone(all)
}

/// The upright face nearest to regular weight that has the character. Ties go by name, so that the
/// choice does not hang on the order in which a disk lists its files.
fn find_face(database: &Database, c: char, tried: &[ID]) -> Option<ID> {
    database
        .faces()
        .filter(|face| !tried.contains(&face.id))
        .filter(|face| has_glyph(database, face.id, c))
        .min_by_key(|face| {
            let slanted = face.style != fontdb::Style::Normal;
            let from_regular = face.weight.0.abs_diff(Weight::Regular.number());
            (slanted, from_regular, face.monospaced, &face.post_script_name)
        })
        .map(|face| face.id)
}

fn has_glyph(database: &Database, id: ID, c: char) -> bool {
    database
        .with_face_data(id, |data, index| {
            Face::parse(data, index).is_ok_and(|face| face.glyph_index(c).is_some())
        })
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_left_alone_and_long_text_fits_with_an_ellipsis() {
        let fonts = Fonts::load().unwrap();
        assert_eq!(fonts.shorten("layer 4", 7.0, Weight::Regular, 100.0), "layer 4");
        let long = "Scenario ".repeat(60);
        for width in [20.0, 55.5, 120.0] {
            let short = fonts.shorten(&long, 7.0, Weight::SemiBold, width);
            assert!(short.ends_with('…') && long.starts_with(short.trim_end_matches('…')));
            assert!(fonts.width(&short, 7.0, Weight::SemiBold) <= width);
            assert!(fonts.width(&short, 7.0, Weight::SemiBold) > width - 12.0, "room is used");
        }
    }

    #[test]
    fn wrapping_keeps_every_character_and_the_width() {
        let fonts = Fonts::load().unwrap();
        let text = format!("One {} two three {}", "x".repeat(90), "Δ ≥ 4.0 μV ".repeat(20));
        let lines = fonts.wrap(&text, 7.0, Weight::Regular, 100.0, 99);
        assert!(lines.iter().all(|line| fonts.width(line, 7.0, Weight::Regular) <= 100.0));
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(squeeze(&lines.concat()), squeeze(&text));
        assert_eq!(fonts.wrap(&text, 7.0, Weight::Regular, 100.0, 3).len(), 3);
        assert!(fonts.wrap(&text, 7.0, Weight::Regular, 100.0, 3)[2].ends_with('…'));
        assert!(fonts.wrap(" \n ", 7.0, Weight::Regular, 100.0, 3).is_empty());
    }

    #[test]
    fn widths_are_the_fonts_own() {
        // "n" in Inter 4.001 regular is 1,210 of 2,048 units wide (read with fonttools)
        let fonts = Fonts::load().unwrap();
        let width = fonts.width("nn", 2048.0, Weight::Regular);
        assert_eq!(width, 2.0 * N_ADVANCE);
    }

    const N_ADVANCE: f64 = 1210.0;
}
