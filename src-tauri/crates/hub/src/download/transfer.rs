//! One file over the network, from where it was left to its last byte.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lens_core::CancelToken;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE};
use reqwest::{Response, StatusCode};

use super::PlannedFile;
use super::checksum::Checksum;
use super::http::{Http, bad_answer};
use crate::HubError;
use crate::cache::RepoFolder;

/// Attempts in a row that bring no byte before the transfer is given up.
const FRUITLESS: u32 = 3;
/// Pause after the first of them; doubled after each.
const PAUSE: Duration = Duration::from_millis(250);
/// Read from disk at once; a stop is looked for in between.
const CHUNK: usize = 1 << 20;

/// A file on its way: what is on disk, and the checksum of exactly that.
pub(super) struct Transfer<'a> {
    http: &'a Http,
    commit: &'a str,
    wanted: &'a PlannedFile,
    path: PathBuf,
    file: File,
    sum: Checksum,
    have: u64,
}

impl<'a> Transfer<'a> {
    /// Opens what an earlier transfer left, and reads it for the checksum.
    pub(super) fn open(
        http: &'a Http,
        commit: &'a str,
        wanted: &'a PlannedFile,
        path: PathBuf,
        cancel: &CancelToken,
    ) -> Result<Self, HubError> {
        let file = RepoFolder::open(&path)?;
        let sum = Checksum::like(&wanted.hash, wanted.bytes)
            .ok_or_else(|| HubError::NoChecksum(wanted.name.clone()))?;
        let mut transfer = Self { http, commit, wanted, path, file, sum, have: 0 };
        let length = transfer.file.metadata().map_err(|e| transfer.io(e))?.len();
        if length > wanted.bytes {
            transfer.start_anew()?;
        } else {
            transfer.read_what_is_there(length, cancel)?;
        }
        Ok(transfer)
    }

    /// Bytes on disk.
    pub(super) fn have(&self) -> u64 {
        self.have
    }

    /// Brings the rest and verifies the whole. `progress` takes the bytes on disk.
    pub(super) async fn finish(mut self, mut progress: impl FnMut(u64)) -> Result<(), HubError> {
        let resumed = self.have > 0;
        let first = self.bring(&mut progress).await;
        match first.and_then(|()| self.verify()) {
            // What was left here may be another program's, or damaged since: once more, without it.
            Err(HubError::WrongHash(_)) if resumed => {
                self.start_anew()?;
                self.bring(&mut progress).await?;
                self.verify()?;
            }
            other => other?,
        }
        self.file.sync_all().map_err(|e| self.io(e))
    }

    async fn bring(&mut self, progress: &mut impl FnMut(u64)) -> Result<(), HubError> {
        let mut fruitless = 0;
        while self.have < self.wanted.bytes {
            let before = self.have;
            match self.attempt(progress).await {
                Ok(()) => {}
                Err(error) if !error.may_pass() => {
                    if matches!(error, HubError::WrongSize { .. }) {
                        self.start_anew()?;
                    }
                    return Err(error);
                }
                Err(error) => {
                    fruitless = if self.have > before { 0 } else { fruitless + 1 };
                    if fruitless == FRUITLESS {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE * 2_u32.pow(fruitless)).await;
                }
            }
        }
        Ok(())
    }

    /// One connection. Ends well when the file is whole.
    async fn attempt(&mut self, progress: &mut impl FnMut(u64)) -> Result<(), HubError> {
        let mut response = self.http.get(self.commit, &self.wanted.name, self.have).await?;
        self.match_range(&response)?;
        loop {
            let chunk = response.chunk().await.map_err(|_| self.cut())?;
            let Some(chunk) = chunk else {
                return if self.have == self.wanted.bytes { Ok(()) } else { Err(self.cut()) };
            };
            let got = self.have + chunk.len() as u64;
            if got > self.wanted.bytes {
                return Err(self.wrong_size(got));
            }
            self.file.write_all(&chunk).map_err(|e| self.io(e))?;
            self.sum.update(&chunk);
            self.have = got;
            progress(self.have);
        }
    }

    /// Makes sure that the next byte of the answer is the next byte of the file.
    fn match_range(&mut self, response: &Response) -> Result<(), HubError> {
        let header = |name| response.headers().get(name)?.to_str().ok();
        let status = response.status();
        if status == StatusCode::PARTIAL_CONTENT {
            let range: Option<(u64, Option<u64>)> = header(CONTENT_RANGE).and_then(|range| {
                let (range, total) = range.strip_prefix("bytes ")?.split_once('/')?;
                Some((range.split_once('-')?.0.parse().ok()?, total.parse().ok()))
            });
            return match range {
                Some((_, Some(total))) if total != self.wanted.bytes => Err(self.wrong_size(total)),
                Some((from, _)) if from == self.have => Ok(()),
                _ => Err(bad_answer(response.url(), "it sends another part of the file")),
            };
        }
        if self.have > 0 {
            // The server does not know ranges, or not this one: from the beginning.
            self.start_anew()?;
        }
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Err(self.cut());
        }
        match header(CONTENT_LENGTH).and_then(|length| length.parse().ok()) {
            Some(length) if length != self.wanted.bytes => Err(self.wrong_size(length)),
            _ => Ok(()),
        }
    }

    fn verify(&mut self) -> Result<(), HubError> {
        if self.sum.clone().finish() == self.wanted.hash {
            return Ok(());
        }
        self.start_anew()?;
        Err(HubError::WrongHash(self.wanted.name.clone()))
    }

    fn start_anew(&mut self) -> Result<(), HubError> {
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(|e| self.io(e))?;
        self.sum = Checksum::like(&self.wanted.hash, self.wanted.bytes)
            .ok_or_else(|| HubError::NoChecksum(self.wanted.name.clone()))?;
        self.have = 0;
        Ok(())
    }

    fn read_what_is_there(&mut self, length: u64, cancel: &CancelToken) -> Result<(), HubError> {
        let mut chunk = vec![0; CHUNK];
        let mut file = (&self.file).take(length);
        loop {
            cancel.check()?;
            let got = file.read(&mut chunk).map_err(|e| self.io(e))?;
            let Some(bytes) = chunk.get(..got).filter(|bytes| !bytes.is_empty()) else { break };
            self.sum.update(bytes);
            self.have += got as u64;
        }
        self.file.seek(SeekFrom::Start(self.have)).map_err(|e| self.io(e))?;
        Ok(())
    }

    fn cut(&self) -> HubError {
        HubError::Cut { file: self.wanted.name.clone(), got: self.have, size: self.wanted.bytes }
    }

    fn wrong_size(&self, got: u64) -> HubError {
        HubError::WrongSize { file: self.wanted.name.clone(), expected: self.wanted.bytes, got }
    }

    fn io(&self, error: std::io::Error) -> HubError {
        written(&self.path, self.wanted.bytes - self.have.min(self.wanted.bytes), error)
    }
}

/// What failed to be written: a full disk has its own sentence.
fn written(path: &Path, needed: u64, error: std::io::Error) -> HubError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            let folder = path.parent().unwrap_or(path).to_path_buf();
            HubError::DiskFull { folder, needed, free: None }
        }
        _ => HubError::io(path, error),
    }
}
