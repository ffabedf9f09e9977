//! The built programs, the repository's folders, and the machine's tools.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The system's Python: the one that the packages `python3-gi` and `gir1.2-gtk-3.0` belong to,
/// whichever other Python comes first in `PATH`.
pub const SYSTEM_PYTHON: &str = "/usr/bin/python3";

/// A program of this workspace, from the folder that the running test was built into.
///
/// # Errors
/// When it has not been built.
pub fn built(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    // target/debug/deps/test-hash
    let profile = test.ancestors().nth(2).context("the test does not lie in a target folder")?;
    let program = profile.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    ensure!(
        program.is_file(),
        "{} is not there; `cargo xtask test` builds it before the tests.",
        program.display()
    );
    Ok(program)
}

/// `models`, with the shipped models and pair sets.
#[must_use]
pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("models")
}

/// `target/screenshots`, made where it is missing.
///
/// # Errors
/// When it cannot be made.
pub fn screenshots() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test.ancestors().nth(3).context("the test does not lie in a target folder")?;
    let folder = target.join("screenshots");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Fails with one sentence when the machine lacks a program.
///
/// # Errors
/// When one of `names` is not in `PATH`.
pub fn require(names: &[&str]) -> Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &str| std::env::split_paths(&path).any(|p| p.join(name).is_file());
    let missing: Vec<&str> = names.iter().copied().filter(|name| !is_there(name)).collect();
    ensure!(
        missing.is_empty(),
        "This test needs {}; `cargo xtask test` installs what is missing.",
        missing.join(", ")
    );
    Ok(())
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, or ends with an error.
pub fn run(program: &str, arguments: &[&OsStr]) -> Result<Output> {
    require(&[program])?;
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} cannot be started"))?;
    if !output.status.success() {
        bail!(
            "{program} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output)
}
