//! SVG to PDF.

mod objects;

use objects::Document;

use crate::{Figure, FigureError};

/// What usvg counts in: the SVG's millimetres became so many pixels per inch.
const PIXELS_PER_INCH: f32 = 96.0;

pub(crate) fn pdf(figure: &Figure) -> Result<Vec<u8>, FigureError> {
    pages(std::slice::from_ref(figure))
}

/// One document with a page for each figure; its properties are the first one's.
pub(crate) fn pages(figures: &[Figure]) -> Result<Vec<u8>, FigureError> {
    let failed = |reason: &str| FigureError::Convert { format: "PDF", reason: reason.to_owned() };
    let first = figures.first().ok_or(FigureError::Empty)?;
    let mut document: Option<Document> = None;
    for figure in figures {
        let tree = figure.tree("PDF")?;
        let page = svg2pdf::PageOptions { dpi: PIXELS_PER_INCH };
        let bytes = svg2pdf::to_pdf(&tree, svg2pdf::ConversionOptions::default(), page)
            .map_err(|error| failed(&error.to_string()))?;
        let read = Document::read(&bytes);
        let joined = match document {
            None => read,
            Some(before) => read.and_then(|read| before.join(read)),
        };
        document =
            Some(joined.ok_or_else(|| failed("the converter's file has an unexpected form"))?);
    }
    let program = concat!("Empathy Lens ", env!("CARGO_PKG_VERSION"));
    document
        .and_then(|document| {
            document.write(&[
                ("Title", &first.title),
                ("Subject", &first.caption),
                ("Keywords", &first.provenance),
                ("Creator", program),
                ("Producer", concat!("Empathy Lens ", env!("CARGO_PKG_VERSION"), " with svg2pdf")),
            ])
        })
        .ok_or_else(|| failed("the converter's file refers to a part it does not hold"))
}
