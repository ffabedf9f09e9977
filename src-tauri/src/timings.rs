//! Start-up moments, for `cargo xtask bench`.

use std::sync::OnceLock;
use std::time::Instant;

static START: OnceLock<Option<Instant>> = OnceLock::new();

/// Starts the clock, if timings are asked for.
pub(crate) fn begin() {
    START.get_or_init(|| std::env::var_os("EMPATHY_LENS_TIMINGS").map(|_| Instant::now()));
}

/// Writes `moment` with the milliseconds since the start, if timings are asked for.
pub(crate) fn mark(moment: &str) {
    if let Some(Some(start)) = START.get() {
        eprintln!("timing: {moment} {} ms", start.elapsed().as_millis());
    }
}
