//! `cargo xtask bundle`: an installer, after which the program starts by a double click.

use anyhow::{Result, bail};

use crate::files::root;
use crate::process::run as run_command;
use crate::run::build;
use crate::setup::{self, Purpose, npm};
use crate::ui;

/// What puts the built program, its models and its menu entry into a package.
const BUNDLER: &str = "--package=@tauri-apps/cli@~2.12.0";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if let Some(unknown) = arguments.first() {
        bail!("bundle knows no {unknown}");
    }
    setup::prepare(Purpose::Run)?;
    ui::packages()?;
    ui::build_if_stale()?;
    build("release")?;
    let mut bundler = npm(&["exec", "--yes", BUNDLER, "--", "tauri", "bundle"]);
    bundler.current_dir(root().join("src-tauri"));
    run_command(bundler)
}
