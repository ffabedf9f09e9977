/// Why a figure could not be made, as a sentence for the person who asked for it.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// No points at all.
    #[error("There is nothing to draw: the plot holds no points. Capture the pairs first.")]
    Empty,
    /// Points, but no finite number among them.
    #[error(
        "There is nothing to draw: none of the {count} points has finite numbers. Check the model's \
         activations at this layer, or compute the result again."
    )]
    NothingFinite {
        /// How many points were given.
        count: usize,
    },
    /// A number that the figure cannot do without is missing its value.
    #[error(
        "The {what} is not a finite number, so the figure would mislead. Compute the result again, \
         or leave it out."
    )]
    NotFinite {
        /// What it is: `ceiling`, `AUROC`.
        what: &'static str,
    },
    /// Parts that belong together do not fit each other.
    #[error(
        "The figure was given {found} {what} where {expected} belong. Compute the result again; if \
         it says the same, this is a fault of the program."
    )]
    Mismatch {
        /// What was counted: `columns`, `layers`.
        what: &'static str,
        /// As many as the other parts ask for.
        expected: usize,
        /// As many as there were.
        found: usize,
    },
    /// More small plots than could be read.
    #[error(
        "A figure of {count} panels could not be read: at most {most} fit. Choose fewer models, \
         layers or scenarios."
    )]
    TooManyPanels {
        /// How many were asked for.
        count: usize,
        /// How many can be drawn.
        most: usize,
    },
    /// A range without extent, upside down or beyond what can be drawn.
    #[error(
        "The {axis} range {low} to {high} cannot be drawn. Choose a range whose lower end is below \
         its upper end, or reset the view."
    )]
    Range {
        /// `horizontal` or `vertical`.
        axis: &'static str,
        /// Lower end as given.
        low: f64,
        /// Upper end as given.
        high: f64,
    },
    /// The picture would not fit in memory.
    #[error(
        "At {dpi} dpi the picture would be {width} × {height} pixels, more than this program \
         draws. Choose at most {most} dpi, or PDF or SVG, which are sharp at any size."
    )]
    TooManyPixels {
        /// Resolution asked for.
        dpi: u32,
        /// Width that follows from it.
        width: u64,
        /// Height that follows from it.
        height: u64,
        /// The largest resolution that can be drawn.
        most: u32,
    },
    /// A resolution at which nothing is left.
    #[error("At {dpi} dpi the picture would have no pixels. Choose a resolution such as 300 dpi.")]
    NoPixels {
        /// Resolution asked for.
        dpi: u32,
    },
    /// The colours built into the program are damaged.
    #[error("The plot colours of this build cannot be read ({0}). Install the program anew.")]
    Colours(String),
    /// A typeface built into the program is damaged.
    #[error("The typeface of this build cannot be read ({0}). Install the program anew.")]
    Font(String),
    /// The finished SVG was refused by the converter.
    #[error("The figure could not be converted to {format} ({reason}). Export it as SVG instead.")]
    Convert {
        /// `PNG` or `PDF`.
        format: &'static str,
        /// The converter's words.
        reason: String,
    },
}
