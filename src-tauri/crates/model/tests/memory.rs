//! What a model takes in memory, counted by the allocator.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{DType, Device, Tensor};
use common::Reference;
use lens_core::WeightsDtype;
use lens_model::{LanguageModel, ModelFolder};

/// Bytes in use, and the most there have been since the last reset.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(unsafe_code, reason = "an allocator cannot be counted otherwise; all work is the system's")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

const VOCAB: usize = 4096;
const WIDTH: usize = 256;
const INNER: usize = 1024;
const LAYERS: usize = 3;

/// A Llama with tied embeddings, large enough for its tokenizer not to matter.
fn write_model(folder: &Path, dtype: DType) {
    let source = Reference::open("plain").folder;
    fs::copy(source.join("tokenizer.json"), folder.join("tokenizer.json")).unwrap();
    let config = format!(
        r#"{{"model_type": "llama", "vocab_size": {VOCAB}, "hidden_size": {WIDTH},
            "intermediate_size": {INNER}, "num_hidden_layers": {LAYERS},
            "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu",
            "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
            "tie_word_embeddings": true}}"#
    );
    fs::write(folder.join("config.json"), config).unwrap();
    let mut tensors = HashMap::new();
    let mut add = |name: &str, shape: &[usize]| {
        let tensor = Tensor::rand(-0.1_f32, 0.1, shape, &Device::Cpu).unwrap();
        tensors.insert(format!("model.{name}.weight"), tensor.to_dtype(dtype).unwrap());
    };
    add("embed_tokens", &[VOCAB, WIDTH]);
    add("norm", &[WIDTH]);
    for layer in 0..LAYERS {
        let mut add = |name: &str, shape: &[usize]| add(&format!("layers.{layer}.{name}"), shape);
        add("input_layernorm", &[WIDTH]);
        add("post_attention_layernorm", &[WIDTH]);
        add("self_attn.q_proj", &[WIDTH, WIDTH]);
        add("self_attn.k_proj", &[WIDTH / 2, WIDTH]);
        add("self_attn.v_proj", &[WIDTH / 2, WIDTH]);
        add("self_attn.o_proj", &[WIDTH, WIDTH]);
        add("mlp.gate_proj", &[INNER, WIDTH]);
        add("mlp.up_proj", &[INNER, WIDTH]);
        add("mlp.down_proj", &[WIDTH, INNER]);
    }
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
}

#[test]
fn a_model_takes_the_memory_that_it_is_said_to_take_while_it_loads_and_after() {
    const TOKENIZER: usize = 1 << 20;
    let mut said = Vec::new();
    let stored = [DType::F32, DType::BF16, DType::F16].map(|dtype| (dtype, WeightsDtype::Stored));
    let otherwise = [
        (DType::F32, WeightsDtype::Bf16),
        (DType::BF16, WeightsDtype::F32),
        (DType::F16, WeightsDtype::Bf16),
        (DType::F16, WeightsDtype::F32),
    ];
    for (dtype, held) in stored.into_iter().chain(otherwise) {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), dtype);
        let weights = ModelFolder::open(folder.path()).unwrap().inspect().unwrap();
        let weights = weights.memory_bytes(held);
        said.push(weights);
        let weights = usize::try_from(weights).unwrap();

        let before = NOW.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        let model = LanguageModel::load_as(folder.path(), held).unwrap();
        let logits = model.logits(&[1, 2, 3]).unwrap();
        assert_eq!(logits.dims(), [3, VOCAB]);
        drop(logits);
        let after = NOW.load(Ordering::Relaxed) - before;
        let most = MOST.load(Ordering::Relaxed) - before;
        assert!(after >= weights, "{dtype:?} as {held}: {after} of {weights}");
        assert!(after < weights + TOKENIZER, "{dtype:?} as {held}: {after} of {weights}");
        assert!(most < weights + TOKENIZER, "{dtype:?} as {held}: {most} of {weights}");
        drop(model);
    }
    let (&[single, bf16, f16], otherwise) = said.split_first_chunk().unwrap();
    assert_eq!([2 * bf16, 2 * f16], [single; 2]);
    assert_eq!(otherwise, [bf16, single, bf16, single]);
}
