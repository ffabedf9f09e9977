//! What the program makes of the shipped models, of which the truth is known: controls, the evidence
//! ladder, agreement. All through the command line.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use lens_tests::command_line::{Lens, number, set};
use lens_tests::files;
use serde_json::Value;

const MODELS: [&str; 3] = ["toy-llama", "toy-qwen2", "toy-phi3"];

/// The answer about one model of `lens evidence`.
fn ladders(lens: &Lens, data: &str, models: &[&str], more: &[&str]) -> Result<Value> {
    let data = set(data);
    let mut arguments = vec!["evidence", data.to_str().context("a path")?];
    for model in models {
        arguments.extend(["--model", model]);
    }
    arguments.extend(more);
    lens.json(&arguments)
}

fn rung<'a>(ladder: &'a Value, name: &str) -> Result<&'a Value> {
    let rungs = ladder.get("rungs").and_then(Value::as_array).context("no rungs")?;
    rungs.iter().find(|rung| rung["name"] == name).with_context(|| format!("no rung {name}"))
}

fn part<'a>(rung: &'a Value, name: &str) -> Result<&'a Value> {
    let parts = rung.get("parts").and_then(Value::as_array).context("no parts")?;
    parts.iter().find(|part| part["name"] == name).with_context(|| format!("no part {name}"))
}

#[test]
fn where_words_cannot_tell_the_probe_beats_them_and_needs_their_order() -> Result<()> {
    let lens = Lens::new()?;
    let report = lens.file("evidence.html");
    let more = ["--pooling", "last", "--report", report.to_str().context("a path")?];
    let answer = ladders(&lens, "toy-matched.jsonl", &MODELS, &more)?;
    let models = answer["models"].as_array().context("no models")?;
    ensure!(models.len() == MODELS.len(), "{} ladders", models.len());
    for ladder in models {
        for name in ["separable", "beats-ceiling"] {
            let found = rung(ladder, name)?;
            ensure!(found["status"] == "passed", "{}: {found}", ladder["modelName"]);
        }
        let third = rung(ladder, "survives-ablation-and-shuffling")?;
        ensure!(part(third, "Word order")?["status"] == "passed", "{third}");
        ensure!(third["status"] == "passed", "{third}");
        for name in ["moves-behaviour", "necessary"] {
            ensure!(rung(ladder, name)?["status"] == "not-tested", "{name} was inferred");
        }
        println!("{}: {}", ladder["modelName"], ladder["summary"]);
    }
    let html = std::fs::read_to_string(&report)?;
    ensure!(MODELS.iter().all(|model| html.contains(model)), "a model is missing in the report");
    ensure!(
        !html.contains("http://") || html.contains("www.w3.org"),
        "the report fetches something"
    );
    Ok(())
}

#[test]
fn steering_decides_the_last_two_rungs_where_it_is_asked_for() -> Result<()> {
    let lens = Lens::new()?;
    let pairs = std::fs::read_to_string(set("toy-matched.jsonl"))?;
    let bert = lens_tests::encoder::write(lens.home(), &pairs)?;
    let bert = bert.to_str().context("a path")?;
    let asked = ["--pooling", "last", "--steer"];
    let models = ["toy-llama", "toy-qwen2", bert];
    let answer = ladders(&lens, "toy-matched.jsonl", &models, &asked)?;
    for at in [0, 1] {
        let ladder = &answer["models"][at];
        // The toy models' disposition is what makes them act.
        let moves = rung(ladder, "moves-behaviour")?;
        ensure!(moves["status"] == "passed", "{moves}");
        let needed = rung(ladder, "necessary")?;
        ensure!(needed["status"] != "not-tested", "{needed}");
        println!("{}: {} {}", ladder["modelName"], moves["parts"], needed["parts"]);
    }
    // A model that writes nothing has its other rungs, and does not stand in the others' way.
    let encoder = &answer["models"][2];
    for name in ["moves-behaviour", "necessary"] {
        let found = rung(encoder, name)?;
        ensure!(found["status"] == "not-tested", "{found}");
    }
    ensure!(rung(encoder, "separable")?["status"] != "not-tested", "{encoder}");
    ensure!(ladders(&lens, "toy-matched.jsonl", &models, &asked)? == answer, "not the same again");

    let data = set("toy-matched.jsonl");
    let data = data.to_str().context("a path")?;
    let nowhere = ["evidence", data, "--model", "toy-llama", "--steer=nowhere.json"];
    lens.refused(&nowhere, "nowhere.json")
}

#[test]
fn where_words_tell_it_says_that_vocabulary_explains_it() -> Result<()> {
    let lens = Lens::new()?;
    let report = lens.file("evidence.pdf");
    let more = ["--report", report.to_str().context("a path")?];
    let answer = ladders(&lens, "toy-lexical.jsonl", &["toy-llama"], &more)?;
    let ladder = &answer["models"][0];
    ensure!(rung(ladder, "separable")?["status"] == "passed", "{ladder}");
    let ceiling = rung(ladder, "beats-ceiling")?;
    ensure!(ceiling["status"] == "failed", "{ceiling}");
    let said = part(ceiling, "Surface ceiling")?["sentence"].as_str().unwrap_or_default();
    ensure!(said.contains("vocabulary"), "{said}");
    let summary = ladder["summary"].as_str().unwrap_or_default();
    ensure!(summary.contains("The texts alone"), "{summary}");
    ensure!(files::pdf(&report)?.text.contains("Separable"), "the report's text is not text");
    Ok(())
}

#[test]
fn probe_says_what_its_number_is_worth() -> Result<()> {
    let lens = Lens::new()?;
    let data = set("toy-matched.jsonl");
    let data = data.to_str().context("a path")?;
    let arguments = ["probe", data, "--model", "toy-llama", "--pooling", "last", "--as-published"];
    let answer = lens.json(&arguments)?;
    let model = &answer["models"][0];
    let chosen = number(model, "/test/auroc")?;
    ensure!(number(model, "/permutation/p")? <= 0.001, "{model}");
    ensure!(number(model, "/test/p")? <= 0.001, "{model}");
    // Both sides hold the same words, so counting them is guessing.
    for name in ["bag_of_words", "tfidf", "function_words", "marks", "length", "character_count"] {
        let reached = number(model, &format!("/surface/{name}"))?;
        ensure!((reached - 0.5).abs() < 1e-9, "{name}: {reached}");
    }
    ensure!((0.4..0.6).contains(&number(model, "/random/mean")?), "{model}");
    // The sides lie so far apart that some random directions tell them apart as well: said, not
    // hidden.
    ensure!(number(model, "/random/rank_p")? > 0.001, "{model}");
    ensure!(number(model, "/shuffled/auroc")? < chosen - 0.2, "{model}");
    ensure!(number(model, "/ablated/auroc")? > 0.9, "{model}");
    ensure!(number(model, "/as_published/auroc")? > 0.5, "{model}");
    ensure!(number(model, "/held_out_scenarios/auroc")? > 0.8, "{model}");
    let again = lens.json(&arguments)?;
    ensure!(answer == again, "the same input gave another answer");

    let plain = lens.json(&["probe", data, "--model", "toy-llama", "--method", "logistic"])?;
    ensure!(plain["models"][0]["method"] == "logistic", "{plain}");
    ensure!(plain["models"][0].get("as_published").is_none(), "shown without being asked for");
    lens.refused(&["probe", data, "--model", "toy-llama", "--method", "magic"], "none of")?;
    lens.refused(&["probe", data, "--model", "toy-llama", "--device", "cuda"], "on the processor")
}

#[test]
fn a_graphics_adapter_moves_the_band_of_random_directions_by_rounding_only() -> Result<()> {
    let lens = Lens::new()?;
    let data = set("toy-matched.jsonl");
    let data = data.to_str().context("a path")?;
    let on = |device| ["probe", data, "--model", "toy-llama", "--device", device];
    let output = lens.run(&on("wgpu"))?;
    if !output.status.success() {
        eprintln!("no graphics adapter here: the device was not tested");
        return lens.refused(&on("wgpu"), "graphics adapter");
    }
    let (device, processor) = (lens.json(&on("wgpu"))?, lens.json(&on("cpu"))?);
    let (device, processor) = (&device["models"][0], &processor["models"][0]);
    let said = device["provenance"].as_str().context("a provenance")?;
    ensure!(said.contains("; random directions and permutations computed on "), "{said}");
    ensure!(said.starts_with(processor["provenance"].as_str().unwrap_or("?")), "{said}");
    for value in ["/random/mean", "/random/p95", "/random/rank_p"] {
        let (found, expected) = (number(device, value)?, number(processor, value)?);
        ensure!((found - expected).abs() <= 1e-3, "{value}: {found} instead of {expected}");
    }
    for value in ["/test/auroc", "/permutation/p", "/random_covariance/mean"] {
        ensure!(number(device, value)? == number(processor, value)?, "{value} is another");
    }
    Ok(())
}

#[test]
fn pairs_that_allow_no_test_are_refused_with_a_sentence() -> Result<()> {
    let lens = Lens::new()?;
    for (name, rows, says) in [("one.jsonl", 1, "pairs"), ("alike.jsonl", 0, "differ")] {
        let path = lens.file(name);
        let mut lines = String::new();
        if rows == 1 {
            writeln!(lines, r#"{{"positive": "I will help you.", "negative": "Next."}}"#)?;
        } else {
            for row in 0..8 {
                // The same two texts the other way round: no direction is left over.
                let (a, b) = if row % 2 == 0 { ("Yes.", "No.") } else { ("No.", "Yes.") };
                let split = if row < 4 { "train" } else { "test" };
                writeln!(
                    lines,
                    r#"{{"positive": "{a}", "negative": "{b}", "id": "{row}", "split": "{split}"}}"#
                )?;
            }
        }
        std::fs::write(&path, lines)?;
        let path = path.to_str().context("a path")?;
        lens.refused(&["evidence", path, "--model", "toy-llama"], says)?;
    }
    Ok(())
}

#[test]
fn models_are_compared_by_one_convention() -> Result<()> {
    let lens = Lens::new()?;
    let data = set("toy-matched.jsonl");
    let data = data.to_str().context("a path")?;
    let mut arguments = vec!["agree", data, "--pooling", "last"];
    for model in MODELS {
        arguments.extend(["--model", model]);
    }
    let answer = lens.json(&arguments)?;
    let found = answer["pairs_of_models"].as_array().context("no pairs of models")?;
    ensure!(found.len() == 3, "{} comparisons of three models", found.len());
    for pair in found {
        let (a, b) = (&pair["a"], &pair["b"]);
        ensure!(pair["problem"].is_null(), "{pair}");
        let r = number(pair, "/pearson")?;
        let within = number(pair, "/within_class_pearson")?;
        println!("{a} {b}: r {r:.3}, within {within:.3}, CKA {:.3}", number(pair, "/cka")?);
        // They all hold the disposition, so the gap between the sides is in both.
        ensure!(r > 0.5 && r <= 1.0, "{a} {b}: r = {r}");
        ensure!(within < r, "the gap between the sides inflates r: {r} and {within}");
        for way in ["transfer", "transfer_back"] {
            let best = ["procrustes", "ridge", "cca"]
                .map(|map| number(pair, &format!("/{way}/{map}/auroc")).unwrap_or_default());
            let best = best.into_iter().fold(0.0, f64::max);
            let shuffled = number(pair, &format!("/{way}/ridge/shuffled/0"))?;
            println!("  {way}: best {best:.3}, shuffled {shuffled:.3}");
            ensure!(best > 0.85, "{a} {b} {way}: {best}");
            ensure!((0.3..0.7).contains(&shuffled), "{a} {b} {way}: {shuffled}");
        }
    }
    Ok(())
}

#[test]
fn correlate_reads_a_table_and_refuses_what_it_cannot_use() -> Result<()> {
    let lens = Lens::new()?;
    let table = lens.file("scores.csv");
    std::fs::write(&table, "score,human\n0.1,0\n0.4,0\n0.35,1\n0.8,2\n0.7,1\n")?;
    let path = table.to_str().context("a path")?;
    let answer = lens.json(&["correlate", path])?;
    // scipy.stats.pearsonr and spearmanr of the same five rows.
    ensure!((number(&answer, "/pearson")? - 0.816_015_0).abs() < 1e-4, "{answer}");
    ensure!(number(&answer, "/n")? == 5.0, "{answer}");
    for (content, says) in [
        ("score,other\n1,2\n", "no column `human`"),
        ("score,human\n1,2\nx,3\n2,4\n", "Row 2"),
        ("score,human\n1,2\n1,3\n1,4\n", "same score"),
        ("score,human\n1,2\n", "at least"),
        ("", "no column `score`"),
    ] {
        std::fs::write(&table, content)?;
        lens.refused(&["correlate", path], says)?;
    }
    Ok(())
}

/// The published correlation, from the published numbers.
#[test]
fn the_published_scores_correlate_as_published() -> Result<()> {
    let lens = Lens::new()?;
    let table = lens_tests::programs::models()
        .with_file_name("tests/reference/agreement/published_scores.csv");
    let answer = lens.json(&["correlate", table.to_str().context("a path")?])?;
    for (at, published) in [
        ("/n", 12.0),
        ("/pearson", 0.709_014_700_235_105_7),
        ("/pearson_p", 0.009_829_258_358_197_989),
        ("/spearman", 0.713_995_945_219_726),
        ("/spearman_p", 0.009_100_572_742_189_523),
        ("/binary_accuracy", 1.0),
        ("/confusion/true_positive", 5.0),
        ("/confusion/true_negative", 5.0),
        ("/undecided", 2.0),
    ] {
        let found = number(&answer, at)?;
        ensure!((found - published).abs() < 1e-9, "{at} is {found}, not {published}");
    }
    Ok(())
}

#[test]
fn human_scores_of_a_table_decide_the_fifth_rung() -> Result<()> {
    let lens = Lens::new()?;
    let table = lens.file("scores.csv");
    let mut rows = "id,rating\nnobody,1\n".to_owned();
    for (index, line) in std::fs::read_to_string(set("toy-matched.jsonl"))?.lines().enumerate() {
        let pair: Value = serde_json::from_str(line)?;
        let id = pair["id"].as_str().context("a pair without an id")?;
        // nothing that the texts would tell
        writeln!(rows, "{id},{}", index * 7919 % 101 % 7)?;
    }
    std::fs::write(&table, rows)?;
    let path = table.to_str().context("a path")?;
    let more = ["--pooling", "last", "--scores", path];
    let answer = ladders(&lens, "toy-matched.jsonl", &["toy-llama"], &more)?;
    let ladder = &answer["models"][0];
    let fifth = rung(ladder, "tracks-behaviour")?;
    ensure!(fifth["status"] == "failed", "{fifth}");
    let provenance = ladder["provenance"].as_str().unwrap_or_default();
    ensure!(provenance.contains("human scores scores.csv ("), "{provenance}");
    std::fs::write(&table, "id,rating\nnobody,1\n")?;
    let pairs = set("toy-matched.jsonl");
    let pairs = pairs.to_str().context("a path")?;
    lens.refused(
        &["evidence", pairs, "--model", "toy-llama", "--scores", path],
        "No id in scores.csv is that of a pair",
    )
}
