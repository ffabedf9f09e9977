//! GGUF files that cannot be: each gives a sentence; none a panic, or memory that it merely claims.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;
use common::gguf::{GgufModel, text, texts};
use common::repository;
use lens_model::{LanguageModel, ModelFolder};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The system's allocator, and the largest number of bytes asked of it at once.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code, reason = "there is no other way to see what is allocated")]
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static WATCHED: Watched = Watched;

/// The files here have some 50 kilobytes.
const MOST: usize = 4 << 20;

/// One test at a time, so that what is allocated is its own.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reference(name: &str) -> Vec<u8> {
    fs::read(repository().join("tests/reference/gguf").join(name)).unwrap()
}

/// What loading these bytes says.
fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    refusal_of(&path)
}

fn refusal_of(path: &Path) -> String {
    LARGEST.store(0, Ordering::Relaxed);
    let Err(error) = LanguageModel::load(path) else { return "no refusal".to_owned() };
    let error = error.to_string();
    let largest = LARGEST.load(Ordering::Relaxed);
    assert!(largest < MOST, "{largest} bytes for {error}");
    error
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

fn at(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

/// The bytes with some of them others.
fn put(bytes: &[u8], at: usize, others: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at..at + others.len()].copy_from_slice(others);
    changed
}

#[test]
fn files_of_another_kind() {
    let _alone = alone();
    says(&refusal(b""), &["is not a folder and not a GGUF file"]);
    says(&refusal(b"GGU"), &["is not a folder and not a GGUF file"]);
    says(&refusal(b"GGML\x03\0\0\0"), &["not a GGUF file"]);
    says(&refusal(&[0x80; 100]), &["not a GGUF file"]);
    says(&refusal_of(&PathBuf::from("/no such/model.gguf")), &["is not a folder"]);
}

#[test]
fn headers_that_cannot_be() {
    let _alone = alone();
    let good = reference("phi3.gguf");
    let huge = u64::MAX.to_le_bytes();
    for (at, others, words) in [
        (4, &1_u32.to_le_bytes()[..], "version 1 of the format"),
        (4, &0_u32.to_le_bytes(), "version 0 of the format"),
        (4, &4_u32.to_le_bytes(), "version 4 of the format"),
        (4, &3_u32.to_be_bytes(), "big-endian"),
        (8, &huge, "tensors, more than any model has"),
        (8, &60_000_u64.to_le_bytes(), ""),
        (16, &huge, "entries, more than any model has"),
        (16, &60_000_u64.to_le_bytes(), ""),
        (16, &1_u64.to_le_bytes(), ""),
        // the length of the first key
        (24, &huge, "a name at byte 24"),
        (24, &65_000_u64.to_le_bytes(), "are left"),
    ] {
        says(&refusal(&put(&good, at, others)), &["model.gguf", words]);
    }
    // one tensor less, and the data seem to begin elsewhere
    assert_ne!(refusal(&put(&good, 8, &19_u64.to_le_bytes())), "no refusal");
    for length in [5, 8, 20, 24, 100, 1_000, good.len() - 5_000, good.len() - 1] {
        says(&refusal(&good[..length]), &["download is incomplete"]);
    }

    let name = at(&good, b"general.architecture") + 20;
    says(&refusal(&put(&good, name, &99_u32.to_le_bytes())), &["unknown kind 99"]);
    says(&refusal(&put(&good, name, &9_u32.to_le_bytes())), &["general.architecture"]);
    says(&refusal(&put(&good, name + 4, &huge)), &["general.architecture", "are left"]);
    let phi2 = refusal(&put(&good, name + 12, b"phi2"));
    says(&phi2, &["\"phi2\" are not supported", "llama, qwen2, qwen3, phi3, gemma2, gemma3"]);
    says(&refusal(&put(&good, name - 20, b"general.unimaginable")), &["are not supported"]);

    let tokens = at(&good, b"tokenizer.ggml.tokens") + 21;
    let list = [&9_u32.to_le_bytes()[..], &9_u32.to_le_bytes()].concat();
    says(&refusal(&put(&good, tokens, &list)), &["list of lists"]);
    says(&refusal(&put(&good, tokens + 8, &huge)), &["tokenizer.ggml.tokens", "are left"]);
    let many = (1_u64 << 40).to_le_bytes();
    says(&refusal(&put(&good, tokens + 8, &many)), &["tokenizer.ggml.tokens", "are left"]);
    let few = 95_u64.to_le_bytes();
    assert_ne!(refusal(&put(&good, tokens + 8, &few)), "no refusal");
}

/// A tensor in a header: where the number of its dimensions is.
fn tensor(bytes: &[u8], name: &str) -> usize {
    at(bytes, name.as_bytes()) + name.len()
}

#[test]
fn tensors_that_cannot_be() {
    let _alone = alone();
    let good = reference("phi3.gguf");
    let embedding = tensor(&good, "token_embd.weight");
    let damaged = |at: usize, others: &[u8]| refusal(&put(&good, embedding + at, others));
    let huge = u64::MAX.to_le_bytes();
    for count in [0, 5, u32::MAX] {
        says(&damaged(0, &count.to_le_bytes()), &["\"token_embd.weight\"", "dimensions"]);
    }
    // two dimensions, the kind, the offset
    says(&damaged(4, &huge), &["\"token_embd.weight\""]);
    says(&damaged(4, &0_u64.to_le_bytes()), &["a size that cannot be"]);
    says(&damaged(4, &33_u64.to_le_bytes()), &["blocks of 32"]);
    says(&damaged(4, &64_u64.to_le_bytes()), &["\"token_embd.weight\"", "overlap"]);
    says(&damaged(12, &(1_u64 << 60).to_le_bytes()), &["\"token_embd.weight\""]);
    says(&damaged(12, &(1_u64 << 40).to_le_bytes()), &["download is incomplete"]);
    for (kind, name) in [(23_u32, "iq4_xs"), (39, "mxfp4"), (15, "q8_k"), (77, "type 77")] {
        says(&damaged(20, &kind.to_le_bytes()), &[name, "not supported", "q4_k, q5_k, q6_k"]);
    }
    says(&damaged(24, &1_u64.to_le_bytes()), &["multiple of general.alignment"]);
    says(&damaged(24, &(1_u64 << 30).to_le_bytes()), &["download is incomplete"]);
    says(&damaged(24, &huge), &["multiple of general.alignment"]);
    says(&damaged(24, &(u64::MAX - 31).to_le_bytes()), &["ends beyond all bytes"]);
    let norm = tensor(&good, "blk.1.attn_norm.weight");
    let overlap = refusal(&put(&good, norm + 16, &0_u64.to_le_bytes()));
    says(&overlap, &["\"blk.1.attn_norm.weight\"", "overlap"]);
    let other = put(&good, embedding - 17, b"token_embx.weight");
    says(&refusal(&other), &["no tensor \"token_embd.weight\""]);
    let other = put(&good, tensor(&good, "blk.0.ffn_up.weight") - 19, b"blk.9.ffn_up.weight");
    says(&refusal(&other), &["no tensor \"blk.0.ffn_up.weight\""]);
    let twice = put(&good, tensor(&good, "blk.0.ffn_up.weight") - 19, b"blk.1.ffn_up.weight");
    says(&refusal(&twice), &["twice"]);
    // factors of blocks that are not finite
    let place = |name: &str| {
        let at = tensor(&good, name);
        let offset = u64::from_le_bytes(good[at + 24..at + 32].try_into().unwrap());
        data_of(&good) + offset as usize
    };
    let matrix = place("blk.1.attn_qkv.weight");
    let infinite = put(&good, matrix + 34 * 7, &0x7c00_u16.to_le_bytes());
    says(&refusal(&infinite), &["\"blk.1.attn_qkv.weight\"", "NaN or infinite"]);
    let none = put(&good, place("token_embd.weight"), &0xfe01_u16.to_le_bytes());
    says(&refusal(&none), &["\"token_embd.weight\"", "NaN or infinite"]);
}

/// Where the data begin.
fn data_of(bytes: &[u8]) -> usize {
    let content =
        candle_core::quantized::gguf_file::Content::read(&mut std::io::Cursor::new(bytes)).unwrap();
    content.tensor_data_offset as usize
}

#[test]
fn entries_that_cannot_be() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let toy = || GgufModel::of_folder(&repository().join("models/toy-llama"));
    let refusal_after = |change: &dyn Fn(&mut GgufModel)| {
        let mut model = toy();
        change(&mut model);
        model.write(&path, |_| GgmlDType::Q8_0);
        let Err(error) = LanguageModel::load(&path) else { return "no refusal".to_owned() };
        let error = error.to_string();
        assert!(!error.contains("config.json"), "{error}");
        error
    };
    let set = |key: &'static str, value: Value| {
        refusal_after(&move |model: &mut GgufModel| model.set(key, value.clone()))
    };
    for key in [
        "llama.block_count",
        "llama.context_length",
        "llama.embedding_length",
        "llama.feed_forward_length",
        "llama.attention.head_count",
        "llama.attention.layer_norm_rms_epsilon",
    ] {
        says(&refusal_after(&|model| model.remove(key)), &["model.gguf", "it has no", key]);
        says(&set(key, text("four")), &[key, "is not a"]);
    }
    for key in ["model", "tokens", "merges"] {
        let key = format!("tokenizer.ggml.{key}");
        says(&refusal_after(&|model| model.remove(&key)), &["no tokenizer", &key]);
    }
    says(&set("llama.attention.head_count", Value::U32(0)), &["llama.attention.head_count is 0"]);
    says(&set("llama.attention.head_count", Value::U32(u32::MAX)), &["cannot be used"]);
    says(&set("llama.attention.head_count", Value::I32(-4)), &["is not a whole number"]);
    says(&set("llama.attention.head_count_kv", Value::U32(3)), &["cannot share 3"]);
    says(&set("llama.block_count", Value::U32(7)), &["no tensor \"blk.6."]);
    says(&set("llama.block_count", Value::U32(5)), &["\"blk.5."]);
    says(&set("llama.block_count", Value::U64(u64::MAX)), &["more than any model has"]);
    says(&set("llama.embedding_length", Value::U32(96)), &["[2560, 128]", "[2560, 96]"]);
    says(&set("llama.feed_forward_length", Value::U64(u64::MAX)), &["ffn_gate"]);
    let list = Value::Array([4_u32, 2].map(Value::U32).to_vec());
    says(&set("llama.attention.head_count_kv", list), &["differs from layer to layer"]);
    let epsilon = "llama.attention.layer_norm_rms_epsilon";
    says(&set(epsilon, Value::F32(f32::NAN)), &["not a finite number"]);
    says(&set("llama.rope.freq_base", Value::F32(0.0)), &["rope_theta is 0"]);
    says(&set("llama.rope.scaling.type", text("yarn")), &["\"yarn\" is not supported"]);
    says(&set("llama.rope.dimension_count", Value::U32(16)), &["partial_rotary_factor"]);
    says(&set("llama.expert_count", Value::U32(8)), &["mixture of experts"]);
    says(&set("llama.attention.key_length", Value::U32(64)), &["attn_q.weight"]);
    says(&set("llama.attention.value_length", Value::U32(16)), &["dimensions and its values"]);
    says(&set("split.count", Value::U16(3)), &["one of several parts", "--merge"]);
    says(&set("general.alignment", Value::U32(48)), &["general.alignment", "power of two"]);
    says(&set("general.alignment", Value::U32(0)), &["general.alignment"]);
    says(&set("general.architecture", Value::U32(1)), &["general.architecture is not a text"]);

    says(&set("tokenizer.ggml.model", text("t5")), &["\"t5\"", "gpt2 and llama"]);
    says(&set("tokenizer.ggml.pre", text("poro-chat")), &["\"poro-chat\"", "qwen2"]);
    says(&set("tokenizer.ggml.model", text("llama")), &["no tokenizer.ggml.scores"]);
    says(&set("tokenizer.ggml.merges", texts(["ab"])), &["\"ab\" is not a merge"]);
    says(&set("tokenizer.ggml.merges", texts(["no such"])), &["tokenizer cannot be used"]);
    says(&set("tokenizer.ggml.bos_token_id", Value::U32(99_999)), &["bos_token_id"]);
    says(&set("tokenizer.ggml.tokens", Value::Array(vec![Value::U8(1)])), &["list of texts"]);
}

#[test]
fn flipped_bytes_never_panic() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    for name in ["phi3.gguf", "sentence-piece.gguf", "gemma2.gguf"] {
        let good = reference(name);
        let header = data_of(&good);
        let mut random = StdRng::seed_from_u64(11);
        let mut loaded = 0;
        for round in 0..800 {
            let mut bytes = good.clone();
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(4..header);
                // small and large numbers are likelier to get far than any
                bytes[at] = match random.random_range(0..4) {
                    0 => 0,
                    1 => 0xff,
                    2 => bytes[at] ^ (1 << random.random_range(0..8)),
                    _ => random.random(),
                };
            }
            if round % 10 == 0 {
                bytes.truncate(random.random_range(0..bytes.len()));
            }
            fs::write(&path, bytes).unwrap();
            LARGEST.store(0, Ordering::Relaxed);
            let inspected = ModelFolder::open(&path).and_then(|folder| folder.inspect());
            if let Ok(model) = LanguageModel::load(&path) {
                assert!(inspected.is_ok());
                loaded += 1;
                // what can be loaded can be used, or says why not
                let tokens = model.tokenise("so it <|goes| on", 64).map(|tokens| tokens.ids);
                let _ = model.logits(&tokens.unwrap_or_else(|_| vec![3]));
            }
            let largest = LARGEST.load(Ordering::Relaxed);
            assert!(largest < MOST, "{name}, {round}: {largest} bytes");
        }
        assert!(loaded > 20, "{name}: {loaded}");
    }
}
