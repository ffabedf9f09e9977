//! Rotary positions, causal attention and grouped heads in one operation.
//!
//! Scores are never stored beyond a few rows, keys and values are not repeated, and the half of the
//! score matrix that causality forbids is not computed.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;
use super::exponential::exp;
use super::product::{
    FEW_ROWS, MANY_ROWS, STEP, Sums, add_interleaved, add_rows, has_many_registers, panel_width,
};
use crate::layers::AttentionShape;

/// Takes queries, keys and values side by side, `[batch, position, (heads + 2 groups) head_dim]`,
/// and the rotary cosines and sines, `[position, head_dim / 2]`; gives
/// `[batch, position, heads * head_dim]`. Every row of the batch starts at position 0.
pub(crate) struct CausalAttention {
    shape: AttentionShape,
    arch: Arch,
}

impl CausalAttention {
    pub(crate) fn new(shape: AttentionShape) -> Self {
        Self { shape, arch: Arch::new() }
    }
}

/// Positions that are worth a task of their own.
const POSITIONS_PER_TASK: usize = 4 * MANY_ROWS;

impl CustomOp3 for CausalAttention {
    fn name(&self) -> &'static str {
        "causal-attention"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        cos: &CpuStorage,
        cos_layout: &Layout,
        sin: &CpuStorage,
        sin_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let AttentionShape { heads, groups, head_dim } = self.shape;
        let (batch, positions, columns) = layout.shape().dims3()?;
        let (rotated, half) = cos_layout.shape().dims2()?;
        let fits = columns == (heads + 2 * groups) * head_dim
            && half * 2 == head_dim
            && rotated == positions
            && sin_layout.shape() == cos_layout.shape();
        if !fits {
            candle_core::bail!(
                "{columns} columns and {rotated}x{half} angles do not fit {:?}",
                self.shape
            );
        }
        let input = Input {
            values: contiguous(storage, layout)?,
            cos: contiguous(cos, cos_layout)?,
            sin: contiguous(sin, sin_layout)?,
            shape: self.shape,
            positions,
            columns,
        };
        let arch = self.arch;
        let packed: Vec<Packed> = (0..batch * groups)
            .into_par_iter()
            .map(|i| arch.dispatch(Pack { input: &input, text: i / groups, group: i % groups }))
            .collect();
        let width = heads * head_dim;
        let mut output = vec![0.0_f32; batch * positions * width];
        output
            .par_chunks_mut((positions * width).max(1))
            .zip(packed.par_chunks(groups))
            .enumerate()
            .for_each(|(text, (output, packed))| {
                output.par_chunks_mut(POSITIONS_PER_TASK * width).enumerate().for_each(
                    |(task, output)| {
                        let first = task * POSITIONS_PER_TASK;
                        arch.dispatch(Attend { input: &input, packed, text, first, output });
                    },
                );
            });
        Ok((CpuStorage::F32(output), (batch, positions, width).into()))
    }
}

struct Input<'a> {
    values: &'a [f32],
    cos: &'a [f32],
    sin: &'a [f32],
    shape: AttentionShape,
    positions: usize,
    columns: usize,
}

impl Input<'_> {
    /// Head `number` (queries first, then keys, then values) of one token.
    #[inline(always)]
    fn head(&self, text: usize, position: usize, number: usize) -> &[f32] {
        let start = (text * self.positions + position) * self.columns;
        &self.values[start + number * self.shape.head_dim..][..self.shape.head_dim]
    }

    /// Rotates a head by its position and hands each number to `put` with its dimension.
    #[inline(always)]
    fn rotate(&self, head: &[f32], position: usize, mut put: impl FnMut(usize, f32)) {
        let half = self.shape.head_dim / 2;
        let cos = &self.cos[position * half..][..half];
        let sin = &self.sin[position * half..][..half];
        let (low, high) = head.split_at(half);
        for (i, (((a, b), c), s)) in low.iter().zip(high).zip(cos).zip(sin).enumerate() {
            put(i, a * c - b * s);
            put(i + half, b * c + a * s);
        }
    }
}

/// The keys and values of one group of one text, in panels (see [`super::product`]).
struct Packed {
    /// Rotated keys, transposed: panels of positions, `[head_dim, panel]` each.
    keys: Vec<f32>,
    /// Panels of dimensions, `[positions, panel]` each, with zeros up to a whole [`STEP`].
    values: Vec<f32>,
}

struct Pack<'a> {
    input: &'a Input<'a>,
    text: usize,
    group: usize,
}

impl WithSimd for Pack<'_> {
    type Output = Packed;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Packed {
        let Self { input, text, group } = self;
        let AttentionShape { heads, groups, head_dim } = input.shape;
        let panel = panel_width::<S>();
        let positions = input.positions;
        let filled = positions.next_multiple_of(STEP);
        let mut keys = vec![0.0; positions.next_multiple_of(panel) * head_dim];
        let mut values = vec![0.0; head_dim.next_multiple_of(panel) * filled];
        for position in 0..positions {
            let key = input.head(text, position, heads + group);
            let start = position / panel * head_dim * panel + position % panel;
            input.rotate(key, position, |i, value| keys[start + i * panel] = value);
            let value = input.head(text, position, heads + groups + group);
            for (number, part) in value.chunks(panel).enumerate() {
                let start = (number * filled + position) * panel;
                values[start..][..part.len()].copy_from_slice(part);
            }
        }
        Packed { keys, values }
    }
}

struct Attend<'a> {
    input: &'a Input<'a>,
    /// The groups of this text.
    packed: &'a [Packed],
    text: usize,
    /// First position of the output.
    first: usize,
    /// `[some positions, heads * head_dim]`.
    output: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if has_many_registers::<S>() {
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
        let Self { input, packed, text, first, output } = self;
        let AttentionShape { heads, groups, head_dim } = input.shape;
        let panel = panel_width::<S>();
        let scale = 1.0 / (head_dim as f32).sqrt();
        let width = heads * head_dim;
        let stride = input.positions.next_multiple_of(panel.max(STEP));
        let padded_dim = head_dim.next_multiple_of(panel);
        let mut queries = vec![0.0_f32; R * head_dim];
        let mut scores = vec![0.0_f32; R * stride];
        let filled = input.positions.next_multiple_of(STEP);
        let mut mixed = vec![0.0_f32; R * padded_dim];
        for head in 0..heads {
            let Packed { keys, values } = &packed[head / (heads / groups)];
            for (block, output) in output.chunks_mut(R * width).enumerate() {
                let start = first + block * R;
                let rows = output.len() / width;
                // the last row of the block looks back furthest
                let reach = start + rows;
                for row in 0..rows {
                    let query = input.head(text, start + row, head);
                    input.rotate(query, start + row, |i, value| {
                        queries[i * R + row] = value * scale;
                    });
                }
                let keys = keys.chunks_exact(head_dim * panel).take(reach.div_ceil(panel));
                for (number, keys) in keys.enumerate() {
                    let sums = add_interleaved(simd, &queries, keys, zeros::<S, R>(simd));
                    put(simd, &sums, &mut scores[number * panel..], stride);
                }
                // forbidden positions get no weight, and so do those up to a whole step
                let depth = reach.next_multiple_of(STEP);
                let mut sums = [1.0_f32; R];
                for (row, sum) in sums.iter_mut().enumerate().take(rows) {
                    let (own, ahead) =
                        scores[row * stride..][..depth].split_at_mut(start + row + 1);
                    *sum = exponentials(simd, own);
                    ahead.fill(0.0);
                }
                for (number, values) in values.chunks_exact(filled * panel).enumerate() {
                    let zeros = zeros::<S, R>(simd);
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

    /// By the definition, in f64, one text: `values` is `[positions, (heads + 2 groups) head_dim]`.
    fn definition(values: &[f32], angles: &[f32], positions: usize, s: AttentionShape) -> Vec<f64> {
        let (columns, half) = ((s.heads + 2 * s.groups) * s.head_dim, s.head_dim / 2);
        let at = |p: usize, head: usize, i: usize| {
            f64::from(values[p * columns + head * s.head_dim + i])
        };
        let rotated = |p: usize, head: usize, i: usize| {
            let angle = f64::from(angles[p * half + i % half]);
            let other = at(p, head, (i + half) % s.head_dim);
            let sign = if i < half { -1.0 } else { 1.0 };
            at(p, head, i) * angle.cos() + sign * other * angle.sin()
        };
        let mut out = vec![0.0; positions * s.heads * s.head_dim];
        for p in 0..positions {
            for head in 0..s.heads {
                let group = s.heads + head / (s.heads / s.groups);
                let weights: Vec<f64> = (0..=p)
                    .map(|q| {
                        let dot: f64 = (0..s.head_dim)
                            .map(|i| rotated(p, head, i) * rotated(q, group, i))
                            .sum();
                        (dot / (s.head_dim as f64).sqrt()).exp()
                    })
                    .collect();
                for i in 0..s.head_dim {
                    let mixed: f64 = (0..=p).map(|q| weights[q] * at(q, group + s.groups, i)).sum();
                    out[(p * s.heads + head) * s.head_dim + i] =
                        mixed / weights.iter().sum::<f64>();
                }
            }
        }
        out
    }

    #[test]
    fn it_is_attention_by_the_definition() {
        let mut random = lens_core::Seed(3).stream("attention");
        let mut numbers =
            |count: usize| (0..count).map(|_| random.random_range(-2.0..2.0)).collect::<Vec<f32>>();
        for (heads, groups, head_dim) in [(1, 1, 2), (4, 2, 24), (6, 3, 32), (2, 1, 80)] {
            let shape = AttentionShape { heads, groups, head_dim };
            for positions in [1, 7, 8, 12, 13, 33, 97] {
                let columns = (heads + 2 * groups) * head_dim;
                let values = numbers(2 * positions * columns);
                let angles = numbers(positions * head_dim / 2);
                let tensor = |v: &[f32], shape: &[usize]| {
                    Tensor::from_vec(v.to_vec(), shape, &Device::Cpu).unwrap()
                };
                let input = tensor(&values, &[2, positions, columns]);
                let angles_tensor = tensor(&angles, &[positions, head_dim / 2]);
                let (cos, sin) = (angles_tensor.cos().unwrap(), angles_tensor.sin().unwrap());
                let truth: Vec<f64> = values
                    .chunks(positions * columns)
                    .flat_map(|text| definition(text, &angles, positions, shape))
                    .collect();
                for arch in every_arch() {
                    let op = CausalAttention { shape, arch };
                    let output = input.apply_op3_no_bwd(&cos, &sin, &op).unwrap();
                    let output: Vec<f32> = output.flatten_all().unwrap().to_vec1().unwrap();
                    assert_eq!(output.len(), truth.len());
                    for (mine, truth) in output.iter().zip(&truth) {
                        assert!((f64::from(*mine) - truth).abs() < 1e-5, "{mine} {truth}");
                    }
                }
            }
        }
    }
}
