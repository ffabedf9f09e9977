//! What a file says about itself, for readers.

use std::collections::BTreeMap;

use super::GgufFile;
use crate::ModelError;

/// Mixtures of quantisations, by `general.file_type`: the names they are known by.
const MIXTURES: [(u64, &str); 8] = [
    (11, "q3_k_s"),
    (12, "q3_k_m"),
    (13, "q3_k_l"),
    (14, "q4_k_s"),
    (15, "q4_k_m"),
    (16, "q5_k_s"),
    (17, "q5_k_m"),
    (21, "q2_k_s"),
];

/// The name it gives itself, or that of the file.
pub(crate) fn name(file: &GgufFile) -> Result<String, ModelError> {
    if let Some(name) = file.text("general.name")?.filter(|name| !name.trim().is_empty()) {
        return Ok(name);
    }
    let name = file.path().file_stem();
    Ok(name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

/// The quantisation that most numbers have; if the file calls itself a mixture of it with others,
/// the name of that.
pub(crate) fn dtype(file: &GgufFile) -> Result<String, ModelError> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for tensor in file.tensors().values() {
        let count = tensor.shape.iter().product::<usize>() as u64;
        *counts.entry(tensor.numbers.name).or_default() += count;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count).map_or("", |(name, _)| name);
    let claimed = file.whole("general.file_type")?;
    let mixture = MIXTURES.iter().find(|(id, name)| Some(*id) == claimed && name.starts_with(most));
    Ok(mixture.map_or(most, |(_, name)| name).to_owned())
}
