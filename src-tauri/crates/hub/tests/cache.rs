//! Caches as they are found: one made by huggingface_hub against what its own scan says of it, and
//! damaged ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests assert by unwrapping, their helpers too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lens_hub::{CacheListing, CachedRepo, Readiness, list_cache};
use serde::Deserialize;

/// The committed reference of `tests/reference/hub_cache.py`.
#[derive(Deserialize)]
struct Reference {
    entries: Vec<Entry>,
    scan: BTreeMap<String, ScannedRepo>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    file: Option<String>,
    link: Option<String>,
}

#[derive(Deserialize)]
struct ScannedRepo {
    bytes: u64,
    revisions: BTreeMap<String, ScannedRevision>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct ScannedRevision {
    refs: Vec<String>,
    folder: String,
    files: BTreeMap<String, u64>,
}

fn reference() -> Reference {
    let path = "../../../tests/reference/hub-cache/cache.json";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Lays the reference out; without links, as on a system that has none.
fn lay_out(reference: &Reference, cache: &Path, links: bool) {
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for entry in &reference.entries {
        let path = cache.join(&entry.path);
        if let Some(text) = &entry.file {
            write(&path, text);
        } else if let Some(target) = &entry.link {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let content = path.parent().unwrap().join(target);
            if links {
                #[cfg(unix)]
                std::os::unix::fs::symlink(target, &path).unwrap();
            } else if content.exists() {
                fs::copy(content, &path).unwrap();
            }
        }
    }
}

/// What the program reads of what huggingface_hub lists.
fn readable(name: &str) -> bool {
    [".json", ".safetensors", ".gguf"].iter().any(|end| name.ends_with(end))
}

fn compare(listing: &CacheListing, reference: &Reference, cache: &Path) {
    assert_eq!(listing.problems, [""; 0]);
    for (id, scanned) in &reference.scan {
        let repo = find(listing, id);
        let found: BTreeMap<String, ScannedRevision> = repo
            .revisions
            .iter()
            .map(|revision| {
                let folder = revision.folder.strip_prefix(cache).unwrap();
                let files = revision.files.iter().map(|f| (f.name.clone(), f.bytes)).collect();
                assert_eq!(revision.bytes, revision.files.iter().map(|f| f.bytes).sum::<u64>());
                let scanned = ScannedRevision {
                    refs: revision.refs.clone(),
                    folder: folder.to_string_lossy().replace('\\', "/"),
                    files,
                };
                (revision.commit.clone(), scanned)
            })
            .collect();
        let expected: BTreeMap<String, ScannedRevision> = scanned
            .revisions
            .iter()
            .map(|(commit, revision)| {
                let files = revision.files.iter().filter(|(name, _)| readable(name));
                let files = files.map(|(name, bytes)| (name.clone(), *bytes)).collect();
                let (refs, folder) = (revision.refs.clone(), revision.folder.clone());
                (commit.clone(), ScannedRevision { refs, folder, files })
            })
            .collect();
        assert_eq!(found, expected, "{id}");
        assert_eq!(repo.problems, [""; 0], "{id}");
    }
}

fn find<'a>(listing: &'a CacheListing, id: &str) -> &'a CachedRepo {
    listing.repos.iter().find(|repo| repo.id.as_str() == id).unwrap()
}

fn readiness(listing: &CacheListing, id: &str) -> Readiness {
    find(listing, id).revisions[0].readiness.clone()
}

fn incomplete(missing: &[&str]) -> Readiness {
    Readiness::Incomplete { missing: missing.iter().map(ToString::to_string).collect() }
}

#[cfg(unix)]
#[test]
fn a_cache_made_by_huggingface_hub_is_listed_as_its_own_scan_lists_it() {
    let (reference, cache) = (reference(), tempfile::tempdir().unwrap());
    lay_out(&reference, cache.path(), true);
    let listing = list_cache(cache.path());
    compare(&listing, &reference, cache.path());
    for (id, scanned) in &reference.scan {
        if scanned.revisions.values().all(|r| r.files.keys().all(|name| readable(name))) {
            assert_eq!(find(&listing, id).bytes, scanned.bytes, "shared contents count once: {id}");
        }
    }
    assert_eq!(find(&listing, "org/two-revisions").revisions[0].refs, ["main"]);
    assert_eq!(readiness(&listing, "legacy"), Readiness::Complete);
    assert_eq!(readiness(&listing, "org/sharded"), Readiness::Complete);
    assert_eq!(readiness(&listing, "org/gguf"), Readiness::Complete);
    let second = incomplete(&["model-00002-of-00002.safetensors"]);
    assert_eq!(readiness(&listing, "org/one-shard"), second);
    let rest = incomplete(&["tokenizer.json", "model.safetensors"]);
    assert_eq!(readiness(&listing, "org/config-only"), rest);
    let pickle = Readiness::PicklesOnly { file: "pytorch_model.bin".to_owned() };
    assert_eq!(readiness(&listing, "org/pickle"), pickle);

    // its scan leaves this model out as a whole; here the rest of it is listed
    assert!(!reference.scan.contains_key("org/dangling"));
    let dangling = find(&listing, "org/dangling");
    assert_eq!(dangling.revisions[0].readiness, incomplete(&["model.safetensors"]));
    assert_eq!(dangling.revisions[0].files.len(), 2);
    let [problem] = &dangling.problems[..] else { panic!("{:?}", dangling.problems) };
    assert!(problem.contains("model.safetensors points to a file that is not there"), "{problem}");
}

#[test]
fn a_cache_of_plain_files_is_listed_the_same() {
    let (reference, cache) = (reference(), tempfile::tempdir().unwrap());
    lay_out(&reference, cache.path(), false);
    compare(&list_cache(cache.path()), &reference, cache.path());
}

#[test]
fn no_cache_is_an_empty_one_and_what_is_no_model_is_passed_over() {
    let cache = tempfile::tempdir().unwrap();
    let listing = list_cache(&cache.path().join("none"));
    assert!(listing.repos.is_empty() && listing.problems.is_empty());
    for folder in ["datasets--a--b/snapshots", "spaces--a--b", ".locks/models--a--b", "other"] {
        fs::create_dir_all(cache.path().join(folder)).unwrap();
    }
    fs::write(cache.path().join("version.txt"), "1").unwrap();
    let listing = list_cache(cache.path());
    assert!(listing.repos.is_empty() && listing.problems.is_empty());
    let file = cache.path().join("version.txt");
    assert_eq!(list_cache(&file).problems.len(), 1);
}

/// Lays out one sound model and `files`, and gives the listing.
fn damaged(files: &[(&str, &str)]) -> (tempfile::TempDir, CacheListing) {
    let cache = tempfile::tempdir().unwrap();
    let sound = format!("models--a--sound/snapshots/{}/x.gguf", "1".repeat(40));
    for (path, text) in files.iter().chain([&(sound.as_str(), "GGUF")]) {
        let path = cache.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let listing = list_cache(cache.path());
    assert_eq!(find(&listing, "a/sound").revisions[0].readiness, Readiness::Complete);
    (cache, listing)
}

#[test]
fn each_damage_gets_a_sentence_and_hides_nothing_else() {
    let long = "1".repeat(5000);
    let commit = "1".repeat(40);
    let weights = format!("models--a--b/snapshots/{commit}/model.safetensors");
    let index = format!("models--a--b/snapshots/{commit}/model.safetensors.index.json");
    let cases: [(&str, &str, &str); 8] = [
        ("models--a--b/refs/main", &commit, "which is not there"),
        ("models--a--b/refs/main", "../../evil", "does not hold a commit's hash"),
        ("models--a--b/refs/main", &long, "does not hold a commit's hash"),
        ("models--a--b/refs/main", "", "does not hold a commit's hash"),
        ("models--a--b/snapshots/file", "", "is not a snapshot's folder"),
        ("models--a--b/.no_exist/x", "", "is empty"),
        (&weights, "", "is empty; download"),
        (&index, "{\"weight_map\": {\"a\": \"../../x\"}}", "outside the folder"),
    ];
    for (path, text, part) in cases {
        let (_cache, listing) = damaged(&[(path, text)]);
        let problems = &find(&listing, "a/b").problems;
        assert!(problems.len() == 1 && problems[0].contains(part), "{path}: {problems:?}");
    }
    for (path, part) in [
        ("models--a--b", "is not a folder"),
        ("models--a--b--c/x", "is not named as a model's folder"),
        ("models--..--x/x", "is not named as a model's folder"),
    ] {
        let (_cache, listing) = damaged(&[(path, "")]);
        assert_eq!(listing.repos.len(), 1);
        assert!(listing.problems[0].contains(part), "{path}: {:?}", listing.problems);
    }
}

#[test]
fn a_transfer_that_was_stopped_is_listed_before_anything_of_the_model_is_there() {
    let (_cache, listing) = damaged(&[("models--a--b/blobs/abc.incomplete", "12345")]);
    let repo = find(&listing, "a/b");
    assert!(repo.revisions.is_empty() && repo.problems.is_empty());
    assert_eq!(repo.partial[0].bytes, 5);
}

#[cfg(unix)]
#[test]
fn links_that_run_in_circles_are_not_followed() {
    let (cache, _) = damaged(&[]);
    let folder = cache.path().join("models--a--sound/snapshots").join("1".repeat(40));
    for name in ["again", "and-again"] {
        std::os::unix::fs::symlink("..", folder.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("loop.json", folder.join("loop.json")).unwrap();
    let listing = list_cache(cache.path());
    let repo = find(&listing, "a/sound");
    assert_eq!(repo.revisions[0].files.len(), 1);
    assert_eq!(repo.problems.len(), 3, "{:?}", repo.problems);
}
