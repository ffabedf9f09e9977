//! What the shaders and their twins reach, against what the machine can at most:
//! `cargo bench -p lens-gpu`, or `... -- ROWS WIDTH`.
//!
//! The program needs nothing beside it: `cargo bench -p lens-gpu --no-run` names the file, which can
//! be taken to a machine that has a card and its Vulkan driver, but neither Rust nor a network, and
//! run there (`kernels-... 1000000 4096`). Numbers are bytes of rows read a second (GB/s) and two for
//! each multiplication with its addition (GFLOP/s). On a software adapter they mean nothing; the
//! processor's do.

use std::time::Instant;

use half::f16;
use lens_gpu::{
    DeviceKind, GpuDevice, GpuError, Metric, NearestTo, PairedRows, Rows, SidedRows, cpu,
};

/// Numbers of directions.
const DIRECTIONS: [usize; 4] = [1, 8, 64, 1024];
/// Numbers of vectors that rows are multiplied by forth and back: for two components, for fifty.
const VECTORS: [usize; 2] = [12, 60];
/// Draws of swaps.
const DRAWS: usize = 2500;
/// Seconds that each measurement runs for, at least.
const LEAST: f64 = 0.3;
/// Neighbours listed, and rows on the two sides of AUROCs.
const NEIGHBOURS: usize = 15;
const SIDES: usize = 2000;

/// Rates to hold others against, where they are known.
#[derive(Clone, Copy)]
struct Ceilings {
    bytes: f64,
    multiply_adds: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sizes = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let given = sizes.next().zip(sizes.next());
    match GpuDevice::open() {
        Ok(device) => {
            let fitting = match device.kind() {
                DeviceKind::Discrete => (1_000_000, 4096),
                DeviceKind::Integrated | DeviceKind::Other => (100_000, 1024),
                DeviceKind::Software => (2048, 256),
            };
            let (rows, width) = given.unwrap_or(fitting);
            on_device(&device, rows, width)?;
        }
        Err(error) => println!("{error}\n"),
    }
    let (rows, width) = given.unwrap_or((20_000, 4096));
    on_processor(rows.min(20_000), width)?;
    Ok(())
}

fn on_device(device: &GpuDevice, count: usize, width: usize) -> Result<(), GpuError> {
    println!(
        "{} ({:?}, {}), {count} rows of {width}",
        device.name(),
        device.kind(),
        device.driver()
    );
    let ceilings =
        Ceilings { bytes: device.copy_ceiling()?, multiply_adds: device.arithmetic_ceiling()? };
    println!(
        "copying: {:.1} GB/s read and written; arithmetic: {:.1} GFLOP/s",
        ceilings.bytes / 1e9,
        2.0 * ceilings.multiply_adds / 1e9
    );
    let values = values(count * width);
    let packed: Vec<f16> = values.iter().copied().map(f16::from_f32).collect();
    for (name, rows) in [("f32", Rows::F32(&values)), ("f16", Rows::F16(&packed))] {
        let bytes = if name == "f32" { 4 } else { 2 };
        let kept = device.keep(rows, width)?;
        for k in DIRECTIONS {
            let directions = self::values(k * width);
            let directions = device.keep(Rows::F32(&directions), width)?;
            let scores = device.room_for_scores(&kept, k)?;
            let seconds = fastest(|| {
                device.project_into(&kept, &directions, &scores)?;
                device.finish()
            })?;
            let what = format!("project, {name} rows on the device, {k} directions");
            report(&what, seconds, count * width * bytes, count * width * k, Some(ceilings));
        }
        for k in VECTORS {
            let vectors = self::values(k * width);
            let seconds = fastest(|| device.image(&kept, &vectors).map(drop))?;
            let what = format!("image (project, combine), {name} rows on the device, {k} vectors");
            report(
                &what,
                seconds,
                2 * count * width * bytes,
                2 * count * width * k,
                Some(ceilings),
            );
        }
        drop(kept);
        for k in [1, 64] {
            let directions = self::values(k * width);
            let seconds = fastest(|| device.project(rows, &directions, width).map(drop))?;
            let what = format!("project, {name} rows brought block by block, {k} directions");
            report(&what, seconds, count * width * bytes, count * width * k, Some(ceilings));
        }
    }
    let few = &values[..count.min(50_000) * width];
    let count = few.len() / width;
    let seconds = fastest(|| device.nearest(among(few, width)).map(drop))?;
    report(
        &format!("nearest of {count}"),
        seconds,
        4 * few.len(),
        count * few.len(),
        Some(ceilings),
    );
    let (rows, is_positive, directions) = sides(&values, width);
    let sided = SidedRows { rows, is_positive: &is_positive, width };
    let seconds = fastest(|| device.auroc_along(sided, &directions).map(drop))?;
    let work = is_positive.len() * directions.len();
    let what = format!("auroc_along of {} rows, 1000 directions", is_positive.len());
    report(&what, seconds, 4 * rows.len(), work, Some(ceilings));
    let Swapped { rows, width, signs, swaps } = swapped(&values);
    let paired = PairedRows { rows, width, margin: 1e-3 };
    let seconds = fastest(|| device.wins_along(paired, &signs, &swaps).map(drop))?;
    let work = rows.len() * DRAWS;
    report(&wins_of(rows, width), seconds, 4 * (rows.len() + signs.len()), work, Some(ceilings));
    println!();
    Ok(())
}

fn on_processor(count: usize, width: usize) -> Result<(), GpuError> {
    println!("the processor, {count} rows of {width}");
    let values = values(count * width);
    for k in DIRECTIONS {
        let directions = self::values(k * width);
        let seconds = fastest(|| cpu::project(Rows::F32(&values), &directions, width).map(drop))?;
        let what = format!("project, f32 rows, {k} directions");
        report(&what, seconds, 4 * count * width, count * width * k, None);
    }
    let few = &values[..count.min(5000) * width];
    let count = few.len() / width;
    let seconds = fastest(|| cpu::nearest(among(few, width)).map(drop))?;
    report(&format!("nearest of {count}"), seconds, 4 * few.len(), count * few.len(), None);
    let (rows, is_positive, directions) = sides(&values, width);
    let sided = SidedRows { rows, is_positive: &is_positive, width };
    let seconds = fastest(|| cpu::auroc_along(sided, &directions).map(drop))?;
    let work = is_positive.len() * directions.len();
    let what = format!("auroc_along of {} rows, 1000 directions", is_positive.len());
    report(&what, seconds, 4 * rows.len(), work, None);
    for k in VECTORS {
        let vectors = self::values(k * width);
        let rows = Rows::F32(&values);
        let seconds = fastest(|| cpu::image(rows, &vectors, width).map(drop))?;
        let what = format!("image (project, combine), f32 rows, {k} vectors");
        report(&what, seconds, 8 * values.len(), 2 * values.len() * k, None);
    }
    let Swapped { rows, width, signs, swaps } = swapped(&values);
    let paired = PairedRows { rows, width, margin: 1e-3 };
    let seconds = fastest(|| cpu::wins_along(paired, &signs, &swaps).map(drop))?;
    let (bytes, work) = (4 * (rows.len() + signs.len()), rows.len() * DRAWS);
    report(&wins_of(rows, width), seconds, bytes, work, None);
    Ok(())
}

/// A permutation test of mean differences: products of test rows with training pairs, and draws.
struct Swapped<'a> {
    rows: &'a [f32],
    width: usize,
    signs: Vec<f32>,
    swaps: Vec<u32>,
}

/// Of a thousand pairs, of which three in ten are tested, or of as many as there are values for.
fn swapped(values: &[f32]) -> Swapped<'_> {
    let (mut tests, mut width) = (300, 700);
    while 2 * tests * width > values.len() {
        (tests, width) = (tests / 2, width / 2);
    }
    let signs = self::values(DRAWS * width).into_iter().map(f32::signum).collect();
    let words = DRAWS * usize::div_ceil(tests, 32);
    let swaps = self::values(words).into_iter().map(f32::to_bits).collect();
    Swapped { rows: &values[..2 * tests * width], width, signs, swaps }
}

fn wins_of(rows: &[f32], width: usize) -> String {
    format!("wins_along of {} pairs, {DRAWS} draws of {width}", rows.len() / width / 2)
}

/// Numbers without a pattern that a cache or a zero could profit from.
fn values(count: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Rows among themselves.
fn among(rows: &[f32], width: usize) -> NearestTo<'_> {
    NearestTo { queries: None, rows, width, k: NEIGHBOURS, metric: Metric::Euclidean }
}

/// Some rows with their sides, and directions.
fn sides(values: &[f32], width: usize) -> (&[f32], Vec<bool>, Vec<f32>) {
    let count = SIDES.min(values.len() / width);
    let is_positive = (0..count).map(|row| row % 2 == 0).collect();
    (&values[..count * width], is_positive, self::values(1000 * width))
}

fn fastest(run: impl Fn() -> Result<(), GpuError>) -> Result<f64, GpuError> {
    run()?;
    let (mut best, begun) = (f64::INFINITY, Instant::now());
    while begun.elapsed().as_secs_f64() < LEAST || best.is_infinite() {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}

fn report(
    what: &str,
    seconds: f64,
    bytes: usize,
    multiply_adds: usize,
    ceilings: Option<Ceilings>,
) {
    let (bytes, multiply_adds) = (bytes as f64 / seconds, multiply_adds as f64 / seconds);
    let share = ceilings.map_or(String::new(), |most| {
        let nearer = (bytes / most.bytes).max(multiply_adds / most.multiply_adds);
        format!("  {:3.0} % of the nearer ceiling", 100.0 * nearer)
    });
    println!(
        "{what:<58} {:10.3} ms {:8.1} GB/s {:9.1} GFLOP/s{share}",
        seconds * 1e3,
        bytes / 1e9,
        2.0 * multiply_adds / 1e9
    );
}
