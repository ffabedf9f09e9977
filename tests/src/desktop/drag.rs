use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::programs::SYSTEM_PYTHON;

const SOURCE: &str = include_str!("drag_source.py");
/// Where the source stands: the far corner of the screen.
const CORNER: (i32, i32) = (1870, 1040);
/// Inside of it.
const GRIP: (i32, i32) = (1885, 1055);
/// Where files are held: inside the window at any size it has in the tests.
const TARGET: (i32, i32) = (620, 420);

/// Files that are being dragged over the window; dropping this value lets go outside of it.
#[derive(Debug)]
pub struct Drag {
    display: String,
    source: Child,
    words: BufReader<ChildStdout>,
    held: bool,
}

/// Fails with one sentence when GTK cannot be used from Python.
pub(super) fn require() -> Result<()> {
    let script = "import gi; gi.require_version('Gdk', '3.0'); gi.require_version('Gtk', '3.0'); \
                  from gi.repository import Gdk, Gtk";
    let status = Command::new(SYSTEM_PYTHON)
        .args(["-c", script])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ensure!(
        status.is_ok_and(|s| s.success()),
        "This test needs {SYSTEM_PYTHON} with GTK 3 (python3-gi, gir1.2-gtk-3.0); `cargo xtask \
         test` installs what is missing."
    );
    Ok(())
}

impl Drag {
    pub(super) fn begin(display: &str, files: &[&Path]) -> Result<Self> {
        let (x, y) = CORNER;
        let mut source = Command::new(SYSTEM_PYTHON)
            .args(["-c", SOURCE, &x.to_string(), &y.to_string()])
            .args(files)
            .env("DISPLAY", display)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the drag source cannot be started")?;
        let output = source.stdout.take().context("the drag source has no output")?;
        let words = BufReader::new(output);
        let mut drag = Self { display: display.to_owned(), source, words, held: false };
        drag.expect_word("ready")?;
        drag.move_to(GRIP)?;
        drag.mouse(&["mousedown", "1"])?;
        drag.held = true;
        // A drag begins after a few pixels, and is followed by steps like those of a hand.
        for step in 1..=4 {
            drag.move_to((GRIP.0 - 6 * step, GRIP.1 - 6 * step))?;
        }
        drag.expect_word("began")?;
        for step in 1..=10 {
            let along = |from: i32, to: i32| from + (to - from) * step / 10;
            drag.move_to((along(GRIP.0, TARGET.0), along(GRIP.1, TARGET.1)))?;
        }
        drag.move_to((TARGET.0 + 3, TARGET.1 + 2))?;
        Ok(drag)
    }

    /// Lets go over the window.
    ///
    /// # Errors
    /// When the drag does not end.
    pub fn drop_it(mut self) -> Result<()> {
        self.mouse(&["mouseup", "1"])?;
        self.held = false;
        self.expect_word("done")
    }

    /// Takes the files away again: back to the corner of the screen, and lets go there.
    ///
    /// # Errors
    /// When the drag does not end.
    pub fn take_away(mut self) -> Result<()> {
        for step in 1..=10 {
            let along = |from: i32, to: i32| from + (to - from) * step / 10;
            self.move_to((along(TARGET.0, GRIP.0), along(TARGET.1, GRIP.1)))?;
        }
        self.mouse(&["mouseup", "1"])?;
        self.held = false;
        self.expect_word("done")
    }

    fn move_to(&self, (x, y): (i32, i32)) -> Result<()> {
        self.mouse(&["mousemove", &x.to_string(), &y.to_string()])?;
        std::thread::sleep(Duration::from_millis(25));
        Ok(())
    }

    fn mouse(&self, action: &[&str]) -> Result<()> {
        let status = Command::new("xdotool").args(action).env("DISPLAY", &self.display).status()?;
        ensure!(status.success(), "xdotool {action:?} ended with {status}");
        Ok(())
    }

    fn expect_word(&mut self, expected: &str) -> Result<()> {
        let mut word = String::new();
        self.words.read_line(&mut word)?;
        ensure!(word.trim() == expected, "the drag source said {word:?}, not {expected:?}");
        Ok(())
    }
}

impl Drop for Drag {
    fn drop(&mut self) {
        if self.held {
            self.mouse(&["mouseup", "1"]).ok();
        }
        self.source.kill().ok();
        self.source.wait().ok();
    }
}
