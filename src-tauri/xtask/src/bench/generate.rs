//! Writing token by token: tokens a second, steered and not, one text and five, beside a peer in
//! turn.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::capture::{Peer, number};
use super::texts::{rows, text};
use super::{Spread, program};
use crate::files::Scratch;
use crate::process::{answer, command};

const PROMPT_TOKENS: usize = 32;
const NEW_TOKENS: usize = 64;
const RUNS: usize = 3;

/// The peer is a script that takes `MODEL bf16|f32`, goes on by 64 tokens from the first 32 of the
/// first text of `texts_100.jsonl` in the folder that `PEERS_DIR` names, and prints JSON with
/// `tokens_per_s`.
pub(super) fn measure(model: &Path, peer: Option<&Peer<'_>>) -> Result<()> {
    let scratch = Scratch::new("bench-generate")?;
    let prompt = text(0, 4 * PROMPT_TOKENS);
    fs::write(scratch.path().join("texts_100.jsonl"), rows(std::slice::from_ref(&prompt)))?;
    let mut ours: [Vec<f64>; 3] = Default::default();
    let mut theirs = Vec::new();
    for run in 0..RUNS {
        let mut writing = command(&program("examples/writing")?, &[]);
        writing.arg(model).arg(&prompt);
        writing.args([PROMPT_TOKENS.to_string(), NEW_TOKENS.to_string()]);
        let told = answer(writing)?;
        for (rates, kind) in ours.iter_mut().zip(["plain", "steered", "five"]) {
            rates.extend(numbers(&told, kind).with_context(|| format!("no rate of {kind}"))?);
        }
        if let Some(peer) = peer {
            let held = if run + 1 < RUNS { "bf16" } else { "f32" };
            theirs.push((held, their_rate(peer, model, scratch.path(), held)));
        }
    }
    let name = model.file_name().unwrap_or_default().to_string_lossy();
    println!("\nWriting {NEW_TOKENS} tokens after {PROMPT_TOKENS}, {name}, tokens/s:");
    let [plain, steered, five] = ours.each_ref().map(|rates| Spread::of(rates));
    let (Some(plain), Some(steered), Some(five)) = (plain, steered, five) else { return Ok(()) };
    for (kind, rate) in [("one text", &plain), ("one, steered", &steered), ("five at once", &five)]
    {
        let Spread { median, least, most } = rate;
        println!("  {kind:14} {median:8.1}  ({least:.1} to {most:.1})");
    }
    println!("  steering costs {:.1} %", 100.0 * (1.0 - steered.median / plain.median));
    println!("  five at once are {:.2} times as fast as one", five.median / plain.median);
    for (held, rate) in theirs {
        match rate {
            Ok(rate) => {
                let ratio = plain.median / rate;
                println!("  peer, {held:8} {rate:8.1}  lens is {ratio:.2} times as fast");
            }
            Err(error) => println!("  peer, {held:8} not measured: {error:#}"),
        }
    }
    Ok(())
}

fn their_rate(peer: &Peer<'_>, model: &Path, folder: &Path, held: &str) -> Result<f64> {
    println!("waiting for the peer, {held}");
    let told = answer(peer.command(model, folder, &[held]))?;
    number(&told, "tokens_per_s").context("the peer names no tokens_per_s")
}

/// The list of numbers behind a key of a flat JSON text.
fn numbers(json: &str, key: &str) -> Option<Vec<f64>> {
    let behind = json.split_once(&format!("\"{key}\": ["))?.1;
    behind.split_once(']')?.0.split(',').map(|number| number.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_by_their_keys() {
        let json = "{\"plain\": [1.5, 2], \"five\": [3.25]}";
        assert_eq!(numbers(json, "plain"), Some(vec![1.5, 2.0]));
        assert_eq!(numbers(json, "five"), Some(vec![3.25]));
        assert_eq!(numbers(json, "fiv"), None);
    }
}
