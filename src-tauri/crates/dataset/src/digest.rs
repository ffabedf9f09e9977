//! The digest of a whole data set.

use lens_core::{ContrastPair, Digest};

/// Running digest over pairs and their order, so that a file of any size can be digested while it
/// streams by.
#[derive(Debug, Clone)]
pub struct DataDigest(Digest);

impl Default for DataDigest {
    fn default() -> Self {
        Self(Digest::of(b"pairs"))
    }
}

impl DataDigest {
    /// Takes in the next pair.
    pub fn add(&mut self, pair: &ContrastPair) {
        let next = pair.digest();
        self.0 = Digest::of_fields([Some(self.0.as_str()), Some(next.as_str())]);
    }

    /// The digest over everything added.
    #[must_use]
    pub fn finish(self) -> Digest {
        self.0
    }

    /// The digest of pairs that are in memory.
    #[must_use]
    pub fn of<'a>(pairs: impl IntoIterator<Item = &'a ContrastPair>) -> Digest {
        let mut digest = Self::default();
        for pair in pairs {
            digest.add(pair);
        }
        digest.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_matters() {
        let pair = |id: &str| ContrastPair { id: id.into(), ..ContrastPair::default() };
        let (a, b) = (pair("a"), pair("b"));
        assert_eq!(DataDigest::of([&a, &b]), DataDigest::of([&a, &b]));
        assert_ne!(DataDigest::of([&a, &b]), DataDigest::of([&b, &a]));
        assert_ne!(DataDigest::of([&a]), DataDigest::of([&a, &a]));
    }
}
