//! The parts that decoder families are put together from.

mod attention;
mod linear;
mod mlp;
mod norm;
mod rope;

pub(crate) use attention::{Attention, AttentionOptions, AttentionShape, HeadNorms, Place, Sight};
pub(crate) use linear::Linear;
pub(crate) use mlp::Mlp;
pub(crate) use norm::Norm;
pub(crate) use rope::{Angles, Rope};
