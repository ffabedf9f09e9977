//! Tokens a second while a model reads texts, beside a peer in turn.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::texts::{pairs, rows, text};
use super::{Spread, program};
use crate::files::{Scratch, root};
use crate::process::{answer, command};

const TEXTS: usize = 100;
const TOKENS: usize = 300;
const RUNS: usize = 3;

/// What the peer is asked to do: one text after the other, and eight at a time.
const PEER_MODES: &[&str] = &["one_base", "batched8"];

/// A script that takes `MODEL f32 MODE TEXTS`, reads `texts_100.jsonl` in the folder that
/// `PEERS_DIR` names, and prints JSON with `tokens_per_s`.
pub(super) struct Peer<'a> {
    pub(super) script: &'a str,
    pub(super) python: &'a str,
}

pub(super) fn measure(peer: Option<&Peer<'_>>) -> Result<()> {
    let scratch = Scratch::new("bench-capture")?;
    let words = words_for_tokens(scratch.path())?;
    let texts: Vec<String> = (0..TEXTS).map(|index| text(index, words)).collect();
    fs::write(scratch.path().join("pairs.jsonl"), pairs(&texts))?;
    fs::write(scratch.path().join("texts_100.jsonl"), rows(&texts))?;

    let mut ours = Vec::new();
    let mut theirs: Vec<(&str, Result<f64>)> = Vec::new();
    let mut tokens = 0.0;
    for run in 0..RUNS {
        let told = capture(scratch.path())?;
        tokens = number(&told, "tokens").context("lens capture names no tokens")?;
        ours.push(number(&told, "tokens_per_second").context("lens capture names no rate")?);
        if let (Some(peer), Some(mode)) = (peer, PEER_MODES.get(run)) {
            theirs.push((mode, peer.rate(scratch.path(), mode)));
        }
    }
    println!("\nCapture of {TEXTS} texts, {tokens:.0} tokens, all layers, toy-llama, f32:");
    let Some(Spread { median, least, most }) = Spread::of(&ours) else { return Ok(()) };
    println!("  lens           {median:9.0} tokens/s  ({least:.0} to {most:.0}, {RUNS} runs)");
    for (mode, rate) in theirs {
        match rate {
            Ok(rate) => {
                let ratio = median / rate;
                println!("  peer {mode:9} {rate:9.0} tokens/s  lens is {ratio:.2} times as fast");
            }
            Err(error) => println!("  peer {mode:9} not measured: {error:#}"),
        }
    }
    Ok(())
}

/// How many words make the wanted number of tokens with the model's tokenizer.
fn words_for_tokens(folder: &Path) -> Result<usize> {
    const TRIED: usize = 200;
    let texts: Vec<String> = (0..4).map(|index| text(index, TRIED)).collect();
    fs::write(folder.join("pairs.jsonl"), pairs(&texts))?;
    let tokens = number(&capture(folder)?, "tokens").context("lens capture names no tokens")?;
    let per_word = tokens / (texts.len() * TRIED) as f64;
    Ok((TOKENS as f64 / per_word).round() as usize)
}

/// Reads `pairs.jsonl` of the folder with nothing stored before; the answer as JSON.
fn capture(folder: &Path) -> Result<String> {
    let (cache, out) = (folder.join("cache"), folder.join("out"));
    for old in [&cache, &out] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    let mut lens = command(&program("lens")?, &["capture"]);
    lens.arg(folder.join("pairs.jsonl")).arg("--model").arg(root().join("models/toy-llama"));
    lens.args(["--layers", "all", "--pooling", "mean-all", "--json", "-"]);
    lens.arg("--cache").arg(cache).arg("--out").arg(out);
    answer(lens)
}

impl Peer<'_> {
    fn rate(&self, folder: &Path, mode: &str) -> Result<f64> {
        println!("waiting for the peer, {mode}");
        let mut python = command(self.python, &[self.script]);
        python.arg(root().join("models/toy-llama")).args(["f32", mode, &TEXTS.to_string()]);
        // pinned to an older core, the peer's mathematics would run at half its speed
        python.env("PEERS_DIR", folder).env_remove("OPENBLAS_CORETYPE");
        let told = answer(python)?;
        number(&told, "tokens_per_s").context("the peer names no tokens_per_s")
    }
}

/// The number behind a key of a flat JSON text.
fn number(json: &str, key: &str) -> Option<f64> {
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
