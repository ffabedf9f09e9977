//! `cargo xtask run`: the window from a fresh clone.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::files::{built, root};
use crate::process::{cargo, run as run_command};
use crate::setup::{self, Purpose};
use crate::ui;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut file: Option<PathBuf> = None;
    let mut profile = "release";
    for argument in arguments {
        match argument.as_str() {
            "--debug" => profile = "debug",
            option if option.starts_with("--") => bail!("run knows no {option}"),
            path if file.is_none() => {
                // the window is started elsewhere: the path has to hold there
                let path = std::path::absolute(path)?;
                if !path.exists() {
                    bail!("there is no file {}", path.display());
                }
                file = Some(path);
            }
            more => bail!("run opens one file; {more} is another"),
        }
    }
    setup::prepare(Purpose::Run)?;
    ui::packages()?;
    ui::build_if_stale()?;
    let program = build(profile)?;
    let mut window = crate::process::command(&program, &[]);
    window.args(file);
    if std::env::var_os("EMPATHY_LENS_MODELS").is_none() {
        window.env("EMPATHY_LENS_MODELS", root().join("models"));
    }
    run_command(window)
}

/// Builds the program and says where it is.
pub(crate) fn build(profile: &str) -> Result<String> {
    // all members take part in choosing features, so that no other command builds anew
    let mut arguments = vec!["build", "--workspace", "--bin", "empathy-lens"];
    if profile == "release" {
        arguments.push("--release");
    }
    run_command(cargo(&arguments))?;
    let program = built(profile, "empathy-lens");
    Ok(program.to_str().context("the target folder's name is not Unicode")?.to_owned())
}
