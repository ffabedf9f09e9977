//! A model on disk, a folder in the Hugging Face layout or a GGUF file: what is in it, without
//! loading it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use lens_core::{CancelToken, Digest, WeightsDtype};

use crate::config::{self, Outline, Sizes};
use crate::gguf::{self, GgufFile};
use crate::origin::hub_origin;
use crate::weights::Weights;
use crate::{ModelError, arch};

/// A folder that has a config.json of a supported family, or a GGUF file of one: the file is as a
/// folder that holds nothing else.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    path: PathBuf,
    config: String,
    gguf: Option<GgufFile>,
}

/// What a model is, as far as its files say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// For readers: the id on the hub of a folder in the hub's cache, else the name of the folder, or
    /// the one that a GGUF file gives itself.
    pub name: String,
    /// `model_type` in config.json: "llama", "qwen2", "gpt2" ... For a GGUF file what it would be.
    pub family: String,
    /// First entry of `architectures`: "LlamaForCausalLM". Empty where the file has none. For a GGUF
    /// file its architecture: "llama".
    pub architecture: String,
    /// Number of blocks; the residual stream has one layer more.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Attention heads per block.
    pub heads: usize,
    /// Number of tokens the model knows.
    pub vocab: usize,
    /// Numbers in the weights.
    pub parameters: u64,
    /// Number type the weights are stored in: `f32`, `f16`, `bf16`, or `mixed`. For a GGUF file the
    /// quantisation: `q8_0`, `q4_k_m` ...
    pub weights_dtype: String,
    /// Size of the weights' files on disk.
    pub bytes: u64,
    /// Positions the model was made for.
    pub max_positions: usize,
    /// `license` of the model card's front matter, or `general.license` of a GGUF file.
    pub licence: Option<String>,
    /// Whether it predicts what comes next, so that it can write: encoders (BERT and its kin) only
    /// read.
    pub has_logits: bool,
}

impl ModelInfo {
    /// Bytes that the weights take in memory: what they take on disk where they stay in the type they
    /// are stored in. (Norms and biases, some thousandths of the numbers, are f32 whatever is chosen.)
    #[must_use]
    pub fn memory_bytes(&self, held: WeightsDtype) -> u64 {
        let size = match (held, self.weights_dtype.as_str()) {
            (WeightsDtype::F32, _) | (WeightsDtype::Stored, "f32") => 4,
            (WeightsDtype::Bf16, _) | (WeightsDtype::Stored, "f16" | "bf16") => 2,
            (WeightsDtype::Stored, _) => return self.bytes,
        };
        self.parameters.saturating_mul(size)
    }
}

impl ModelFolder {
    /// Looks into the folder `path` and reads its config.json, or reads the header of the GGUF file
    /// `path`.
    ///
    /// # Errors
    /// Neither a folder nor a GGUF file, no config.json, not JSON (with line and column), a header
    /// that makes no sense, or a family that is not supported.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref().to_path_buf();
        if !path.is_dir() {
            return Self::open_gguf(path);
        }
        let file = path.join("config.json");
        if !file.is_file() {
            return Err(ModelError::MissingFile { folder: path, file: "config.json".to_owned() });
        }
        let config =
            fs::read_to_string(&file).map_err(|source| ModelError::Read { path: file, source })?;
        let folder = Self { path, config, gguf: None };
        let outline: Outline = config::parse(&folder)?;
        arch::family(outline.model_type.as_deref().unwrap_or_default())?;
        Ok(folder)
    }

    fn open_gguf(path: PathBuf) -> Result<Self, ModelError> {
        let mut start = [0; 4];
        let read = File::open(&path).and_then(|mut file| file.read_exact(&mut start));
        // the name says nothing: in a hub's cache files are called by their digest
        if read.is_err() || start != gguf::MAGIC {
            return Err(ModelError::NotAFolder(path));
        }
        let file = GgufFile::open(&path)?;
        let config = gguf::configuration(&file)?;
        Ok(Self { path, config, gguf: Some(file) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Describes the model from its configuration and the headers of its weights; the weights
    /// themselves are not read.
    ///
    /// # Errors
    /// Files that are missing or damaged.
    pub fn inspect(&self) -> Result<ModelInfo, ModelError> {
        self.describe().map_err(|error| self.located(error))
    }

    fn describe(&self) -> Result<ModelInfo, ModelError> {
        let outline: Outline = config::parse(self)?;
        let mut sizes: Sizes = config::parse(self)?;
        sizes.check()?;
        let family = arch::family(outline.model_type.as_deref().unwrap_or_default())?;
        if family.positions_after_padding {
            let padding = outline.pad_token_id.and_then(|id| usize::try_from(id).ok());
            let reserved = config::positions_for_padding(padding);
            sizes.max_position_embeddings = sizes.max_position_embeddings.saturating_sub(reserved);
            sizes.check()?;
        }
        self.tokenizer_file()?;
        let weights = Weights::open(self, WeightsDtype::Stored)?;
        let (name, licence, weights_dtype) = match &self.gguf {
            Some(file) => (gguf::name(file)?, file.text("general.license")?, gguf::dtype(file)?),
            None => (
                self.folder_name().or(outline.name_or_path).unwrap_or_default(),
                fs::read_to_string(self.file("README.md")).ok().as_deref().and_then(licence),
                weights.dtype(),
            ),
        };
        Ok(ModelInfo {
            name,
            family: outline.model_type.unwrap_or_default(),
            architecture: outline.architectures.into_iter().next().unwrap_or_default(),
            layers: sizes.num_hidden_layers,
            width: sizes.hidden_size,
            heads: sizes.num_attention_heads,
            vocab: sizes.vocab_size,
            parameters: weights.parameters(),
            weights_dtype,
            bytes: weights.bytes(),
            max_positions: sizes.max_position_embeddings,
            licence,
            has_logits: family.has_logits,
        })
    }

    fn folder_name(&self) -> Option<String> {
        let path = fs::canonicalize(&self.path).ok()?;
        let own = || Some(path.file_name()?.to_string_lossy().into_owned());
        hub_origin(&path).map(|origin| origin.repo).or_else(own)
    }

    /// An error of the configuration, said of the file that it comes from.
    pub(crate) fn located(&self, error: ModelError) -> ModelError {
        match (&self.gguf, error) {
            (Some(file), ModelError::Config(message)) => file.bad(message),
            (_, error) => error,
        }
    }

    /// Digest of what determines the model's numbers: config.json, tokenizer.json and the weights, or
    /// the GGUF file, every byte of them. Reads at the speed of the disk, so the caller does well to remember it.
    ///
    /// # Errors
    /// A file is missing or cannot be read, or a stop was asked for (checked between files).
    pub fn digest(&self, cancel: &CancelToken) -> Result<Digest, ModelError> {
        let mut files = vec![self.config_file(), self.tokenizer_file()?];
        files.extend(self.weight_files()?);
        files.dedup();
        let mut all = blake3::Hasher::new();
        for path in files {
            cancel.check()?;
            let mut one = blake3::Hasher::new();
            one.update_mmap_rayon(&path)
                .map_err(|source| ModelError::Read { path: path.clone(), source })?;
            all.update(one.finalize().as_bytes());
        }
        Ok(Digest::from_hex(all.finalize().to_hex().to_string()))
    }

    pub(crate) fn config_text(&self) -> &str {
        &self.config
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The GGUF file, if it is one.
    pub(crate) const fn gguf(&self) -> Option<&GgufFile> {
        self.gguf.as_ref()
    }

    /// config.json, or the file that holds everything.
    pub(crate) fn config_file(&self) -> PathBuf {
        if self.gguf.is_some() { self.path.clone() } else { self.file("config.json") }
    }

    /// tokenizer.json, or the error that it is missing; or the file that holds everything.
    pub(crate) fn tokenizer_file(&self) -> Result<PathBuf, ModelError> {
        if self.gguf.is_some() {
            return Ok(self.path.clone());
        }
        let file = self.file("tokenizer.json");
        if file.is_file() { Ok(file) } else { Err(self.missing("tokenizer.json")) }
    }

    /// The weights: the GGUF file, or model.safetensors, or the shards that its index lists, in order of name.
    pub(crate) fn weight_files(&self) -> Result<Vec<PathBuf>, ModelError> {
        if self.gguf.is_some() {
            return Ok(vec![self.path.clone()]);
        }
        let single = self.file("model.safetensors");
        if single.is_file() {
            return Ok(vec![single]);
        }
        let index = self.file("model.safetensors.index.json");
        if !index.is_file() {
            return Err(self.no_safetensors());
        }
        let mut shards = shard_names(&index)?;
        shards.sort_unstable();
        shards.dedup();
        shards
            .iter()
            .map(|name| {
                // a shard lies in the folder itself: anything else in its name is not followed
                let plain = Path::new(name).file_name().is_some_and(|n| n == name.as_str());
                let file = self.file(name);
                if plain && file.is_file() { Ok(file) } else { Err(self.missing(name)) }
            })
            .collect()
    }

    fn missing(&self, file: &str) -> ModelError {
        ModelError::MissingFile { folder: self.path.clone(), file: file.to_owned() }
    }

    fn no_safetensors(&self) -> ModelError {
        let pickles = ["pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt"];
        match pickles.iter().find(|name| self.file(name).is_file()) {
            Some(name) => {
                ModelError::PickleOnly { folder: self.path.clone(), file: (*name).to_owned() }
            }
            None => self.missing("model.safetensors"),
        }
    }
}

#[derive(serde::Deserialize)]
struct ShardIndex {
    weight_map: std::collections::BTreeMap<String, String>,
}

fn shard_names(index: &Path) -> Result<Vec<String>, ModelError> {
    let path = || index.to_path_buf();
    let file = File::open(index).map_err(|source| ModelError::Read { path: path(), source })?;
    let index: ShardIndex = serde_json::from_reader(std::io::BufReader::new(file))
        .map_err(|source| ModelError::Json { path: path(), source })?;
    Ok(index.weight_map.into_values().collect())
}

/// `license:` between the two `---` lines a model card opens with.
fn licence(card: &str) -> Option<String> {
    let mut lines = card.lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let value = lines
        .take_while(|line| line.trim_end() != "---")
        .find_map(|line| line.strip_prefix("license:"))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::licence;

    #[test]
    fn the_licence_is_read_from_front_matter_only() {
        assert_eq!(licence("---\ntags: [a]\nlicense: mit\n---\n# x"), Some("mit".to_owned()));
        assert_eq!(licence("---\nlicense: \"apache-2.0\"\n---"), Some("apache-2.0".to_owned()));
        assert_eq!(licence("---\ntags: [a]\n---\nlicense: mit"), None);
        assert_eq!(licence("# Card\nlicense: mit"), None);
        assert_eq!(licence(""), None);
    }
}
