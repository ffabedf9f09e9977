//! `cargo xtask test`: what CI runs.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::process::{cargo, run as run_command};
use crate::setup::{self, Purpose};
use crate::{boundaries, codegen, ui};

/// A named part of the tests.
struct Stage {
    name: &'static str,
    run: fn() -> Result<()>,
}

/// In this order: what fails fastest first; the interface before the program that holds it; the
/// programs before the checks and tests that start them.
const STAGES: &[Stage] = &[
    Stage { name: "fmt", run: || run_command(cargo(&["fmt", "--all", "--check"])) },
    Stage { name: "boundaries", run: boundaries::check },
    Stage { name: "npm", run: ui::packages },
    Stage { name: "ui-check", run: || ui::npm_in_ui(&["run", "check"]) },
    Stage { name: "ui-test", run: || ui::npm_in_ui(&["test"]) },
    Stage { name: "ui-build", run: || ui::npm_in_ui(&["run", "build"]) },
    Stage { name: "clippy", run: clippy },
    Stage {
        name: "build",
        run: || run_command(cargo(&["build", "--locked", "--workspace", "--bins", "--examples"])),
    },
    Stage { name: "codegen", run: codegen::check },
    Stage { name: "test", run: || run_command(cargo(&["test", "--locked", "--workspace"])) },
];

fn clippy() -> Result<()> {
    run_command(cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let chosen = choose(arguments)?;
    let began = Instant::now();
    println!("== setup");
    setup::prepare(Purpose::Test)?;
    let mut took: Vec<(&str, Duration)> = vec![("setup", began.elapsed())];
    let mut failure = None;
    for stage in &chosen {
        println!("\n== {}", stage.name);
        let start = Instant::now();
        let outcome = (stage.run)();
        took.push((stage.name, start.elapsed()));
        println!("== {}: {:.1} s", stage.name, start.elapsed().as_secs_f64());
        if let Err(error) = outcome {
            failure = Some((stage.name, error));
            break;
        }
    }

    println!();
    for (name, time) in &took {
        let failed = failure.as_ref().is_some_and(|(failed, _)| failed == name);
        println!(
            "{name:12} {:8.1} s  {}",
            time.as_secs_f64(),
            if failed { "failed" } else { "ok" }
        );
    }
    for stage in chosen.iter().skip(took.len() - 1) {
        println!("{:12} {:>8}    not run", stage.name, "");
    }
    println!("{:12} {:8.1} s", "together", began.elapsed().as_secs_f64());
    match failure {
        None => Ok(()),
        Some((name, error)) => Err(error.context(format!("stage {name}"))),
    }
}

/// The stages that the options leave.
fn choose(arguments: &[String]) -> Result<Vec<&'static Stage>> {
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    let mut words = arguments.iter();
    while let Some(option) = words.next() {
        let list = match option.as_str() {
            "--only" => &mut only,
            "--skip" => &mut skip,
            other => bail!("test knows no {other}: there are --only STAGE and --skip STAGE"),
        };
        let names = || STAGES.iter().map(|stage| stage.name).collect::<Vec<_>>().join(", ");
        let Some(name) = words.next() else {
            bail!("{option} wants the name of a stage: {}", names());
        };
        if !STAGES.iter().any(|stage| stage.name == name) {
            bail!("there is no stage {name}: choose from {}", names());
        }
        list.push(name.as_str());
    }
    let wanted = |stage: &&Stage| {
        (only.is_empty() || only.contains(&stage.name)) && !skip.contains(&stage.name)
    };
    Ok(STAGES.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(arguments: &[&str]) -> Result<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        Ok(choose(&arguments)?.iter().map(|stage| stage.name).collect())
    }

    #[test]
    fn stages_are_chosen_in_their_order() {
        assert_eq!(chosen(&[]).unwrap().len(), STAGES.len());
        assert_eq!(chosen(&["--only", "test", "--only", "fmt"]).unwrap(), ["fmt", "test"]);
        assert!(!chosen(&["--skip", "npm"]).unwrap().contains(&"npm"));
        for wrong in [&["--only"][..], &["--only", "tset"], &["test"]] {
            assert!(chosen(wrong).is_err());
        }
    }
}
