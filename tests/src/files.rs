//! Exported files, opened with readers that had no part in writing them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::programs::run;

/// Millimetres in an inch.
const MM_PER_INCH: f64 = 25.4;
/// usvg's unit of length: 96 to the inch.
const PX_PER_INCH: f64 = 96.0;

/// What a PDF is.
#[derive(Debug)]
pub struct Pdf {
    /// Its text in reading order, with white space folded to single spaces.
    pub text: String,
    /// Name of each font, and whether it is embedded.
    pub fonts: Vec<(String, bool)>,
    /// Page width in millimetres.
    pub width_mm: f64,
    /// Page height in millimetres.
    pub height_mm: f64,
    /// Bitmaps in it: a figure that stayed vector has none.
    pub images: usize,
    /// What `pdfinfo` says of title, subject, keywords, creator.
    pub info: String,
}

/// Opens a PDF with poppler.
///
/// # Errors
/// When poppler cannot read it.
pub fn pdf(path: &Path) -> Result<Pdf> {
    let file = path.as_os_str();
    let text = printed("pdftotext", &[file, OsStr::new("-")])?;
    let info = printed("pdfinfo", &[file])?;
    let size = info
        .lines()
        .find_map(|line| line.strip_prefix("Page size:"))
        .context("pdfinfo names no page size")?;
    let mut points = size.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    let mut next = || points.next().map(|p| p / 72.0 * MM_PER_INCH).context("no page size");
    let (width_mm, height_mm) = (next()?, next()?);
    // name, type, encoding, emb, sub, uni, object, ID: counted from the right, types have spaces
    let fonts = printed("pdffonts", &[file])?
        .lines()
        .skip(2)
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let embedded = words.len().checked_sub(5).and_then(|at| words.get(at));
            (words.first().copied().unwrap_or_default().to_owned(), embedded == Some(&"yes"))
        })
        .collect();
    let images = printed("pdfimages", &[OsStr::new("-list"), file])?.lines().skip(2).count();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Pdf { text, fonts, width_mm, height_mm, images, info })
}

/// What an SVG is.
#[derive(Debug)]
pub struct Svg {
    /// The source.
    pub source: String,
    /// Width in millimetres, as usvg resolves it.
    pub width_mm: f64,
    /// Height in millimetres.
    pub height_mm: f64,
    /// Texts, paths and images in it.
    pub nodes: usize,
    /// The content of `<metadata>`.
    pub metadata: String,
}

/// Opens an SVG with usvg.
///
/// # Errors
/// When usvg cannot read it, or it has no metadata.
pub fn svg(path: &Path) -> Result<Svg> {
    let source = std::fs::read_to_string(path)?;
    let tree = usvg::Tree::from_str(&source, &usvg::Options::default())?;
    let mm = |px: f32| f64::from(px) / PX_PER_INCH * MM_PER_INCH;
    let (_, rest) = source.split_once("<metadata").context("the SVG has no metadata")?;
    let (metadata, _) = rest.split_once("</metadata>").context("the SVG's metadata do not end")?;
    let metadata = metadata.to_owned();
    let size = tree.size();
    let (width_mm, height_mm) = (mm(size.width()), mm(size.height()));
    Ok(Svg { width_mm, height_mm, nodes: count(tree.root()), metadata, source })
}

fn count(group: &usvg::Group) -> usize {
    let inside = |node: &usvg::Node| match node {
        usvg::Node::Group(group) => count(group),
        _ => 1,
    };
    group.children().iter().map(inside).sum()
}

/// What a PNG is.
#[derive(Debug)]
pub struct Png {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Resolution that it states, in pixels per inch.
    pub dpi: Option<f64>,
    /// Different colours in it: a blank picture has one.
    pub colours: usize,
    /// Its text chunks, key and value.
    pub texts: Vec<(String, String)>,
    bytes: Vec<u8>,
    bytes_per_pixel: usize,
}

impl Png {
    /// Every pixel: column, row, channels.
    pub fn pixels(&self) -> impl Iterator<Item = (usize, usize, &[u8])> {
        let width = self.width.max(1) as usize;
        let pixels = self.bytes.chunks_exact(self.bytes_per_pixel).enumerate();
        pixels.map(move |(at, pixel)| (at % width, at / width, pixel))
    }
}

/// Opens a PNG and decodes all of it.
///
/// # Errors
/// When it is damaged.
pub fn png(path: &Path) -> Result<Png> {
    decode_png(BufReader::new(File::open(path)?))
}

/// The same from memory.
///
/// # Errors
/// When it is damaged.
pub fn decode_png(source: impl Read) -> Result<Png> {
    let mut decoder = png::Decoder::new(source);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut bytes)?;
    // Text may stand behind the pixels.
    reader.finish()?;
    let bytes_per_pixel = frame.color_type.samples();
    let colours: BTreeSet<&[u8]> = bytes.chunks_exact(bytes_per_pixel).collect();
    let colours = colours.len();
    let info = reader.info();
    let dpi = info.pixel_dims.filter(|d| d.unit == png::Unit::Meter);
    let dpi = dpi.map(|d| f64::from(d.xppu) * MM_PER_INCH / 1000.0);
    let latin = info.uncompressed_latin1_text.iter();
    let latin = latin.map(|t| Ok((t.keyword.clone(), t.text.clone())));
    let utf8 = info.utf8_text.iter();
    let utf8 = utf8.map(|t| Ok((t.keyword.clone(), t.get_text()?)));
    let texts = latin.chain(utf8).collect::<Result<_>>()?;
    let (width, height) = (frame.width, frame.height);
    Ok(Png { width, height, dpi, colours, texts, bytes, bytes_per_pixel })
}

/// A CSV's header and rows; lines that begin with `#` are remarks.
///
/// # Errors
/// When rows differ in length.
pub fn csv(path: &Path) -> Result<(Vec<String>, Vec<csv::StringRecord>)> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path)?;
    let header = reader.headers()?.iter().map(str::to_owned).collect();
    let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
    ensure!(!rows.is_empty(), "{} has no rows", path.display());
    Ok((header, rows))
}

fn printed(program: &str, arguments: &[&OsStr]) -> Result<String> {
    Ok(String::from_utf8(run(program, arguments)?.stdout)?)
}
