//! How long after its start the program shows a window, and the sample study in it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Spread, program};
use crate::files::{Scratch, root};
use crate::process::command;

const RUNS: usize = 5;

/// Longer than this, and something is wrong.
const LIMIT: Duration = Duration::from_secs(60);

/// What the program says on its standard error, and what it means here.
const MOMENTS: &[&str] = &["window shown", "study shown"];

/// A process that ends with its measurement.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) fn measure() -> Result<()> {
    let screen = screen()?;
    println!("\nStart, from the program's launch, {RUNS} runs, each with an empty home:");
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); MOMENTS.len()];
    for _ in 0..RUNS {
        let run = one_run(screen.as_ref().map(|(_, display)| display.as_str()))?;
        for (list, time) in times.iter_mut().zip(run) {
            list.push(time.as_secs_f64());
        }
    }
    for (moment, list) in MOMENTS.iter().zip(times) {
        if let Some(Spread { median, least, most }) = Spread::of(&list) {
            println!("  {moment:14} {median:.2} s  ({least:.2} to {most:.2})");
        }
    }
    Ok(())
}

/// On Linux a screen in memory: neither a desktop nor its other windows have a part in the time.
fn screen() -> Result<Option<(Running, String)>> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let mut process = command("Xvfb", &["-displayfd", "1", "-screen", "0", "1280x800x24"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("Xvfb could not be started")?;
    let output = process.stdout.take().context("Xvfb has no output")?;
    let running = Running(process);
    let mut number = String::new();
    BufReader::new(output).read_line(&mut number)?;
    let number = number.trim();
    if number.is_empty() {
        bail!("Xvfb found no free display");
    }
    Ok(Some((running, format!(":{number}"))))
}

/// Starts the program once; the time from then to each moment.
fn one_run(display: Option<&str>) -> Result<Vec<Duration>> {
    let home = Scratch::new("bench-home")?;
    let mut window = Command::new(program("empathy-lens")?);
    window
        .env("EMPATHY_LENS_HOME", home.path())
        .env("EMPATHY_LENS_MODELS", root().join("models"))
        .env("EMPATHY_LENS_TIMINGS", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(display) = display {
        window.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY");
    }
    let start = Instant::now();
    let mut process = window.spawn().context("the program could not be started")?;
    let output = process.stderr.take().context("the program has no standard error")?;
    let running = Running(process);
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // nobody listens any more once all moments are in
            if send.send((Instant::now(), line)).is_err() {
                break;
            }
        }
    });
    let mut times: Vec<Option<Duration>> = vec![None; MOMENTS.len()];
    let mut said = String::new();
    while times.iter().any(Option::is_none) {
        let left = LIMIT.saturating_sub(start.elapsed());
        let Ok((when, line)) = receive.recv_timeout(left) else {
            bail!("the window did not say that it was there; it said:\n{said}");
        };
        for (moment, time) in MOMENTS.iter().zip(&mut times) {
            if line.starts_with(&format!("timing: {moment} ")) {
                *time = Some(when - start);
            }
        }
        said.push_str(&line);
        said.push('\n');
    }
    drop(running);
    Ok(times.into_iter().flatten().collect())
}
