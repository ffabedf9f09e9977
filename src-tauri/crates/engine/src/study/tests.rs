//! Tests of the study file.

use std::fs;
use std::path::PathBuf;

use lens_core::{CancelToken, Digest, Pooling, Silent};
use lens_dataset::ReadOptions;
use tempfile::TempDir;

use super::{PairSet, Study};
use crate::EngineError;

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn pairs(&self, name: &str, count: usize) -> PathBuf {
        let rows: String = (0..count)
            .map(|i| {
                format!("{{\"positive\":\"{name} helps {i}\",\"negative\":\"{name} goes {i}\"}}\n")
            })
            .collect();
        let path = self.path(&format!("{name}.jsonl"));
        fs::write(&path, rows).unwrap();
        path
    }
}

fn import(study: &mut Study, path: &std::path::Path) -> Result<(), EngineError> {
    study.import(path, &ReadOptions::default(), &Silent, &CancelToken::default(), |_| {})
}

#[test]
fn pairs_and_state_survive_closing() {
    let bench = Bench::new();
    let file = bench.path("a.lens");
    {
        let mut study = Study::open(&file).unwrap();
        assert_eq!(study.state().name, "a");
        import(&mut study, &bench.pairs("first", 3)).unwrap();
        study.edit("pooling", |s| s.settings.pooling = Pooling::Last).unwrap();
        study.keep_result(&Digest::of(b"k"), &vec![1.5, 2.5]).unwrap();
    }
    let study = Study::open(&file).unwrap();
    let set = study.pairs().unwrap();
    assert_eq!((set.pairs.len(), set.record.name.as_str()), (3, "first"));
    assert_eq!(set.pairs[2].positive, "first helps 2");
    assert_eq!(study.state().settings.pooling, Pooling::Last);
    assert_eq!(study.result(&Digest::of(b"k")).unwrap(), Some(vec![1.5, 2.5]));
    assert_eq!(study.result::<Vec<f64>>(&Digest::of(b"other")).unwrap(), None);
}

#[test]
fn undo_goes_back_step_by_step_and_an_edit_without_effect_is_no_step() {
    let bench = Bench::new();
    let mut study = Study::open(&bench.path("a.lens")).unwrap();
    import(&mut study, &bench.pairs("first", 2)).unwrap();
    import(&mut study, &bench.pairs("second", 4)).unwrap();
    study.edit("nothing", |_| {}).unwrap();
    assert_eq!(study.undo_label().unwrap().as_deref(), Some("import of second"));
    study.undo().unwrap();
    assert_eq!(study.pairs().unwrap().pairs.len(), 2);
    study.undo().unwrap();
    assert!(study.pairs().is_none());
    assert_eq!(study.undo_label().unwrap(), None);
    study.undo().unwrap();
}

#[test]
fn a_file_without_a_usable_row_or_a_stop_leaves_the_study_as_it_was() {
    let bench = Bench::new();
    let mut study = Study::open(&bench.path("a.lens")).unwrap();
    import(&mut study, &bench.pairs("first", 2)).unwrap();
    let before = study.state().clone();

    let useless = bench.path("useless.jsonl");
    fs::write(&useless, "{\"positive\":\"\",\"negative\":\"x\"}\n").unwrap();
    assert!(import(&mut study, &useless).is_err());
    let stopped = CancelToken::default();
    stopped.cancel();
    let many = bench.pairs("many", 50);
    let outcome = study.import(&many, &ReadOptions::default(), &Silent, &stopped, |_| {});
    assert!(outcome.unwrap_err().is_cancelled());

    assert_eq!(*study.state(), before);
    assert_eq!(study.undo_label().unwrap().as_deref(), Some("import of first"));
    let sets: i64 = study.db.query_row("SELECT count(*) FROM pair_set", [], |r| r.get(0)).unwrap();
    assert_eq!(sets, 1);
}

#[test]
fn saving_elsewhere_goes_on_in_the_copy() {
    let bench = Bench::new();
    let mut study = Study::open(&bench.path("a.lens")).unwrap();
    import(&mut study, &bench.pairs("first", 2)).unwrap();
    study.save_as(&bench.path("kept/b.lens")).unwrap();
    assert_eq!(study.state().name, "b");
    import(&mut study, &bench.pairs("second", 4)).unwrap();
    assert_eq!(Study::open(&bench.path("a.lens")).unwrap().pairs().unwrap().pairs.len(), 2);
    let copy = Study::open(&bench.path("kept/b.lens")).unwrap();
    assert_eq!(copy.pairs().unwrap().pairs.len(), 4);
    let left: Vec<_> = fs::read_dir(bench.path("kept")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing but the study is left in the folder");
}

#[test]
fn other_files_and_newer_studies_are_refused() {
    let bench = Bench::new();
    let other = bench.path("other.lens");
    fs::write(
        &other,
        "not a database, but long enough to have a header of one hundred bytes, \
        which is how SQLite tells files apart from its own",
    )
    .unwrap();
    assert!(Study::open(&other).is_err());

    let database = bench.path("database.lens");
    rusqlite::Connection::open(&database).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(Study::open(&database), Err(EngineError::NotAStudy)));

    let newer = bench.path("newer.lens");
    let study = Study::open(&newer).unwrap();
    study.db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(study);
    assert!(matches!(Study::open(&newer), Err(EngineError::NewerStudy)));
}

#[test]
fn several_files_make_one_set_with_the_splits_asked_for() {
    let bench = Bench::new();
    let files = [
        (bench.pairs("first", 2), Some(lens_core::Split::Train)),
        (bench.pairs("second", 3), Some(lens_core::Split::Test)),
        (bench.pairs("first", 2), None),
    ];
    let set = PairSet::from_files(&files, &Silent, &CancelToken::default()).unwrap();
    assert_eq!(set.pairs.len(), 7);
    assert_eq!(set.record.name, "first + second + first");
    assert!(set.pairs[..2].iter().all(|p| p.split == Some(lens_core::Split::Train)));
    assert!(set.pairs[2..5].iter().all(|p| p.split == Some(lens_core::Split::Test)));
    let mut ids: Vec<&str> = set.pairs.iter().map(|p| p.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 7, "every id is unique");
}
