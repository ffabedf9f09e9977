//! The interface: its packages and its build.

use std::fs;

use anyhow::{Context, Result};

use crate::files::{newest, root, walk};
use crate::process;
use crate::setup::npm;

/// `npm ARGUMENTS` in `ui`.
pub(crate) fn npm_in_ui(arguments: &[&str]) -> Result<()> {
    let mut command = npm(&["--prefix", "ui"]);
    command.args(arguments);
    process::run(command)
}

/// Installs the packages of the lock file, unless they are those installed last.
pub(crate) fn packages() -> Result<()> {
    let ui = root().join("ui");
    let lock = fs::read(ui.join("package-lock.json")).context("ui/package-lock.json")?;
    let stamp = ui.join("node_modules").join(".installed-from.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        println!("the packages of the lock file are installed");
        return Ok(());
    }
    npm_in_ui(&["ci", "--no-audit", "--no-fund"])?;
    fs::write(&stamp, lock).with_context(|| stamp.display().to_string())
}

/// Builds the interface if anything it is made from is newer than the last build.
pub(crate) fn build_if_stale() -> Result<()> {
    let ui = root().join("ui");
    let sources = walk(&ui, &["node_modules", "dist"])?;
    let built = walk(&ui.join("dist"), &[]).unwrap_or_default();
    // the last build began after its oldest file: all are written at its end
    let oldest =
        built.iter().filter_map(|file| fs::metadata(file).and_then(|m| m.modified()).ok()).min();
    if oldest.is_some() && oldest > newest(&sources) {
        println!("the built interface is up to date");
        return Ok(());
    }
    npm_in_ui(&["run", "build"])
}
