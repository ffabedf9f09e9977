//! `lens`: the engine without a window, for scripts, servers, tests and benchmarks.
//!
//! Exit status: 0 done, 2 for arguments or input that cannot be used, 1 for anything else. A stop
//! by Ctrl-C leaves the store whole; what was read by then is not read again.

mod agree;
mod capture;
mod check;
mod context;
mod correlate;
mod direction;
mod evidence;
mod fetch;
mod models;
mod output;
mod probe;
mod project;
mod read;
mod steer;
mod steer_score;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lens_engine::contract::{ApiError, ErrorCode};

use crate::context::{Context, Shared};

/// Look at empathy, or any concept with contrastive pairs, inside local language models.
#[derive(Debug, Parser)]
#[command(name = "lens", version, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read pairs files and say whether they are fit to conclude from.
    Check(check::Check),
    /// Read the pairs with a model and write its activations as safetensors.
    Capture(capture::Capture),
    /// List the models that ship with the program, those in the hub's cache, and those worth fetching.
    #[command(after_help = "Example: lens models --json -")]
    Models,
    /// Download a model from the hub into the cache that its tools share.
    Fetch(fetch::Fetch),
    /// Fit a probe at every layer on the training pairs and measure it on the test pairs.
    Probe(probe::Probe),
    /// Say how far models agree: their scores, their layers, and directions carried between them.
    Agree(agree::Agree),
    /// Correlate scores with human scores from a table.
    Correlate(correlate::Correlate),
    /// Say, rung by rung, what is shown about the concept in each model, and write it as a report.
    Evidence(evidence::Evidence),
    /// Steer generation along a direction and say what changes, coefficient by coefficient.
    Steer(steer::Steer),
    /// Score steered samples that were generated elsewhere.
    SteerScore(steer_score::SteerScore),
    /// Score every token of a text along a direction.
    Read(read::Read),
    /// Write a direction as .npy, safetensors, or a control vector of llama.cpp.
    Direction(direction::Direction),
    /// Project one layer's activations to two or three dimensions, as CSV.
    Project(project::Project),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let (status, told) = status(&error);
            eprintln!("lens: {told}");
            ExitCode::from(status)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let context = Context::new(arguments.shared)?;
    match arguments.command {
        Command::Check(command) => command.run(&context),
        Command::Capture(command) => command.run(&context),
        Command::Models => models::run(&context),
        Command::Fetch(command) => command.run(&context),
        Command::Probe(command) => command.run(&context),
        Command::Agree(command) => command.run(&context),
        Command::Correlate(command) => command.run(&context),
        Command::Evidence(command) => command.run(&context),
        Command::Steer(command) => command.run(&context),
        Command::Read(command) => command.run(&context),
        Command::SteerScore(command) => command.run(&context),
        Command::Direction(command) => command.run(&context),
        Command::Project(command) => command.run(&context),
    }
}

/// Exit status and words for an error, wherever in its chain the engine's own stands.
fn status(error: &anyhow::Error) -> (u8, String) {
    let Some(engine) = error.downcast_ref::<lens_engine::EngineError>() else {
        return (1, format!("{error:#}"));
    };
    let told = ApiError::from(engine);
    let status = match told.code {
        ErrorCode::Input | ErrorCode::Model => 2,
        _ => 1,
    };
    let hint = told.hint.map_or_else(String::new, |hint| format!(" {hint}"));
    (status, format!("{}{hint}", told.message))
}
