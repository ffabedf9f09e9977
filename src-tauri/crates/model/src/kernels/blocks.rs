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
    /// Numbers that are widened at a time: a block.
    unit: usize,
    paired_heads: Option<usize>,
}

/// Numbers that are widened at a time, at least; divides whatever has blocks.
const LEAST_UNIT: usize = 32;

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
            let unit = rows.numbers.block_size().max(LEAST_UNIT);
            let row = inputs / rows.numbers.block_size() * rows.numbers.type_size();
            if row == 0 || !inputs.is_multiple_of(unit) || !rows.bytes.len().is_multiple_of(row) {
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
    use super::*;

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
}
