//! Loading a model and reading texts with it: seconds, tokens a second and memory, beside a peer in
//! turn.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use super::texts::{pairs, rows, text};
use super::{Spread, program};
use crate::files::{Scratch, root};
use crate::process::{answer, answer_and_peak, command};

const TEXTS: usize = 100;
const TOKENS: usize = 300;
const RUNS: usize = 3;

/// What the peer is asked to do: in f32 one text after the other and eight at a time, and in the
/// number type of smaller checkpoints.
const PEER_MODES: [[&str; 2]; RUNS] =
    [["f32", "one_base"], ["f32", "batched8"], ["bf16", "one_base"]];

/// A script that takes `MODEL f32|bf16 MODE TEXTS`, reads `texts_100.jsonl` in the folder that
/// `PEERS_DIR` names, and prints JSON with `tokens_per_s`, `load_s` and `peak_rss_mb`.
pub(super) struct Peer<'a> {
    pub(super) script: &'a str,
    pub(super) python: &'a str,
}

/// What is known of one reading.
struct Figures {
    rate: f64,
    load_seconds: f64,
    peak_megabytes: Option<f64>,
}

pub(super) fn measure(model: &Path, peer: Option<&Peer<'_>>) -> Result<()> {
    let scratch = Scratch::new("bench-capture")?;
    let words = words_for_tokens(model, scratch.path())?;
    let texts: Vec<String> = (0..TEXTS).map(|index| text(index, words)).collect();
    fs::write(scratch.path().join("texts_100.jsonl"), rows(&texts))?;

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    let mut tokens = 0.0;
    for modes in PEER_MODES {
        let load_seconds = load(model, scratch.path())?;
        fs::write(scratch.path().join("pairs.jsonl"), pairs(&texts))?;
        let (told, peak) = answer_and_peak(capture(model, scratch.path())?)?;
        tokens = number(&told, "tokens").context("lens capture names no tokens")?;
        ours.push(Figures {
            rate: number(&told, "tokens_per_second").context("lens capture names no rate")?,
            load_seconds,
            peak_megabytes: peak.map(|bytes| bytes as f64 / 1e6),
        });
        if let Some(peer) = peer {
            theirs.push((modes.join(" "), peer.figures(model, scratch.path(), modes)));
        }
    }
    let name = model.file_name().unwrap_or_default().to_string_lossy();
    println!("\nCapture of {TEXTS} texts, {tokens:.0} tokens, all layers, {name}:");
    let rates: Vec<f64> = ours.iter().map(|run| run.rate).collect();
    let loads: Vec<f64> = ours.iter().map(|run| run.load_seconds).collect();
    let (Some(rate), Some(load)) = (Spread::of(&rates), Spread::of(&loads)) else { return Ok(()) };
    println!(
        "  lens                {:9.0} tokens/s  ({:.0} to {:.0}, {RUNS} runs)",
        rate.median, rate.least, rate.most
    );
    // the program's start, the digest of its files and the first two words are part of it
    println!("      ready after {:.2} s  ({:.2} to {:.2})", load.median, load.least, load.most);
    if let Some(peak) = ours.iter().filter_map(|run| run.peak_megabytes).reduce(f64::max) {
        println!("      {peak:.0} MB resident at most");
    }
    for (mode, figures) in theirs {
        match figures {
            Ok(Figures { rate: theirs, load_seconds, peak_megabytes }) => {
                let ratio = rate.median / theirs;
                println!(
                    "  peer {mode:14} {theirs:9.0} tokens/s  lens is {ratio:.2} times as fast"
                );
                let peak = peak_megabytes.unwrap_or(f64::NAN);
                println!("      loaded in {load_seconds:.2} s, {peak:.0} MB resident at most");
            }
            Err(error) => println!("  peer {mode:14} not measured: {error:#}"),
        }
    }
    Ok(())
}

/// How many words make the wanted number of tokens with the model's tokenizer.
fn words_for_tokens(model: &Path, folder: &Path) -> Result<usize> {
    const TRIED: usize = 200;
    let texts: Vec<String> = (0..4).map(|index| text(index, TRIED)).collect();
    fs::write(folder.join("pairs.jsonl"), pairs(&texts))?;
    let told = answer(capture(model, folder)?)?;
    let tokens = number(&told, "tokens").context("lens capture names no tokens")?;
    let per_word = tokens / (texts.len() * TRIED) as f64;
    Ok((TOKENS as f64 / per_word).round() as usize)
}

/// Seconds from the program's launch until a model that it does not know has read two words.
fn load(model: &Path, folder: &Path) -> Result<f64> {
    fs::write(folder.join("pairs.jsonl"), pairs(&[text(0, 1), text(1, 1)]))?;
    let lens = capture(model, folder)?;
    let start = Instant::now();
    answer(lens)?;
    Ok(start.elapsed().as_secs_f64())
}

/// To read `pairs.jsonl` of the folder with nothing stored before; the answer is JSON.
fn capture(model: &Path, folder: &Path) -> Result<Command> {
    let (cache, out) = (folder.join("cache"), folder.join("out"));
    for old in [&cache, &out] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    let mut lens = command(&program("lens")?, &["capture"]);
    lens.arg(folder.join("pairs.jsonl")).arg("--model").arg(model);
    lens.args(["--layers", "all", "--pooling", "mean-all", "--json", "-"]);
    lens.arg("--cache").arg(cache).arg("--out").arg(out);
    lens.env("EMPATHY_LENS_MODELS", root().join("models"));
    Ok(lens)
}

impl Peer<'_> {
    /// The script with a model, and the folder that holds its texts.
    pub(super) fn command(&self, model: &Path, folder: &Path, arguments: &[&str]) -> Command {
        let mut python = command(self.python, &[self.script]);
        python.arg(model).args(arguments);
        // pinned to an older core, the peer's mathematics would run at half its speed
        python.env("PEERS_DIR", folder).env_remove("OPENBLAS_CORETYPE");
        python
    }

    fn figures(&self, model: &Path, folder: &Path, modes: [&str; 2]) -> Result<Figures> {
        println!("waiting for the peer, {}", modes.join(" "));
        let [held, mode] = modes;
        let told = answer(self.command(model, folder, &[held, mode, &TEXTS.to_string()]))?;
        Ok(Figures {
            rate: number(&told, "tokens_per_s").context("the peer names no tokens_per_s")?,
            load_seconds: number(&told, "load_s").context("the peer names no load_s")?,
            peak_megabytes: number(&told, "peak_rss_mb"),
        })
    }
}

/// The number behind a key of a flat JSON text.
pub(super) fn number(json: &str, key: &str) -> Option<f64> {
    let behind = json.split_once(&format!("\"{key}\":"))?.1;
    behind.trim_start().split([',', '}', '\n']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_keys() {
        let json = "[capture] x: {\"tokens\": 30000,\n \"tokens_per_second\": 1.5e3}";
        assert_eq!(number(json, "tokens"), Some(30_000.0));
        assert_eq!(number(json, "tokens_per_second"), Some(1500.0));
        assert_eq!(number(json, "tokens_per"), None);
    }
}
