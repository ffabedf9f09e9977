//! Rows as ordered fields, and how they are read from JSON.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The fields of one row in the order of the file. Every format is brought to this form.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(pub(crate) Vec<(String, Value)>);

impl Fields {
    /// Sets a field; a repeated name takes the place of the earlier, as JSON readers do.
    pub(crate) fn set(&mut self, name: String, value: Value) {
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, value)) = map.next_entry()? {
                    fields.set(name, value);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Parses JSON, taking the `NaN`, `Infinity` and `-Infinity` that Python writes as strings of that
/// name: the field they are in is judged later, the rest of the row is not lost.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(error) => match quote_non_finite(text) {
            Some(quoted) => serde_json::from_str(&quoted),
            None => Err(error),
        },
    }
}

/// The same text with bare non-finite numbers put in quotes; nothing where there are none.
pub(crate) fn quote_non_finite(text: &str) -> Option<String> {
    const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !WORDS.iter().any(|w| text.contains(w)) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut rest, mut in_string, mut changed) = (text, false, false);
    while let Some(c) = rest.chars().next() {
        let word = WORDS.iter().find(|w| !in_string && rest.starts_with(**w));
        let taken = if let Some(word) = word {
            changed = true;
            out.extend(["\"", word, "\""]);
            word.len()
        } else {
            in_string ^= c == '"';
            // an escaped character goes over as it is, above all an escaped quote
            let escaped = if in_string && c == '\\' { rest.chars().nth(1) } else { None };
            out.push(c);
            out.extend(escaped);
            c.len_utf8() + escaped.map_or(0, char::len_utf8)
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    changed.then_some(out)
}

/// A value as one would write it in a table: strings as they are, nothing for null, compact JSON
/// for the rest.
pub(crate) fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Text cut to `limit` bytes at most (at a character), with a note of the cut.
pub(crate) fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let whole = text.len();
        let boundary = (0..=limit).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(boundary.unwrap_or_default());
        text.push_str(&format!("… (cut, {whole} bytes in the file)"));
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_finite_numbers_are_quoted_outside_strings_only() {
        let text = r#"{"a": NaN, "b": "NaN \" Infinity", "c": [-Infinity, Infinity]}"#;
        let fields: Fields = from_json(text).unwrap();
        assert_eq!(fields.0[0].1, Value::String("NaN".into()));
        assert_eq!(fields.0[1].1, Value::String("NaN \" Infinity".into()));
        assert_eq!(fields.0[2].1, serde_json::json!(["-Infinity", "Infinity"]));
        assert_eq!(quote_non_finite(r#"{"b": "NaN"}"#), None);
    }

    #[test]
    fn fields_keep_the_order_and_the_last_of_a_name() {
        let fields: Fields = from_json(r#"{"z": 1, "a": 2, "z": 3}"#).unwrap();
        assert_eq!(fields.0, [("z".to_owned(), 3.into()), ("a".to_owned(), 2.into())]);
        assert!(from_json::<Fields>("[1]").is_err());
    }

    #[test]
    fn a_cut_falls_between_characters_and_says_so() {
        assert_eq!(cut("é".repeat(3), 6), "ééé");
        assert_eq!(cut("é".repeat(4), 5), "éé… (cut, 8 bytes in the file)");
    }
}
