//! The operations that take the time, for a processor: products with packed weights, attention, and
//! the gate of the feed-forward part. Everything in them that is proportional to tokens uses vector instructions,
//! chosen when the program runs.
//!
//! No result of a text depends on what else is in the batch, down to the last bit: sums run over
//! the text's own positions in an order fixed by the position alone.

mod attention;
mod blocks;
mod exponential;
mod gate;
mod keys_values;
mod matrix;
mod norm;
mod number;
mod pack;
mod product;

pub(crate) use attention::SelfAttention;
pub(crate) use blocks::{QuantisedRows, place_in_pairs};
pub(crate) use gate::{Activate, Activation, Gate};
pub(crate) use keys_values::KeysValues;
pub(crate) use matrix::PackedMatrix;
pub(crate) use norm::{MeanVariance, NormaliseHeads, RootMeanSquare};
pub(crate) use number::NumberType;
pub(crate) use pack::StoredRows;

use candle_core::{CpuStorage, Layout, Result};

/// The instruction sets of this processor that results are to be checked with.
#[cfg(test)]
fn every_arch() -> Vec<pulp::Arch> {
    #[cfg(target_arch = "x86_64")]
    let all = {
        let mut all = vec![pulp::Arch::Scalar, pulp::Arch::new()];
        all.extend(pulp::x86::V3::try_new().map(pulp::Arch::V3));
        all
    };
    #[cfg(not(target_arch = "x86_64"))]
    let all = vec![pulp::Arch::new()];
    all
}

/// The numbers of a contiguous f32 tensor.
fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("the input has to be contiguous");
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}
