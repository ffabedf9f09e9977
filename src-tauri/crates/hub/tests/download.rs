//! Downloads that go well: what is fetched, from where, and how it lies in the cache.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests assert by unwrapping, their helpers too"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{COMMIT, ID, Log, Server, fetch, git_sha1, id, large, plan, sha256, small};
use lens_core::CancelToken;
use lens_hub::{HubError, Readiness, list_cache};

#[test]
fn a_model_is_planned_fetched_and_lies_as_huggingface_hub_lays_it() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    server.state.lock().unwrap().page = 2;
    let hub = server.hub(cache.path());
    let planned = plan(&hub).unwrap();
    assert_eq!((planned.commit(), planned.revision(), planned.gated()), (COMMIT, "main", false));
    let chosen = planned.chosen().unwrap();
    let names: Vec<&str> = chosen.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["config.json", "tokenizer.json", "model.safetensors"]);
    assert_eq!((chosen.bytes(), chosen.already_there()), (300_000 + 23 + 2, 0));
    assert_eq!(planned.left_out(), ["README.md", "modeling.py", "pytorch_model.bin"]);
    assert!(planned.missing().is_empty());
    assert!(server.fetched().is_empty(), "a plan fetches nothing");
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);

    let log = Log::default();
    let folder = hub.fetch(&planned, &log, &CancelToken::default()).unwrap();
    let model = cache.path().join("models--org--model");
    assert_eq!(folder, model.join("snapshots").join(COMMIT));
    let weights = &server.state.lock().unwrap().files["model.safetensors"].content.clone();
    let blob = model.join("blobs").join(sha256(weights));
    assert_eq!(&fs::read(&blob).unwrap(), weights);
    assert_eq!(&fs::read(folder.join("model.safetensors")).unwrap(), weights);
    assert_eq!(fs::read_to_string(model.join("refs/main")).unwrap(), COMMIT);
    let config = git_sha1(br#"{"model_type": "llama"}"#);
    assert!(model.join("blobs").join(&config).is_file());
    #[cfg(unix)]
    assert_eq!(
        fs::read_link(folder.join("config.json")).unwrap(),
        Path::new("../../blobs").join(config)
    );

    let reports = log.0.into_inner().unwrap();
    assert!(
        reports.iter().all(|r| r.total == 300_025 && r.unit == "bytes" && r.stage.contains(ID))
    );
    assert!(reports.is_sorted_by_key(|r| r.done));
    assert_eq!(reports.last().unwrap().done, 300_025);

    let listing = list_cache(cache.path());
    assert!(listing.problems.is_empty(), "{:?}", listing.problems);
    let [repo] = &listing.repos[..] else { panic!("one model") };
    assert_eq!((repo.id.as_str(), repo.bytes), (ID, 300_025));
    assert!(repo.problems.is_empty() && repo.partial.is_empty());
    assert_eq!(repo.revisions[0].refs, ["main"]);
    assert_eq!(repo.revisions[0].readiness, Readiness::Complete);
}

#[test]
fn what_is_there_is_not_fetched_again() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    let hub = server.hub(cache.path());
    fetch(&hub, &plan(&hub).unwrap()).unwrap();
    let before = server.fetched().len();
    let again = plan(&hub).unwrap();
    let chosen = again.chosen().unwrap();
    assert_eq!(chosen.already_there(), chosen.bytes());
    fetch(&hub, &again).unwrap();
    assert_eq!(server.fetched().len(), before);

    // a content another tool has fetched for another commit is entered, not fetched
    let model = cache.path().join("models--org--model");
    fs::remove_dir_all(model.join("snapshots")).unwrap();
    fs::remove_dir_all(model.join("refs")).unwrap();
    let folder = fetch(&hub, &plan(&hub).unwrap()).unwrap();
    assert_eq!(server.fetched().len(), before);
    assert_eq!(fs::metadata(folder.join("model.safetensors")).unwrap().len(), 300_000);

    // one that was cut short is not
    let hash = sha256(&server.state.lock().unwrap().files["model.safetensors"].content);
    fs::write(model.join("blobs").join(hash), b"short").unwrap();
    assert!(!plan(&hub).unwrap().chosen().unwrap().files[2].already_there);
    let folder = fetch(&hub, &plan(&hub).unwrap()).unwrap();
    assert_eq!(fs::metadata(folder.join("model.safetensors")).unwrap().len(), 300_000);
}

#[test]
fn the_token_goes_to_the_hub_and_never_beyond() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    let hub = server.hub_with_token(cache.path());
    fetch(&hub, &plan(&hub).unwrap()).unwrap();
    let asked = server.asked();
    assert!(asked.iter().any(|a| a.cdn) && asked.iter().any(|a| a.path.contains("resolve-cache")));
    for question in asked {
        let sent = question.headers.get("authorization").map(String::as_str);
        let expected = if question.cdn { None } else { Some("Bearer hf_secret") };
        assert_eq!(sent, expected, "{question:?}");
    }
}

#[test]
fn a_hub_that_has_moved_does_not_take_the_token_along() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    server.state.lock().unwrap().moved = true;
    plan(&server.hub_with_token(cache.path())).unwrap_err();
    let asked = server.asked();
    assert!(asked.iter().any(|a| a.cdn && !a.headers.contains_key("authorization")), "{asked:?}");
    assert!(!asked.iter().any(|a| a.cdn && a.headers.contains_key("authorization")), "{asked:?}");
}

#[test]
fn of_several_forms_one_is_chosen_and_only_that_is_fetched() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    server.put("model-Q8_0.gguf", large(5000));
    server.put("q4/model-Q4-00001-of-00002.gguf", large(3000));
    server.put("q4/model-Q4-00002-of-00002.gguf", large(2000));
    let hub = server.hub(cache.path());
    let planned = plan(&hub).unwrap();
    let forms: Vec<_> = planned.variants().iter().map(|v| (v.name.as_str(), v.bytes())).collect();
    assert_eq!(
        forms,
        [("safetensors", 300_025), ("model-Q8_0.gguf", 5000), ("q4/model-Q4.gguf", 5000)]
    );
    assert!(planned.chosen().is_none());
    let error = fetch(&hub, &planned).unwrap_err();
    assert!(matches!(&error, HubError::ChooseVariant { .. }));
    assert!(error.to_string().contains("q4/model-Q4.gguf"), "{error}");
    assert!(matches!(planned.clone().choose("none"), Err(HubError::NoSuchVariant { .. })));

    let folder = fetch(&hub, &planned.choose("q4/model-Q4.gguf").unwrap()).unwrap();
    assert_eq!(fs::metadata(folder.join("q4/model-Q4-00002-of-00002.gguf")).unwrap().len(), 2000);
    assert!(!folder.join("config.json").exists() && !folder.join("model-Q8_0.gguf").exists());
    let revision = &list_cache(cache.path()).repos[0].revisions[0];
    assert_eq!((revision.bytes, &revision.readiness), (5000, &Readiness::Complete));
}

#[test]
fn shards_are_fetched_with_their_index_and_beside_a_single_file_not_at_all() {
    let (server, cache) = (Server::start(), tempfile::tempdir().unwrap());
    let index = r#"{"weight_map": {"a": "model-00001-of-00002.safetensors",
        "b": "model-00002-of-00002.safetensors"}}"#;
    server.put("config.json", small("{}"));
    server.put("model.safetensors.index.json", small(index));
    server.put("model-00001-of-00002.safetensors", large(700));
    server.put("model-00002-of-00002.safetensors", large(800));
    server.put("consolidated.safetensors", large(1500));
    let hub = server.hub(cache.path());
    let planned = plan(&hub).unwrap();
    assert_eq!(planned.chosen().unwrap().files.len(), 4);
    assert_eq!(planned.missing(), ["tokenizer.json"]);
    assert_eq!(planned.left_out(), ["consolidated.safetensors"]);
    server.put("tokenizer.json", small("{}"));
    fetch(&hub, &plan(&hub).unwrap()).unwrap();
    assert_eq!(list_cache(cache.path()).repos[0].revisions[0].readiness, Readiness::Complete);

    server.put("model.safetensors", large(1500));
    let single = plan(&hub).unwrap();
    let names: Vec<&str> =
        single.chosen().unwrap().files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["config.json", "tokenizer.json", "model.safetensors"]);
}

#[test]
fn a_revision_is_kept_under_its_name_and_a_commit_needs_none() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    let hub = server.hub(cache.path());
    let refs = cache.path().join("models--org--model/refs");
    for (revision, name) in [(COMMIT, None), ("refs/pr/1", Some("refs/pr/1"))] {
        let planned = hub.plan(&id(), Some(revision), &CancelToken::default()).unwrap();
        fetch(&hub, &planned).unwrap();
        match name {
            Some(name) => assert_eq!(fs::read_to_string(refs.join(name)).unwrap(), COMMIT),
            None => assert!(!refs.exists()),
        }
    }
    assert_eq!(list_cache(cache.path()).repos[0].revisions[0].refs, ["refs/pr/1"]);
}

#[test]
fn two_that_fetch_the_same_share_the_work() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    let planned = plan(&server.hub(cache.path())).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| fetch(&server.hub(cache.path()), &planned).unwrap());
        }
    });
    let contents = server.fetched().iter().filter(|a| a.cdn).count();
    assert_eq!(contents, 1);
    assert!(list_cache(cache.path()).repos[0].problems.is_empty());
}

#[test]
fn a_caller_on_a_runtime_of_its_own_is_served() {
    let (server, cache) = (Server::with_model(), tempfile::tempdir().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let hub = server.hub(cache.path());
        fetch(&hub, &plan(&hub).unwrap()).unwrap();
    });
}
