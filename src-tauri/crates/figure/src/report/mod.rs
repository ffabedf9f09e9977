//! The report: for one concept, what was tested in each model, what passed, and what is thereby
//! shown and not shown, on a page to read or to print.

mod beside;
mod html;
mod layout;
mod page;
mod words;

use crate::{Figure, FigureError, pdf as document};

/// What became of a rung or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Tested and met.
    Passed,
    /// Tested and not met.
    Failed,
    /// Not tested: says nothing either way.
    NotTested,
}

/// One test of a rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPart {
    /// "keyword ablation"; may be empty where a rung has one part only.
    pub name: String,
    /// What became of it.
    pub status: Status,
    /// A sentence with its number, interval and N.
    pub sentence: String,
}

/// One rung of the evidence ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRung {
    /// 1 to 7.
    pub number: u32,
    /// "beats the surface ceiling".
    pub title: String,
    /// What became of it.
    pub status: Status,
    /// Its tests.
    pub parts: Vec<ReportPart>,
}

/// One model's ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportModel {
    /// Its name.
    pub name: String,
    /// The result in words.
    pub summary: String,
    /// The rungs from the lowest.
    pub rungs: Vec<ReportRung>,
    /// What the numbers rest on, in one line.
    pub provenance: String,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportData {
    /// "Evidence for empathy in three models".
    pub title: String,
    /// What the positive texts have and the negative ones lack.
    pub concept: String,
    /// Name of the data set.
    pub data: String,
    /// Pairs that probes were fitted on.
    pub train_pairs: usize,
    /// Pairs that they were tested on.
    pub test_pairs: usize,
    /// The models.
    pub models: Vec<ReportModel>,
    /// A layer sweep, say; in the light theme, as paper is white.
    pub figure: Option<Figure>,
    /// The program's version.
    pub version: String,
}

/// The report as one HTML file that fetches nothing, light or dark as its reader's system is, and
/// printable. It holds no date: the same data give the same bytes.
///
/// # Errors
/// [`FigureError::Colours`].
pub fn html(data: &ReportData) -> Result<String, FigureError> {
    html::html(data)
}

/// The report on A4 paper: one page, and more where it does not fit. Text stays text, vectors stay
/// vectors, and the same data give the same bytes.
///
/// # Errors
/// [`FigureError::Convert`], [`FigureError::Colours`] and [`FigureError::Font`].
pub fn pdf(data: &ReportData) -> Result<Vec<u8>, FigureError> {
    document::pages(&page::pages(data)?)
}
