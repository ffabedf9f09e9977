//! What attention needs of the positions before.

use crate::kernels::KeysValues;

use super::Block;

/// Keys and values of every layer, of the positions read so far.
#[derive(Debug)]
pub(crate) struct Memory {
    /// For each layer, `[texts, groups]`.
    layers: Vec<Vec<KeysValues>>,
}

impl Memory {
    /// Of nothing yet.
    pub(crate) fn new(blocks: &[Block], texts: usize) -> Self {
        let layer = |block: &Block| {
            vec![KeysValues::default(); texts * block.attention.options.shape.groups]
        };
        Self { layers: blocks.iter().map(layer).collect() }
    }

    pub(crate) fn layer(&mut self, index: usize) -> Option<&mut [KeysValues]> {
        self.layers.get_mut(index).map(Vec::as_mut_slice)
    }

    /// Forgets the texts, of `texts` in all, for whose index `keep` is false.
    pub(crate) fn retain(&mut self, texts: usize, keep: &impl Fn(usize) -> bool) {
        for layer in &mut self.layers {
            let groups = (layer.len() / texts.max(1)).max(1);
            let mut index = 0..;
            layer.retain(|_| index.next().is_some_and(|i| keep(i / groups)));
        }
    }

    /// Some of `texts` texts, in this order and as often as they are named.
    pub(crate) fn share_out(&self, texts: usize, rows: &[usize]) -> Self {
        let layer = |layer: &Vec<KeysValues>| {
            let groups = (layer.len() / texts.max(1)).max(1);
            rows.iter()
                .filter_map(|row| layer.get(row * groups..(row + 1) * groups))
                .flatten()
                .cloned()
                .collect()
        };
        Self { layers: self.layers.iter().map(layer).collect() }
    }
}
