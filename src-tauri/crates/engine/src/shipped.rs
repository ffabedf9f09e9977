//! The pair sets that ship with the program.

use serde::Deserialize;

use crate::Places;
use crate::contract::ShippedPairsView;

/// An entry of `pairs/sets.json` in the folder of the bundled models.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    name: String,
    about: String,
}

/// The sets whose files are there, in the order of the list. Without a list there are none: the
/// program works on other pairs all the same.
pub(crate) fn pair_sets(places: &Places) -> Vec<ShippedPairsView> {
    let folder = places.models.join("pairs");
    let list = std::fs::read(folder.join("sets.json")).unwrap_or_default();
    let entries: Vec<Entry> = serde_json::from_slice(&list).unwrap_or_default();
    entries
        .into_iter()
        .map(|entry| (folder.join(&entry.file), entry))
        .filter(|(path, _)| path.is_file())
        .map(|(path, entry)| ShippedPairsView {
            name: entry.name,
            about: entry.about,
            path: path.to_string_lossy().into_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn the_list_names_every_pair_file_that_ships() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models");
        let places = Places { models: models.clone(), data: PathBuf::new(), cache: PathBuf::new() };
        let sets = pair_sets(&places);
        let mut listed: Vec<_> = sets.iter().map(|set| PathBuf::from(&set.path)).collect();
        listed.sort();
        let mut there: Vec<_> = std::fs::read_dir(models.join("pairs"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
            .collect();
        there.sort();
        assert_eq!(listed, there);
    }
}
