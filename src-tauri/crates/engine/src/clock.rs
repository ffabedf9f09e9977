//! The clock beside progress: rate, time left, and not too many messages.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use lens_core::{Progress, Reporter};

use crate::contract::ProgressView;

/// At most 20 messages a second reach the listener.
const SHORTEST_GAP: Duration = Duration::from_millis(50);

/// A rate is told after this much time, when it has become steady.
const FIRST_RATE: Duration = Duration::from_millis(400);

/// Passes progress on with rate and time left, at most 20 times a second. The first message of a
/// stage and the one that completes it always pass.
pub struct ClockedReporter<F> {
    listener: F,
    stage: Mutex<Option<Stage>>,
}

struct Stage {
    name: String,
    started: Instant,
    done_at_start: u64,
    last_sent: Instant,
}

impl<F: Fn(ProgressView) + Send + Sync> ClockedReporter<F> {
    /// Reports to `listener`.
    pub fn new(listener: F) -> Self {
        Self { listener, stage: Mutex::new(None) }
    }
}

impl<F: Fn(ProgressView) + Send + Sync> Reporter for ClockedReporter<F> {
    #[expect(clippy::cast_precision_loss, reason = "counts of tokens stay far below 2^53")]
    fn report(&self, progress: Progress) {
        let Ok(mut stage) = self.stage.lock() else { return };
        let now = Instant::now();
        let fresh = stage.as_ref().is_none_or(|s| s.name != progress.stage);
        let current = match stage.as_mut() {
            Some(current) if !fresh => current,
            _ => stage.insert(Stage {
                name: progress.stage.clone(),
                started: now,
                done_at_start: progress.done,
                last_sent: now,
            }),
        };
        let complete = progress.total > 0 && progress.done >= progress.total;
        if !fresh && !complete && now - current.last_sent < SHORTEST_GAP {
            return;
        }
        current.last_sent = now;
        let elapsed = now - current.started;
        let moved = progress.done.saturating_sub(current.done_at_start);
        let rate =
            (elapsed >= FIRST_RATE && moved > 0).then(|| moved as f64 / elapsed.as_secs_f64());
        let left = progress.total.saturating_sub(progress.done);
        (self.listener)(ProgressView {
            stage: progress.stage,
            done: progress.done as f64,
            total: progress.total as f64,
            unit: progress.unit.to_owned(),
            rate,
            seconds_left: rate.filter(|_| progress.total > 0).map(|r| left as f64 / r),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(stage: &str, done: u64) -> Progress {
        Progress { stage: stage.into(), done, total: 1000, unit: "tokens" }
    }

    #[test]
    fn bursts_are_thinned_but_starts_and_ends_pass() {
        let seen = Mutex::new(Vec::new());
        let reporter = ClockedReporter::new(|p: ProgressView| seen.lock().unwrap().push(p));
        for stage in ["reading", "probing"] {
            for done in 0..=1000 {
                reporter.report(progress(stage, done));
            }
        }
        drop(reporter);
        let seen = seen.into_inner().unwrap();
        assert!(seen.len() >= 4 && seen.len() < 200, "{} messages", seen.len());
        assert_eq!((seen[0].stage.as_str(), seen[0].done), ("reading", 0.0));
        assert!(seen.iter().any(|p| p.stage == "reading" && p.done == 1000.0));
        assert!(seen.iter().any(|p| p.stage == "probing" && p.done == 0.0));
    }

    #[test]
    fn the_rate_counts_from_where_the_stage_began() {
        let seen = Mutex::new(Vec::new());
        let reporter = ClockedReporter::new(|p: ProgressView| seen.lock().unwrap().push(p));
        reporter.report(progress("reading", 900));
        std::thread::sleep(FIRST_RATE + Duration::from_millis(50));
        reporter.report(progress("reading", 910));
        drop(reporter);
        let seen = seen.into_inner().unwrap();
        assert_eq!(seen[0].rate, None);
        let rate = seen[1].rate.unwrap();
        assert!(rate > 0.0 && rate <= 10.0 / FIRST_RATE.as_secs_f64(), "{rate}");
        assert!((seen[1].seconds_left.unwrap() - 90.0 / rate).abs() < 1e-9);
    }
}
