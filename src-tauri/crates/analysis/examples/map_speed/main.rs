//! How long maps and principal components take, beside what they are worth: a JSON line for each task,
//! stages on the error stream. Matrices are `.npy` files of f32. Linux, for memory and processor time.

mod npy;

use std::error::Error;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use lens_analysis::{
    Metric, Neighbours, Search, Start, UmapOptions, map_quality, nearest, pca, umap,
};
use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed, Silent};
use rand::Rng;
use rand_distr::StandardNormal;

const USAGE: &str = "map_speed make ROWS WIDTH CLUSTERS MATRIX.npy LABELS.npy
map_speed umap MATRIX.npy spectral|pca [MAP.npy]
map_speed pca MATRIX.npy DIMENSIONS
map_speed neighbours MATRIX.npy exact|approximate
map_speed judge MATRIX.npy MAP.npy";
/// Runs of which the fastest counts, where one takes a moment.
const RUNS: usize = 8;
const NEIGHBOURS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["make", rows, width, clusters, matrix, labels] => {
            make([rows.parse()?, width.parse()?, clusters.parse()?], matrix, labels)
        }
        ["umap", matrix, start] => draw(matrix, start, None),
        ["umap", matrix, start, map] => draw(matrix, start, Some(map)),
        ["pca", matrix, dimensions] => components(matrix, dimensions.parse()?),
        ["neighbours", matrix, search] => search_neighbours(matrix, search == "exact"),
        ["judge", matrix, map] => judge(matrix, map),
        _ => Err(USAGE.into()),
    }
}

fn draw(matrix: &str, start: &str, map: Option<&str>) -> Result<(), Box<dyn Error>> {
    let rows = npy::read(Path::new(matrix))?;
    let start = if start == "pca" { Start::Pca } else { Start::Spectral };
    let options = UmapOptions { seed: Seed(42), start, ..Default::default() };
    let (begun, before) = (Instant::now(), processor_time());
    let stages = Stages { begun, last: Mutex::default() };
    let model = umap(&rows, &options, &stages, &CancelToken::default())?;
    let seconds = begun.elapsed().as_secs_f64();
    let (processors, peak) = (processor_time() - before, most_memory());
    for note in &model.notes {
        eprintln!("{note}");
    }
    println!(
        "{{\"seconds\": {seconds:.4}, \"processor_seconds\": {processors:.2}, \"peak_mb\": {peak:.0}}}"
    );
    if let Some(map) = map {
        npy::write(Path::new(map), rows.rows(), &model.coordinates)?;
    }
    Ok(())
}

fn components(matrix: &str, dimensions: usize) -> Result<(), Box<dyn Error>> {
    let rows = npy::read(Path::new(matrix))?;
    let before = most_memory();
    let mut seconds = f64::INFINITY;
    let processors = processor_time();
    let mut last = None;
    for _ in 0..RUNS {
        let begun = Instant::now();
        last = Some(pca(&rows, dimensions, None)?);
        seconds = seconds.min(begun.elapsed().as_secs_f64());
    }
    let found = last.ok_or("no run")?;
    let processors = (processor_time() - processors) / RUNS as f64;
    let share: f64 = found.explained_variance_ratio.iter().sum();
    println!(
        "{{\"seconds\": {seconds:.4}, \"processor_seconds\": {processors:.3}, \"peak_mb\": {:.0}, \
         \"rows_mb\": {before:.0}, \"explained\": \
         {share:.6}, \"solver\": \"{:?}\"}}",
        most_memory(),
        found.solver,
    );
    Ok(())
}

fn search_neighbours(matrix: &str, is_exact: bool) -> Result<(), Box<dyn Error>> {
    let rows = npy::read(Path::new(matrix))?;
    let search = if is_exact { Search::Exact } else { Search::Approximate };
    let begun = Instant::now();
    let cancel = CancelToken::default();
    let k = NEIGHBOURS - 1;
    let found = nearest(&rows, k, Metric::Euclidean, search, Seed(42), &Silent, &cancel)?;
    let seconds = begun.elapsed().as_secs_f64();
    let recall = if is_exact { 1.0 } else { recall(&rows, &found) };
    println!("{{\"seconds\": {seconds:.4}, \"recall\": {recall:.4}}}");
    Ok(())
}

fn judge(matrix: &str, map: &str) -> Result<(), Box<dyn Error>> {
    let (rows, map) = (npy::read(Path::new(matrix))?, npy::read(Path::new(map))?);
    let (metric, seed, cancel) = (Metric::Euclidean, Seed(42), CancelToken::default());
    let found = map_quality(&rows, map.values(), metric, NEIGHBOURS, seed, &Silent, &cancel)?;
    println!(
        "{{\"trustworthiness\": {:.4}, \"kept\": {:.4}}}",
        found.trustworthiness, found.neighbours_kept
    );
    Ok(())
}

/// Rows like activations: clusters on curved surfaces of few dimensions, bent once more into 64, and
/// noise. Labels are the clusters.
fn make(shape: [usize; 3], matrix: &str, labels: &str) -> Result<(), Box<dyn Error>> {
    const LATENT: usize = 24;
    const SURFACE: usize = 5;
    const BENT: usize = 64;
    let [rows, width, clusters] = shape;
    let mut random = Seed(0).stream("matrix");
    let mut normals = |count: usize, scale: f32| -> Vec<f32> {
        (0..count).map(|_| scale * random.sample::<f32, _>(StandardNormal)).collect()
    };
    let means = normals(clusters * LATENT, 1.9 / 2.0_f32.sqrt());
    let bases: Vec<Vec<f32>> = (0..2)
        .map(|_| normals(clusters * SURFACE * LATENT, (SURFACE as f32).sqrt().recip()))
        .collect();
    let bend = normals(LATENT * BENT, (LATENT as f32).sqrt().recip());
    let spread = normals(BENT * width, 0.125);
    let middle = normals(width, 0.5);
    let mut values = Vec::with_capacity(rows * width);
    let mut of_cluster = Vec::with_capacity(rows);
    for row in 0..rows {
        let cluster = row * 7919 % clusters;
        let (along, mut latent) = (normals(SURFACE, 1.0), normals(LATENT, 0.35));
        for (axis, &along) in along.iter().enumerate() {
            let from = (cluster * SURFACE + axis) * LATENT;
            let straight = &bases[0][from..from + LATENT];
            let curved = &bases[1][from..from + LATENT];
            for ((value, straight), curved) in latent.iter_mut().zip(straight).zip(curved) {
                *value += along * straight + 0.6 * (2.0 * along).sin() * curved;
            }
        }
        let mean = &means[cluster * LATENT..(cluster + 1) * LATENT];
        latent.iter_mut().zip(mean).for_each(|(value, mean)| *value += mean);
        let mut own: Vec<f32> = normals(width, 0.045);
        own.iter_mut().zip(&middle).for_each(|(value, middle)| *value += middle);
        for bent in 0..BENT {
            let sum: f32 =
                latent.iter().zip(bend.iter().skip(bent).step_by(BENT)).map(|(a, b)| a * b).sum();
            let height = sum.tanh() * (bent as f32 + 1.0).powf(-0.35);
            let along = &spread[bent * width..(bent + 1) * width];
            own.iter_mut().zip(along).for_each(|(value, along)| *value += height * along);
        }
        values.extend(own);
        of_cluster.push(i32::try_from(cluster)?);
    }
    npy::write(Path::new(matrix), rows, &values)?;
    npy::write_labels(Path::new(labels), &of_cluster)?;
    Ok(())
}

/// Says when each stage began, and how much processor time had been used.
struct Stages {
    begun: Instant,
    last: Mutex<String>,
}

impl Reporter for Stages {
    fn report(&self, progress: Progress) {
        let Ok(mut last) = self.last.lock() else { return };
        if *last != progress.stage {
            let (wall, used) = (self.begun.elapsed().as_secs_f64(), processor_time());
            eprintln!("{wall:.3} s ({used:.2} s of processors): {}", progress.stage);
            *last = progress.stage;
        }
    }
}

/// Processor seconds that the process has used (at Linux's usual 100 ticks a second).
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// The process's largest resident size so far, in MB; 0 where the system does not say.
fn most_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

/// Share of true neighbours among those found for a thousand of the rows.
fn recall(rows: &ActivationMatrix, found: &Neighbours) -> f64 {
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
    hits as f64 / all as f64
}
