//! Helpers shared by the integration tests.
//!
//! [`programs`] finds what has been built and what the machine must have; [`command_line`] runs
//! `lens`; [`files`] opens exported files with readers other than ours; [`pairs`] writes pairs files;
//! [`desktop`] drives the real window (Linux only: macOS has no WebDriver for web views).

pub mod command_line;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod files;
pub mod pairs;
pub mod programs;
