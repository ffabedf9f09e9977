//! The desktop shell: a window around the engine. Commands unpack, call, and map the error; nothing
//! is computed here.
//!
//! Timings: with `EMPATHY_LENS_TIMINGS=1` the moments that a person waits for are written to the
//! standard error, in milliseconds since the process began.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod timings;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use lens_engine::{EngineError, Places, Session};
use tauri::Manager;
use tauri::path::BaseDirectory;

fn main() -> ExitCode {
    timings::begin();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Empathy Lens could not start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> tauri::Result<()> {
    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(commands::handler())
        .setup(|app| {
            let bundled = app.path().resolve("models", BaseDirectory::Resource).ok();
            // A double-clicked file arrives as the first argument.
            let file = std::env::args_os().nth(1).map(PathBuf::from).filter(|f| f.exists());
            let session = open_session(bundled.as_deref(), file)?;
            app.manage(Arc::new(session));
            timings::mark("engine ready");
            Ok(())
        })
        .run(tauri::generate_context!())
}

fn open_session(
    bundled: Option<&std::path::Path>,
    file: Option<PathBuf>,
) -> Result<Session, EngineError> {
    Session::start(Places::find(bundled)?, file)
}
