//! Rows as they lie in the processor's memory.

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::GpuError;

/// Values of rows, row-major.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// In 32 bits each.
    F32(&'a [f32]),
    /// In 16 bits each: half the memory and half the time to move them.
    F16(&'a [f16]),
}

impl<'a> From<&'a [f32]> for Rows<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self::F32(values)
    }
}

impl<'a> From<&'a [f16]> for Rows<'a> {
    fn from(values: &'a [f16]) -> Self {
        Self::F16(values)
    }
}

impl Rows<'_> {
    /// Number of values.
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
        }
    }

    /// Bytes of one value.
    pub(crate) const fn value_bytes(&self) -> usize {
        match self {
            Self::F32(_) => size_of::<f32>(),
            Self::F16(_) => size_of::<f16>(),
        }
    }

    /// Values `start..end`; none where they are not there.
    pub(crate) fn slice(&self, start: usize, end: usize) -> Self {
        match self {
            Self::F32(values) => Self::F32(values.get(start..end).unwrap_or_default()),
            Self::F16(values) => Self::F16(values.get(start..end).unwrap_or_default()),
        }
    }

    /// The values as bytes in memory's order.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::F32(values) => bytemuck::cast_slice(values),
            Self::F16(values) => bytemuck::cast_slice(values.reinterpret_cast()),
        }
    }

    /// Copies the values, widened.
    pub(crate) fn widen_into(&self, out: &mut [f32]) {
        match self {
            Self::F32(values) => out.copy_from_slice(values),
            Self::F16(values) => values.convert_to_f32_slice(out),
        }
    }
}

/// How many whole rows these values are; none where the width is 0.
pub(crate) fn whole_rows(
    what: &'static str,
    values: usize,
    width: usize,
) -> Result<usize, GpuError> {
    match values.checked_rem(width) {
        Some(0) => Ok(values / width),
        None if values == 0 => Ok(0),
        _ => Err(GpuError::Shape { what, values, width }),
    }
}
