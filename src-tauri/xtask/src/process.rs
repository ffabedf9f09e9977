//! Running other programs.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::files;

/// A command in the repository's root.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(files::root());
    command
}

/// The same for the cargo that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    command(&cargo, arguments)
}

/// Shows the command and runs it to its end.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let told = told(&command);
    println!("$ {told}");
    let status = command.status().with_context(|| format!("{told} could not be started"))?;
    if !status.success() {
        bail!("{told} failed ({status})");
    }
    Ok(())
}

/// What the command writes to its standard output; none when it cannot be run or fails.
pub(crate) fn output(mut command: Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What the command writes to its standard output; when it fails, the last thing that it said.
pub(crate) fn answer(mut command: Command) -> Result<String> {
    let told = told(&command);
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{told} could not be started"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    bail!("{told} failed: {last}")
}

fn told(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(command.get_program()).to_string_lossy();
    let words = command.get_args().map(|word| word.to_string_lossy());
    std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
}
