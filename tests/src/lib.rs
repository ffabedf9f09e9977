//! Helpers shared by the integration tests.
//!
//! [`programs`] finds what has been built and what the machine must have; [`command_line`] runs
//! `lens`; [`encoder`] makes a model that only reads; [`files`] opens exported files with readers other than ours; [`pairs`] writes pairs files;
//! [`desktop`] drives the real window (Linux only: macOS has no WebDriver for web views).

pub mod command_line;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod encoder;
pub mod files;
pub mod pairs;
pub mod programs;
