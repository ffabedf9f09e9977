//! A map as bytes for the window.

use super::{Map, TokenIndex};
use crate::EngineError;
use crate::contract::{MapQualityView, ProjectionHeader};
use crate::packet::{Array, Packet};
use crate::probe::small;

impl Map {
    /// As bytes for the window; their layout is told at [`ProjectionHeader`].
    ///
    /// # Errors
    /// When the header cannot be written.
    pub fn packet(&self) -> Result<Packet, EngineError> {
        let settings = &self.settings;
        let header = ProjectionHeader {
            model_id: self.model_id.clone(),
            layer: small(settings.layer),
            method: settings.method,
            level: settings.level,
            fit: settings.fit,
            rows: small(self.rows()),
            dims: small(settings.dims),
            axes: self.axes.clone(),
            explained_variance_ratio: self.explained_variance_ratio.clone(),
            quality: self.quality.map(|quality| MapQualityView {
                neighbors: small(quality.k),
                trustworthiness: quality.trustworthiness,
                neighbors_kept: quality.neighbours_kept,
                looked_at: small(quality.looked_at),
            }),
            notes: self.notes.clone(),
            words: self.tokens.as_ref().map(|tokens| tokens.words.clone()).unwrap_or_default(),
            provenance: self.provenance.clone(),
        };
        let mut arrays = vec![Array::F32(&self.coordinates)];
        if let Some(TokenIndex { text, word, position, score, .. }) = &self.tokens {
            arrays.extend([text, word, position].map(|numbers| Array::U32(numbers)));
            arrays.push(Array::F32(score));
        }
        Ok(Packet::of_arrays(&header, &arrays)?)
    }
}
