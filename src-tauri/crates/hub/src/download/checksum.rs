//! The two checksums the hub names contents by.

use std::fmt::Write as _;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::names::is_hex;

/// A running checksum, of the kind that a name asks for.
#[derive(Clone)]
pub(super) enum Checksum {
    /// SHA-256 of the content: large files.
    Sha256(Sha256),
    /// SHA-1 of a git blob, its header and then the content: small files.
    GitBlob(Sha1),
}

impl Checksum {
    /// The checksum that `hash` is one of, for a file of `bytes`; none when it is neither.
    pub(super) fn like(hash: &str, bytes: u64) -> Option<Self> {
        match hash.len() {
            64 if is_hex(hash) => Some(Self::Sha256(Sha256::new())),
            40 if is_hex(hash) => {
                let mut sum = Sha1::new();
                sum.update(format!("blob {bytes}\0").as_bytes());
                Some(Self::GitBlob(sum))
            }
            _ => None,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(bytes),
            Self::GitBlob(sum) => sum.update(bytes),
        }
    }

    /// In hexadecimal, as names are.
    pub(super) fn finish(self) -> String {
        match self {
            Self::Sha256(sum) => hex(&sum.finalize()),
            Self::GitBlob(sum) => hex(&sum.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a string cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(like: &str, content: &[u8]) -> String {
        let mut sum = Checksum::like(like, content.len() as u64).unwrap();
        sum.update(content);
        sum.finish()
    }

    /// Against `sha256sum` and `git hash-object`.
    #[test]
    fn checksums_are_those_of_the_tools() {
        let (sha256, git) = ("0".repeat(64), "0".repeat(40));
        assert_eq!(
            sum(&sha256, b"hello\n"),
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
        assert_eq!(sum(&git, b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(sum(&git, b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    }

    #[test]
    fn other_names_are_no_checksums() {
        for name in ["", "abc", &"g".repeat(40), &"A".repeat(64), "../../../etc/passwd"] {
            assert!(Checksum::like(name, 1).is_none(), "{name}");
        }
    }
}
