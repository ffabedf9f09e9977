//! Named randomness.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

/// The one seed of a run. Every use draws from a stream of its own, so that adding a use never
/// changes the numbers of another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seed(pub u32);

impl Seed {
    /// A generator for the use called `name` (`"split"`, `"bootstrap/layer/3"` ...): the same seed
    /// and name give the same numbers on every machine.
    #[must_use]
    pub fn stream(self, name: &str) -> ChaCha8Rng {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0.to_le_bytes());
        hasher.update(name.as_bytes());
        ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_name_and_seed_and_repeat_exactly() {
        let draw = |seed: u32, name: &str| Seed(seed).stream(name).random::<u64>();
        assert_eq!(draw(0, "split"), draw(0, "split"));
        assert_ne!(draw(0, "split"), draw(0, "bootstrap"));
        assert_ne!(draw(0, "split"), draw(1, "split"));
    }
}
