//! Reading takes the same memory whatever the size of the file.

#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, their helpers too")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Folder, parquet};
use lens_core::CancelToken;
use lens_dataset::{ReadOptions, read_pairs, recognise};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// Tests of one binary run side by side; what they allocate is counted for all.
static ALONE: Mutex<()> = Mutex::new(());

#[allow(unsafe_code, reason = "the only way to see what is allocated; passes everything on")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const ROWS: usize = 24_000;
const MIB: usize = 1 << 20;

/// Bytes allocated at the peak of `work`, beyond what there was before.
fn peak_of(work: impl FnOnce()) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed).saturating_sub(before)
}

fn sides(i: usize) -> (String, String) {
    let mut text = String::new();
    while text.len() < 1000 {
        write!(text, "word {} ", i.wrapping_mul(2_654_435_761).rotate_left(text.len() as u32))
            .unwrap();
    }
    (format!("kind {text}"), format!("curt {text}"))
}

/// Reads a file of [`ROWS`] pairs and checks count, progress and memory.
fn check(path: &Path, limit: usize) {
    let size = usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap();
    assert!(size > 44 * MIB, "{size}");
    let (mut pairs, mut last) = (0, (0, 0));
    let peak = peak_of(|| {
        let mut sink = |_| {
            pairs += 1;
            Ok(())
        };
        let mut progress = |done, all| {
            assert!(done >= last.0 && done <= all);
            last = (done, all);
        };
        let options = ReadOptions::default();
        read_pairs(path, &options, &CancelToken::default(), &mut sink, &mut progress).unwrap();
    });
    assert_eq!(pairs, ROWS);
    assert_eq!(last, (size as u64, size as u64));
    assert!(peak < limit, "{path:?}: {} KiB at the peak", peak >> 10);
    let peak = peak_of(|| {
        let recognised = recognise(path);
        assert!(recognised.at_least && recognised.pairs.unwrap() < 1000, "{recognised:?}");
    });
    assert!(peak < limit, "recognising {path:?}: {} KiB at the peak", peak >> 10);
}

fn write(path: &Path, head: &str, row: impl Fn(usize, &str, &str) -> String, tail: &str) {
    let mut file = BufWriter::new(std::fs::File::create(path).unwrap());
    file.write_all(head.as_bytes()).unwrap();
    for i in 0..ROWS {
        let (positive, negative) = sides(i);
        file.write_all(row(i, &positive, &negative).as_bytes()).unwrap();
    }
    file.write_all(tail.as_bytes()).unwrap();
}

#[test]
fn text_formats_are_streamed() {
    let _alone = ALONE.lock();
    let folder = Folder::new();
    let object = |p: &str, n: &str| format!("{{\"positive\": \"{p}\", \"negative\": \"{n}\"}}");
    let comma = |i: usize| if i + 1 < ROWS { "," } else { "" };
    let path = folder.path().join("x");
    write(&path, "", |_, p, n| object(p, n) + "\n", "");
    check(&path, 4 * MIB);
    // one line for all: nothing but brackets to go by
    write(&path, "{\"data\": [", |i, p, n| object(p, n) + comma(i), "], \"version\": 1}");
    check(&path, 4 * MIB);
    write(&path, "positive,negative\n", |_, p, n| format!("\"{p}\n\",{n}\n"), "");
    check(&path, 4 * MIB);
}

#[test]
fn parquet_is_streamed() {
    let _alone = ALONE.lock();
    let folder = Folder::new();
    let path = folder.path().join("x.parquet");
    {
        let texts: Vec<(String, String)> = (0..ROWS).map(sides).collect();
        let rows: Vec<_> =
            texts.iter().map(|(p, n)| vec![Some(p.as_str()), Some(n.as_str())]).collect();
        parquet(&path, &["positive", "negative"], &rows, ROWS / 2);
    }
    // pages of a megabyte, packed and unpacked, for each of the columns
    check(&path, 16 * MIB);
}
