//! `lens` with a home of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::programs;

/// A home folder of its own for the program.
#[derive(Debug)]
pub struct Lens {
    home: TempDir,
}

impl Lens {
    /// An empty home.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn new() -> Result<Self> {
        Ok(Self { home: TempDir::new()? })
    }

    /// That home.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A path in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When the program has not been built.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Output> {
        Ok(Command::new(programs::built("lens")?)
            .args(arguments)
            .env("EMPATHY_LENS_HOME", self.home.path())
            .env("EMPATHY_LENS_MODELS", programs::models())
            .stdin(Stdio::null())
            .output()?)
    }

    /// Runs a command that must end well, and gives its JSON as written.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn json_text<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String> {
        let all = arguments.iter().map(AsRef::as_ref);
        let all: Vec<&OsStr> = all.chain([OsStr::new("--json"), OsStr::new("-")]).collect();
        let output = self.run(&all)?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{all:?} ended with {}: {told}", output.status);
        ensure!(!told.contains('\r'), "a progress bar went to what is no terminal");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The same, read.
    ///
    /// # Errors
    /// When it does not end well, or wrote no JSON.
    pub fn json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Value> {
        Ok(serde_json::from_str(&self.json_text(arguments)?)?)
    }

    /// Runs a command that must be refused: status 2, nothing on the standard output, one sentence
    /// that holds `part`.
    ///
    /// # Errors
    /// When any of that is not so.
    pub fn refused<S: AsRef<OsStr> + std::fmt::Debug>(
        &self,
        arguments: &[S],
        part: &str,
    ) -> Result<()> {
        let output = self.run(arguments)?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.code() == Some(2), "{arguments:?} ended {}: {told}", output.status);
        ensure!(output.stdout.is_empty(), "{arguments:?} printed something");
        ensure!(told.contains(part), "{arguments:?} does not say {part:?}: {told}");
        ensure!(!told.contains("panicked"), "{arguments:?}: {told}");
        Ok(())
    }
}

/// A shipped pair set.
#[must_use]
pub fn set(name: &str) -> PathBuf {
    programs::models().join("pairs").join(name)
}

/// A number of an answer.
///
/// # Errors
/// When there is none.
pub fn number(value: &Value, at: &str) -> Result<f64> {
    value.pointer(at).and_then(Value::as_f64).with_context(|| format!("no number at {at}: {value}"))
}
