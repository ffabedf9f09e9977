//! How long a map takes: `map_speed ROWS.npy [MAP.npy] [exact|approximate]`, both f32. Neighbours,
//! the map, what it is worth, and the most memory that was used (Linux).

use std::error::Error;
use std::sync::Mutex;
use std::time::Instant;

use lens_analysis::{Metric, Search, UmapOptions, map_quality, nearest, umap};
use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed, Silent};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("map_speed ROWS.npy [MAP.npy] [exact|approximate]")?;
    let (map, search) = (arguments.next(), arguments.next());
    let rows = read(&std::fs::read(file)?)?;
    let (metric, seed, cancel) = (Metric::Euclidean, Seed(42), CancelToken::default());
    println!("{} x {}", rows.rows(), rows.width());

    if let Some(search) = search {
        let exact = search == "exact";
        let search = if exact { Search::Exact } else { Search::Approximate };
        let start = Instant::now();
        let found = nearest(&rows, 14, metric, search, seed, &Silent, &cancel)?;
        println!("neighbours, {search:?}: {:.3} s", start.elapsed().as_secs_f64());
        let sum: f64 = found.distances.iter().sum();
        println!("their mean distance: {:.6}", sum / found.distances.len() as f64);
        if !exact {
            println!("recall: {:.4}", recall(&rows, &found, metric)?);
        }
        return Ok(());
    }
    let start = Instant::now();
    let stages = Stages { start, last: Mutex::default() };
    let model = umap(&rows, &UmapOptions { seed, ..Default::default() }, &stages, &cancel)?;
    let (wall, used) = (start.elapsed().as_secs_f64(), processor_time());
    println!("map: {wall:.3} s ({used:.2} s of processors), {:.0} MB", most_memory());
    for note in &model.notes {
        println!("  {note}");
    }
    let start = Instant::now();
    let found = map_quality(&rows, &model.coordinates, metric, 15, seed, &Silent, &cancel)?;
    println!("quality: {:.3} s, {found:?}", start.elapsed().as_secs_f64());
    if let Some(map) = map {
        std::fs::write(map, written(&model.coordinates, rows.rows()))?;
    }
    Ok(())
}

/// Says when each stage began, and how much processor time had been used.
struct Stages {
    start: Instant,
    last: Mutex<String>,
}

impl Reporter for Stages {
    fn report(&self, progress: Progress) {
        let Ok(mut last) = self.last.lock() else { return };
        if *last != progress.stage {
            let (wall, used) = (self.start.elapsed().as_secs_f64(), processor_time());
            println!("  {wall:.3} s ({used:.2} s of processors): {}", progress.stage);
            *last = progress.stage;
        }
    }
}

/// Processor seconds that the process has used (Linux, at its usual 100 ticks a second).
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Share of true neighbours among those found for a thousand of the rows.
fn recall(
    rows: &ActivationMatrix,
    found: &lens_analysis::Neighbours,
    metric: Metric,
) -> Result<f64, Box<dyn Error>> {
    let (mut hits, mut all) = (0, 0);
    for row in (0..rows.rows()).step_by(rows.rows().div_ceil(1000)) {
        let own = rows.row(row);
        let mut distances: Vec<(f64, u32)> = rows
            .iter_rows()
            .zip(0..)
            .filter(|(_, index)| *index as usize != row)
            .map(|(other, index)| {
                let squares = own.iter().zip(other).map(|(&a, &b)| f64::from(a - b).powi(2));
                (squares.sum(), index)
            })
            .collect();
        distances.sort_by(|a, b| a.0.total_cmp(&b.0));
        let truth: Vec<u32> = distances.iter().take(found.k).map(|one| one.1).collect();
        hits += found.of(row).filter(|one| truth.contains(&one.0)).count();
        all += found.k;
    }
    assert_eq!(metric, Metric::Euclidean);
    Ok(f64::from(u32::try_from(hits)?) / f64::from(u32::try_from(all)?))
}

/// A two-dimensional f32 array in C order.
fn read(bytes: &[u8]) -> Result<ActivationMatrix, Box<dyn Error>> {
    let length = bytes.get(8..10).and_then(|b| b.try_into().ok()).ok_or("no npy file")?;
    let end = 10 + usize::from(u16::from_le_bytes(length));
    let header = std::str::from_utf8(bytes.get(10..end).ok_or("a short header")?)?;
    let shape = header.split('(').nth(1).and_then(|s| s.split(')').next()).ok_or("no shape")?;
    let shape: Vec<usize> = shape.split(',').map(|n| n.trim().parse()).collect::<Result<_, _>>()?;
    let [rows, width] = shape[..] else { return Err("not two dimensions".into()) };
    if !header.contains("<f4") || header.contains("True") {
        return Err("not f32 in C order".into());
    }
    let (values, _) = bytes[end..].as_chunks::<4>();
    let values = values.iter().map(|&value| f32::from_le_bytes(value)).collect();
    Ok(ActivationMatrix::new(rows, width, values)?)
}

fn written(coordinates: &[f32], rows: usize) -> Vec<u8> {
    let columns = coordinates.len() / rows.max(1);
    let header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{header:117}\n").bytes());
    bytes.extend(coordinates.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The process's largest resident size so far, in MB; 0 where the system does not say.
fn most_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
