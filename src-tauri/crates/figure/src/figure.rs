use crate::{FigureError, pdf, picture};

/// A finished figure. The SVG is the figure; PNG and PDF are made from it, so all three agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The drawing, with its typeface, caption and provenance inside.
    pub svg: String,
    /// Width on paper.
    pub width_mm: f64,
    /// Height on paper.
    pub height_mm: f64,
    /// What it shows.
    pub title: String,
    /// The caption with the notes behind it, whole even where the drawn one had to be cut.
    pub caption: String,
    /// What the data rest on, in one line.
    pub provenance: String,
    /// Sentences about what could not be drawn (non-finite points, points outside the view); also
    /// part of the caption.
    pub notes: Vec<String>,
}

impl Figure {
    /// Width and height in pixels at a resolution.
    ///
    /// # Errors
    /// [`FigureError::NoPixels`] and [`FigureError::TooManyPixels`].
    pub fn pixels(&self, dpi: u32) -> Result<(u32, u32), FigureError> {
        picture::pixels(self.width_mm, self.height_mm, dpi)
    }

    /// A PNG picture at a resolution in pixels per inch, which is recorded in it beside title,
    /// caption and provenance. The same figure gives the same bytes.
    ///
    /// # Errors
    /// Those of [`Figure::pixels`], and [`FigureError::Convert`].
    pub fn to_png(&self, dpi: u32) -> Result<Vec<u8>, FigureError> {
        picture::png(self, dpi)
    }

    /// A PDF page of the figure's size: vectors stay vectors, text stays text with its font
    /// embedded; title, caption and provenance are in the document's properties. The same figure
    /// gives the same bytes.
    ///
    /// # Errors
    /// [`FigureError::Convert`].
    pub fn to_pdf(&self) -> Result<Vec<u8>, FigureError> {
        pdf::pdf(self)
    }

    pub(crate) fn tree(&self, format: &'static str) -> Result<usvg::Tree, FigureError> {
        usvg::Tree::from_str(&self.svg, &crate::font::usvg_options())
            .map_err(|error| FigureError::Convert { format, reason: error.to_string() })
    }
}
