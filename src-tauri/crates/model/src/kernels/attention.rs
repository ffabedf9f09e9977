//! Rotary positions, self-attention and grouped heads in one operation.
//!
//! Scores are never stored beyond a few rows, keys and values are not repeated, and the parts of the
//! score matrix that causality or a window forbids are not computed, up to a panel.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;
use super::exponential::{exp, tanh};
use super::keys_values::{KeysValues, Pack, Row, unit};
use super::number::F32;
use super::product::{
    FEW_ROWS, FEWEST_ROWS, MANY_ROWS, STEP, Sums, add_interleaved, add_rows, has_many_registers,
    panel_width,
};
use crate::layers::{Angles, AttentionOptions, AttentionShape, Place};

/// Takes queries, keys and values side by side, `[batch, position, (heads + 2 groups) head_dim]`;
/// gives `[batch, position, heads * head_dim]`, zeros where there is only padding.
pub(crate) struct SelfAttention<'a> {
    options: &'a AttentionOptions,
    rows: &'a [Range<usize>],
    angles: &'a [Arc<Angles>],
    memory: RefCell<Option<&'a mut [KeysValues]>>,
    arch: Arch,
}

impl<'a> SelfAttention<'a> {
    pub(crate) fn new(options: &'a AttentionOptions, place: Place<'a>) -> Self {
        let Place { rows, angles, memory } = place;
        Self { options, rows, angles, memory: RefCell::new(memory), arch: Arch::new() }
    }

    fn check(&self, layout: &Layout, memory: Option<&[KeysValues]>) -> Result<()> {
        let AttentionShape { heads, groups, head_dim } = self.options.shape;
        let (batch, positions, columns) = layout.shape().dims3()?;
        let rows_fit = self.rows.iter().zip(self.angles).all(|(row, angles)| {
            row.len() <= positions && angles.reach(row.end) && 2 * angles.half() <= head_dim
        });
        let memory_fits = match memory {
            None => self.rows.iter().all(|row| row.start == 0),
            Some(memory) => {
                memory.len() == batch * groups
                    && memory.chunks(groups).zip(self.rows).all(|(memory, row)| {
                        memory.iter().all(|group| group.positions >= row.start)
                    })
            }
        };
        if columns != (heads + 2 * groups) * head_dim
            || [self.rows.len(), self.angles.len()] != [batch; 2]
            || !(rows_fit && memory_fits)
        {
            candle_core::bail!(
                "rows {:?} in {:?} do not fit {:?}",
                self.rows,
                layout.shape(),
                self.options.shape
            );
        }
        Ok(())
    }
}

/// Positions that are worth a task of their own.
const POSITIONS_PER_TASK: usize = 4 * MANY_ROWS;

impl CustomOp1 for SelfAttention<'_> {
    fn name(&self) -> &'static str {
        "self-attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut memory = self.memory.borrow_mut();
        self.check(layout, memory.as_deref())?;
        let AttentionShape { heads, groups, head_dim } = self.options.shape;
        let (batch, positions, columns) = layout.shape().dims3()?;
        let values = contiguous(storage, layout)?;
        let arch = self.arch;
        let rows: Vec<Row<'_>> = values
            .chunks_exact((positions * columns).max(1))
            .zip(self.rows)
            .zip(self.angles)
            .map(|((values, positions), angles)| Row {
                values,
                positions: positions.clone(),
                angles,
                shape: self.options.shape,
            })
            .collect();
        let mut fresh = Vec::new();
        let packed = match memory.as_deref_mut() {
            Some(memory) => memory,
            None => {
                fresh.resize(batch * groups, KeysValues::default());
                &mut fresh
            }
        };
        packed.par_iter_mut().enumerate().for_each(|(i, packed)| {
            arch.dispatch(Pack { row: &rows[i / groups], group: i % groups, packed });
        });
        let width = heads * head_dim;
        let mut output = vec![0.0_f32; batch * positions * width];
        output
            .par_chunks_mut((positions * width).max(1))
            .zip(packed.par_chunks(groups))
            .zip(&rows)
            .for_each(|((output, packed), row)| {
                let filled = &mut output[..row.positions.len() * width];
                filled.par_chunks_mut(POSITIONS_PER_TASK * width).enumerate().for_each(
                    |(task, output)| {
                        let first = task * POSITIONS_PER_TASK;
                        arch.dispatch(Attend { options: self.options, row, packed, first, output });
                    },
                );
            });
        Ok((CpuStorage::F32(output), (batch, positions, width).into()))
    }
}

struct Attend<'a> {
    options: &'a AttentionOptions,
    row: &'a Row<'a>,
    /// The groups of this text.
    packed: &'a [KeysValues],
    /// First column of the output.
    first: usize,
    /// `[some columns, heads * head_dim]`.
    output: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let AttentionShape { heads, head_dim, .. } = self.options.shape;
        if self.output.len() <= FEWEST_ROWS * heads * head_dim {
            self.run::<S, FEWEST_ROWS>(simd);
        } else if has_many_registers::<S>() {
            self.run::<S, MANY_ROWS>(simd);
        } else {
            self.run::<S, FEW_ROWS>(simd);
        }
    }
}

impl Attend<'_> {
    /// `R` positions at a time, head by head.
    #[inline(always)]
    fn run<S: Simd, const R: usize>(self, simd: S) {
        let Self { options, row: text, packed, first, output } = self;
        let AttentionOptions { shape, scale, soft_cap, sight } = *options;
        let AttentionShape { heads, groups, head_dim } = shape;
        let panel = panel_width::<S>();
        let width = heads * head_dim;
        let stride = text.positions.end.next_multiple_of(unit::<S>());
        let padded_dim = head_dim.next_multiple_of(panel);
        let mut queries = vec![0.0_f32; R * head_dim];
        let mut scores = vec![0.0_f32; R * stride];
        let mut mixed = vec![0.0_f32; R * padded_dim];
        for head in 0..heads {
            let KeysValues { keys, values, room, .. } = &packed[head / (heads / groups)];
            for (block, output) in output.chunks_mut(R * width).enumerate() {
                let start = first + block * R;
                let rows = output.len() / width;
                let seen =
                    |row: usize| sight.of(text.positions.start + start + row, &text.positions);
                // the first row of the block looks back furthest, the last one ahead; what comes
                // before the panel of the first key is left out
                let base = seen(0).start / unit::<S>() * unit::<S>();
                let reach = seen(rows - 1).end;
                for row in 0..rows {
                    text.rotated(start + row, head, |i, value| {
                        queries[i * R + row] = value * scale;
                    });
                }
                let keys = keys.chunks_exact(head_dim * panel).take(reach.div_ceil(panel));
                for (number, keys) in keys.skip(base / panel).enumerate() {
                    let sums = add_interleaved::<S, R, F32>(simd, &queries, keys, zeros(simd));
                    put(simd, &sums, &mut scores[number * panel..], stride);
                }
                // forbidden positions get no weight, and so do those up to a whole step
                let depth = reach.next_multiple_of(STEP) - base;
                let mut sums = [1.0_f32; R];
                for (row, sum) in sums.iter_mut().enumerate().take(rows) {
                    let Range { start, end } = seen(row);
                    let scores = &mut scores[row * stride..][..depth];
                    let (scores, ahead) = scores.split_at_mut(end - base);
                    let (behind, own) = scores.split_at_mut(start - base);
                    if let Some(cap) = soft_cap {
                        for score in own.iter_mut() {
                            *score = cap * tanh(*score / cap);
                        }
                    }
                    *sum = exponentials(simd, own);
                    behind.fill(0.0);
                    ahead.fill(0.0);
                }
                for (number, values) in values.chunks_exact(room * panel).enumerate() {
                    let zeros = zeros::<S, R>(simd);
                    let values = &values[base * panel..];
                    let sums = add_rows(simd, &scores, stride, depth, values, zeros);
                    put(simd, &sums, &mut mixed[number * panel..], padded_dim);
                }
                for (row, target) in output.chunks_exact_mut(width).enumerate() {
                    let inverse = 1.0 / sums[row];
                    let source = &mixed[row * padded_dim..][..head_dim];
                    for (t, s) in target[head * head_dim..][..head_dim].iter_mut().zip(source) {
                        *t = s * inverse;
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn zeros<S: Simd, const R: usize>(simd: S) -> Sums<S::f32s, R> {
    [[simd.splat_f32s(0.0); 2]; R]
}

/// Writes sums to rows that are `stride` apart.
#[inline(always)]
fn put<S: Simd, const R: usize>(_simd: S, sums: &Sums<S::f32s, R>, to: &mut [f32], stride: usize) {
    for (r, sum) in sums.iter().enumerate() {
        let (target, _) = S::as_mut_simd_f32s(&mut to[r * stride..][..panel_width::<S>()]);
        target.copy_from_slice(sum);
    }
}

/// Replaces each score by `e^(score - largest score)` and gives their sum.
#[inline(always)]
fn exponentials<S: Simd>(simd: S, scores: &mut [f32]) -> f32 {
    let (vectors, rest) = S::as_simd_f32s(scores);
    let mut largest = simd.splat_f32s(f32::NEG_INFINITY);
    for vector in vectors {
        largest = simd.max_f32s(largest, *vector);
    }
    let largest = rest.iter().fold(simd.reduce_max_f32s(largest), |a, b| a.max(*b));
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    let (vectors, rest) = S::as_simd_f32s(scores);
    let mut sum = simd.splat_f32s(0.0);
    for vector in vectors {
        sum = simd.add_f32s(sum, *vector);
    }
    rest.iter().fold(simd.reduce_sum_f32s(sum), |a, b| a + b)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use rand::Rng;

    use super::*;
    use crate::kernels::every_arch;
    use crate::layers::Sight;

    /// By the definition, in f64, one text: `values` is `[positions, (heads + 2 groups) head_dim]`
    /// and `angles` `[positions, rotated pairs]`.
    fn definition(
        values: &[f32],
        angles: &[f32],
        positions: usize,
        o: &AttentionOptions,
    ) -> Vec<f64> {
        let s = o.shape;
        let (columns, half) = ((s.heads + 2 * s.groups) * s.head_dim, angles.len() / positions);
        let at = |p: usize, head: usize, i: usize| {
            f64::from(values[p * columns + head * s.head_dim + i])
        };
        let rotated = |p: usize, head: usize, i: usize| {
            if i >= 2 * half {
                return at(p, head, i);
            }
            let angle = f64::from(angles[p * half + i % half]);
            let other = at(p, head, (i + half) % (2 * half));
            let sign = if i < half { -1.0 } else { 1.0 };
            at(p, head, i) * angle.cos() + sign * other * angle.sin()
        };
        let cap =
            |score: f64| o.soft_cap.map_or(score, |c| f64::from(c) * (score / f64::from(c)).tanh());
        let mut out = vec![0.0; positions * s.heads * s.head_dim];
        for p in 0..positions {
            let seen: Vec<usize> = (0..positions)
                .filter(|&q| match o.sight {
                    Sight::Everywhere => true,
                    Sight::Back { window } => q <= p && window.is_none_or(|w| q + w > p),
                })
                .collect();
            for head in 0..s.heads {
                let group = s.heads + head / (s.heads / s.groups);
                let weights: Vec<f64> = seen
                    .iter()
                    .map(|&q| {
                        let dot: f64 = (0..s.head_dim)
                            .map(|i| rotated(p, head, i) * rotated(q, group, i))
                            .sum();
                        cap(dot * f64::from(o.scale)).exp()
                    })
                    .collect();
                for i in 0..s.head_dim {
                    let mixed: f64 = seen
                        .iter()
                        .zip(&weights)
                        .map(|(&q, w)| w * at(q, group + s.groups, i))
                        .sum();
                    out[(p * s.heads + head) * s.head_dim + i] =
                        mixed / weights.iter().sum::<f64>();
                }
            }
        }
        out
    }

    fn check(options: &AttentionOptions, half: usize, lengths: [usize; 2]) {
        let mut random = lens_core::Seed(3).stream("attention");
        let mut numbers =
            |count: usize| (0..count).map(|_| random.random_range(-2.0..2.0)).collect::<Vec<f32>>();
        let AttentionShape { heads, groups, head_dim } = options.shape;
        let columns = (heads + 2 * groups) * head_dim;
        let positions = lengths[0].max(lengths[1]);
        let values = numbers(2 * positions * columns);
        let turns = numbers(positions * half);
        let input =
            Tensor::from_vec(values.clone(), (2, positions, columns), &Device::Cpu).unwrap();
        let angles = Arc::new(Angles::new(&turns, half, 1.0));
        for arch in every_arch() {
            let op = SelfAttention {
                options,
                rows: &lengths.map(|length| 0..length),
                angles: &[angles.clone(), angles.clone()],
                memory: RefCell::new(None),
                arch,
            };
            let output = input.apply_op1_no_bwd(&op).unwrap();
            for (i, length) in lengths.into_iter().enumerate() {
                let text = &values[i * positions * columns..][..length * columns];
                let truth = definition(text, &turns[..length * half], length, options);
                let row = output.get(i).unwrap();
                let mine: Vec<f32> = row.flatten_all().unwrap().to_vec1().unwrap();
                let (mine, padding) = mine.split_at(truth.len());
                for (mine, truth) in mine.iter().zip(&truth) {
                    assert!((f64::from(*mine) - truth).abs() < 1e-5, "{mine} {truth} {options:?}");
                }
                assert!(padding.iter().all(|v| *v == 0.0));
            }
        }
    }

    fn options(heads: usize, groups: usize, head_dim: usize) -> AttentionOptions {
        AttentionOptions::new(AttentionShape { heads, groups, head_dim })
    }

    #[test]
    fn it_is_attention_by_the_definition() {
        for (heads, groups, head_dim) in [(1, 1, 2), (4, 2, 24), (6, 3, 32), (2, 1, 80)] {
            for length in [1, 7, 8, 12, 13, 33, 97] {
                let options = options(heads, groups, head_dim);
                check(&options, head_dim / 2, [length, length.div_ceil(2)]);
            }
        }
    }

    #[test]
    fn windows_partial_rotation_caps_and_sight_ahead() {
        let plain = options(4, 2, 20);
        for window in [1, 2, 8, 31, 32, 33, 50, 200] {
            let sight = Sight::Back { window: Some(window) };
            check(&AttentionOptions { sight, ..plain }, 10, [130, 61]);
        }
        for half in [0, 3, 9] {
            check(&plain, half, [40, 21]);
        }
        check(&AttentionOptions { soft_cap: Some(1.5), scale: 0.7, ..plain }, 10, [50, 9]);
        for lengths in [[1, 2], [13, 97], [64, 32]] {
            check(&AttentionOptions { sight: Sight::Everywhere, ..plain }, 0, lengths);
        }
    }

    /// One text of four dimensions to a head, in pieces that go on from each other.
    fn in_pieces(values: &[f32], angles: &Arc<Angles>, ends: &[usize], arch: Arch) -> Vec<f32> {
        let options =
            AttentionOptions { sight: Sight::Back { window: Some(21) }, ..options(4, 2, 4) };
        let mut memory = vec![KeysValues::default(); 2];
        let mut start = 0;
        let mut output = Vec::new();
        for &end in ends {
            let piece = values[start * 32..end * 32].to_vec();
            let piece = Tensor::from_vec(piece, (1, end - start, 32), &Device::Cpu).unwrap();
            let row = start..end;
            let op = SelfAttention {
                options: &options,
                rows: std::slice::from_ref(&row),
                angles: std::slice::from_ref(angles),
                memory: RefCell::new(Some(&mut memory)),
                arch,
            };
            let made = piece.apply_op1_no_bwd(&op).unwrap();
            output.extend(made.flatten_all().unwrap().to_vec1::<f32>().unwrap());
            start = end;
        }
        output
    }

    #[test]
    fn what_goes_on_from_a_memory_has_the_same_bits() {
        let mut random = lens_core::Seed(4).stream("pieces");
        let values: Vec<f32> = (0..100 * 32).map(|_| random.random_range(-2.0..2.0)).collect();
        let turns: Vec<f32> = (0..100 * 2).map(|_| random.random_range(-2.0..2.0)).collect();
        let angles = Arc::new(Angles::new(&turns, 2, 1.0));
        let one_by_one: Vec<usize> = (1..=100).collect();
        for arch in every_arch() {
            let whole = in_pieces(&values, &angles, &[100], arch);
            for ends in [&[33, 34, 100][..], &[1, 8, 40, 41, 100], &one_by_one] {
                assert_eq!(in_pieces(&values, &angles, ends, arch), whole, "{ends:?}");
            }
        }
    }
}
