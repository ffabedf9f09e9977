//! Downloads that do not go well: resumed, stopped, refused, damaged on the way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests assert by unwrapping, their helpers too"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Log, Served, Server, fetch, id, large, plan, sha256};
use lens_core::{CancelToken, Progress, Reporter};
use lens_hub::{Hub, HubError, HubSettings, list_cache};

const WEIGHTS: &str = "model.safetensors";

/// Where a partial transfer of the weights is kept, and where they end up.
fn places(server: &Server, cache: &Path) -> (PathBuf, PathBuf) {
    let hash = sha256(&server.state.lock().unwrap().files[WEIGHTS].content);
    let blobs = cache.join("models--org--model/blobs");
    (blobs.join(format!("{hash}.incomplete")), blobs.join(hash))
}

fn with(change: impl FnOnce(&mut Served)) -> (Server, tempfile::TempDir) {
    let server = Server::with_model();
    server.change(WEIGHTS, change);
    (server, tempfile::tempdir().unwrap())
}

fn ranges(server: &Server) -> Vec<Option<String>> {
    let contents = server.fetched().into_iter().filter(|a| a.cdn);
    contents.map(|a| a.headers.get("range").cloned()).collect()
}

#[test]
fn a_cut_connection_goes_on_by_itself_where_it_was() {
    let (server, cache) = with(|file| file.cut_once = Some(123_457));
    let hub = server.hub(cache.path());
    let folder = fetch(&hub, &plan(&hub).unwrap()).unwrap();
    assert_eq!(ranges(&server), [None, Some("bytes=123457-".to_owned())]);
    let content = &server.state.lock().unwrap().files[WEIGHTS].content.clone();
    assert_eq!(&fs::read(folder.join(WEIGHTS)).unwrap(), content);
}

#[test]
fn a_connection_that_is_always_cut_keeps_what_came_and_a_later_fetch_goes_on() {
    let (server, cache) = with(|file| file.cut_at = Some(200_000));
    let hub = server.hub(cache.path());
    let error = fetch(&hub, &plan(&hub).unwrap()).unwrap_err();
    assert!(matches!(error, HubError::Cut { got: 200_000, size: 300_000, .. }), "{error}");
    assert!(error.to_string().contains("at 200000 of 300000"), "{error}");
    let (partial, blob) = places(&server, cache.path());
    assert_eq!(fs::metadata(&partial).unwrap().len(), 200_000);
    assert!(!blob.exists());
    let repo = &list_cache(cache.path()).repos[0];
    assert_eq!((repo.partial[0].bytes, &repo.partial[0].path), (200_000, &partial));

    server.change(WEIGHTS, |file| file.cut_at = None);
    let log = Log::default();
    hub.fetch(&plan(&hub).unwrap(), &log, &CancelToken::default()).unwrap();
    assert_eq!(ranges(&server).last().unwrap().as_deref(), Some("bytes=200000-"));
    assert!(log.0.lock().unwrap().iter().any(|r| r.done == 25 + 200_000), "what is there counts");
    assert!(blob.exists() && !partial.exists());
}

#[test]
fn a_server_that_ignores_ranges_sends_the_whole_again() {
    let (server, cache) = with(|file| {
        file.cut_once = Some(50_000);
        file.no_ranges = true;
    });
    let hub = server.hub(cache.path());
    let folder = fetch(&hub, &plan(&hub).unwrap()).unwrap();
    assert_eq!(fs::read(folder.join(WEIGHTS)).unwrap(), large(300_000).content);
}

#[test]
fn a_partial_file_of_other_content_is_found_out_and_fetched_anew() {
    for length in [1000, 300_000, 400_000] {
        let (server, cache) = with(|_| {});
        let (partial, _) = places(&server, cache.path());
        fs::create_dir_all(partial.parent().unwrap()).unwrap();
        fs::write(&partial, vec![7; length]).unwrap();
        let hub = server.hub(cache.path());
        let folder = fetch(&hub, &plan(&hub).unwrap()).unwrap();
        assert_eq!(fs::read(folder.join(WEIGHTS)).unwrap(), large(300_000).content);
    }
}

#[test]
fn a_whole_partial_file_is_verified_and_not_fetched() {
    let (server, cache) = with(|_| {});
    let (partial, _) = places(&server, cache.path());
    fs::create_dir_all(partial.parent().unwrap()).unwrap();
    fs::write(&partial, large(300_000).content).unwrap();
    let hub = server.hub(cache.path());
    fetch(&hub, &plan(&hub).unwrap()).unwrap();
    assert!(ranges(&server).is_empty());
}

#[test]
fn content_with_another_checksum_is_never_given_its_name() {
    let (server, cache) = with(|file| file.sent = Some(vec![1; 300_000]));
    let hub = server.hub(cache.path());
    let error = fetch(&hub, &plan(&hub).unwrap()).unwrap_err();
    assert!(matches!(&error, HubError::WrongHash(name) if name == WEIGHTS), "{error}");
    let (partial, blob) = places(&server, cache.path());
    assert!(!blob.exists());
    assert_eq!(fs::metadata(partial).unwrap().len(), 0, "nothing of it is kept");
    assert!(!cache.path().join("models--org--model/refs").exists());

    // small files, by git's checksum
    let (server, cache) = with(|_| {});
    server.change("config.json", |file| file.sent = Some(vec![b' '; 23]));
    let hub = server.hub(cache.path());
    let error = fetch(&hub, &plan(&hub).unwrap()).unwrap_err();
    assert!(matches!(&error, HubError::WrongHash(name) if name == "config.json"), "{error}");
}

#[test]
fn more_or_fewer_bytes_than_listed_are_refused() {
    let longer = [large(300_000).content, vec![0; 100_000]].concat();
    for no_length in [false, true] {
        let (server, cache) = with(|file| {
            file.sent = Some(longer.clone());
            file.no_length = no_length;
        });
        let hub = server.hub(cache.path());
        let error = fetch(&hub, &plan(&hub).unwrap()).unwrap_err();
        let HubError::WrongSize { expected: 300_000, got, .. } = error else { panic!("{error}") };
        assert!(got > 300_000);
        assert_eq!(fs::metadata(places(&server, cache.path()).0).unwrap().len(), 0);
    }
    let (server, cache) = with(|file| file.sent = Some(vec![0; 1000]));
    let hub = server.hub(cache.path());
    let error = fetch(&hub, &plan(&hub).unwrap()).unwrap_err();
    assert!(matches!(error, HubError::WrongSize { got: 1000, .. }), "{error}");
}

/// Asks for a stop once some bytes are there.
struct StopAt(u64, CancelToken);

impl Reporter for StopAt {
    fn report(&self, progress: Progress) {
        if progress.done >= self.0 {
            self.1.cancel();
        }
    }
}

#[test]
fn a_stop_is_heeded_while_the_server_is_silent_and_keeps_what_came() {
    let (server, cache) = with(|file| file.silent_at = Some(100_000));
    let hub = server.hub(cache.path());
    let planned = plan(&hub).unwrap();
    let cancel = CancelToken::default();
    // Without the stop this would wait for as long as a silent server is waited for.
    let error = hub.fetch(&planned, &StopAt(100_025, cancel.clone()), &cancel).unwrap_err();
    assert!(matches!(error, HubError::Cancelled(_)), "{error}");
    assert_eq!(fs::metadata(places(&server, cache.path()).0).unwrap().len(), 100_000);
    server.change(WEIGHTS, |file| file.silent_at = None);
    fetch(&hub, &planned).unwrap();
    assert_eq!(ranges(&server).last().unwrap().as_deref(), Some("bytes=100000-"));
}

#[test]
fn a_stop_is_heeded_while_the_hub_says_nothing_at_all() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(HubSettings {
        cache: cache.path().to_path_buf(),
        endpoint: Some(format!("http://{}", silent.local_addr().unwrap())),
        token: None,
        offline: false,
    });
    let cancel = CancelToken::default();
    std::thread::scope(|scope| {
        let planned = scope.spawn(|| hub.plan(&id(), None, &cancel));
        std::thread::sleep(Duration::from_millis(100));
        cancel.cancel();
        assert!(matches!(planned.join().unwrap(), Err(HubError::Cancelled(_))));
    });
}

#[test]
fn another_programs_lock_is_waited_for_and_a_stop_is_heeded_meanwhile() {
    let (server, cache) = with(|_| {});
    let (_, blob) = places(&server, cache.path());
    let name = format!("{}.lock", blob.file_name().unwrap().to_str().unwrap());
    let lock = cache.path().join(".locks/models--org--model").join(name);
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let held = fs::File::create(&lock).unwrap();
    held.lock().unwrap();

    struct StopWhenWaiting(CancelToken);
    impl Reporter for StopWhenWaiting {
        fn report(&self, progress: Progress) {
            if progress.stage.starts_with("Waiting for another program") {
                self.0.cancel();
            }
        }
    }
    let hub = server.hub(cache.path());
    let planned = plan(&hub).unwrap();
    let cancel = CancelToken::default();
    let error = hub.fetch(&planned, &StopWhenWaiting(cancel.clone()), &cancel).unwrap_err();
    assert!(matches!(error, HubError::Cancelled(_)), "{error}");
    assert!(ranges(&server).is_empty());
    drop(held);
    fetch(&hub, &planned).unwrap();
}

#[test]
fn what_cannot_fit_is_refused_before_a_byte_is_fetched() {
    let (server, cache) = with(|file| file.claimed = Some(1 << 60));
    let hub = server.hub(cache.path());
    let planned = plan(&hub).unwrap();
    let error = fetch(&hub, &planned).unwrap_err();
    assert!(matches!(error, HubError::DiskFull { free: Some(_), .. }), "{error}");
    assert!(server.fetched().is_empty());
}

/// A device that is always full stands for a disk that fills up on the way.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_has_its_own_sentence() {
    let (server, cache) = with(|_| {});
    let (partial, _) = places(&server, cache.path());
    fs::create_dir_all(partial.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", &partial).unwrap();
    let hub = server.hub(cache.path());
    let error = fetch(&hub, &plan(&hub).unwrap()).unwrap_err();
    assert!(matches!(error, HubError::DiskFull { needed: 300_000, free: None, .. }), "{error}");
    assert!(error.to_string().contains("too full"), "{error}");
}
