//! SVG to PDF.

mod objects;

use objects::Document;

use crate::{Figure, FigureError};

/// What usvg counts in: the SVG's millimetres became so many pixels per inch.
const PIXELS_PER_INCH: f32 = 96.0;

pub(crate) fn pdf(figure: &Figure) -> Result<Vec<u8>, FigureError> {
    let failed = |reason: String| FigureError::Convert { format: "PDF", reason };
    let tree = figure.tree("PDF")?;
    let page = svg2pdf::PageOptions { dpi: PIXELS_PER_INCH };
    let bytes = svg2pdf::to_pdf(&tree, svg2pdf::ConversionOptions::default(), page)
        .map_err(|error| failed(error.to_string()))?;
    let document = Document::read(&bytes)
        .ok_or_else(|| failed("the converter's file has an unexpected form".to_owned()))?;
    let program = concat!("Empathy Lens ", env!("CARGO_PKG_VERSION"));
    document
        .write(&[
            ("Title", &figure.title),
            ("Subject", &figure.caption),
            ("Keywords", &figure.provenance),
            ("Creator", program),
            ("Producer", concat!("Empathy Lens ", env!("CARGO_PKG_VERSION"), " with svg2pdf")),
        ])
        .ok_or_else(|| failed("the converter's file refers to a part it does not hold".to_owned()))
}
