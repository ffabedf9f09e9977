//! Content digests: what makes two inputs the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A BLAKE3 digest in lower-case hexadecimal (64 characters).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// Digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// Digest of a sequence of fields. Each is preceded by its length, so that moving a character
    /// from one field to the next changes the digest; an absent field differs from an empty one.
    #[must_use]
    pub fn of_fields<'a>(fields: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for field in fields {
            match field {
                Some(text) => {
                    hasher.update(&(text.len() as u64).to_le_bytes());
                    hasher.update(text.as_bytes());
                }
                None => {
                    hasher.update(&u64::MAX.to_le_bytes());
                }
            }
        }
        Self(hasher.finalize().to_hex().to_string())
    }

    /// Takes over a digest written down earlier (a file name, a database row).
    #[must_use]
    pub fn from_hex(hex: impl Into<String>) -> Self {
        Self(hex.into())
    }

    /// All 64 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 characters: enough to tell things apart for a reader.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_run_into_each_other() {
        let a = Digest::of_fields([Some("ab"), Some("c")]);
        assert_ne!(a, Digest::of_fields([Some("a"), Some("bc")]));
        assert_ne!(Digest::of_fields([Some("")]), Digest::of_fields([None]));
        assert_eq!(a.as_str().len(), 64);
        assert_eq!(a.short().len(), 12);
    }
}
