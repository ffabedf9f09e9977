//! A session on folders of its own, against the shipped models.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lens_engine::contract::JobEvent;
use lens_engine::{Places, Session, read_pairs};
use tempfile::TempDir;

pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

pub(crate) struct Bench {
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn places(&self) -> Places {
        Places {
            data: self.folder.path().join("data"),
            cache: self.folder.path().join("cache"),
            models: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models"),
        }
    }

    pub(crate) fn session(&self) -> Arc<Session> {
        Arc::new(Session::start(self.places(), None).unwrap())
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Short pairs in three scenarios, with words that differ between the sides.
    pub(crate) fn pairs(&self, name: &str, count: usize) -> PathBuf {
        let rows: String = (0..count)
            .map(|i| {
                format!(
                    "{{\"id\":\"{name}-{i}\",\"scenario\":\"s{}\",\
                     \"positive\":\"Anna stops to help the tired man number {i}.\",\
                     \"negative\":\"Anna walks past the tired man number {i}.\"}}\n",
                    i % 3
                )
            })
            .collect();
        self.file(&format!("{name}.jsonl"), &rows)
    }
}

pub(crate) fn start(session: &Arc<Session>) -> (String, Receiver<JobEvent>) {
    let (sender, events) = channel();
    let sender = Mutex::new(sender);
    let id = read_pairs(session, move |event| drop(sender.lock().unwrap().send(event))).unwrap();
    (id, events)
}

/// Every event of a job, to its last.
pub(crate) fn events_of(events: &Receiver<JobEvent>) -> Vec<JobEvent> {
    let mut seen = Vec::new();
    loop {
        seen.push(events.recv_timeout(PATIENCE).expect("the job says how it ended"));
        let ended = matches!(
            seen.last(),
            Some(JobEvent::Finished | JobEvent::Cancelled | JobEvent::Failed { .. })
        );
        if ended {
            return seen;
        }
    }
}

pub(crate) fn read_to_end(session: &Arc<Session>) {
    let (_, events) = start(session);
    let last = events_of(&events).pop();
    assert!(matches!(last, Some(JobEvent::Finished)), "{last:?}");
}
