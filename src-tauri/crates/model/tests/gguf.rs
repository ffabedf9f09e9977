//! GGUF files against the same models as folders, and against transformers.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::fs;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;
use candle_core::{Device, Tensor};
use common::families::{Family, Record, numbers};
use common::gguf::{GgufModel, TOYS, reference, text, toy, written};
use common::{capture, least_cosine, max_difference, options, repository};
use lens_core::{CancelToken, HookPoint, Pooling};
use lens_model::{
    Change, ChatMessage, ChatTemplate, Intervention, Interventions, LanguageModel, ModelFolder,
    NoHook, Positions,
};

const READINGS: [&str; 3] = [
    "Mia is cold. Mia asks Sam for a coat. Sam",
    "The storm came, and they carried the chairs inside.\nThen they",
    "a",
];

#[test]
fn hidden_states_and_logits_are_nearly_those_of_the_folder() {
    for name in TOYS {
        let folder = LanguageModel::load(toy(name)).unwrap();
        for (numbers_of_file, least) in [
            (GgmlDType::F32, 0.999_999),
            (GgmlDType::BF16, 0.999_999),
            (GgmlDType::F16, 0.999_99),
            (GgmlDType::Q8_0, 0.999),
            (GgmlDType::Q5_1, 0.95),
            (GgmlDType::Q5_0, 0.9),
            (GgmlDType::Q4_1, 0.75),
            (GgmlDType::Q4_0, 0.7),
        ] {
            let (_kept, path) = written(name, numbers_of_file);
            let file = LanguageModel::load(&path).unwrap();
            let (layers, width) = (folder.layers(), folder.width());
            for reading in READINGS {
                let ids = folder.tokenise(reading, 512).unwrap().ids;
                let texts = [ids.clone()];
                let states = [&folder, &file]
                    .map(|model| Record::of(model, &texts).states(layers, 0, ids.len()));
                let cosine = least_cosine(&states[0], &states[1], width);
                assert!(cosine > least, "{name}, {numbers_of_file:?}: {cosine}");
                let logits = [&folder, &file].map(|model| numbers(&model.logits(&ids).unwrap()));
                let cosine = least_cosine(&logits[0], &logits[1], folder.info().vocab);
                assert!(cosine > least, "{name}, {numbers_of_file:?}, logits: {cosine}");
            }
        }
    }
}

#[test]
fn full_precision_gives_the_bits_of_the_folder() {
    for name in TOYS {
        let (_kept, path) = written(name, GgmlDType::F32);
        let models =
            [LanguageModel::load(toy(name)), LanguageModel::load(path)].map(Result::unwrap);
        let ids = models[0].tokenise(READINGS[0], 512).unwrap().ids;
        let [folder, file] = models.each_ref().map(|model| numbers(&model.logits(&ids).unwrap()));
        assert_eq!(folder, file, "{name}");
    }
}

/// Files that llama.cpp's own package wrote, against what transformers computes.
#[test]
fn every_family_is_read_as_transformers_reads_it() {
    for (name, tolerance) in [
        ("mistral", 1e-4),
        ("qwen2", 2e-2),
        ("qwen3", 1e-4),
        ("phi3", 1.0),
        ("phi3-long", 1e-4),
        ("gemma2", 1.0),
        ("gemma3", 1e-4),
    ] {
        let family = Family::open(name);
        let model = LanguageModel::load(reference(&format!("{name}.gguf"))).unwrap();
        let texts = family.texts();
        let record = Record::of(&model, &texts);
        for (i, ids) in texts.iter().enumerate() {
            let check = |kind: &str, mine: Vec<f32>, width| {
                let expected = family.values(kind, i).unwrap();
                let difference = max_difference(&mine, &expected);
                assert!(difference < tolerance, "{name}, {kind} {i}: {difference}");
                let cosine = least_cosine(&mine, &expected, width);
                assert!(cosine > 0.999, "{name}, {kind} {i}: {cosine}");
            };
            let width = model.width();
            check("states", record.states(model.layers(), i, ids.len()), width);
            check("mid", record.mids(model.layers(), i, ids.len()), width);
            check("final", record.row(HookPoint::FinalNorm, i, ids.len()), width);
            check("logits", numbers(&model.logits(ids).unwrap()), model.info().vocab);
        }
    }
}

#[test]
fn a_header_says_what_is_in_the_file() {
    let info = ModelFolder::open(reference("phi3.gguf")).unwrap().inspect().unwrap();
    assert_eq!((info.name.as_str(), info.licence.as_deref()), ("Tiny phi3", Some("cc0-1.0")));
    assert_eq!((info.family.as_str(), info.architecture.as_str()), ("phi3", "phi3"));
    assert_eq!((info.layers, info.width, info.heads, info.vocab), (3, 32, 4, 96));
    assert_eq!((info.weights_dtype.as_str(), info.max_positions), ("q8_0", 128));
    assert_eq!(info.bytes, fs::metadata(reference("phi3.gguf")).unwrap().len());
    let folder = Family::open("phi3").copy(candle_core::DType::F32);
    let of_folder = ModelFolder::open(folder.path()).unwrap().inspect().unwrap();
    assert_eq!(info.parameters, of_folder.parameters);
    // the tensors of rotary factors are no weights
    let info = ModelFolder::open(reference("phi3-long.gguf")).unwrap().inspect().unwrap();
    assert_eq!(info.parameters % 32, 0);

    let path = reference("qwen2.gguf");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("renamed without an extension");
    fs::copy(&path, &copy).unwrap();
    let digest =
        |path: &Path| ModelFolder::open(path).unwrap().digest(&CancelToken::default()).unwrap();
    assert_eq!(digest(&path), digest(&copy));
    let mut bytes = fs::read(&copy).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&copy, bytes).unwrap();
    assert_ne!(digest(&path), digest(&copy));
}

#[test]
fn a_mixture_is_called_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.gguf");
    let mut model = wide("qwen2", 1, false);
    model.remove("general.name");
    model.set("general.file_type", Value::U32(15));
    let dtype = |path: &Path| {
        let info = ModelFolder::open(path).unwrap().inspect().unwrap();
        assert_eq!(info.name, "mixed");
        info.weights_dtype
    };
    model.write(&path, mixture);
    assert_eq!(dtype(&path), "q4_k_m");
    // what the tensors say counts more than what the file calls itself
    model.write(&path, |_| GgmlDType::Q6K);
    assert_eq!(dtype(&path), "q6_k");
}

/// As llama.cpp mixes them for Q4_K_M.
fn mixture(name: &str) -> GgmlDType {
    let more = ["attn_v", "ffn_down", "token_embd"].iter().any(|part| name.contains(part));
    if more { GgmlDType::Q6K } else { GgmlDType::Q4K }
}

/// A random model wide enough for blocks of 256.
fn wide(kind: &str, layers: usize, tied: bool) -> GgufModel {
    let folder = wide_folder(kind, layers, tied);
    GgufModel::of_folder(folder.path())
}

fn wide_folder(kind: &str, layers: usize, tied: bool) -> tempfile::TempDir {
    use rand::{Rng, SeedableRng};
    let mut random = rand::rngs::StdRng::seed_from_u64(5);
    let mut normal = move |shape: &[usize], scale: f32, centre: f32| {
        let count: usize = shape.iter().product();
        let numbers: Vec<f32> = (0..count)
            .map(|_| {
                let sum: f32 = (0..6).map(|_| random.random::<f32>()).sum();
                centre + scale * (sum - 3.0) * 2_f32.sqrt()
            })
            .collect();
        Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
    };
    let (width, inner, heads, groups, head) = (256, 512, 4, 2, 64);
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = "tests/reference/tiny-llama/plain/tokenizer.json";
    fs::copy(repository().join(tokenizer), folder.path().join("tokenizer.json")).unwrap();
    let config = serde_json::json!({
        "model_type": kind, "num_hidden_layers": layers, "hidden_size": width,
        "intermediate_size": inner, "num_attention_heads": heads, "num_key_value_heads": groups,
        "vocab_size": 320, "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
        "tie_word_embeddings": tied, "rope_parameters": {"rope_theta": 1e4, "rope_type": "default"},
    });
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let mut tensors = std::collections::HashMap::new();
    let mut add = |name: &str, shape: &[usize], scale: f32, centre: f32| {
        tensors.insert(name.to_owned(), normal(shape, scale, centre));
    };
    add("model.embed_tokens.weight", &[320, width], 1.0, 0.0);
    add("model.norm.weight", &[width], 0.2, 1.0);
    if !tied {
        add("lm_head.weight", &[320, width], 0.06, 0.0);
    }
    for layer in 0..layers {
        for (part, rows, columns) in [
            ("self_attn.q_proj", heads * head, width),
            ("self_attn.k_proj", groups * head, width),
            ("self_attn.v_proj", groups * head, width),
            ("self_attn.o_proj", width, heads * head),
            ("mlp.gate_proj", inner, width),
            ("mlp.up_proj", inner, width),
            ("mlp.down_proj", width, inner),
        ] {
            let name = format!("model.layers.{layer}.{part}");
            add(&format!("{name}.weight"), &[rows, columns], (columns as f32).powf(-0.5), 0.0);
            if kind == "qwen2" && ["q_proj", "k_proj", "v_proj"].iter().any(|p| part.ends_with(p)) {
                add(&format!("{name}.bias"), &[rows], 0.2, 0.0);
            }
        }
        for norm in ["input_layernorm", "post_attention_layernorm"] {
            add(&format!("model.layers.{layer}.{norm}.weight"), &[width], 0.2, 1.0);
        }
    }
    candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
    folder
}

/// Quantised numbers by candle's own reading, as a model of a folder in f32.
fn dequantised(model: &GgufModel, kinds: impl Fn(&str) -> GgmlDType) -> GgufModel {
    let tensors = model.tensors.iter().map(|(name, tensor)| {
        let kind = if tensor.rank() == 2 { kinds(name) } else { GgmlDType::F32 };
        let rounded = candle_core::quantized::QTensor::quantize(tensor, kind).unwrap();
        (name.clone(), rounded.dequantize(&Device::Cpu).unwrap())
    });
    GgufModel { entries: model.entries.clone(), tensors: tensors.collect() }
}

const QUANTISATIONS: [fn(&str) -> GgmlDType; 7] = [
    |_| GgmlDType::Q4K,
    |_| GgmlDType::Q5K,
    |_| GgmlDType::Q6K,
    |_| GgmlDType::Q3K,
    |_| GgmlDType::Q2K,
    mixture,
    // parts of one stack of which some are not quantised
    |name| if name.contains("attn_k") { GgmlDType::F16 } else { GgmlDType::Q8_0 },
];

#[test]
fn quantised_matrices_give_the_bits_of_what_they_stand_for() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, tied) in [("llama", false), ("qwen2", true)] {
        let model = wide(kind, 2, tied);
        for kinds in QUANTISATIONS {
            let [quantised, rounded] =
                ["quantised", "rounded"].map(|name| folder.path().join(name));
            model.write(&quantised, kinds);
            dequantised(&model, kinds).write(&rounded, |_| GgmlDType::F32);
            let texts = [(0..40).collect::<Vec<u32>>(), vec![7, 300, 5], vec![9]];
            let [quantised, rounded] =
                [&quantised, &rounded].map(|path| LanguageModel::load(path).unwrap());
            let [mine, theirs] = [&quantised, &rounded].map(|model| Record::of(model, &texts).0);
            for ((point, mine), (_, theirs)) in mine.iter().zip(&theirs) {
                assert_eq!(numbers(mine), numbers(theirs), "{kind}, {point}");
            }
            let logits = |model: &LanguageModel| numbers(&model.logits(&texts[0]).unwrap());
            assert_eq!(logits(&quantised), logits(&rounded), "{kind}");
        }
    }
}

#[test]
fn k_quantisations_are_near_the_folder() {
    let source = wide_folder("llama", 2, false);
    let folder = LanguageModel::load(source.path()).unwrap();
    let path = source.path().join("model.gguf");
    let ids: Vec<u32> = (0..40).collect();
    let states = |model: &LanguageModel| {
        Record::of(model, std::slice::from_ref(&ids)).states(2, 0, ids.len())
    };
    for (kinds, least) in [(GgmlDType::Q6K, 0.998), (GgmlDType::Q5K, 0.99), (GgmlDType::Q4K, 0.98)]
    {
        GgufModel::of_folder(source.path()).write(&path, |_| kinds);
        let file = LanguageModel::load(&path).unwrap();
        let cosine = least_cosine(&states(&folder), &states(&file), 256);
        assert!(cosine > least && cosine < 0.999_99, "{kinds:?}: {cosine}");
    }
}

#[test]
fn a_text_has_the_same_bits_alone_in_a_batch_and_read_token_by_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    wide("llama", 2, true).write(&path, mixture);
    let wide = LanguageModel::load(path).unwrap();
    let (_kept, path) = written("toy-qwen2", GgmlDType::Q8_0);
    for model in [wide, LanguageModel::load(path).unwrap()] {
        let texts: Vec<Vec<u32>> = (1..40).map(|length| (3..3 + length).collect()).collect();
        let batch = Record::of(&model, &texts);
        for (i, ids) in texts.iter().enumerate() {
            let alone = Record::of(&model, std::slice::from_ref(ids));
            for (point, _) in &batch.0 {
                let rows = [batch.row(*point, i, ids.len()), alone.row(*point, 0, ids.len())];
                assert_eq!(rows[0], rows[1], "text {i}, {point}");
            }
        }
        let whole = model.logits(&texts[20]).unwrap();
        let cancel = CancelToken::default();
        let mut generation = model.start(&[&texts[20][..4]]).unwrap();
        let mut next = generation.read_prompts(&mut NoHook, &cancel).unwrap().unwrap();
        for position in 3..texts[20].len() {
            assert_eq!(numbers(&next), numbers(&whole.get(position).unwrap()), "{position}");
            if let Some(token) = texts[20].get(position + 1) {
                next = generation.step(&[*token], &mut NoHook, &cancel).unwrap().unwrap();
            }
        }
    }
}

#[test]
fn capture_gives_the_means_of_what_forward_shows() {
    let (_kept, path) = written("toy-llama", GgmlDType::Q8_0);
    let model = LanguageModel::load(path).unwrap();
    let options = options(&model, Pooling::MeanAll, 64);
    let captured = capture(&model, &READINGS, &options);
    for (text, reading) in captured.iter().zip(READINGS) {
        let ids = model.tokenise(reading, 512).unwrap().ids;
        let record = Record::of(&model, std::slice::from_ref(&ids));
        for layer in 0..=model.layers() {
            let rows = record.row(HookPoint::of_layer(layer), 0, ids.len());
            let width = model.width();
            for (column, mine) in text.values[layer * width..][..width].iter().enumerate() {
                let sum: f64 = rows.iter().skip(column).step_by(width).map(|v| f64::from(*v)).sum();
                let mean = sum / ids.len() as f64;
                assert!((f64::from(*mine) - mean).abs() < 1e-4 * (1.0 + mean.abs()));
            }
        }
    }
}

#[test]
fn adding_a_direction_changes_what_it_changes_in_the_folder() {
    let (_kept, path) = written("toy-llama", GgmlDType::Q8_0);
    let models = [LanguageModel::load(toy("toy-llama")), LanguageModel::load(path)];
    let changes = models.map(|model| {
        let model = model.unwrap();
        let ids = model.tokenise(READINGS[0], 512).unwrap().ids;
        let cancel = CancelToken::default();
        let direction: Vec<f32> = (0..model.width()).map(|i| (i as f32 * 0.7).sin()).collect();
        let read = |hook: &mut dyn lens_model::Hook| {
            let mut generation = model.start(&[&ids]).unwrap();
            numbers(&generation.read_prompts(hook, &cancel).unwrap().unwrap())
        };
        let before = read(&mut NoHook);
        let change = Change::Add { shift: direction };
        let change = Intervention { layer: 3, change, positions: Positions::Generated };
        let changes = Interventions::new(&model, vec![change]).unwrap();
        let after = read(&mut changes.hook(&[ids.len()]));
        after.iter().zip(&before).map(|(after, before)| after - before).collect::<Vec<f32>>()
    });
    let size = changes[0].iter().map(|c| c * c).sum::<f32>().sqrt();
    assert!(size > 1.0, "{size}");
    let cosine = least_cosine(&changes[0], &changes[1], changes[0].len());
    assert!(cosine > 0.99, "{cosine}");
}

#[test]
fn the_chat_template_of_a_file_sees_its_special_tokens() {
    let mut model = GgufModel::of_folder(&toy(TOYS[0]));
    let folder = tempfile::tempdir().unwrap();
    let template = |model: &GgufModel, name: &str| {
        let path = folder.path().join(name);
        model.write(&path, |_| GgmlDType::F16);
        ChatTemplate::of(&ModelFolder::open(&path).unwrap()).unwrap()
    };
    assert!(template(&model, "without.gguf").is_none());
    let source = "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}";
    model.set("tokenizer.chat_template", text(source));
    let template = template(&model, "with.gguf").unwrap();
    let turns = [ChatMessage::new("user", "Hello"), ChatMessage::new("assistant", "Good day")];
    assert_eq!(template.render(&turns, false).unwrap(), "<s>Hello</s>Good day</s>");
}

#[test]
fn rotary_factors_of_llama_3_are_taken_up() {
    let source = wide_folder("llama", 1, true);
    let config = source.path().join("config.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    json["rope_parameters"] = serde_json::json!({
        "rope_type": "llama3", "rope_theta": 1e4, "factor": 8, "low_freq_factor": 1,
        "high_freq_factor": 4, "original_max_position_embeddings": 32
    });
    let mut model = GgufModel::of_folder(source.path());
    fs::write(&config, json.to_string()).unwrap();
    let folder = LanguageModel::load(source.path()).unwrap();
    // as the converter computes them
    let factors: Vec<f32> = (0..32)
        .map(|i| {
            let wavelength = std::f64::consts::TAU * 1e4_f64.powf(f64::from(i) / 32.0);
            let smooth = (32.0 / wavelength - 1.0) / 3.0;
            let factor = if wavelength < 32.0 / 4.0 {
                1.0
            } else if wavelength > 32.0 {
                8.0
            } else {
                1.0 / ((1.0 - smooth) / 8.0 + smooth)
            };
            factor as f32
        })
        .collect();
    assert!(factors.iter().any(|f| *f > 1.0 && *f < 8.0));
    let factors = Tensor::from_vec(factors, 32, &Device::Cpu).unwrap();
    let path = source.path().join("model.gguf");
    let ids: Vec<u32> = (0..100).collect();
    let logits = |model: &LanguageModel| numbers(&model.logits(&ids).unwrap());
    model.write(&path, |_| GgmlDType::F32);
    let without = LanguageModel::load(&path).unwrap();
    assert!(max_difference(&logits(&without), &logits(&folder)) > 0.1);
    model.tensors.push(("rope_freqs.weight".to_owned(), factors));
    model.write(&path, |_| GgmlDType::F32);
    let with = LanguageModel::load(&path).unwrap();
    let difference = max_difference(&logits(&with), &logits(&folder));
    assert!(difference < 1e-3, "{difference}");
    assert_eq!(with.info().parameters, without.info().parameters);
}
