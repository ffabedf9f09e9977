//! Punctuation, markdown and other marks: how a text looks, whatever it says.

use rayon::prelude::*;

use super::{Texts, features};

/// What is counted: single characters, line by line, or at the beginning of lines.
const MARKS: [fn(&str) -> usize; 24] = [
    |t| of(t, |c| c == ','),
    |t| of(t, |c| c == '.'),
    |t| of(t, |c| c == '!'),
    |t| of(t, |c| c == '?'),
    |t| of(t, |c| c == ':'),
    |t| of(t, |c| c == ';'),
    // ellipses
    |t| t.matches("...").count() + of(t, |c| c == '\u{2026}'),
    // straight and typographic quotation marks and apostrophes
    |t| of(t, |c| c == '"'),
    |t| of(t, |c| matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}')),
    |t| of(t, |c| c == '\''),
    |t| of(t, |c| matches!(c, '\u{2018}' | '\u{2019}')),
    // hyphens and dashes
    |t| of(t, |c| c == '-'),
    |t| of(t, |c| matches!(c, '\u{2013}' | '\u{2014}')),
    |t| of(t, |c| matches!(c, '(' | ')' | '[' | ']' | '{' | '}')),
    |t| of(t, |c| c.is_ascii_digit()),
    |t| of(t, |c| c == '\n'),
    // empty lines between paragraphs
    |t| t.matches("\n\n").count(),
    // list items with a bullet, with a number
    |t| lines(t, is_bullet),
    |t| lines(t, is_numbered),
    // headings
    |t| lines(t, is_heading),
    // bold
    |t| t.matches("**").count() + t.matches("__").count(),
    |t| of(t, |c| c == '*'),
    |t| of(t, |c| c == '`'),
    |t| of(t, is_emoji),
];

fn of(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.chars().filter(|c| is(*c)).count()
}

/// Lines that are so, white space before them aside.
fn lines(text: &str, is: impl Fn(&str) -> bool) -> usize {
    text.split('\n').filter(|line| is(line.trim_start())).count()
}

fn is_bullet(line: &str) -> bool {
    ["- ", "* ", "+ ", "\u{2022} "].iter().any(|bullet| line.starts_with(bullet))
}

/// `1. ` or `1) `.
fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// One to six `#` and a space.
fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    (1..=6).contains(&(line.len() - rest.len())) && rest.starts_with(' ')
}

/// Pictographs, symbols and flags; not the plain arrows and mathematical signs.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}')
}

/// Scores by every mark's count and its count per 100 characters.
pub(super) fn marks(texts: &Texts<'_>) -> Vec<f64> {
    let row = |text: &&str| -> Vec<f64> {
        let hundreds = text.chars().count().max(1) as f64 / 100.0;
        MARKS.iter().map(|count| count(text) as f64).flat_map(|n| [n, n / hundreds]).collect()
    };
    let rows: Vec<Vec<f64>> = texts.all.par_iter().map(row).collect();
    features::standardised(texts, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_counted() {
        let text = "# So\n\n- one, \"two\"\n  2) three...\n**four** \u{1f600}\u{2014}`x`";
        let counts: Vec<usize> = MARKS.iter().map(|count| count(text)).collect();
        let expected = [1, 3, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 1, 1, 4, 1, 1, 1, 1, 2, 4, 2, 1];
        assert_eq!(counts, expected);
        assert!(!is_heading("#tag") && !is_heading("####### seven") && !is_numbered(". x"));
    }
}
