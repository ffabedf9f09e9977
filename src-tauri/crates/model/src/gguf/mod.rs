//! Models in one GGUF file, as llama.cpp and its relatives write them: configuration, tokenizer and
//! weights, often quantised.
//!
//! The file is turned into what a model folder holds: [`configuration`] gives the config.json of the
//! family, [`tokenizer`] the tokenizer, [`Names`] the tensors' names. From there on a file and a
//! folder are the same. The layout is that of the GGUF specification, versions 2 and 3.

mod about;
mod configuration;
mod file;
mod names;
mod numbers;
mod pre_tokenizer;
mod reader;
mod tokenizer;

pub(crate) use about::{dtype, name};
pub(crate) use configuration::configuration;
pub(crate) use file::GgufFile;
pub(crate) use names::Names;
pub(crate) use numbers::Numbers;
pub(crate) use tokenizer::tokenizer;

/// What a file begins with.
pub(crate) const MAGIC: [u8; 4] = *b"GGUF";
