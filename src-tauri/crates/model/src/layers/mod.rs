//! The parts that decoder families are put together from.

mod attention;
mod linear;
mod mlp;
mod norm;
mod rope;

pub(crate) use attention::{Attention, AttentionShape};
pub(crate) use linear::Linear;
pub(crate) use mlp::GatedMlp;
pub(crate) use norm::RmsNorm;
pub(crate) use rope::Rope;
