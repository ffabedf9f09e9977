use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::ModelView;

/// What a model asks of this machine's memory, computed before it is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MemoryView {
    /// Megabytes it takes to read texts with it: the weights in memory and the room to work.
    pub needs_megabytes: f64,
    /// Megabytes that are free now, other programs' caches counted as free.
    pub free_megabytes: f64,
    /// Whether the first is within the second.
    pub fits: bool,
}

/// How much of a model in the catalogue is on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum CatalogueState {
    /// Nothing.
    Absent,
    /// A download was begun.
    #[serde(rename_all = "camelCase")]
    Partial {
        /// Megabytes that are here.
        megabytes: f64,
    },
    /// All of it, in the cache.
    Complete,
}

/// A model that is known but need not be here.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntryView {
    /// Its id on the hub: "Qwen/Qwen2.5-0.5B-Instruct".
    pub repo: String,
    /// What it is, in a line.
    pub about: String,
    /// `model_type` of its configuration.
    pub family: String,
    /// Licence.
    pub licence: String,
    /// Parameters, in millions.
    pub parameters_millions: f64,
    /// Number of blocks, where known.
    pub layers: Option<u32>,
    /// Width of the residual stream, where known.
    pub width: Option<u32>,
    /// Whether its terms have to be accepted on its page first.
    pub gated: bool,
    /// Megabytes to fetch, about.
    pub megabytes: f64,
    /// What it asks of the memory.
    pub memory: MemoryView,
    /// How much of it is here.
    pub state: CatalogueState,
}

/// All models that can be chosen or fetched.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ShelfView {
    /// Bundled, in folders that the person added, and in the hub's cache; `chosen` says which read
    /// the pairs of this study.
    pub models: Vec<ModelView>,
    /// Models worth knowing, whether here or not.
    pub catalogue: Vec<CatalogueEntryView>,
    /// The hub's cache on this machine; absent where there is none.
    pub cache_folder: Option<String>,
    /// Whether downloads are switched off (`HF_HUB_OFFLINE`).
    pub offline: bool,
    /// What in the cache could not be understood, each in a sentence.
    pub notes: Vec<String>,
    /// What models are read on, and what products of many rows are computed on and why: "processor, 8
    /// cores; projections: processor: no graphics adapter was found".
    pub device: String,
}

/// A download, as the person saw it planned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DownloadRequest {
    /// [`DownloadPlanView::repo`].
    pub repo: String,
    /// [`DownloadPlanView::revision`].
    pub revision: String,
    /// [`DownloadPlanView::variant`].
    pub variant: String,
}

/// A file of a download.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlannedFileView {
    /// Its name in the repository.
    pub name: String,
    /// Its size.
    pub megabytes: f64,
    /// How much of it is here already.
    pub megabytes_here: f64,
}

/// What a download would fetch; nothing is fetched before the person has seen it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DownloadPlanView {
    /// The repository's id.
    pub repo: String,
    /// The commit that its files are of.
    pub revision: String,
    /// The forms of its weights: `safetensors`, and the names of GGUF files.
    pub variants: Vec<String>,
    /// The one that is planned.
    pub variant: String,
    /// Its files.
    pub files: Vec<PlannedFileView>,
    /// Size of all.
    pub megabytes: f64,
    /// What is still to be fetched.
    pub megabytes_left: f64,
    /// Room on the disk that the cache is on.
    pub free_disk_megabytes: f64,
    /// Where the files will lie.
    pub folder: String,
}
