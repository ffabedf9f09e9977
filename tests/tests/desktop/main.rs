//! The real window, end to end: started as a person starts it, on a virtual screen, with files
//! dropped from another program. Pictures of it are left in `target/screenshots`.

#![cfg(target_os = "linux")]

mod bad_files;
mod cancel;
mod drop;
mod export;
#[path = "../../../src-tauri/crates/hub/tests/common/mod.rs"]
#[allow(clippy::unwrap_used, reason = "what breaks in the test's own server ends the test")]
mod hub;
mod human_scores;
mod models_room;
mod pictures;
mod results;
mod sample;
mod steering;
mod steps;
