//! Numbers as checkpoints store them, and how panels hold them.
//!
//! A panel is two vectors wide. Where a number takes 16 bits, those of the first vector are the low
//! halves of 32-bit words and those of the second the high halves: a word is widened to f32 by a
//! few operations that every instruction set has, without moving anything between lanes.

use pulp::{Scalar, Simd};

use super::product::panel_width;

/// The number type of stored weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberType {
    F32,
    Bf16,
    F16,
}

impl NumberType {
    /// Bytes of a number.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }

    /// The number that begins `bytes`, none at all if it is an f16 that is not finite; zero where
    /// the bytes end.
    #[inline(always)]
    pub(super) fn widen(self, bytes: &[u8]) -> f32 {
        match self {
            Self::F32 => f32::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default()),
            Self::Bf16 => Bf16::widen(Scalar, bits(bytes))[0],
            Self::F16 if F16::is_finite(bits(bytes)) => F16::widen(Scalar, bits(bytes))[0],
            Self::F16 => f32::NAN,
        }
    }
}

/// The bf16 number nearest to a finite one, of two that are equally near the even one; infinity where
/// there is none, and for what is not finite.
#[inline(always)]
pub(super) fn to_bf16(number: f32) -> u32 {
    const INFINITE: u32 = 0x7f80;
    let bits = number.to_bits();
    // just below half of the last place that stays, or half of it where that makes an odd one even
    let up = 0x7fff + (bits >> 16 & 1);
    if number.is_finite() { (bits + up) >> 16 } else { INFINITE }
}

/// The 16 bits that begin `bytes`; zero where they end.
#[inline(always)]
pub(super) fn bits(bytes: &[u8]) -> u32 {
    u32::from(u16::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default()))
}

/// How a panel holds its numbers.
pub(super) trait Held {
    type Word: Copy + Default + Send + Sync;
    /// A panel's row.
    type Row<S: Simd>: Copy;

    fn rows<S: Simd>(panel: &[Self::Word]) -> &[Self::Row<S>];

    /// Exact for finite numbers.
    fn widen<S: Simd>(simd: S, row: Self::Row<S>) -> [S::f32s; 2];

    fn is_finite(word: Self::Word) -> bool;

    /// Words of a panel's row.
    fn words<S: Simd>() -> usize {
        size_of::<Self::Row<S>>() / size_of::<Self::Word>()
    }

    /// The panel in f32, in `scratch` if it has to be somewhere else.
    #[inline(always)]
    fn widen_all<'a, S: Simd>(
        simd: S,
        panel: &'a [Self::Word],
        scratch: &'a mut [f32],
    ) -> &'a [f32] {
        let rows = Self::rows::<S>(panel);
        let (pairs, _) = S::as_mut_simd_f32s(scratch).0.as_chunks_mut::<2>();
        for (pair, row) in pairs.iter_mut().zip(rows) {
            *pair = Self::widen(simd, *row);
        }
        &scratch[..rows.len() * panel_width::<S>()]
    }
}

/// As they are.
pub(super) struct F32;

impl Held for F32 {
    type Word = f32;
    type Row<S: Simd> = [S::f32s; 2];

    #[inline(always)]
    fn rows<S: Simd>(panel: &[f32]) -> &[[S::f32s; 2]] {
        S::as_simd_f32s(panel).0.as_chunks().0
    }

    #[inline(always)]
    fn widen<S: Simd>(_simd: S, row: [S::f32s; 2]) -> [S::f32s; 2] {
        row
    }

    fn is_finite(word: f32) -> bool {
        word.is_finite()
    }

    #[inline(always)]
    fn widen_all<'a, S: Simd>(_simd: S, panel: &'a [f32], _scratch: &'a mut [f32]) -> &'a [f32] {
        panel
    }
}

/// The upper halves of f32 numbers.
pub(super) struct Bf16;

impl Held for Bf16 {
    type Word = u32;
    type Row<S: Simd> = S::u32s;

    #[inline(always)]
    fn rows<S: Simd>(panel: &[u32]) -> &[S::u32s] {
        S::as_simd_u32s(panel).0
    }

    #[inline(always)]
    fn widen<S: Simd>(simd: S, row: S::u32s) -> [S::f32s; 2] {
        let low = simd.wrapping_dyn_shl_u32s(row, simd.splat_u32s(16));
        let high = simd.and_u32s(row, simd.splat_u32s(0xffff_0000));
        [low, high].map(
            #[inline(always)]
            |bits| simd.transmute_f32s_u32s(bits),
        )
    }

    fn is_finite(word: u32) -> bool {
        const EXPONENT: u32 = 0x7f80;
        (word & EXPONENT != EXPONENT) & ((word >> 16) & EXPONENT != EXPONENT)
    }
}

/// IEEE 754 half precision.
pub(super) struct F16;

impl Held for F16 {
    type Word = u32;
    type Row<S: Simd> = S::u32s;

    #[inline(always)]
    fn rows<S: Simd>(panel: &[u32]) -> &[S::u32s] {
        S::as_simd_u32s(panel).0
    }

    #[inline(always)]
    fn widen<S: Simd>(simd: S, row: S::u32s) -> [S::f32s; 2] {
        let high = simd.wrapping_dyn_shr_u32s(row, simd.splat_u32s(16));
        [widen_half(simd, row), widen_half(simd, high)]
    }

    fn is_finite(word: u32) -> bool {
        const EXPONENT: u32 = 0x7c00;
        (word & EXPONENT != EXPONENT) & ((word >> 16) & EXPONENT != EXPONENT)
    }
}

/// The finite half-precision numbers in the low halves of words.
#[inline(always)]
fn widen_half<S: Simd>(simd: S, words: S::u32s) -> S::f32s {
    /// What the exponents of the two formats differ by, and one more, in place.
    const BIAS: u32 = (127 - 15) << 23;
    const BIAS_OF_SMALL: u32 = BIAS + (1 << 23);
    let sign = simd.and_u32s(words, simd.splat_u32s(0x8000));
    let sign = simd.wrapping_dyn_shl_u32s(sign, simd.splat_u32s(16));
    let rest = simd.and_u32s(words, simd.splat_u32s(0x7fff));
    let rest = simd.wrapping_dyn_shl_u32s(rest, simd.splat_u32s(13));
    let usual = simd.add_u32s(rest, simd.splat_u32s(BIAS));
    // without an exponent the leading one is not implied: add it, and take it off as a number
    let small = simd.transmute_f32s_u32s(simd.add_u32s(rest, simd.splat_u32s(BIAS_OF_SMALL)));
    let small = simd.sub_f32s(small, simd.splat_f32s(f32::from_bits(BIAS_OF_SMALL)));
    let small = simd.transmute_u32s_f32s(small);
    let is_small = simd.less_than_u32s(rest, simd.splat_u32s(1 << 23));
    simd.transmute_f32s_u32s(simd.or_u32s(sign, simd.select_u32s(is_small, small, usual)))
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Tensor};
    use pulp::WithSimd;

    use super::*;
    use crate::kernels::every_arch;

    /// Every finite number of the type and its place, widened in a panel of one row after another.
    struct All<'a> {
        numbers: &'a [u16],
        dtype: NumberType,
    }

    impl WithSimd for All<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
            let mut widened = Vec::new();
            for row in self.numbers.chunks(panel_width::<S>()) {
                let word = |lane| {
                    let number = |i: usize| u32::from(row.get(i).copied().unwrap_or_default());
                    number(lane) | number(lane + S::F32_LANES) << 16
                };
                let panel: Vec<u32> = (0..S::F32_LANES).map(word).collect();
                let mut scratch = vec![0.0; panel_width::<S>()];
                let numbers = match self.dtype {
                    NumberType::F16 => F16::widen_all(simd, &panel, &mut scratch),
                    _ => Bf16::widen_all(simd, &panel, &mut scratch),
                };
                widened.extend(&numbers[..row.len()]);
            }
            widened
        }
    }

    #[test]
    fn numbers_are_rounded_to_bf16_as_candle_rounds_them() {
        // every upper half, with the lower halves around a tie
        let all = (0..=u16::MAX).flat_map(|upper| {
            let lower = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff];
            lower.map(|lower| f32::from_bits(u32::from(upper) << 16 | lower))
        });
        let finite: Vec<f32> = all.filter(|number| number.is_finite()).collect();
        let theirs = Tensor::from_slice(&finite, finite.len(), &Device::Cpu).unwrap();
        let theirs = theirs.to_dtype(DType::BF16).unwrap();
        let theirs: Vec<f32> = theirs.to_dtype(DType::F32).unwrap().to_vec1().unwrap();
        for (number, theirs) in finite.iter().zip(theirs) {
            assert_eq!(to_bf16(*number) << 16, theirs.to_bits(), "{number:e}");
        }
        for number in [f32::NAN, f32::from_bits(0x7fff_ffff), f32::INFINITY, -f32::INFINITY] {
            assert!(!Bf16::is_finite(to_bf16(number)));
        }
    }

    #[test]
    fn every_finite_number_is_widened_exactly() {
        for (dtype, theirs) in [(NumberType::Bf16, DType::BF16), (NumberType::F16, DType::F16)] {
            let is_finite = |number: &u16| match dtype {
                NumberType::F16 => F16::is_finite(u32::from(*number)),
                _ => Bf16::is_finite(u32::from(*number) << 16),
            };
            let (finite, others): (Vec<u16>, Vec<u16>) = (0..=u16::MAX).partition(is_finite);
            // candle's own conversion, which shares no code with ours
            let widen = |numbers: &[u16]| -> Vec<f32> {
                let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
                let t = Tensor::from_raw_buffer(&bytes, theirs, &[numbers.len()], &Device::Cpu);
                t.unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap()
            };
            let bits =
                |numbers: Vec<f32>| -> Vec<u32> { numbers.into_iter().map(f32::to_bits).collect() };
            assert!(widen(&others).iter().all(|number| !number.is_finite()));
            let truth = bits(widen(&finite));
            assert!(truth.iter().all(|bits| f32::from_bits(*bits).is_finite()));
            for arch in every_arch() {
                assert_eq!(bits(arch.dispatch(All { numbers: &finite, dtype })), truth);
            }
            let single = finite.iter().map(|number| dtype.widen(&number.to_le_bytes())).collect();
            assert_eq!(bits(single), truth);
        }
    }
}
