//! A direction of one model in another.

use lens_analysis::{MapSettings, MapTransfer, ModelSide, transfer};
use lens_core::{ActivationMatrix, CancelToken, Reporter};

use super::{Compared, or_problem};
use crate::EngineError;
use crate::contract::{AlignedTransferView, CarriedView};
use crate::probe::{estimate, small};
use crate::store::ActivationStore;

/// Carries the direction of one model's chosen layer to the chosen layer of another.
pub(super) fn carry(
    from: &Compared<'_>,
    to: &Compared<'_>,
    store: &ActivationStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
    problems: &mut Vec<String>,
) -> Result<Option<AlignedTransferView>, EngineError> {
    let (from_rows, to_rows) = (rows(from, store)?, rows(to, store)?);
    let pairs = &from.probed.snapshot.pairs;
    let found = transfer(
        &side(from, &from_rows),
        &side(to, &to_rows),
        pairs.splits(),
        &pairs.groups(),
        from.probed.snapshot.settings.seed,
        reporter,
        cancel,
    );
    Ok(or_problem(found, problems)?.map(|found| AlignedTransferView {
        raw_cosine: found.raw_cosine,
        native_auroc: estimate(&found.native_auroc),
        carried: found.maps.iter().map(view).collect(),
        train_texts: small(2 * pairs.split_sizes().0),
    }))
}

fn rows(of: &Compared<'_>, store: &ActivationStore) -> Result<ActivationMatrix, EngineError> {
    of.probed.snapshot.reading.layer(store, of.scores.direction.layer)
}

fn side<'a>(of: &'a Compared<'_>, rows: &'a ActivationMatrix) -> ModelSide<'a> {
    ModelSide { rows, direction: &of.scores.direction.vector }
}

fn view(map: &MapTransfer) -> CarriedView {
    CarriedView {
        method: map.settings.kind().name().to_owned(),
        setting: match map.settings {
            MapSettings::Procrustes { rank } => format!("rank {rank}"),
            MapSettings::Ridge { penalty } => format!("penalty {penalty}"),
            MapSettings::Cca { rank, pairs } => format!("{pairs} of {rank} dimensions"),
        },
        explained: map.explained,
        cosine: map.cosine,
        auroc: estimate(&map.auroc),
        shuffled_mean: map.shuffled.auroc.mean,
        shuffled_low: map.shuffled.auroc.low,
        shuffled_high: map.shuffled.auroc.high,
        random_mean: map.random.auroc.mean,
        random_low: map.random.auroc.low,
        random_high: map.random.auroc.high,
    }
}
