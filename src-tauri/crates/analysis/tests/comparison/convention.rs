//! A convention for scores that did not come from a reading.

use lens_analysis::{Convention, LayerChoice, split_digest};
use lens_core::{Digest, DirectionMethod, Pooling, Split};

pub(crate) fn convention() -> Convention {
    Convention {
        layer_choice: LayerChoice::CrossValidated,
        method: DirectionMethod::MeanDifference,
        pooling: Pooling::Mean,
        token_limit: 512,
        chat_template: false,
        data: Digest::of(b"pairs"),
        split: split_digest(&[Split::Train, Split::Test]),
        part: Some(Split::Test),
    }
}
