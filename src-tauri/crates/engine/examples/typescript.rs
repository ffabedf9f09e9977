//! Writes the TypeScript of the contract types: `typescript -- FOLDER`.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: typescript FOLDER");
        return ExitCode::from(2);
    };
    match lens_engine::contract::export_typescript(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the types could not be written: {error}");
            ExitCode::FAILURE
        }
    }
}
