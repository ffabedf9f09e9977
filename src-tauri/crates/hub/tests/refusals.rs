//! What the hub says no to, and what is refused without asking it: a sentence each, and never the
//! token in it. The server of these tests echoes the token in its own words.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests assert by unwrapping, their helpers too"
)]

mod common;

use common::{ID, Server, fetch, id, large, plan, small};
use lens_core::CancelToken;
use lens_hub::{Hub, HubError, HubSettings, RepoId, Token};

type IsIt = fn(&HubError) -> bool;

/// The sentence of a plan against a server that was changed.
fn refused(token: bool, change: impl FnOnce(&Server)) -> (HubError, String) {
    let server = Server::with_model();
    change(&server);
    let cache = tempfile::tempdir().unwrap();
    let hub = if token { server.hub_with_token(cache.path()) } else { server.hub(cache.path()) };
    let error = plan(&hub).unwrap_err();
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0, "nothing is written");
    let sentence = error.to_string();
    assert!(!format!("{sentence}{error:?}").contains("hf_secret"), "{error:?}");
    (error, sentence)
}

fn answering(status: u16, code: &'static str) -> impl FnOnce(&Server) {
    move |server| server.state.lock().unwrap().refuse = Some((status, code))
}

#[test]
fn a_gated_model_says_where_its_terms_are() {
    for status in [401, 403] {
        let (error, sentence) = refused(false, answering(status, "GatedRepo"));
        assert!(matches!(error, HubError::Gated { has_token: false, .. }));
        assert!(sentence.contains(&format!("/{ID}")) && sentence.contains("accept its terms"));
        assert!(sentence.contains("set a token"), "{sentence}");
    }
    // its list of files is open, its contents are not
    let (error, sentence) = refused(true, |server| {
        let mut state = server.state.lock().unwrap();
        state.gated = true;
        state.refuse_files = Some((403, "GatedRepo"));
    });
    assert!(matches!(error, HubError::Gated { has_token: true, .. }));
    assert!(sentence.contains("check that the token is of the account"), "{sentence}");
}

#[test]
fn a_gated_model_whose_terms_are_accepted_is_planned_as_gated() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    server.state.lock().unwrap().gated = true;
    assert!(plan(&server.hub_with_token(cache.path())).unwrap().gated());
}

#[test]
fn each_refusal_has_its_own_sentence() {
    let cases: [(u16, &'static str, IsIt, &str); 8] = [
        (401, "", |e| matches!(e, HubError::Unauthorised { .. }), "not valid any more"),
        (401, "RepoNotFound", |e| matches!(e, HubError::RepoNotFound { .. }), "no model org/model"),
        (403, "", |e| matches!(e, HubError::Forbidden { .. }), "403"),
        (404, "RepoNotFound", |e| matches!(e, HubError::RepoNotFound { .. }), "spelling"),
        (404, "RevisionNotFound", |e| matches!(e, HubError::RevisionNotFound { .. }), "\"main\""),
        (429, "", |e| matches!(e, HubError::TooManyRequests { seconds: Some(7) }), "in 7 seconds"),
        (500, "", |e| matches!(e, HubError::Server { status: 500, .. }), "try again later"),
        (418, "", |e| matches!(e, HubError::Server { status: 418, .. }), "418"),
    ];
    for (status, code, is_it, part) in cases {
        let (error, sentence) = refused(true, answering(status, code));
        assert!(is_it(&error), "{status} {code}: {error:?}");
        assert!(sentence.contains(part), "{sentence}");
    }
    let (_, sentence) = refused(false, answering(401, ""));
    assert!(sentence.contains("set a token in HF_TOKEN"), "{sentence}");
}

#[test]
fn contents_are_refused_in_sentences_too() {
    let cases: [(u16, &'static str, IsIt); 4] = [
        (401, "", |e| matches!(e, HubError::Unauthorised { .. })),
        (404, "EntryNotFound", |e| matches!(e, HubError::FileNotFound { .. })),
        (429, "", |e| matches!(e, HubError::TooManyRequests { seconds: Some(7) })),
        (503, "", |e| matches!(e, HubError::Server { status: 503, .. })),
    ];
    for (status, code, is_it) in cases {
        let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
        let hub = server.hub_with_token(cache.path());
        let planned = plan(&hub).unwrap();
        server.state.lock().unwrap().refuse_files = Some((status, code));
        let error = fetch(&hub, &planned).unwrap_err();
        assert!(is_it(&error), "{status} {code}: {error:?}");
        assert!(!format!("{error}{error:?}").contains("hf_secret"));
    }
}

#[test]
fn names_that_leave_the_folder_refuse_the_whole_model() {
    let names = [
        "../../evil.json",
        "/etc/evil.json",
        "a/../../evil.gguf",
        "..\\evil.json",
        "C:\\evil.gguf",
        "a\\b.safetensors",
        "evil\0.json",
        "..",
        "",
    ];
    for name in names {
        let (error, sentence) = refused(false, |server| server.put(name, small("x")));
        assert!(matches!(&error, HubError::UnsafeName { name: n, .. } if n == name), "{error:?}");
        assert!(sentence.contains("not safe"), "{sentence}");
    }
}

#[test]
fn a_model_of_pickles_and_one_of_nothing_are_told_apart() {
    let only = |name: &'static str| {
        move |server: &Server| {
            server.state.lock().unwrap().files.clear();
            server.put("config.json", small("{}"));
            server.put(name, large(10));
        }
    };
    let (error, sentence) = refused(false, only("pytorch_model.bin"));
    assert!(matches!(error, HubError::PicklesOnly { .. }), "{error:?}");
    assert!(sentence.contains("pytorch_model.bin, a pickle"), "{sentence}");
    let (error, _) = refused(false, only("model.onnx"));
    assert!(matches!(error, HubError::NothingUsable { .. }), "{error:?}");
}

#[test]
fn what_could_not_be_verified_is_not_planned() {
    let (error, _) =
        refused(false, |server| server.change("model.safetensors", |file| file.no_hash = true));
    assert!(matches!(&error, HubError::NoChecksum(name) if name == "model.safetensors"));
}

#[test]
fn a_redirect_in_circles_is_left() {
    let circle = |server: &Server| server.change("model.safetensors", |file| file.circle = true);
    let (error, sentence) = refused(true, circle);
    assert!(matches!(error, HubError::BadAnswer { .. }) && sentence.contains("circles"));
}

#[test]
fn offline_refuses_before_any_connection() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    let planned = plan(&server.hub(cache.path())).unwrap();
    let asked = server.asked().len();
    let hub = Hub::new(HubSettings { offline: true, ..server.settings(cache.path()) });
    for error in [plan(&hub).unwrap_err(), fetch(&hub, &planned).unwrap_err()] {
        assert!(matches!(error, HubError::Offline(_)));
        assert!(error.to_string().contains("HF_HUB_OFFLINE is set"), "{error}");
    }
    assert_eq!(server.asked().len(), asked);
}

fn at(endpoint: &str) -> HubError {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(HubSettings {
        cache: cache.path().to_path_buf(),
        endpoint: Some(endpoint.to_owned()),
        token: Token::new("hf_secret"),
        offline: false,
    });
    plan(&hub).unwrap_err()
}

#[test]
fn a_hub_that_is_not_there_or_not_one_is_told() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = at(&format!("http://{closed}"));
    assert!(matches!(error, HubError::NoConnection { .. }), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1 cannot be reached"), "{error}");
    for endpoint in ["", "hub", "ftp://127.0.0.1/x", "http://"] {
        let error = at(endpoint);
        assert!(matches!(error, HubError::BadEndpoint(_)), "{endpoint}: {error:?}");
    }
}

#[test]
fn an_answer_that_is_no_hubs_is_told() {
    use std::io::{Read, Write};
    for body in ["<html>", "[]", "{\"id\": \"x\"}", "{\"id\": \"x\", \"sha\": \"../../evil\"}"] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let length = body.len();
                let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
            }
        });
        let error = at(&endpoint);
        assert!(matches!(error, HubError::BadAnswer { .. }), "{body}: {error:?}");
    }
}

#[test]
fn a_revision_that_could_leave_its_folder_is_never_asked_for() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    let hub = server.hub(cache.path());
    let cancel = CancelToken::default();
    for revision in ["../../evil", "", "a b", "/main"] {
        let error = hub.plan(&id(), Some(revision), &cancel).unwrap_err();
        assert!(matches!(error, HubError::BadRevision(_)), "{error:?}");
    }
    assert!(server.asked().is_empty());
    let other: RepoId = "org/other".parse().unwrap();
    let error = hub.plan(&other, None, &cancel).unwrap_err();
    assert!(matches!(error, HubError::RepoNotFound { .. }), "{error:?}");
    let error = hub.plan(&id(), Some("v9"), &cancel).unwrap_err();
    assert!(matches!(error, HubError::RevisionNotFound { .. }), "{error:?}");
}
