use serde::Serialize;
use ts_rs::TS;

/// What the window can do about an error. A code exists only if something branches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// A file or value that the person gave: shown with its hint, nothing else changes.
    Input,
    /// A model that cannot be read.
    Model,
    /// The person stopped it: not shown as an error.
    Cancelled,
    /// Something else is running that must end first.
    Busy,
    /// What was asked for has not been computed yet.
    NotReady,
    /// A full disk, a lost file, or a mistake of ours.
    Internal,
}

/// An error as the window shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// What kind.
    pub code: ErrorCode,
    /// A sentence that says what was wrong and where.
    pub message: String,
    /// A sentence that says what to do, where there is something.
    pub hint: Option<String>,
}
