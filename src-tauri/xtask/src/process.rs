//! Running other programs.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

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
    said(&told, &output.with_context(|| format!("{told} could not be started"))?)
}

/// The same, and the most memory that it had resident, in bytes, where the system says so.
pub(crate) fn answer_and_peak(mut command: Command) -> Result<(String, Option<u64>)> {
    const BETWEEN: Duration = Duration::from_millis(10);
    let told = told(&command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let process = command.spawn().with_context(|| format!("{told} could not be started"))?;
    let status = format!("/proc/{}/status", process.id());
    let (ended, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        // the system keeps the maximum, so only what happens after the last look is missed
        let watcher = scope.spawn(move || {
            let mut peak = None;
            while wait.recv_timeout(BETWEEN) == Err(RecvTimeoutError::Timeout) {
                peak = fs::read_to_string(&status).ok().as_deref().and_then(peak_of).max(peak);
            }
            peak
        });
        let output = process.wait_with_output();
        drop(ended);
        let peak = watcher.join().unwrap_or_default();
        Ok((said(&told, &output?)?, peak))
    })
}

/// The highest resident memory in a Linux process's status.
fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn said(told: &str, output: &Output) -> Result<String> {
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

#[cfg(test)]
mod tests {
    use super::peak_of;

    #[test]
    fn the_peak_is_read_from_a_process_status() {
        let status = "Name:\tlens\nVmPeak:\t   90 kB\nVmHWM:\t    1024 kB\nVmRSS:\t 12 kB\n";
        assert_eq!(peak_of(status), Some(1 << 20));
        assert_eq!(peak_of("Name:\tlens\nState:\tZ (zombie)\n"), None);
    }
}
