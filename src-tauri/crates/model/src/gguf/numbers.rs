//! How the numbers of a tensor are stored.

use candle_core::quantized::GgmlDType;

/// A kind of numbers that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// Its name in the format, in lower case: "f16", "q4_k".
    pub(crate) name: &'static str,
    /// Its number in the file.
    id: u32,
    /// The same for candle.
    pub(crate) ggml: GgmlDType,
    /// Where the half-precision factors of a block are: the numbers are finite when these are.
    factors: &'static [usize],
}

const fn numbers(
    id: u32,
    name: &'static str,
    ggml: GgmlDType,
    factors: &'static [usize],
) -> Numbers {
    Numbers { name, id, ggml, factors }
}

const READABLE: [Numbers; 13] = [
    numbers(0, "f32", GgmlDType::F32, &[]),
    numbers(1, "f16", GgmlDType::F16, &[]),
    numbers(30, "bf16", GgmlDType::BF16, &[]),
    numbers(2, "q4_0", GgmlDType::Q4_0, &[0]),
    numbers(3, "q4_1", GgmlDType::Q4_1, &[0, 2]),
    numbers(6, "q5_0", GgmlDType::Q5_0, &[0]),
    numbers(7, "q5_1", GgmlDType::Q5_1, &[0, 2]),
    numbers(8, "q8_0", GgmlDType::Q8_0, &[0]),
    numbers(10, "q2_k", GgmlDType::Q2K, &[80, 82]),
    numbers(11, "q3_k", GgmlDType::Q3K, &[108]),
    numbers(12, "q4_k", GgmlDType::Q4K, &[0, 2]),
    numbers(13, "q5_k", GgmlDType::Q5K, &[0, 2]),
    numbers(14, "q6_k", GgmlDType::Q6K, &[208]),
];

/// Kinds that are known by name only.
const OTHERS: [(u32, &str); 19] = [
    (9, "q8_1"),
    (15, "q8_k"),
    (16, "iq2_xxs"),
    (17, "iq2_xs"),
    (18, "iq3_xxs"),
    (19, "iq1_s"),
    (20, "iq4_nl"),
    (21, "iq3_s"),
    (22, "iq2_s"),
    (23, "iq4_xs"),
    (24, "i8"),
    (25, "i16"),
    (26, "i32"),
    (27, "i64"),
    (28, "f64"),
    (29, "iq1_m"),
    (34, "tq1_0"),
    (35, "tq2_0"),
    (39, "mxfp4"),
];

impl Numbers {
    /// The kind of this number in a file, or why it cannot be read.
    pub(super) fn of_id(id: u32) -> Result<Self, String> {
        if let Some(found) = READABLE.iter().find(|numbers| numbers.id == id) {
            return Ok(*found);
        }
        let other = OTHERS.iter().find(|(other, _)| *other == id);
        let name = other.map_or_else(|| format!("type {id}"), |(_, name)| (*name).to_owned());
        let readable: Vec<&str> = READABLE.iter().map(|numbers| numbers.name).collect();
        Err(format!(
            "the quantisation {name}, which is not supported; supported are {}",
            readable.join(", ")
        ))
    }

    /// Numbers in a block.
    pub(super) fn block(self) -> usize {
        self.ggml.block_size()
    }

    /// Bytes that so many numbers take, if they are whole blocks.
    pub(super) fn bytes(self, count: usize) -> Option<usize> {
        let block = self.block();
        if !count.is_multiple_of(block) {
            return None;
        }
        (count / block).checked_mul(self.ggml.type_size())
    }

    /// Whether every number of whole blocks is finite, seen from the factors alone.
    pub(crate) fn blocks_are_finite(self, bytes: &[u8]) -> bool {
        // NaN and infinity have every bit of the exponent set
        const EXPONENT: u16 = 0x7c00;
        let finite = |block: &[u8], at: usize| {
            let bits =
                block.get(at..).and_then(<[u8]>::first_chunk).map(|b| u16::from_le_bytes(*b));
            bits.is_some_and(|bits| bits & EXPONENT != EXPONENT)
        };
        let mut blocks = bytes.chunks_exact(self.ggml.type_size());
        blocks.all(|block| self.factors.iter().all(|at| finite(block, *at)))
    }
}
