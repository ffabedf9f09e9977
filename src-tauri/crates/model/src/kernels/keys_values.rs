//! Keys and values of a text as attention reads them, and how they come to be so.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::product::{STEP, panel_width};
use crate::layers::{Angles, AttentionShape};

/// One row of the batch.
pub(super) struct Row<'a> {
    /// `[columns of the batch, (heads + 2 groups) head_dim]`.
    pub(super) values: &'a [f32],
    /// The positions in the text that the first columns are; the others are padding.
    pub(super) positions: Range<usize>,
    pub(super) angles: &'a Angles,
    pub(super) shape: AttentionShape,
}

impl Row<'_> {
    /// Head `number` (queries first, then keys, then values) of the token in a column.
    #[inline(always)]
    pub(super) fn head(&self, column: usize, number: usize) -> &[f32] {
        let AttentionShape { heads, groups, head_dim } = self.shape;
        let start = column * (heads + 2 * groups) * head_dim;
        &self.values[start + number * head_dim..][..head_dim]
    }

    /// Rotates such a head by its position and hands each number to `put` with its dimension.
    #[inline(always)]
    pub(super) fn rotated(&self, column: usize, number: usize, mut put: impl FnMut(usize, f32)) {
        let (cos, sin) = self.angles.at(self.positions.start + column);
        let half = cos.len();
        let (turned, kept) = self.head(column, number).split_at(2 * half);
        let (low, high) = turned.split_at(half);
        for (i, (((a, b), c), s)) in low.iter().zip(high).zip(cos).zip(sin).enumerate() {
            put(i, a * c - b * s);
            put(i + half, b * c + a * s);
        }
        for (i, value) in kept.iter().enumerate() {
            put(2 * half + i, *value);
        }
    }
}

/// Positions that [`KeysValues`] have room for are a multiple of this.
pub(super) const fn unit<S: Simd>() -> usize {
    if panel_width::<S>() > STEP { panel_width::<S>() } else { STEP }
}

/// The keys and values of one group of one text, in panels (see [`super::product`]).
#[derive(Debug, Clone, Default)]
pub(crate) struct KeysValues {
    /// Rotated keys, transposed: panels of positions, `[head_dim, panel]` each.
    pub(super) keys: Vec<f32>,
    /// Panels of dimensions, `[room, panel]` each.
    pub(super) values: Vec<f32>,
    /// Positions from the first on that are there.
    pub(super) positions: usize,
    /// Positions there is room for, a whole number of [`unit`]s.
    pub(super) room: usize,
}

impl KeysValues {
    /// Makes room for `positions`, and where some are there already for more to come.
    #[inline(always)]
    fn reserve<S: Simd>(&mut self, positions: usize, head_dim: usize) {
        if positions <= self.room {
            return;
        }
        let wanted = if self.positions > 0 { 2 * positions } else { positions };
        let room = wanted.next_multiple_of(unit::<S>());
        let panel = panel_width::<S>();
        self.keys.resize(room * head_dim, 0.0);
        let mut values = vec![0.0; head_dim.next_multiple_of(panel) * room];
        if self.room > 0 {
            let old = self.values.chunks_exact(self.room * panel);
            for (new, old) in values.chunks_exact_mut(room * panel).zip(old) {
                new[..old.len()].copy_from_slice(old);
            }
        }
        self.values = values;
        self.room = room;
    }
}

/// Adds the keys and values of a row's positions to those before them.
pub(super) struct Pack<'a> {
    pub(super) row: &'a Row<'a>,
    pub(super) group: usize,
    pub(super) packed: &'a mut KeysValues,
}

impl WithSimd for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self { row, group, packed } = self;
        let AttentionShape { heads, groups, head_dim } = row.shape;
        let panel = panel_width::<S>();
        packed.reserve::<S>(row.positions.end, head_dim);
        let KeysValues { keys, values, positions, room } = packed;
        for (column, position) in row.positions.clone().enumerate() {
            let start = position / panel * head_dim * panel + position % panel;
            row.rotated(column, heads + group, |i, value| keys[start + i * panel] = value);
            let value = row.head(column, heads + groups + group);
            for (number, part) in value.chunks(panel).enumerate() {
                let start = (number * *room + position) * panel;
                values[start..][..part.len()].copy_from_slice(part);
            }
        }
        *positions = row.positions.end;
    }
}
