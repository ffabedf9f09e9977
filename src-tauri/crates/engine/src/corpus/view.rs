//! The tokens of all pairs as the window and the command line show them.

use std::collections::HashMap;

use super::ScoredTokens;
use super::excerpt::excerpt;
use super::table::{STRONGEST, TokenRow, TokenTable};
use crate::EngineError;
use crate::contract::{TokenAlongView, TokensAlongView};
use crate::probe::small;
use crate::snapshot::Snapshot;

/// Tokens that are listed on either side, besides those with the largest shares.
const LISTED: usize = 100;
/// Occurrences that are shown of each.
const CONTEXTS: usize = 3;

impl ScoredTokens {
    /// The strongest tokens on either side of the threshold, of those that occur at least `fewest`
    /// times.
    ///
    /// # Errors
    /// When the model's files cannot be used.
    pub fn view(&self, snapshot: &Snapshot, fewest: usize) -> Result<TokensAlongView, EngineError> {
        let table = TokenTable::of(&self.index, fewest, self.are_parts);
        let by_share = largest_shares(&table.rows);
        let listed = |rows: Vec<&'_ TokenRow>| -> Vec<TokenRow> {
            let rows = rows.into_iter().enumerate();
            let kept = rows.filter(|(at, row)| *at < LISTED || by_share.contains(&row.word));
            kept.map(|(_, row)| row.clone()).collect()
        };
        let towards = listed(table.rows.iter().take_while(|row| row.mean > 0.0).collect());
        let against = listed(table.rows.iter().rev().take_while(|row| row.mean < 0.0).collect());
        let strongest = self.strongest(&towards, &against);
        let shown = |rows: &[TokenRow]| -> Vec<TokenAlongView> {
            rows.iter().map(|row| self.row(row, &strongest)).collect()
        };
        Ok(TokensAlongView {
            model_id: snapshot.model.id.clone(),
            model_name: snapshot.model.usable()?.name.clone(),
            layer: small(self.layer),
            fewest: small(fewest),
            tokens: small(self.index.text.len()),
            distinct: small(table.distinct),
            counted: small(table.rows.len()),
            towards: shown(&towards),
            against: shown(&against),
            strongest: small(STRONGEST.min(table.distinct)),
            strongest_share: table.strongest_share,
            provenance: self.provenance.clone(),
        })
    }

    fn row(&self, row: &TokenRow, strongest: &HashMap<u32, Vec<usize>>) -> TokenAlongView {
        let occurrences = strongest.get(&row.word).into_iter().flatten();
        TokenAlongView {
            token: self.index.words.get(row.word as usize).cloned().unwrap_or_default(),
            count: row.count(),
            positive: row.positive,
            negative: row.negative,
            mean: row.mean,
            sd: row.sd,
            share: row.share,
            contexts: occurrences.map(|&at| excerpt(&self.index, at)).collect(),
        }
    }

    /// The strongest occurrences of some words, one a text: the highest of those towards, the lowest
    /// of those against.
    fn strongest(&self, towards: &[TokenRow], against: &[TokenRow]) -> HashMap<u32, Vec<usize>> {
        let sign = |rows: &[TokenRow], sign| -> Vec<(u32, f32)> {
            rows.iter().map(|row| (row.word, sign)).collect()
        };
        let signs: HashMap<u32, f32> =
            sign(towards, 1.0).into_iter().chain(sign(against, -1.0)).collect();
        let mut found: HashMap<u32, Vec<usize>> = HashMap::new();
        let strength =
            |at: usize, sign: f32| sign * self.index.score.get(at).copied().unwrap_or(0.0);
        let text = |at: usize| self.index.text.get(at).copied();
        for (at, word) in self.index.word.iter().enumerate() {
            let Some(&sign) = signs.get(word) else { continue };
            let kept = found.entry(*word).or_default();
            let own = strength(at, sign);
            // Of one text the strongest stays; texts come one after the other.
            if let Some(same) = kept.iter().position(|&other| text(other) == text(at)) {
                if strength(kept[same], sign) >= own {
                    continue;
                }
                kept.remove(same);
            }
            let place = kept.partition_point(|&other| strength(other, sign) >= own);
            kept.insert(place, at);
            kept.truncate(CONTEXTS);
        }
        found
    }
}

/// The words with the largest shares.
fn largest_shares(rows: &[TokenRow]) -> Vec<u32> {
    let mut by_share: Vec<(f64, u32)> =
        rows.iter().filter_map(|row| Some((row.share?, row.word))).collect();
    by_share.sort_by(|a, b| b.0.total_cmp(&a.0));
    by_share.into_iter().take(STRONGEST).map(|(_, word)| word).collect()
}
