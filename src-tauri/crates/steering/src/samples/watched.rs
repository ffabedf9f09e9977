//! A stream that tells how far it was read, and ends on request.

use std::io::{self, Read};

use lens_core::{CancelToken, Progress, Reporter};

pub(super) struct Watched<'a, R> {
    source: R,
    done: u64,
    total: u64,
    reporter: &'a dyn Reporter,
    cancel: &'a CancelToken,
}

impl<'a, R> Watched<'a, R> {
    pub(super) fn new(
        source: R,
        total: u64,
        reporter: &'a dyn Reporter,
        cancel: &'a CancelToken,
    ) -> Self {
        Self { source, done: 0, total, reporter, cancel }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.cancel.check().map_err(io::Error::other)?;
        let count = self.source.read(buffer)?;
        self.done += count as u64;
        self.reporter.report(Progress {
            stage: "Scoring samples".to_owned(),
            done: self.done,
            total: self.total,
            unit: "bytes",
        });
        Ok(count)
    }
}
