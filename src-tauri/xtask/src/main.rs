//! The developer's commands. Nothing here is part of the program.

mod bench;
mod boundaries;
mod bundle;
mod codegen;
mod files;
mod process;
mod run;
mod setup;
mod stages;
mod ui;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask COMMAND

  run [FILE] [--debug]      install what is missing, build, open the window (on FILE)
  bundle                    install what is missing, build, make an installer of this system's kind
  test [--only STAGE]..     install what is missing, run every check and test, as CI does
       [--skip STAGE]..     stages: fmt boundaries npm ui-check ui-test ui-build clippy build
                            codegen test
  codegen                   write the TypeScript of the types that cross to the window
  check-boundaries          check which crate may use what, and the length of source files
  bench [--only start|capture|generate|probe|maps] [--model FOLDER] [--peer SCRIPT]
        [--peer-umap SCRIPT] [--peer-pca SCRIPT] [--python PYTHON] [--most-rows N]
                            time the start, the reading of texts by toy-llama or the model in a
                            folder, probes with their controls, and maps of matrices like
                            activations; beside peers where they are given
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        bail!("name a command\n\n{USAGE}");
    };
    match name.as_str() {
        "bundle" => bundle::run(rest),
        "run" => run::run(rest),
        "test" => stages::run(rest),
        "codegen" => codegen::write(),
        "check-boundaries" => boundaries::check(),
        "bench" => bench::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("there is no command {other:?}\n\n{USAGE}"),
    }
}
