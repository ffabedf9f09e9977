//! A file on its way into the study: how far it is, and how it is stopped.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use lens_core::{Progress, Reporter};
use lens_engine::Session;
use lens_engine::contract::{ApiError, ErrorCode};

use super::common::Bench;

/// Notes what it is told, and stops the import at its first word once armed.
struct Listener<'a> {
    session: &'a Session,
    armed: AtomicBool,
    heard: Mutex<Vec<Progress>>,
}

impl Reporter for Listener<'_> {
    fn report(&self, progress: Progress) {
        if self.armed.load(Ordering::Relaxed) {
            self.session.cancel_import();
        }
        self.heard.lock().unwrap().push(progress);
    }
}

#[test]
fn an_import_tells_how_much_it_has_read_and_a_stop_leaves_the_study_as_it_was() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("first", 9), None).unwrap();
    // larger than what is read between two reports
    let large = bench.pairs("large", 6000);
    let size = large.metadata().unwrap().len();
    let listener =
        Listener { session: &session, armed: AtomicBool::new(true), heard: Mutex::default() };

    let stopped = session.import_pairs_watched(&large, None, &listener).unwrap_err();
    assert_eq!(ApiError::from(stopped).code, ErrorCode::Cancelled);
    assert_eq!(session.study_view().unwrap().pairs.unwrap().name, "first");

    listener.armed.store(false, Ordering::Relaxed);
    listener.heard.lock().unwrap().clear();
    session.import_pairs_watched(&large, None, &listener).unwrap();
    assert_eq!(session.study_view().unwrap().pairs.unwrap().count, 6000);
    let heard = listener.heard.lock().unwrap();
    let read: Vec<u64> = heard.iter().filter(|p| p.unit == "bytes").map(|p| p.done).collect();
    assert!(read.len() > 3 && read.is_sorted() && read.last() == Some(&size), "{read:?}");
    assert!(heard.iter().filter(|p| p.unit == "bytes").all(|p| p.total == size));
    assert_eq!(heard.last().unwrap().stage, "Checking the pairs");
}
