/// Width of a figure on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// One column of a journal: 85 mm wide, as high as its content asks.
    OneColumn,
    /// Both columns: 174 mm wide, as high as its content asks.
    TwoColumns,
    /// A slide: 254 mm by 143 mm, larger type.
    Slide,
}

/// Colours of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    Light,
    /// Light on near-black.
    Dark,
}

/// How a figure is to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Its size.
    pub preset: Preset,
    /// Its colours.
    pub theme: Theme,
    /// Drawn beneath the figure and kept in the file's metadata; nothing is drawn when absent.
    pub caption: Option<String>,
}

/// Points in a millimetre: every length inside a figure is in points (1/72 inch), the unit that
/// journals state type sizes and line widths in.
pub(crate) const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// Type sizes and lengths of one preset, in points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) width_mm: f64,
    /// Height where it is fixed.
    pub(crate) height_mm: Option<f64>,
    /// White space around everything.
    pub(crate) margin: f64,
    pub(crate) title: f64,
    /// Axis labels, legend, direct labels.
    pub(crate) label: f64,
    pub(crate) tick_label: f64,
    pub(crate) caption: f64,
    /// Width of axes and ticks.
    pub(crate) axis_line: f64,
    pub(crate) data_line: f64,
    pub(crate) tick: f64,
    /// Space between neighbouring parts.
    pub(crate) gap: f64,
    /// The caption is cut after so many lines (it stays whole in the metadata).
    pub(crate) caption_lines: usize,
    /// Whether the legend stands beside the plot rather than above it.
    pub(crate) legend_beside: bool,
}

impl Preset {
    pub(crate) fn sizes(self) -> Sizes {
        let column = Sizes {
            width_mm: 85.0,
            height_mm: None,
            margin: 4.0,
            title: 8.0,
            label: 7.0,
            tick_label: 6.5,
            caption: 7.0,
            axis_line: 0.5,
            data_line: 1.0,
            tick: 2.5,
            gap: 4.0,
            caption_lines: 40,
            legend_beside: false,
        };
        match self {
            Self::OneColumn => column,
            Self::TwoColumns => Sizes { width_mm: 174.0, legend_beside: true, ..column },
            Self::Slide => Sizes {
                width_mm: 254.0,
                height_mm: Some(143.0),
                margin: 20.0,
                title: 18.0,
                label: 13.0,
                tick_label: 12.0,
                caption: 11.0,
                axis_line: 0.9,
                data_line: 2.0,
                tick: 5.0,
                gap: 8.0,
                caption_lines: 4,
                legend_beside: true,
            },
        }
    }
}
