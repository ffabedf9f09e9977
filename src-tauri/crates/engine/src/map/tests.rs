//! Rows of a file against the same rows in memory.

use std::sync::Mutex;

use lens_analysis::{Processor, Search, nearest, umap};
use lens_core::{
    ActivationMatrix, Direction, DirectionMethod, Progress, Reporter, Seed, Side, Silent,
};
use tempfile::TempDir;

use super::filed::{FiledRows, ROWS};
use super::rows::Source;
use super::*;
use crate::tensors::{TensorFile, TensorWriter};

/// Every third of some rows is laid over.
fn is_over(row: usize) -> bool {
    row % 3 == 2
}

/// Four loose groups of rows, not around zero.
fn rows(count: usize, width: usize) -> ActivationMatrix {
    let value = |i: usize| {
        let (row, column) = (i / width, i % width);
        let group = if row % 4 == column % 4 { 3.0 } else { 0.0 };
        group + 0.5 + ((i * 7919) % 1009) as f32 / 1009.0
    };
    ActivationMatrix::new(count, width, (0..count * width).map(value).collect()).unwrap()
}

/// The rows in a file, and what the map is asked to hold them in.
fn filed(folder: &TempDir, rows: &ActivationMatrix, memory: u64) -> MapRows {
    let path = folder.path().join("rows.safetensors");
    TensorWriter::create(&path, &[], (ROWS, rows.rows(), rows.width()), ("words", "[]"))
        .unwrap()
        .fill(|file| file.put_rows(0, rows.values()))
        .unwrap();
    let laid_over: Vec<bool> = (0..rows.rows()).map(is_over).collect();
    let file = TensorFile::open(&path).unwrap();
    let rows = FiledRows::new(file, &laid_over).unwrap();
    MapRows {
        source: Source::Filed { rows, memory },
        sides: sides(&laid_over),
        laid_over,
        tokens: None,
    }
}

fn sides(laid_over: &[bool]) -> Vec<Side> {
    let shaping = laid_over.iter().enumerate().filter(|(_, over)| !**over);
    shaping.map(|(row, _)| if row % 4 < 2 { Side::Positive } else { Side::Negative }).collect()
}

fn held(rows: &ActivationMatrix) -> MapRows {
    let of = |over| -> Vec<usize> { (0..rows.rows()).filter(|&r| is_over(r) == over).collect() };
    let laid_over: Vec<bool> = (0..rows.rows()).map(is_over).collect();
    let (shaping, over) = (rows.select(&of(false)), rows.select(&of(true)));
    let source = Source::Held { shaping, over };
    MapRows { source, sides: sides(&laid_over), laid_over, tokens: None }
}

fn settings(method: MapMethod, metric: Metric) -> MapSettings {
    let umap = UmapOptions { metric, epochs: Some(60), ..UmapOptions::default() };
    MapSettings { method, umap, ..MapSettings::of_tokens(1) }
}

fn run<'a>(reporter: &'a dyn Reporter, cancel: &'a CancelToken) -> Run<'a> {
    Run { accelerator: &Processor, reporter, cancel }
}

fn shaped(rows: &mut MapRows, settings: &MapSettings) -> Result<Shaped, EngineError> {
    let cancel = CancelToken::default();
    let run = run(&Silent, &cancel);
    let width = rows.source.width();
    let unit = (width as f32).sqrt().recip();
    let vector = (0..width).map(|i| if i % 4 < 2 { unit } else { -unit }).collect();
    let method = DirectionMethod::MeanDifference;
    let direction = Direction { method, layer: 1, vector, midpoint: 0.25, scale: 1.0 };
    let along = Along::of(&mut rows.source, &direction, run)?;
    Shaping { rows, settings, seed: Seed(1), run }.run(Some(&along))
}

#[test]
fn components_and_the_probes_axis_are_the_same_from_a_file_and_from_memory() {
    let (folder, rows) = (TempDir::new().unwrap(), rows(3_001, 40));
    for method in [MapMethod::Pca, MapMethod::Probe] {
        let settings = settings(method, Metric::Euclidean);
        let streamed = shaped(&mut filed(&folder, &rows, 0), &settings).unwrap();
        let whole = shaped(&mut held(&rows), &settings).unwrap();
        // Memory holds nothing, and the same bits come out.
        assert_eq!(streamed.shaping, whole.shaping, "{method:?}");
        assert_eq!(streamed.over, whole.over, "{method:?}");
        assert_eq!(streamed.explained_variance_ratio, whole.explained_variance_ratio);
        assert_eq!((streamed.axes, streamed.quality), (whole.axes, whole.quality));
    }
}

#[test]
fn a_map_of_neighbours_is_of_the_components_where_memory_does_not_hold_the_rows() {
    let (folder, rows) = (TempDir::new().unwrap(), rows(600, 120));
    let settings = settings(MapMethod::Umap, Metric::Euclidean);
    let whole = shaped(&mut held(&rows), &settings).unwrap();
    let needs = (600 * 120 * 4 * 3) as u64;
    let same = shaped(&mut filed(&folder, &rows, needs), &settings).unwrap();
    assert_eq!((&same.shaping, &same.over), (&whole.shaping, &whole.over));
    assert!(same.notes.iter().all(|note| !note.contains("components")));

    let less = shaped(&mut filed(&folder, &rows, needs - 1), &settings).unwrap();
    let note = less.notes.last().unwrap();
    assert!(note.contains("600 tokens") && note.contains("first 50 principal"), "{note}");
    let Source::Held { shaping, .. } = held(&rows).source else { unreachable!() };
    let pca = lens_analysis::pca(&shaping, 50, Some(&held(&rows).sides)).unwrap();
    let share: f64 = pca.explained_variance_ratio.iter().sum();
    assert!(note.contains(&format!("{:.1} %", share * 100.0)), "{note} {share}");
    // It is the map of those components, turned.
    let values = pca.coordinates.iter().map(|&v| v as f32).collect();
    let components = ActivationMatrix::new(shaping.rows(), 50, values).unwrap();
    let options = UmapOptions { dimensions: 2, seed: Seed(1), ..settings.umap };
    let cancel = CancelToken::default();
    let expected = umap(&components, &options, &Silent, &cancel).unwrap();
    let gaps = |points: &[f32]| -> Vec<f32> {
        let place = |row: usize| [points[2 * row], points[2 * row + 1]];
        let gap = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        (1..400).map(|row| gap(place(0), place(row))).collect()
    };
    for (found, expected) in gaps(&less.shaping).iter().zip(gaps(&expected.coordinates)) {
        assert!((found - expected).abs() < 1e-3, "{found} instead of {expected}");
    }
    assert_eq!(less.over.len(), 2 * 200);
    let quality = less.quality.unwrap();
    assert_eq!((quality.rows, quality.looked_at), (400, 400));

    let none = shaped(&mut filed(&folder, &rows, 1_000), &settings);
    assert!(matches!(none, Err(EngineError::BadValue { .. })));
}

/// Angles are between the rows as they are, not around their mean.
#[test]
fn components_keep_the_angles_of_the_rows() {
    // Of rank 40, so that 50 components hold all of it.
    let (folder, narrow) = (TempDir::new().unwrap(), rows(300, 40));
    let wide =
        narrow.iter_rows().flat_map(|row| (0..120).map(|i| row[i % 40] * (1 + i / 40) as f32));
    let rows = ActivationMatrix::new(300, 120, wide.collect()).unwrap();
    let mut filed = filed(&folder, &rows, 300 * 120 * 4 * 3 - 1);
    let (Source::Filed { rows: file, memory }, sides) = (&mut filed.source, &filed.sides) else {
        unreachable!()
    };
    let cancel = CancelToken::default();
    let run = run(&Silent, &cancel);
    let found = in_memory::InMemory::of(file, *memory, Metric::Cosine, sides, run).unwrap();
    assert!(found.note.is_some() && found.shaping.width() == 51);
    let Source::Held { shaping, over } = held(&rows).source else { unreachable!() };
    let near = |rows: &ActivationMatrix| {
        nearest(rows, 5, Metric::Cosine, Search::Exact, Seed(0), &Silent, &cancel).unwrap()
    };
    for (found, expected) in [(&found.shaping, &shaping), (&found.over, &over)] {
        let (found, expected) = (near(found), near(expected));
        for (found, expected) in found.distances.iter().zip(&expected.distances) {
            assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}");
        }
    }
}

/// Hears what is reported, and stops at a stage.
struct Ear {
    heard: Mutex<Vec<Progress>>,
    stop_at: &'static str,
    cancel: CancelToken,
}

impl Reporter for Ear {
    fn report(&self, progress: Progress) {
        if !self.stop_at.is_empty() && progress.stage.starts_with(self.stop_at) {
            self.cancel.cancel();
        }
        self.heard.lock().unwrap().push(progress);
    }
}

#[test]
fn every_pass_is_told_and_can_be_stopped() {
    let (folder, rows) = (TempDir::new().unwrap(), rows(900, 120));
    let drawn = |stop_at, memory| {
        let cancel = CancelToken::default();
        let ear = Ear { heard: Mutex::default(), stop_at, cancel: cancel.clone() };
        let settings = settings(MapMethod::Umap, Metric::Euclidean);
        let mut rows = filed(&folder, &rows, memory);
        let run = run(&ear, &cancel);
        let ended = Shaping { rows: &mut rows, settings: &settings, seed: Seed(0), run }.run(None);
        (ended, ear.heard.into_inner().unwrap())
    };
    let little = 900 * 120 * 4 * 3 - 1;
    let (ended, heard) = drawn("", little);
    assert!(ended.is_ok());
    let at_end =
        |stage: &str| heard.iter().any(|p| p.stage == stage && p.done == p.total && p.total == 600);
    assert!(["Principal components", "Principal components, pass 2"].into_iter().all(at_end));
    for (stage, memory) in [
        ("Loading tokens", u64::MAX),
        ("Principal components", little),
        ("Principal components, pass 2", little),
        ("Finding neighbours", little),
        ("Finding neighbours on the map", little),
        ("Checking the map", little),
    ] {
        let (ended, heard) = drawn(stage, memory);
        assert!(ended.is_err_and(|error| error.is_cancelled()), "{stage}");
        assert!(heard.last().unwrap().stage.starts_with(stage), "{stage}: {:?}", heard.last());
    }
}

#[test]
fn a_file_of_other_rows_is_not_taken() {
    let (folder, rows) = (TempDir::new().unwrap(), rows(30, 4));
    drop(filed(&folder, &rows, 0));
    let open = || TensorFile::open(&folder.path().join("rows.safetensors")).unwrap();
    assert!(FiledRows::new(open(), &[false; 29]).is_err());
    // Cut after it was opened.
    let mut cut = FiledRows::new(open(), &[false; 30]).unwrap();
    let path = folder.path().join("rows.safetensors");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 8).unwrap();
    let cancel = CancelToken::default();
    let gone = cut.load(Part::Shaping, run(&Silent, &cancel));
    assert!(matches!(gone, Err(EngineError::Io { .. })));
    assert!(TensorFile::open(&path).is_err());
}
