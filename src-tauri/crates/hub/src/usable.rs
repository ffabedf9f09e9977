//! Which files of a model the program reads, and whether a set of them is enough to open it.

use std::collections::{BTreeMap, BTreeSet};

/// The index of sharded weights.
pub(crate) const SHARD_INDEX: &str = "model.safetensors.index.json";

/// The form of weights that is not a GGUF.
pub(crate) const SAFETENSORS: &str = "safetensors";

/// Whether a model can be opened from the files that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Nothing is missing.
    Complete,
    /// Files that are missing.
    Incomplete {
        /// Their names, as far as they can be known.
        missing: Vec<String>,
    },
    /// The only weights are a pickle, which is never opened.
    PicklesOnly {
        /// One of them.
        file: String,
    },
}

/// How a file of a repository is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Configuration, tokenizer, templates: small, and wanted with safetensors.
    Aside,
    /// `model.safetensors` or one of its shards.
    Weights,
    /// A GGUF, which holds everything.
    Gguf,
    /// Weights that can run code.
    Pickle,
    /// Nothing that the program reads.
    Other,
}

/// Tells by the name. Only a GGUF may lie in a folder of its own; whatever else does belongs to
/// another form of the model.
pub(crate) fn kind(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
    let index = lower.ends_with(".index.json");
    match extension {
        "gguf" => Kind::Gguf,
        "bin" | "pt" | "pth" | "ckpt" | "pkl" => Kind::Pickle,
        _ if name.contains('/') => Kind::Other,
        "safetensors" if name == "model.safetensors" || shard(name).is_some() => Kind::Weights,
        "json" if index && name != SHARD_INDEX => Kind::Other,
        "json" | "jinja" => Kind::Aside,
        _ if ["tokenizer.model", "merges.txt", "vocab.txt"].contains(&name) => Kind::Aside,
        _ => Kind::Other,
    }
}

/// `(number, of)` of `model-00001-of-00003.safetensors`.
fn shard(name: &str) -> Option<(usize, usize)> {
    part(name.strip_suffix(".safetensors")?)
        .filter(|(stem, ..)| *stem == "model")
        .map(|p| (p.1, p.2))
}

/// Stem, number and count of `stem-00001-of-00003`.
fn part(name: &str) -> Option<(&str, usize, usize)> {
    let (rest, count) = name.rsplit_once("-of-")?;
    let (stem, number) = rest.rsplit_once('-')?;
    let read = |digits: &str| (digits.len() == 5).then(|| digits.parse().ok())?;
    Some((stem, read(number)?, read(count)?))
}

/// Groups GGUF files into those that belong together: `x-00001-of-00002.gguf` and its like are one
/// form, named `x.gguf`; any other file is its own.
pub(crate) fn gguf_forms<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<String, Vec<&'a str>> {
    let mut forms: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names.into_iter().filter(|name| kind(name) == Kind::Gguf) {
        let stem = name.get(..name.len() - 5).and_then(part);
        let form = stem.map_or_else(|| name.to_owned(), |(stem, ..)| format!("{stem}.gguf"));
        forms.entry(form).or_default().push(name);
    }
    forms
}

/// Whether the parts of one GGUF form are all there.
fn is_whole(parts: &[&str]) -> bool {
    let count = |name: &&str| part(name.get(..name.len() - 5)?).map(|p| p.2);
    parts.first().and_then(count).is_none_or(|count| parts.len() == count)
}

/// Judges a set of file names. `index` is the text of [`SHARD_INDEX`], where it is there.
///
/// # Errors
/// The index is not one: a sentence on it.
pub(crate) fn readiness(names: &BTreeSet<&str>, index: Option<&str>) -> Result<Readiness, String> {
    if gguf_forms(names.iter().copied()).values().any(|parts| is_whole(parts)) {
        return Ok(Readiness::Complete);
    }
    let mut missing: Vec<String> = ["config.json", "tokenizer.json"]
        .into_iter()
        .filter(|name| !names.contains(name))
        .map(ToOwned::to_owned)
        .collect();
    if !names.contains("model.safetensors") {
        match index {
            Some(index) => {
                let shards = shards_of(index)?;
                missing.extend(shards.into_iter().filter(|s| !names.contains(s.as_str())));
            }
            None => {
                let sharded = names.iter().any(|name| shard(name).is_some());
                if let Some(file) = names.iter().find(|n| !sharded && kind(n) == Kind::Pickle) {
                    return Ok(Readiness::PicklesOnly { file: (*file).to_owned() });
                }
                let weights = if sharded { SHARD_INDEX } else { "model.safetensors" };
                missing.push(weights.to_owned());
            }
        }
    }
    if missing.is_empty() {
        return Ok(Readiness::Complete);
    }
    Ok(Readiness::Incomplete { missing })
}

/// Names of the shards that an index lists.
///
/// # Errors
/// A sentence, when it is not an index or names files elsewhere.
pub(crate) fn shards_of(index: &str) -> Result<BTreeSet<String>, String> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index =
        serde_json::from_str(index).map_err(|e| format!("{SHARD_INDEX} is not an index: {e}"))?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    match shards.iter().find(|name| name.contains('/') || !crate::names::stays_inside(name)) {
        Some(name) => Err(format!("{SHARD_INDEX} names a shard {name:?} outside the folder")),
        None => Ok(shards),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_name() {
        let cases = [
            ("config.json", Kind::Aside),
            ("chat_template.jinja", Kind::Aside),
            ("tokenizer.model", Kind::Aside),
            ("merges.txt", Kind::Aside),
            (SHARD_INDEX, Kind::Aside),
            ("model.safetensors", Kind::Weights),
            ("model-00001-of-00002.safetensors", Kind::Weights),
            ("x-Q8_0.gguf", Kind::Gguf),
            ("Q8_0/x.GGUF", Kind::Gguf),
            ("pytorch_model.bin", Kind::Pickle),
            ("original/consolidated.00.pth", Kind::Pickle),
            ("consolidated.safetensors", Kind::Other),
            ("adapter_model.safetensors", Kind::Other),
            ("onnx/config.json", Kind::Other),
            ("pytorch_model.bin.index.json", Kind::Other),
            ("modeling_x.py", Kind::Other),
            ("LICENSE.txt", Kind::Other),
            ("README.md", Kind::Other),
            ("json", Kind::Other),
        ];
        for (name, expected) in cases {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    fn judge(names: &[&str], index: Option<&str>) -> Result<Readiness, String> {
        readiness(&names.iter().copied().collect(), index)
    }

    fn incomplete(missing: &[&str]) -> Readiness {
        Readiness::Incomplete { missing: missing.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_model_is_complete_with_config_tokenizer_and_all_weights() {
        let aside = ["config.json", "tokenizer.json"];
        let with = |more: &[&'static str]| [&aside[..], more].concat();
        let index = r#"{"weight_map": {"a": "s1.safetensors", "b": "s2.safetensors"}}"#;
        assert_eq!(judge(&with(&["model.safetensors"]), None), Ok(Readiness::Complete));
        assert_eq!(judge(&aside, None), Ok(incomplete(&["model.safetensors"])));
        assert_eq!(judge(&["model.safetensors"], None), Ok(incomplete(&aside)));
        let half = with(&[SHARD_INDEX, "s1.safetensors"]);
        assert_eq!(judge(&half, Some(index)), Ok(incomplete(&["s2.safetensors"])));
        let whole = with(&[SHARD_INDEX, "s1.safetensors", "s2.safetensors"]);
        assert_eq!(judge(&whole, Some(index)), Ok(Readiness::Complete));
        let no_index = with(&["model-00001-of-00001.safetensors"]);
        assert_eq!(judge(&no_index, None), Ok(incomplete(&[SHARD_INDEX])));
        let pickle = Readiness::PicklesOnly { file: "pytorch_model.bin".to_owned() };
        assert_eq!(judge(&with(&["pytorch_model.bin"]), None), Ok(pickle));
    }

    #[test]
    fn a_gguf_is_complete_with_all_its_parts() {
        assert_eq!(judge(&["x.gguf"], None), Ok(Readiness::Complete));
        let first = "q/x-00001-of-00002.gguf";
        assert_ne!(judge(&[first], None), Ok(Readiness::Complete));
        assert_eq!(judge(&[first, "q/x-00002-of-00002.gguf"], None), Ok(Readiness::Complete));
        let forms = gguf_forms([first, "q/x-00002-of-00002.gguf", "y.gguf", "config.json"]);
        assert_eq!(forms.keys().collect::<Vec<_>>(), ["q/x.gguf", "y.gguf"]);
    }

    #[test]
    fn an_index_that_is_none_or_points_elsewhere_gets_a_sentence() {
        for bad in ["{", "[]", r#"{"weight_map": 1}"#, r#"{"weight_map": {"a": "../x"}}"#] {
            assert!(judge(&["config.json", SHARD_INDEX], Some(bad)).is_err(), "{bad}");
        }
    }
}
