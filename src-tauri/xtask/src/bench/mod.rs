//! `cargo xtask bench`: how long a person waits. Figures of one machine; they hold as ratios inside
//! one run.

mod capture;
mod generate;
mod start;
mod texts;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::files::{built, root};
use crate::process::{cargo, run as run_command};
use crate::setup::{self, Purpose};
use crate::ui;

/// What to measure, and against what.
#[derive(Debug, Default)]
struct Options {
    only: Option<String>,
    /// Folder of the model that reads texts.
    model: Option<String>,
    /// Script that does the same with the same model, and the Python to run it.
    peer: Option<String>,
    python: Option<String>,
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    let is_asked = |part: &str| options.only.as_deref().is_none_or(|only| only == part);
    let toy = root().join("models/toy-llama");
    let model = options.model.as_ref().map_or(toy.as_path(), Path::new);
    if is_asked("probe") {
        run_command(cargo(&["bench", "--package", "lens-analysis", "--bench", "probe"]))?;
    }
    if is_asked("generate") {
        let example = ["build", "--release", "--package", "lens-model", "--example", "writing"];
        run_command(cargo(&example))?;
        // a peer that is not asked for by name reads texts
        let peer = options.peer().filter(|_| options.only.is_some());
        generate::measure(model, peer.as_ref())?;
    }
    if matches!(options.only.as_deref(), Some("probe" | "generate")) {
        return Ok(());
    }
    setup::prepare(Purpose::Test)?;
    ui::packages()?;
    ui::build_if_stale()?;
    run_command(cargo(&["build", "--release", "--workspace", "--bins"]))?;
    if is_asked("start") {
        start::measure()?;
    }
    if is_asked("capture") {
        capture::measure(model, options.peer().as_ref())?;
    }
    Ok(())
}

impl Options {
    fn peer(&self) -> Option<capture::Peer<'_>> {
        let python = self.python.as_deref().unwrap_or("python3");
        self.peer.as_deref().map(|script| capture::Peer { script, python })
    }
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options::default();
    let mut words = arguments.iter();
    while let Some(option) = words.next() {
        let value = words.next().with_context(|| format!("{option} wants a value"))?.clone();
        match option.as_str() {
            "--only" if ["start", "capture", "generate", "probe"].contains(&value.as_str()) => {
                options.only = Some(value);
            }
            "--only" => bail!("--only knows start, capture, generate and probe"),
            "--model" => options.model = Some(existing(&value)?),
            "--peer" => options.peer = Some(existing(&value)?),
            "--python" => options.python = Some(value),
            other => {
                bail!("bench knows no {other}: there are --only, --model, --peer and --python")
            }
        }
    }
    Ok(options)
}

/// The whole path: programs are started in the repository's root.
fn existing(path: &str) -> Result<String> {
    let whole = std::path::absolute(path)?;
    if !whole.exists() {
        bail!("there is no {path}");
    }
    Ok(whole.to_str().context("the path is not Unicode")?.to_owned())
}

/// A released program's path.
fn program(name: &str) -> Result<String> {
    let path = built("release", name);
    Ok(path.to_str().context("the target folder's name is not Unicode")?.to_owned())
}

/// Middle, smallest and largest of some measurements.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let half = sorted.len() / 2;
        let upper = *sorted.get(half)?;
        let median = if sorted.len() % 2 == 1 {
            upper
        } else {
            f64::midpoint(upper, *sorted.get(half.checked_sub(1)?)?)
        };
        Some(Self { median, least: *sorted.first()?, most: *sorted.last()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_some_measurements() {
        let odd = Spread::of(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.median, odd.least, odd.most), (2.0, 1.0, 3.0));
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
        assert!(Spread::of(&[]).is_none());
    }
}
