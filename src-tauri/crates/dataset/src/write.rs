//! Pairs out.

use std::io::{self, Write};

use lens_core::ContrastPair;

/// Writes one JSON object per line. [`crate::read_pairs`] reads the same pairs back; metadata are
/// one field `metadata`.
///
/// # Errors
/// Those of the writer.
pub fn write_jsonl<'a>(
    pairs: impl IntoIterator<Item = &'a ContrastPair>,
    mut writer: impl Write,
) -> io::Result<()> {
    for pair in pairs {
        serde_json::to_writer(&mut writer, pair)?;
        writer.write_all(b"\n")?;
    }
    writer.flush()
}
