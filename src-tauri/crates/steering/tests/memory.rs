//! A file of samples of any length takes the same memory: counted by an allocator of this test's own.
#![allow(unsafe_code, reason = "an allocator can be written in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use lens_core::{CancelToken, Silent};
use lens_steering::{SteeringError, score_samples_from};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One text, many times over.
struct Repeated {
    text: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let count = self.text.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        if self.at == self.text.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(count)
    }
}

/// The peak while scoring a stream of about `megabytes`, and the samples counted.
fn peak_of(megabytes: usize) -> Result<(usize, usize), SteeringError> {
    let sample = "I understand and I feel for you; the goal can wait. ".repeat(20);
    let item = format!("{sample:?},").into_bytes();
    let left = megabytes * 1_000_000 / item.len();
    let head = r#"{"model": "m", "log": ["#.to_owned() + &"[1, \"x\"],".repeat(1000) + "0],";
    let head = head
        + r#""layer_results": [{"layer": 3, "experiments": [{"scenario": "s", "conditions": [
        {"alpha": 0, "samples": ["one"]}, {"samples": ["#;
    let tail = r#""last"], "alpha": 5}]}]}]}"#;
    let middle = Repeated { text: item, at: 0, left };
    let stream = head.as_bytes().chain(middle).chain(tail.as_bytes());
    PEAK.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
    let before = LIVE.load(Ordering::Relaxed);
    let models =
        score_samples_from(stream, 0, Path::new("made.json"), &Silent, &CancelToken::default())?;
    let peak = PEAK.load(Ordering::Relaxed) - before;
    let cells = &models[0].layers[0].scenarios[0].cells;
    assert_eq!(cells[1].n, left + 1);
    assert_eq!(cells[1].outcomes, left, "two words of empathy and one of the task");
    Ok((peak, cells[1].n))
}

#[test]
fn memory_does_not_grow_with_the_file() -> Result<(), SteeringError> {
    let (small, _) = peak_of(3)?;
    let (large, samples) = peak_of(12)?;
    assert!(samples > 10_000);
    assert!(small > 1_000_000, "the batch of texts is not seen: {small} bytes");
    assert!(large < 4_000_000, "{large} bytes for 12 MB");
    assert!(large < small + 300_000, "{large} bytes for 12 MB, {small} for 3 MB");
    Ok(())
}
