//! The real window on a screen of its own, driven through WebDriver, with files dropped on it as a
//! file manager would.

mod app;
mod drag;
mod driver;
mod mouse;
mod xvfb;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

pub use app::{App, LONG, SHORT};
pub use drag::Drag;

use crate::programs;

/// Windows are slow under a software renderer: one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What `cargo xtask test` installs for these tests.
const TOOLS: [&str; 3] = ["Xvfb", "WebKitWebDriver", "xdotool"];

/// A screen and a home folder that nothing else uses; both go with it.
#[derive(Debug)]
pub struct Desk {
    screen: xvfb::Xvfb,
    home: TempDir,
    files: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Desk {
    fn new(variables: &[(&'static str, String)]) -> Result<Self> {
        programs::require(&TOOLS)?;
        drag::require()?;
        Ok(Self {
            screen: xvfb::Xvfb::start()?,
            home: TempDir::new()?,
            files: TempDir::new()?,
            variables: variables.to_vec(),
        })
    }

    /// Starts the program with this desk's home folder, which it finds again the next time.
    ///
    /// # Errors
    /// When no window opens.
    pub async fn open(&self) -> Result<App> {
        App::open(&self.screen, self.home.path(), &self.variables).await
    }

    /// The folder that the program keeps everything in.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A path for a file to drop or to export to, with what a path may well hold: spaces and
    /// letters beyond ASCII.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        let folder = self.files.path().join("Größe & co");
        std::fs::create_dir_all(&folder)?;
        Ok(folder.join(name))
    }

    /// Drags files over the middle of the window and holds them there.
    ///
    /// # Errors
    /// When the drag does not begin.
    pub fn drag(&self, files: &[&Path]) -> Result<Drag> {
        Drag::begin(self.screen.name(), files)
    }
}

/// Runs a test in a window. The limit ends a test that hangs; on a failure the window is shot to
/// `target/screenshots/failed-NAME.png`.
///
/// # Errors
/// When the test fails, or takes longer than `limit`.
pub fn with_window(
    name: &str,
    limit: Duration,
    test: impl AsyncFnOnce(&Desk, &mut App) -> Result<()>,
) -> Result<()> {
    with_variables(name, limit, &[], test)
}

/// The same with environment variables of the program's own.
///
/// # Errors
/// As [`with_window`].
pub fn with_variables(
    name: &str,
    limit: Duration,
    variables: &[(&'static str, String)],
    test: impl AsyncFnOnce(&Desk, &mut App) -> Result<()>,
) -> Result<()> {
    // A test that failed leaves nothing half-done behind the lock.
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let desk = Desk::new(variables)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut app = tokio::time::timeout(LONG, desk.open()).await.context("no window came")??;
        let outcome = match tokio::time::timeout(limit, test(&desk, &mut app)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(anyhow::anyhow!("{name} did not end within {} s", limit.as_secs())),
        };
        if let Err(error) = outcome {
            let told = app.last_words(&format!("failed-{name}")).await;
            bail!("{error:?}\n{told}");
        }
        app.close().await
    })
}
