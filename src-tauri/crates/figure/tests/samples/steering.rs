//! Dose-responses.
