//! Maps and principal components of matrices like activations: seconds, memory and trustworthiness,
//! beside peers in turn.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Spread;
use super::capture::number;
use crate::files::{Scratch, built};
use crate::process::{answer, answer_and_peak, cargo, command, run};

/// Rows, columns and clusters.
const SIZES: [[usize; 3]; 3] = [[2_000, 896, 8], [10_000, 1_024, 12], [70_000, 784, 10]];
/// Each in turn with its peer.
const RUNS: usize = 2;
/// Components that the peer computes.
const COMPONENTS: usize = 50;
/// Most rows of which the peer's full solver is timed: it never wins.
const FULL: usize = 20_000;

/// Scripts that take a matrix `data/X_{rows}x{width}.npy` in the folder that `PEERS_DIR` names and
/// print `[name] shape|solver: JSON` with `wall_s` and `peak_rss_mb`.
pub(super) struct Peers<'a> {
    /// `ROWS WIDTH raw SEED`; writes the map to `emb/umap_{rows}x{width}_raw_{seed}.npy`.
    pub(super) umap: Option<&'a str>,
    /// `ROWS WIDTH SOLVER...`; also says `transform_s`.
    pub(super) pca: Option<&'a str>,
    pub(super) python: &'a str,
}

/// Runs of one program on one task.
#[derive(Default)]
struct Figures {
    seconds: Vec<f64>,
    /// Of all processors together: what others' work on the machine changes least.
    processor_seconds: Vec<f64>,
    peak_megabytes: f64,
}

impl Figures {
    /// Keys of seconds, and of processor seconds.
    const OWN: [&str; 2] = ["seconds", "processor_seconds"];
    const PEERS: [&str; 2] = ["wall_s", "own_cpu_s"];

    fn add(&mut self, told: &str, keys: [&str; 2], peak_megabytes: Option<f64>) -> Result<()> {
        let [seconds, processors] =
            keys.map(|key| number(told, key).with_context(|| format!("no {key} was named")));
        self.seconds.push(seconds?);
        self.processor_seconds.push(processors?);
        self.peak_megabytes = self.peak_megabytes.max(peak_megabytes.unwrap_or(f64::NAN));
        Ok(())
    }

    /// Median, least and most; processor seconds; memory.
    fn line(&self) -> Option<String> {
        let (wall, used) = (Spread::of(&self.seconds)?, Spread::of(&self.processor_seconds)?);
        Some(format!(
            "{:7.3} s ({:.3} to {:.3}), {:7.3} s of processors, {:5.0} MB",
            wall.median, wall.least, wall.most, used.median, self.peak_megabytes
        ))
    }

    /// How many times as fast as the other, by the clock and by the processors.
    fn beside(&self, other: &Self) -> Option<String> {
        let ratio = |own: &[f64], other: &[f64]| -> Option<f64> {
            Some(Spread::of(other)?.median / Spread::of(own)?.median)
        };
        let wall = ratio(&self.seconds, &other.seconds)?;
        let used = ratio(&self.processor_seconds, &other.processor_seconds)?;
        Some(format!("lens is {wall:.2} times as fast ({used:.2} by processor seconds)"))
    }
}

/// Of the matrices with no more rows than `most_rows`.
pub(super) fn measure(most_rows: usize, peers: &Peers<'_>) -> Result<()> {
    run(cargo(&["build", "--release", "--package", "lens-analysis", "--example", "map_speed"]))?;
    for [rows, width, clusters] in SIZES.into_iter().filter(|[rows, ..]| *rows <= most_rows) {
        let scratch = Scratch::new("bench-maps")?;
        let task = Task { folder: scratch.path(), rows, width };
        for folder in ["data", "emb"] {
            fs::create_dir_all(task.folder.join(folder))?;
        }
        let mut make = task.lens("make");
        make.args([rows, width, clusters].map(|number| number.to_string()));
        make.arg(task.matrix()).arg(task.folder.join(format!("data/X_{rows}x{width}_labels.npy")));
        answer(make)?;
        println!("\n{rows} x {width}; {}", load());
        task.maps(peers)?;
        task.components(peers)?;
    }
    Ok(())
}

/// What waits for the processors, on average: others' work makes both sides slower.
fn load() -> String {
    let loads = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let of_a_minute = loads.split_whitespace().next().unwrap_or("unknown");
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!("load {of_a_minute} on {processors} processors")
}

struct Task<'a> {
    folder: &'a Path,
    rows: usize,
    width: usize,
}

impl Task<'_> {
    fn matrix(&self) -> PathBuf {
        self.folder.join(format!("data/X_{}x{}.npy", self.rows, self.width))
    }

    fn lens(&self, verb: &str) -> Command {
        let mut lens = Command::new(built("release", "examples/map_speed"));
        lens.arg(verb).current_dir(self.folder);
        lens
    }

    fn peer(&self, peers: &Peers<'_>, script: &str, words: &[&str]) -> Result<String> {
        let mut python = command(peers.python, &[script]);
        python.args([self.rows, self.width].map(|number| number.to_string())).args(words);
        // pinned to an older core, the peer's mathematics would run at half its speed
        python.env("PEERS_DIR", self.folder).env_remove("OPENBLAS_CORETYPE");
        python.env_remove("PEERS_RESULTS").env("PEERS_MAXWAIT", "10");
        answer(python)
    }

    fn maps(&self, peers: &Peers<'_>) -> Result<()> {
        let own = self.folder.join("emb/lens.npy");
        let theirs = self.folder.join(format!("emb/umap_{}x{}_raw_42.npy", self.rows, self.width));
        let (mut lens, mut peer) = (Figures::default(), Figures::default());
        for _ in 0..RUNS {
            let mut draw = self.lens("umap");
            draw.arg(self.matrix()).arg("spectral").arg(&own);
            let (told, peak) = answer_and_peak(draw)?;
            lens.add(&told, Figures::OWN, peak.map(|bytes| bytes as f64 / 1e6))?;
            if let Some(script) = peers.umap {
                let told = self.peer(peers, script, &["raw", "42"])?;
                peer.add(&told, Figures::PEERS, number(&told, "peak_rss_mb"))?;
            }
        }
        let Some(line) = lens.line() else { return Ok(()) };
        println!("  map         lens            {line}, {}", self.judged(&own)?);
        if let (Some(line), Some(beside)) = (peer.line(), lens.beside(&peer)) {
            println!("              peer            {line}, {}", self.judged(&theirs)?);
            println!("              {beside}");
        }
        Ok(())
    }

    /// Both maps by one measure.
    fn judged(&self, map: &Path) -> Result<String> {
        let mut judge = self.lens("judge");
        judge.arg(self.matrix()).arg(map);
        let told = answer(judge)?;
        let trust = number(&told, "trustworthiness").context("map_speed judges nothing")?;
        Ok(format!("trustworthiness {trust:.4}"))
    }

    fn components(&self, peers: &Peers<'_>) -> Result<()> {
        let mut solvers = vec!["randomized", "covariance_eigh"];
        if self.rows <= FULL {
            solvers.push("full");
        }
        let mut lens = Figures::default();
        let mut of_solver: Vec<Figures> = solvers.iter().map(|_| Figures::default()).collect();
        for _ in 0..RUNS {
            let mut pca = self.lens("pca");
            pca.arg(self.matrix()).arg(COMPONENTS.to_string());
            let (told, peak) = answer_and_peak(pca)?;
            lens.add(&told, Figures::OWN, peak.map(|bytes| bytes as f64 / 1e6))?;
            let Some(script) = peers.pca else { continue };
            for (solver, figures) in solvers.iter().zip(&mut of_solver) {
                let told = self.peer(peers, script, &[solver])?;
                figures.add(&told, Figures::PEERS, number(&told, "peak_rss_mb"))?;
                // ours gives coordinates as well
                let rest = number(&told, "transform_s").context("no transform_s was named")?;
                if let Some(wall) = figures.seconds.last_mut() {
                    *wall += rest;
                }
            }
        }
        let Some(line) = lens.line() else { return Ok(()) };
        println!("  components  lens            {line}");
        for (solver, figures) in solvers.iter().zip(&of_solver) {
            let (Some(line), Some(beside)) = (figures.line(), lens.beside(figures)) else {
                continue;
            };
            println!("              {solver:15} {line}\n              {beside}");
        }
        Ok(())
    }
}
