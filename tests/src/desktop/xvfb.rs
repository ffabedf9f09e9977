use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A virtual screen of 1920 by 1080; ends when dropped.
#[derive(Debug)]
pub(super) struct Xvfb {
    process: Child,
    name: String,
}

impl Xvfb {
    /// Starts a server on a display number that is free: the server itself finds one and says which.
    pub(super) fn start() -> Result<Self> {
        let mut process = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1920x1080x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb cannot be started")?;
        let output = process.stdout.take().context("Xvfb has no output")?;
        let mut screen = Self { process, name: String::new() };
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        ensure!(number.trim().parse::<u32>().is_ok(), "Xvfb ended before it had a display");
        screen.name = format!(":{}", number.trim());
        Ok(screen)
    }

    /// For `DISPLAY`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        // Asked to end, so that it removes its lock file.
        let asked = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(asked, rustix::process::Signal::TERM).ok();
        self.process.wait().ok();
    }
}
