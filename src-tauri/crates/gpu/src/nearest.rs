//! The rows nearest to each row, on the device.

use bytemuck::{Pod, Zeroable};
use wgpu::BufferUsages;

use crate::cpu::{Nearest, NearestTo, Prepared, prepared};
use crate::project::Product;
use crate::resident::Layout;
use crate::rows::Rows;
use crate::shaders::{Kernel, LIST};
use crate::{GpuDevice, GpuError};

/// Queries and rows whose products are held at a time: 64 MiB of them.
const QUERIES: usize = 2048;
const ROWS: usize = 8192;
/// Bytes of a query's list.
const LIST_BYTES: usize = 2 * LIST * size_of::<u32>();
/// A place that nothing has taken.
const VACANT: u32 = u32::MAX;

/// `Shape` in nearest.wgsl, rounded up to the 16 bytes of a uniform binding.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Shape {
    rows: u32,
    first_row: u32,
    first_query: u32,
    neighbours: u32,
    is_own: u32,
    padding: [u32; 3],
}

impl GpuDevice {
    /// [`cpu::nearest`](crate::cpu::nearest) on the device, which has to hold the rows.
    ///
    /// # Errors
    /// See the twin; a device that fails.
    pub fn nearest(&self, wanted: NearestTo<'_>) -> Result<Nearest, GpuError> {
        let most = usize::try_from(self.most_bytes()).unwrap_or(usize::MAX) / size_of::<f32>();
        let per_block = ROWS.min((most / QUERIES).max(1));
        let work = self.kind().work_per_dispatch() / (per_block * wanted.width).max(1);
        let per_query_block = QUERIES.min(most).min(work.max(1));
        self.nearest_in_blocks(wanted, [per_query_block, per_block])
    }

    /// In blocks of this many queries and rows.
    pub(crate) fn nearest_in_blocks(
        &self,
        wanted: NearestTo<'_>,
        [per_query_block, per_block]: [usize; 2],
    ) -> Result<Nearest, GpuError> {
        let Prepared { queries, rows, queries_count, rows_count } = prepared(wanted)?;
        let NearestTo { width, k, metric, .. } = wanted;
        let is_own = queries.is_none();
        if queries_count == 0 {
            return Ok(Nearest { k, indices: Vec::new(), distances: Vec::new() });
        }
        let layout = Layout::of(&Rows::F32(&rows.values), width);
        // Both within the device's limits of memory and of workgroups.
        let fitting = self.fitting(layout.row_bytes())?.min(self.most_groups());
        let (per_query_block, per_block) = (per_query_block.min(fitting), per_block.min(fitting));
        let kept = self.keep_in_blocks(Rows::F32(&rows.values), layout, rows_count, per_block)?;
        let asked = match &queries {
            None => None,
            Some(asked) => Some(self.keep_in_blocks(
                Rows::F32(&asked.values),
                layout,
                queries_count,
                per_query_block,
            )?),
        };
        let asked_blocks = &asked.as_ref().unwrap_or(&kept).blocks;
        let row_halves = kept
            .blocks
            .iter()
            .map(|block| {
                let halves = rows.halves.get(block.first..block.first + block.count);
                self.filled("halves", BufferUsages::STORAGE, halves.unwrap_or_default())
            })
            .collect::<Result<Vec<_>, _>>()?;
        let query_halves = &queries.as_ref().unwrap_or(&rows).halves;
        let query_halves = self.filled("halves", BufferUsages::STORAGE, query_halves)?;
        if queries_count > self.fitting(LIST_BYTES)? {
            return Err(self.too_large(queries_count * LIST_BYTES));
        }
        let lists = vec![VACANT; 2 * queries_count * LIST];
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let lists = self.filled("lists", usage, &lists)?;
        let widest = per_query_block.min(queries_count) * per_block.min(rows_count);
        let products = self.buffer("products", BufferUsages::STORAGE, 4 * widest, false)?;

        for block in asked_blocks {
            for start in (0..block.count).step_by(per_query_block) {
                let of_queries = start..(start + per_query_block).min(block.count);
                for (of_rows, halves) in kept.blocks.iter().zip(&row_halves) {
                    let mut commands = self.commands();
                    self.product(
                        &mut commands,
                        &Product {
                            format: layout.format,
                            rows: &block.buffer,
                            of_rows: of_queries.clone(),
                            directions: &of_rows.buffer,
                            of_directions: 0..of_rows.count,
                            parts: layout.parts(),
                            scores: &products,
                            first_score: 0,
                        },
                    )?;
                    let shape = Shape {
                        rows: of_rows.count as u32,
                        first_row: of_rows.first as u32,
                        first_query: (block.first + of_queries.start) as u32,
                        neighbours: k as u32,
                        is_own: is_own.into(),
                        padding: [0; 3],
                    };
                    let shape = self.filled("shape", BufferUsages::UNIFORM, &[shape])?;
                    let buffers = [&products, &query_halves, halves, &lists, &shape];
                    let groups = [of_queries.len(), 1, 1];
                    self.encode(&mut commands, Kernel::Nearest, &buffers, groups);
                    self.submit(commands)?;
                }
            }
        }
        let found: Vec<[u32; 2]> =
            self.read_after(self.commands(), &lists, queries_count * LIST)?;
        let near = || found.chunks_exact(LIST).flat_map(|list| list.iter().take(k));
        Ok(Nearest {
            k,
            indices: near().map(|&[_, index]| index).collect(),
            distances: near().map(|&[key, _]| metric.distance(half(key))).collect(),
        })
    }
}

/// The number that an integer in the order of numbers stands for: `key` in nearest.wgsl undone.
fn half(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & 0x7fff_ffff } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{self, Metric};

    #[test]
    fn blocks_of_queries_and_rows_join_seamlessly() {
        let Ok(device) = GpuDevice::open() else {
            eprintln!("no graphics adapter here: the device was not tested");
            return;
        };
        let (count, width) = (61, 7);
        let rows: Vec<f32> = (0..count * width).map(|i| ((i * i) % 13) as f32 - 6.0).collect();
        for metric in [Metric::Euclidean, Metric::Cosine] {
            for queries in [None, rows.get(..21 * width)] {
                let wanted = NearestTo { queries, rows: &rows, width, k: 9, metric };
                let expected = cpu::nearest(wanted).unwrap();
                for blocks in [[64, 64], [3, 5], [40, 7]] {
                    let found = device.nearest_in_blocks(wanted, blocks).unwrap();
                    // Small integers: sums are exact, and equally near rows come by their index.
                    if metric == Metric::Euclidean {
                        assert_eq!(found, expected, "blocks of {blocks:?}");
                    }
                    for (found, expected) in found.distances.iter().zip(&expected.distances) {
                        assert!((found - expected).abs() < 1e-5, "blocks of {blocks:?}");
                    }
                }
            }
        }
    }
}
