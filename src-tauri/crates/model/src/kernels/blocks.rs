//! Matrices that are quantised in blocks, as GGUF files store them.
//!
//! They stay so in memory. The part of a panel that is multiplied next is widened to f32 right
//! before, once for all rows of the batch, and multiplied as any other panel is. So results are the
//! same bits as those of the widened matrix, whatever the other rows are. (candle's own product of
//! quantised matrices is another one: it rounds the rows to 8 bits too, and sums in an order that
//! depends on how many there are.)

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use candle_core::CpuStorage;
use candle_core::quantized::{GgmlDType, QuantizedType};

/// Rows of a matrix as a file quantises them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuantisedRows<'a> {
    pub(crate) numbers: GgmlDType,
    /// Whole rows, without gaps, aligned as their blocks need it.
    pub(crate) bytes: &'a [u8],
    /// Heads whose rows are stored in another order, see [`Self::place`].
    pub(crate) paired_heads: Option<usize>,
}

/// A stack of matrices, each quantised in its own way.
pub(super) struct Blocks {
    inputs: usize,
    parts: Vec<Part>,
}

struct Part {
    /// Which rows of the stack it is.
    rows: Range<usize>,
    numbers: Box<dyn QuantizedType>,
    /// Numbers that are widened at a time: whole blocks.
    unit: usize,
    paired_heads: Option<usize>,
}

/// Numbers that are widened at a time, at most; the blocks' sizes divide it, and it divides where
/// columns begin.
const UNIT: usize = 256;

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.parts.iter().map(|part| part.numbers.dtype()).collect();
        f.debug_struct("Blocks").field("inputs", &self.inputs).field("kinds", &kinds).finish()
    }
}

impl Blocks {
    /// Takes the stack as it is; `None` where rows are not whole blocks.
    pub(super) fn new(stack: &[QuantisedRows<'_>], inputs: usize) -> Option<Self> {
        let mut parts: Vec<Part> = Vec::new();
        for rows in stack {
            // as much at a time as goes evenly into a row
            let unit = 1 << inputs.trailing_zeros().min(UNIT.trailing_zeros());
            let row = inputs / rows.numbers.block_size() * rows.numbers.type_size();
            let whole = inputs.is_multiple_of(rows.numbers.block_size());
            if row == 0 || !whole || !rows.bytes.len().is_multiple_of(row) {
                return None;
            }
            let first = parts.last().map_or(0, |part| part.rows.end);
            parts.push(Part {
                rows: first..first + rows.bytes.len() / row,
                numbers: rows.numbers.from_data(Cow::Borrowed(rows.bytes)),
                unit,
                paired_heads: rows.paired_heads,
            });
        }
        Some(Self { inputs, parts })
    }

    pub(super) fn outputs(&self) -> usize {
        self.parts.last().map_or(0, |part| part.rows.end)
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.numbers.storage_size_in_bytes()).sum()
    }

    /// Widens the columns `columns` of the rows `rows` and puts each row into a column of the
    /// panel, `[columns, width]`, from the first on. Columns begin and end with blocks.
    #[inline(always)]
    pub(super) fn fill(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        panel: &mut [f32],
        width: usize,
    ) {
        for part in &self.parts {
            let common = rows.start.max(part.rows.start)..rows.end.min(part.rows.end);
            if !common.is_empty() {
                let lane = common.start - rows.start;
                let places = common.map(|row| part.place(row - part.rows.start));
                let widened = part.widen(places, columns, self.inputs);
                transpose(&widened, columns.len(), panel, width, lane);
            }
        }
    }

    /// The numbers of one row.
    pub(super) fn row(&self, row: usize, to: &mut [f32]) {
        if let Some(part) = self.parts.iter().find(|part| part.rows.contains(&row)) {
            let place = part.place(row - part.rows.start);
            to.copy_from_slice(&part.widen(std::iter::once(place), &(0..self.inputs), self.inputs));
        }
    }
}

impl Part {
    fn place(&self, row: usize) -> usize {
        self.paired_heads.map_or(row, |heads| place_in_pairs(row, self.rows.len(), heads))
    }

    /// Some columns of the rows at these places, row by row.
    fn widen(
        &self,
        places: impl ExactSizeIterator<Item = usize>,
        columns: &Range<usize>,
        inputs: usize,
    ) -> Vec<f32> {
        let count = places.len() * columns.len();
        let units = columns.start / self.unit..columns.end / self.unit;
        let in_row = inputs / self.unit;
        let units: Vec<u32> = places
            .flat_map(|place| units.clone().map(move |unit| (place * in_row + unit) as u32))
            .collect();
        match self.numbers.embedding(&units, self.rows.len() * in_row, self.unit) {
            Ok(CpuStorage::F32(numbers)) if numbers.len() == count => numbers,
            // cannot be: the places are there. If it could, the next check of numbers would stop it
            _ => vec![f32::NAN; count],
        }
    }
}

/// Where the row of a matrix is whose rows are stored in pairs: dimensions `i` and `i + half` of a
/// head, one below the other.
pub(crate) fn place_in_pairs(row: usize, rows: usize, heads: usize) -> usize {
    let head = (rows / heads.max(1)).max(2);
    let (start, within) = (row - row % head, row % head);
    let half = head / 2;
    start + if within < half { 2 * within } else { 2 * (within - half) + 1 }
}

/// Puts rows of `depth` numbers into columns of `[depth, width]`, from the column `lane` on.
#[inline(always)]
fn transpose(rows: &[f32], depth: usize, to: &mut [f32], width: usize, lane: usize) {
    const TILE: usize = 8;
    let count = rows.len() / depth;
    for (number, group) in rows.chunks(TILE * depth).enumerate() {
        let lane = lane + number * TILE;
        let whole = (count - number * TILE).min(TILE) == TILE && depth.is_multiple_of(TILE);
        if !whole {
            for (r, row) in group.chunks_exact(depth).enumerate() {
                let column = to.iter_mut().skip(lane + r).step_by(width);
                for (target, value) in column.zip(row) {
                    *target = *value;
                }
            }
            continue;
        }
        for first in (0..depth).step_by(TILE) {
            let mut tile = [[0.0_f32; TILE]; TILE];
            for (r, row) in group.chunks_exact(depth).enumerate() {
                if let Some(part) = row.get(first..).and_then(<[f32]>::first_chunk) {
                    tile[r] = *part;
                }
            }
            for k in 0..TILE {
                let target = &mut to[(first + k) * width + lane..][..TILE];
                for r in 0..TILE {
                    target[r] = tile[r][k];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};
    use lens_core::WeightsDtype;
    use rand::Rng;

    use super::*;
    use crate::kernels::every_arch;
    use crate::kernels::matrix::PackedMatrix;
    use crate::kernels::number::NumberType;
    use crate::kernels::pack::{Panels, StoredRows};

    #[test]
    fn pairs_are_the_converters_permutation() {
        // reshape(heads, 2, half).swapaxes(1, 2) of 2 heads of 6 rows
        let stored = [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11];
        for row in 0..12 {
            assert_eq!(stored[place_in_pairs(row, 12, 2)], row);
        }
    }

    #[test]
    fn rows_become_columns() {
        for (depth, count, width, lane) in [(16, 8, 16, 3), (32, 11, 16, 0), (5, 3, 8, 2)] {
            let rows: Vec<f32> = (0..depth * count).map(|i| i as f32).collect();
            let mut panel = vec![-1.0; depth * width];
            transpose(&rows, depth, &mut panel, width, lane);
            for k in 0..depth {
                for column in 0..width {
                    let row = column.checked_sub(lane).filter(|row| *row < count);
                    let expected = row.map_or(-1.0, |row| rows[row * depth + k]);
                    assert_eq!(panel[k * width + column], expected);
                }
            }
        }
    }

    /// Blocks of several kinds, and the same as candle widens them.
    #[test]
    fn blocks_give_the_same_bits_as_the_widened_matrix() {
        let mut random = lens_core::Seed(8).stream("weights");
        let mut draw = |count: usize| -> Vec<f32> {
            (0..count).map(|_| random.random_range(-1.0..1.0_f32).powi(3)).collect()
        };
        let coarse = [GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::F16, GgmlDType::Q5K];
        let fine = [GgmlDType::Q8_0, GgmlDType::Q4_0, GgmlDType::F32, GgmlDType::Q5_0];
        for (inputs, kinds) in [(512, coarse), (256 + 96, fine), (32, fine)] {
            let (mut files, mut widened) = (Vec::new(), Vec::new());
            // rows of 4 heads stored in pairs are the second part
            for (part, (kind, outputs)) in kinds.into_iter().zip([75, 64, 7, 40]).enumerate() {
                let weights =
                    Tensor::from_vec(draw(outputs * inputs), (outputs, inputs), &Device::Cpu);
                let quantised = QTensor::quantize(&weights.unwrap(), kind).unwrap();
                let rows: Vec<Vec<f32>> =
                    quantised.dequantize(&Device::Cpu).unwrap().to_vec2().unwrap();
                let heads = (part == 1).then_some(4);
                let place = |row| heads.map_or(row, |heads| place_in_pairs(row, outputs, heads));
                widened.extend((0..outputs).flat_map(|row| rows[place(row)].clone()));
                files.push((kind, quantised.data().unwrap().into_owned(), heads));
            }
            let stack: Vec<_> = files
                .iter()
                .map(|(numbers, bytes, paired_heads)| QuantisedRows {
                    numbers: *numbers,
                    bytes,
                    paired_heads: *paired_heads,
                })
                .collect();
            let outputs = widened.len() / inputs;
            let (bias, input) = (draw(outputs), draw(30 * inputs));
            let addend = draw(30 * outputs);
            for arch in every_arch() {
                let blocks = Blocks::new(&stack, inputs).unwrap();
                assert_eq!(blocks.bytes(), files.iter().map(|file| file.1.len()).sum::<usize>());
                let (shape, panels) = ([outputs, inputs], Panels::Blocks(blocks));
                let held = PackedMatrix::with_panels(arch, shape, panels, Some(bias.clone()));
                let bytes: Vec<u8> = widened.iter().flat_map(|n| n.to_le_bytes()).collect();
                let wide = StoredRows { dtype: NumberType::F32, bytes: &bytes, transposed: false };
                let [wide, rounded] = [WeightsDtype::Stored, WeightsDtype::Bf16].map(|held| {
                    let bias = Some(bias.clone());
                    PackedMatrix::for_arch(arch, &[wide], inputs, bias, held).unwrap()
                });
                for (held, truth) in [(WeightsDtype::F32, &wide), (WeightsDtype::Bf16, &rounded)] {
                    let blocks = Blocks::new(&stack, inputs).unwrap();
                    let panels = Panels::of_blocks(arch, blocks, inputs, held);
                    let held = PackedMatrix::with_panels(arch, shape, panels, Some(bias.clone()));
                    let product = held.multiply(30, &input, Some(&addend));
                    assert_eq!(product, truth.multiply(30, &input, Some(&addend)));
                }
                let all: Vec<u32> = (0..outputs as u32).rev().collect();
                assert_eq!(held.look_up(&all), wide.look_up(&all));
                for rows in [1, 2, 4, 5, 30] {
                    let (input, addend) = (&input[..rows * inputs], &addend[..rows * outputs]);
                    let truth = wide.multiply(rows, input, Some(addend));
                    assert_eq!(held.multiply(rows, input, Some(addend)), truth);
                    for tasks in 1..4 {
                        let divided = held.multiply_divided(rows, input, Some(addend), tasks);
                        assert_eq!(divided, truth);
                    }
                }
            }
        }
        let bytes = [0; 3 * 18 - 1];
        let rows = QuantisedRows { numbers: GgmlDType::Q4_0, bytes: &bytes, paired_heads: None };
        assert!(Blocks::new(&[rows], 32).is_none());
        assert!(Blocks::new(&[QuantisedRows { bytes: &bytes[..36], ..rows }], 40).is_none());
        assert!(Blocks::new(&[QuantisedRows { bytes: &bytes[..36], ..rows }], 32).is_some());
    }
}
