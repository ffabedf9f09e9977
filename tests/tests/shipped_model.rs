//! The shipped model and pair sets through the command line: what it answers, that it answers the
//! same twice, what it keeps, and what it says to input that it cannot use.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lens_tests::command_line::{Lens, number, set};
use lens_tests::{files, pairs, programs};
use serde_json::{Value, json};

const MODEL: &str = "toy-llama";
/// The pair set in which words alone tell the sides apart, and the one in which they do not.
const SETS: [&str; 2] = ["toy-lexical.jsonl", "toy-matched.jsonl"];

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

fn expect_keys(value: &Value, wanted: &[&str]) -> Result<()> {
    let has = keys(value);
    let lacks: Vec<&&str> = wanted.iter().filter(|key| !has.contains(**key)).collect();
    ensure!(lacks.is_empty(), "the answer lacks {lacks:?}; it has {has:?}");
    Ok(())
}

#[test]
fn check_counts_what_is_in_the_files() -> Result<()> {
    for name in SETS {
        let path = set(name);
        let lens = Lens::new()?;
        let arguments = [OsStr::new("check"), path.as_os_str()];
        let text = lens.json_text(&arguments)?;
        let answer: Value = serde_json::from_str(&text)?;
        expect_keys(
            &answer,
            &["pairs", "format", "concept", "scenarios", "splits", "problems", "checks"],
        )?;
        expect_keys(
            answer.get("checks").context("no checks")?,
            &["length_auroc", "source_imbalance", "duplicates", "leakage"],
        )?;

        // Counted here from the lines themselves.
        let mut scenarios = std::collections::BTreeMap::<String, u64>::new();
        let mut count = 0_u64;
        for line in std::fs::read_to_string(&path)?.lines() {
            let row: Value = serde_json::from_str(line)?;
            let scenario = row.get("scenario").and_then(Value::as_str).unwrap_or_default();
            *scenarios.entry(scenario.to_owned()).or_default() += 1;
            count += 1;
        }
        ensure!(answer.get("pairs") == Some(&Value::from(count)), "{name}: {text}");
        ensure!(
            answer.get("scenarios") == Some(&serde_json::to_value(scenarios)?),
            "{name}: {text}"
        );
        ensure!(answer.get("problems") == Some(&Value::Array(Vec::new())), "{name}: {text}");
        let split = number(&answer, "/splits/train")? + number(&answer, "/splits/test")?;
        ensure!(split == count as f64, "{name}: the splits hold {split} of {count} pairs");
        ensure!(number(&answer, "/checks/duplicates")? == 0.0, "{name}: {text}");
        ensure!(number(&answer, "/checks/leakage")? == 0.0, "{name}: {text}");
        ensure!(lens.json_text(&arguments)? == text, "{name}: two checks differ");
    }
    Ok(())
}

/// `layer-3.safetensors` as its header and numbers, read by hand.
fn tensor(path: &Path) -> Result<(Value, Vec<f32>)> {
    let bytes = std::fs::read(path)?;
    let (length, rest) = bytes.split_first_chunk::<8>().context("no header length")?;
    let length = usize::try_from(u64::from_le_bytes(*length))?;
    let (header, body) = rest.split_at_checked(length).context("the header is cut short")?;
    let numbers = body.chunks_exact(4).map(|b| b.try_into().map(f32::from_le_bytes));
    Ok((serde_json::from_slice(header)?, numbers.collect::<Result<_, _>>()?))
}

#[test]
fn capture_writes_every_layer_and_reads_no_text_twice() -> Result<()> {
    let lens = Lens::new()?;
    let file = lens.file("some.jsonl");
    pairs::write_jsonl(&file, 40, 2)?;
    let capture = |out: &Path| {
        let arguments = ["capture", "PAIRS", "--model", MODEL, "--layers", "all", "--out", "OUT"];
        arguments.map(|argument| match argument {
            "PAIRS" => file.clone().into_os_string(),
            "OUT" => out.as_os_str().to_owned(),
            other => other.into(),
        })
    };
    let (first, second) = (lens.file("first"), lens.file("second"));
    let answer = lens.json(&capture(&first))?;
    expect_keys(
        &answer,
        &["rows", "tokens", "truncated", "seconds", "tokens_per_second", "files", "from_store"],
    )?;
    ensure!(
        number(&answer, "/rows")? == 80.0 && number(&answer, "/from_store")? == 0.0,
        "{answer}"
    );
    ensure!(number(&answer, "/truncated")? == 0.0, "{answer}");
    ensure!(number(&answer, "/tokens_per_second")? > 0.0, "{answer}");

    let config = std::fs::read(programs::models().join(MODEL).join("config.json"))?;
    let config: Value = serde_json::from_slice(&config)?;
    let (layers, width) =
        (number(&config, "/num_hidden_layers")?, number(&config, "/hidden_size")?);
    let named = answer.get("files").and_then(Value::as_array).context("no files")?;
    ensure!(named.len() as f64 == layers + 2.0, "{} files for {layers} blocks", named.len());
    let index: Value = serde_json::from_slice(&std::fs::read(first.join("index.json"))?)?;
    let rows = index.get("rows").and_then(Value::as_array).context("the index has no rows")?;
    let tokens: f64 = rows.iter().filter_map(|row| row.get("tokens")?.as_f64()).sum();
    ensure!(rows.len() == 80 && tokens == number(&answer, "/tokens")?, "{tokens} tokens: {answer}");

    let again = lens.json(&capture(&second))?;
    ensure!(number(&again, "/from_store")? == 80.0, "{again}");
    ensure!(number(&again, "/seconds")? == 0.0, "{again}");
    ensure!(again.get("tokens_per_second") == Some(&Value::Null), "{again}");
    for name in named.iter().filter_map(Value::as_str) {
        let (a, b) = (std::fs::read(first.join(name))?, std::fs::read(second.join(name))?);
        ensure!(a == b, "{name} differs when it comes from the store");
        if name.ends_with(".safetensors") {
            let (header, values) = tensor(&first.join(name))?;
            let shape = header.pointer("/resid_post/shape").context("no resid_post")?;
            ensure!(shape == &serde_json::json!([80, width as u64]), "{name} has shape {shape}");
            ensure!(values.iter().all(|v| v.is_finite()), "{name} holds what is no number");
            ensure!(values.iter().any(|v| *v != values[0]), "{name} holds one number only");
        }
    }

    // Read by someone else from nothing, the same texts give the same bytes.
    let other = Lens::new()?;
    let third = other.file("third");
    other.json(&capture(&third))?;
    for name in named.iter().filter_map(Value::as_str) {
        let (a, b) = (std::fs::read(first.join(name))?, std::fs::read(third.join(name))?);
        ensure!(a == b, "{name} differs from one run to the next");
    }

    // A prompt longer than the limit is counted, not silently cut.
    let mut short = capture(&lens.file("short")).to_vec();
    short.extend(["--token-limit", "8"].map(Into::into));
    ensure!(number(&lens.json(&short)?, "/truncated")? == 80.0);
    Ok(())
}

/// At the last token, where the model was trained to say what is done next.
///
/// The answer of `lens probe` for one pair set, the same from nothing twice and from the store.
fn probe(name: &str) -> Result<Value> {
    let mut arguments = vec!["probe".into(), set(name).into_os_string()];
    arguments.extend(["--model", MODEL, "--pooling", "last"].map(Into::into));
    let text = Lens::new()?.json_text(&arguments)?;
    let lens = Lens::new()?;
    ensure!(lens.json_text(&arguments)? == text, "{name}: two probes differ");
    ensure!(lens.json_text(&arguments)? == text, "{name}: a probe from the store differs");
    let answer: Value = serde_json::from_str(&text)?;
    answer.pointer("/models/0").cloned().context("no model in the answer")
}

/// Checks the shape of a sweep and that its numbers agree with each other.
fn check_sweep(model: &Value) -> Result<()> {
    expect_keys(model, &["model", "chosen_layer", "layers", "test"])?;
    let layers = model.get("layers").and_then(Value::as_array).context("no layers")?;
    let mut best = f64::MIN;
    for layer in layers {
        let keys = [
            "layer",
            "auroc",
            "auroc_ci",
            "accuracy",
            "paired_accuracy",
            "separation",
            "cohens_d",
            "std_positive",
            "std_negative",
        ];
        expect_keys(layer, &keys)?;
        let auroc = number(layer, "/auroc")?;
        let interval = number(layer, "/auroc_ci/0")?..=number(layer, "/auroc_ci/1")?;
        ensure!(interval.contains(&auroc), "{auroc} is not within {interval:?}");
        for share in ["/auroc", "/accuracy", "/paired_accuracy"] {
            ensure!((0.0..=1.0).contains(&number(layer, share)?), "{share} is no share: {layer}");
        }
        best = best.max(auroc);
    }
    let chosen = number(model, "/chosen_layer")?;
    ensure!(number(model, "/test/layer")? == chosen, "the test is not at layer {chosen}");
    let optimism = best - number(model, "/test/auroc")?;
    ensure!((number(model, "/optimism")? - optimism).abs() < 1e-12, "optimism is {optimism}");
    Ok(())
}

#[test]
fn the_probe_finds_the_planted_words() -> Result<()> {
    let model = probe(SETS[0])?;
    check_sweep(&model)?;
    let auroc = number(&model, "/test/auroc")?;
    ensure!(auroc > 0.9, "AUROC {auroc} where words alone tell the sides apart");
    ensure!(number(&model, "/test/auroc_ci/0")? > 0.5, "chance is not excluded");
    Ok(())
}

#[test]
fn the_probe_finds_the_planted_disposition_beyond_words() -> Result<()> {
    let model = probe(SETS[1])?;
    check_sweep(&model)?;
    let auroc = number(&model, "/test/auroc")?;
    ensure!(auroc >= 0.8, "AUROC {auroc} where the model's training planted the disposition");
    ensure!(number(&model, "/test/auroc_ci/0")? > 0.5, "chance is not excluded");
    Ok(())
}

#[test]
fn projections_hold_every_text_and_explain_their_variance() -> Result<()> {
    let lens = Lens::new()?;
    let mut known = Vec::new();
    for (dims, name) in [("2", "plane.csv"), ("3", "space.csv")] {
        let out = lens.file(name);
        let mut arguments = vec!["project".into(), set(SETS[1]).into_os_string()];
        arguments.extend(["--model", MODEL, "--layer", "2", "--method", "pca"].map(Into::into));
        arguments.extend([
            "--dims".into(),
            dims.into(),
            "--out".into(),
            out.clone().into_os_string(),
        ]);
        let answer = lens.json(&arguments)?;
        expect_keys(&answer, &["method", "params", "explained_variance", "rows"])?;
        let first = std::fs::read(&out)?;
        lens.json(&arguments)?;
        ensure!(std::fs::read(&out)? == first, "two projections differ");

        let (header, rows) = files::csv(&out)?;
        ensure!(rows.len() as f64 == number(&answer, "/rows")?, "{} rows: {answer}", rows.len());
        let column = |name: &str| header.iter().position(|h| h == name);
        let at = column("pc1").with_context(|| format!("no pc1 in {header:?}"))?;
        let axes = dims.parse::<usize>()?;
        let shares = (0..axes).map(|axis| number(&answer, &format!("/explained_variance/{axis}")));
        let shares = shares.collect::<Result<Vec<f64>>>()?;
        let mut variances = Vec::new();
        for axis in 0..axes {
            let values =
                rows.iter().map(|row| Ok(row.get(at + axis).context("short row")?.parse()?));
            let values = values.collect::<Result<Vec<f64>>>()?;
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
            let size = spread.sqrt();
            ensure!(mean.abs() < 1e-3 * size, "axis {axis} is not centred: {mean}");
            variances.push(spread);
        }
        // Shares of one total: they stand to each other as the variances do.
        for pair in 1..axes {
            ensure!(shares[pair] <= shares[pair - 1], "the shares rise: {shares:?}");
            let (told, seen) = (shares[pair] / shares[0], variances[pair] / variances[0]);
            ensure!((told - seen).abs() < 1e-3, "axis {pair}: told {told}, seen {seen}");
        }
        ensure!(shares.iter().sum::<f64>() <= 1.0 + 1e-9, "{shares:?} is more than all");
        known.push(shares);
    }
    let same = known[0].iter().zip(&known[1]).all(|(a, b)| (a - b).abs() < 1e-6);
    ensure!(same, "the first axes depend on how many are asked for: {known:?}");
    Ok(())
}

#[test]
fn a_map_says_what_it_is_worth_and_is_the_same_twice() -> Result<()> {
    let lens = Lens::new()?;
    let (data, out, again) = (set("toy-matched.jsonl"), lens.file("a.csv"), lens.file("b.csv"));
    let map = |out: &Path, threads: &str| {
        lens.json(&[
            OsStr::new("project"),
            data.as_os_str(),
            OsStr::new("--model"),
            OsStr::new(MODEL),
            OsStr::new("--layer"),
            OsStr::new("5"),
            OsStr::new("--method"),
            OsStr::new("umap"),
            OsStr::new("--threads"),
            OsStr::new(threads),
            OsStr::new("--out"),
            out.as_os_str(),
        ])
    };
    let answer = map(&out, "1")?;
    map(&again, "4")?;
    ensure!(std::fs::read(&out)? == std::fs::read(&again)?, "another map for other threads");
    ensure!(answer["method"] == "umap" && answer.get("explained_variance").is_none(), "{answer}");
    for measure in ["/trustworthiness", "/neighbours_kept"] {
        let value = number(&answer, measure)?;
        ensure!(value > 0.5 && value <= 1.0, "{measure}: {value}");
    }
    let (header, rows) = files::csv(&out)?;
    ensure!(header.ends_with(&["umap1".to_owned(), "umap2".to_owned()]), "{header:?}");
    ensure!(rows.len() == 400, "{} rows", rows.len());
    Ok(())
}

/// Every option of a map reaches it and is said; a wrong one is refused.
#[test]
fn a_map_is_drawn_as_asked_and_held_out_texts_do_not_shape_it() -> Result<()> {
    let lens = Lens::new()?;
    let data = set("toy-matched.jsonl");
    let (out, plain) = (lens.file("a.csv"), lens.file("b.csv"));
    let words = |out: &Path, options: &[&str]| -> Vec<std::ffi::OsString> {
        let mut words = vec!["project".into(), data.clone().into_os_string(), "--out".into()];
        words.push(out.as_os_str().to_owned());
        words.extend(["--model", MODEL, "--layer", "5"].map(Into::into));
        words.extend(options.iter().map(Into::into));
        words
    };
    let umap = ["--method", "umap", "--epochs", "40"];
    lens.json(&words(&plain, &umap))?;
    let usual = std::fs::read(&plain)?;
    for (option, value, key, told) in [
        ("--neighbors", "7", "neighbors", json!(7)),
        ("--min-dist", "0.5", "min_dist", json!(0.5)),
        ("--metric", "cosine", "metric", json!("cosine")),
        ("--epochs", "30", "epochs", json!(30)),
        ("--init", "pca", "init", json!("pca")),
        ("--fit", "train", "fit", json!("train")),
    ] {
        let mut options = umap.to_vec();
        if option == "--epochs" {
            options.truncate(2);
        }
        options.extend([option, value]);
        let answer = lens.json(&words(&out, &options))?;
        ensure!(answer["params"][key] == told, "{option}: {answer}");
        ensure!(std::fs::read(&out)? != usual, "{option} changes nothing");
        let usual = json!({"level": "texts", "dims": 2, "spread": 1.0, "seed": 0, "layer": 5});
        for (key, value) in usual.as_object().context("an object")? {
            ensure!(answer["params"][key] == *value, "{key}: {answer}");
        }
    }

    let (header, rows) = files::csv(&out)?;
    let at = |name: &str| header.iter().position(|h| h == name).with_context(|| name.to_owned());
    let (split, overlaid) = (at("split")?, at("overlaid")?);
    ensure!(rows.iter().all(|row| (&row[split] == "test") == (&row[overlaid] == "true")));
    ensure!(rows.iter().any(|row| &row[overlaid] == "true"), "no text is held out");

    lens.refused(&words(&out, &["--neighbors", "5"]), "--method umap")?;
    for (wrong, part) in [
        (["--neighbors", "1"], "neighbours"),
        (["--min-dist", "3"], "distance"),
        (["--epochs", "0"], "epochs"),
        (["--metric", "taxi"], "euclidean"),
    ] {
        lens.refused(&words(&out, &[&umap[..2], &wrong[..]].concat()), part)?;
    }
    Ok(())
}

#[test]
fn bad_input_is_refused_with_a_sentence() -> Result<()> {
    let lens = Lens::new()?;
    let write = |name: &str, content: &[u8]| -> Result<std::ffi::OsString> {
        let path = lens.file(name);
        std::fs::write(&path, content)?;
        Ok(path.into_os_string())
    };
    let good = lens.file("good.jsonl");
    pairs::write_jsonl(&good, 20, 1)?;
    let good = good.into_os_string();
    let check = |file: std::ffi::OsString, part: &str| lens.refused(&["check".into(), file], part);

    check(write("empty.jsonl", b"")?, "is empty")?;
    check(lens.file("absent.jsonl").into(), "absent.jsonl")?;
    check(lens.home().into(), "folder")?;
    check(write("latin.csv", b"positive,negative\nr\xe9,\xe9\n")?, "UTF-8")?;
    check(write("cut.json", b"[{\"positive\": \"a")?, "cut.json")?;
    check(write("table.csv", b"one,two\na,b\n")?, "one, two")?;
    check(write("no-row.jsonl", b"{\"positive\": \"\", \"negative\": \"x\"}\n")?, "no usable row")?;

    let probe = |model: &OsStr, part: &str| {
        lens.refused(&["probe".as_ref(), good.as_ref(), "--model".as_ref(), model], part)
    };
    probe("no-such-model".as_ref(), "no-such-model")?;
    let odd = lens.file("odd");
    let shipped = programs::models().join(MODEL);
    std::fs::create_dir(&odd)?;
    probe(odd.as_ref(), "config.json")?;
    std::fs::copy(shipped.join("tokenizer.json"), odd.join("tokenizer.json"))?;
    let config = std::fs::read_to_string(shipped.join("config.json"))?;
    std::fs::write(odd.join("config.json"), config.replace("\"llama\"", "\"parrot\""))?;
    std::fs::copy(shipped.join("model.safetensors"), odd.join("model.safetensors"))?;
    probe(odd.as_ref(), "parrot")?;
    std::fs::write(odd.join("config.json"), &config)?;
    let weights = std::fs::read(shipped.join("model.safetensors"))?;
    for (cut, what) in [(0, "an empty file"), (weights.len() / 2, "half a file")] {
        let part = weights.get(..cut).context(what)?;
        std::fs::write(odd.join("model.safetensors"), part)?;
        probe(odd.as_ref(), "model.safetensors")?;
    }

    let project = ["project".as_ref(), good.as_ref(), "--model".as_ref(), MODEL.as_ref()];
    let out = lens.file("out.csv");
    let far = ["--layer".as_ref(), "99".as_ref(), "--out".as_ref(), out.as_os_str()];
    lens.refused(&[&project[..], &far[..]].concat(), "no layer 99")?;
    ensure!(!out.exists(), "a file was written all the same");
    lens.refused(&["check"], "PAIRS")?;
    lens.refused(&["chekc"], "check")
}

/// A template that writes turns as a model might have been taught to read them.
const TEMPLATE: &str = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";

#[test]
fn a_chat_template_changes_what_is_read_and_travels_with_it() -> Result<()> {
    let lens = Lens::new()?;
    let folder = lens.file("with-template");
    std::fs::create_dir(&folder)?;
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(programs::models().join(MODEL).join(name), folder.join(name))?;
    }
    std::fs::write(folder.join("chat_template.jinja"), TEMPLATE)?;
    let file = lens.file("some.jsonl");
    pairs::write_jsonl(&file, 20, 1)?;
    let capture = |name: &str, more: &[&str]| -> Result<Value> {
        let mut arguments: Vec<std::ffi::OsString> = vec!["capture".into(), file.clone().into()];
        arguments.extend(["--model".into(), folder.clone().into_os_string()]);
        arguments.extend(["--out".into(), lens.file(name).into_os_string()]);
        arguments.extend(more.iter().map(Into::into));
        lens.json(&arguments)
    };
    let plain = capture("plain", &[])?;
    let chat = capture("chat", &["--chat-template"])?;
    // The roles and colons are tokens too.
    ensure!(number(&chat, "/tokens")? > number(&plain, "/tokens")?, "{plain} {chat}");
    ensure!(number(&chat, "/from_store")? == 0.0, "texts read plainly were taken for these");
    ensure!(number(&capture("again", &["--chat-template"])?, "/from_store")? == 40.0);
    let index = |name: &str| std::fs::read_to_string(lens.file(name).join("index.json"));
    ensure!(index("chat")?.contains("chat_template"), "{}", index("chat")?);

    // A model without one is read as ever.
    let shipped = |more: &[&'static str]| -> Result<Value> {
        let mut arguments: Vec<std::ffi::OsString> = vec!["capture".into(), file.clone().into()];
        arguments.extend(["--model", MODEL, "--out"].map(Into::into));
        arguments.push(lens.file("shipped").into_os_string());
        arguments.extend(more.iter().map(Into::into));
        lens.json(&arguments)
    };
    shipped(&[])?;
    ensure!(number(&shipped(&["--chat-template"])?, "/from_store")? == 40.0);

    std::fs::write(folder.join("chat_template.jinja"), "{% if %}")?;
    let mut arguments = vec![OsStr::new("capture"), file.as_os_str(), "--model".as_ref()];
    let out = lens.file("broken");
    arguments.extend([folder.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    arguments.push("--chat-template".as_ref());
    lens.refused(&arguments, "template")
}

#[test]
fn weights_are_held_as_asked_for_and_what_was_rounded_says_so() -> Result<()> {
    let lens = Lens::new()?;
    let file = lens.file("some.jsonl");
    pairs::write_jsonl(&file, 20, 1)?;
    // A model stored in f32.
    let model = programs::models().with_file_name("tests/reference/tiny-llama/plain");
    let arguments = |out: &Path, more: [&str; 2]| -> Vec<std::ffi::OsString> {
        let mut arguments: Vec<std::ffi::OsString> = vec!["capture".into(), file.clone().into()];
        arguments.extend(["--model".into(), model.clone().into_os_string()]);
        arguments.extend(["--out".into(), out.as_os_str().to_owned()]);
        arguments.extend(more.map(Into::into));
        arguments
    };
    let capture = |name: &str, dtype: &str| -> Result<(Value, String)> {
        let out = lens.file(name);
        let answer = lens.json(&arguments(&out, ["--dtype", dtype]))?;
        Ok((answer, std::fs::read_to_string(out.join("index.json"))?))
    };
    let (_, stored) = capture("stored", "stored")?;
    let (wide, said) = capture("wide", "f32")?;
    ensure!(number(&wide, "/from_store")? == 40.0 && said == stored, "{wide} {said}");
    let (rounded, said) = capture("rounded", "bf16")?;
    ensure!(number(&rounded, "/from_store")? == 0.0, "other numbers were taken for these");
    ensure!(said.contains("f32 held as bf16") && !stored.contains("held as"), "{said}");
    let out = lens.file("refused");
    for (option, value, what) in [
        ("--dtype", "f16", "stored, f32 or bf16"),
        ("--device", "cuda", "read on the processor"),
        ("--device", "wgpu", "read on the processor"),
        ("--device", "toaster", "auto, cpu or wgpu"),
    ] {
        lens.refused(&arguments(&out, [option, value]), what)?;
    }
    lens.json(&arguments(&out, ["--device", "cpu"]))?;
    Ok(())
}

#[test]
fn a_gguf_file_is_taken_where_a_model_is_named() -> Result<()> {
    let lens = Lens::new()?;
    let file = lens.file("some.jsonl");
    pairs::write_jsonl(&file, 20, 1)?;
    // One of the references that llama.cpp's own writer made.
    let model = programs::models().with_file_name("tests/reference/gguf/qwen2.gguf");
    let mut arguments = vec![OsStr::new("probe"), file.as_os_str(), "--model".as_ref()];
    arguments.push(model.as_os_str());
    let answer = lens.json(&arguments)?;
    let layers = answer.pointer("/models/0/layers").and_then(Value::as_array);
    ensure!(layers.is_some_and(|layers| !layers.is_empty()), "{answer}");
    ensure!(lens.json(&arguments)? == answer, "the second probe differs");

    let broken = lens.file("broken.gguf");
    let bytes = std::fs::read(&model)?;
    std::fs::write(&broken, bytes.get(..bytes.len() / 2).context("half a file")?)?;
    arguments.pop();
    arguments.push(broken.as_os_str());
    lens.refused(&arguments, "broken.gguf")
}
