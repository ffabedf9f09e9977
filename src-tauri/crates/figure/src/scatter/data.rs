use crate::colours::Colours;
use crate::ramp::Ramp;
use crate::{FigureError, Range};

/// One text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Horizontal coordinate, in data units; in 3-D as seen from where the reader looks.
    pub x: f64,
    /// Vertical coordinate, upwards.
    pub y: f64,
    /// In 3-D: how near to the reader, larger is nearer. 0 in 2-D.
    pub depth: f64,
    /// Which category of [`ScatterData::legend`] colours it.
    pub category: usize,
    /// Whether it is the positive text of its pair (circle) or the negative one (diamond).
    pub positive: bool,
    /// Whether its pair is in the test split (hollow) rather than in training (filled).
    pub held_out: bool,
    /// Whether it is singled out; the others stand back as soon as one point is.
    pub selected: bool,
}

/// Colours by a number: the side's own beyond either end of the scale, grey at its centre.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreColours {
    /// What the number is: "Score along the probe".
    pub label: String,
    /// One for each point; not-a-number where a point has none.
    pub values: Vec<f64>,
    /// The numbers at the ends of the colours.
    pub scale: Range,
    /// The number that leans to neither side: a threshold.
    pub centre: f64,
}

impl ScoreColours {
    /// Refuses what cannot be drawn to scale; `points` is how many colours are wanted.
    pub(super) fn check(&self, points: usize) -> Result<(), FigureError> {
        self.scale.checked("colour")?;
        if !self.centre.is_finite() {
            return Err(FigureError::NotFinite { what: "threshold" });
        }
        if self.values.len() == points {
            Ok(())
        } else {
            let found = self.values.len();
            Err(FigureError::Mismatch { what: "scores", expected: points, found })
        }
    }

    pub(super) fn ramp(&self, colours: &Colours) -> Ramp {
        let centre = (self.centre - self.scale.low) / self.scale.span();
        Ramp::diverging_points(colours, centre)
    }
}

/// One entry of the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its name.
    pub label: String,
    /// The number that points name it by; also chooses the colour, so that a category keeps its
    /// colour from figure to figure. 0 and 1 are the colours of the positive and negative side;
    /// the first ten can be told apart, the others share one.
    pub category: usize,
}

/// One axis of a 3-D view.
#[derive(Debug, Clone, PartialEq)]
pub struct TriadAxis {
    /// "PC1 (41.2 %)".
    pub name: String,
    /// Horizontal part of the axis' unit vector as seen, -1 to 1.
    pub dx: f64,
    /// Vertical part, upwards.
    pub dy: f64,
}

/// What a scatter shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterData {
    /// Model and layer: "toy-llama, layer 4".
    pub title: String,
    /// "PC1 (41.2 %)".
    pub x_label: String,
    /// "PC2 (9.8 %)".
    pub y_label: String,
    /// The texts or tokens. With [`ScatterData::pair_links`], points `2 i` and `2 i + 1` are a pair.
    /// Beyond [`super::MOST_VECTORS`] in sight they are drawn as a picture inside the figure.
    pub points: Vec<Point>,
    /// What one point is, and several are: `["text", "texts"]`.
    pub noun: [&'static str; 2],
    /// Whether the points of the test split were laid over a map that the others alone shape: they
    /// are drawn above the others, which show through.
    pub laid_over: bool,
    /// Whether lines enclose the densest half and nine tenths of each side, where a side has enough
    /// points; in 2-D only. Points that are laid over do not count.
    pub contours: bool,
    /// Colours by a number instead of by category.
    pub scores: Option<ScoreColours>,
    /// An upright line at this x, in 2-D: a probe's threshold.
    pub x_threshold: Option<f64>,
    /// Whether a line joins the two texts of a pair.
    pub pair_links: bool,
    /// What the positive and the negative side are called.
    pub side_labels: [String; 2],
    /// What the categories are: "Scenario". Not drawn when empty.
    pub legend_title: String,
    /// The categories in the order in which the legend lists them.
    pub legend: Vec<Category>,
    /// Horizontal range to show, at least; all points when absent.
    pub x_range: Option<Range>,
    /// Vertical range to show, at least.
    pub y_range: Option<Range>,
    /// The three axes of a 3-D view; empty in 2-D.
    pub triad: Vec<TriadAxis>,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}
