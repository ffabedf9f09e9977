//! What colours points.

use lens_core::Side;
use lens_figure::scatter::Category;

use crate::contract::{ColourBy, CountView};
use crate::pairs::PreparedPairs;

/// Names beyond this many share one colour, as they do in the window.
const COLOURS: usize = 10;

/// The colour of each pair and the legend, as the window has them: names by frequency, and one
/// colour for the rest when there are more names than colours.
pub(super) struct Colouring {
    pub(super) title: &'static str,
    by: ColourBy,
    pub(super) legend: Vec<Category>,
    /// Category by pair; not used when coloured by side.
    of_pair: Vec<usize>,
}

impl Colouring {
    pub(super) fn new(pairs: &PreparedPairs, by: ColourBy) -> Self {
        let summary = pairs.summary();
        let (title, names) = match by {
            ColourBy::Side => {
                let legend = Side::BOTH.into_iter().enumerate();
                let legend = legend
                    .map(|(category, side)| Category { label: side.name().to_owned(), category })
                    .collect();
                return Self { title: "", by, legend, of_pair: Vec::new() };
            }
            ColourBy::Scenario => ("Scenario", summary.scenarios),
            ColourBy::Source => ("Source", summary.sources),
        };
        let own = if names.len() <= COLOURS { names.len() } else { COLOURS - 1 };
        let name_of = |pair: &lens_core::ContrastPair| match by {
            ColourBy::Source => pair.source.clone().unwrap_or_default(),
            _ => pair.scenario.clone().unwrap_or_default(),
        };
        let place = |name: &str| names.iter().position(|c: &CountView| c.name == name);
        let of_pair = pairs
            .pairs()
            .iter()
            .map(|pair| place(&name_of(pair)).filter(|&p| p < own).unwrap_or(COLOURS))
            .collect();
        let mut legend: Vec<Category> = names
            .iter()
            .take(own)
            .enumerate()
            .map(|(category, count)| Category {
                label: if count.name.is_empty() {
                    format!("no {}", title.to_lowercase())
                } else {
                    count.name.clone()
                },
                category,
            })
            .collect();
        if names.len() > own {
            let label = format!("{} others", names.len() - own);
            legend.push(Category { label, category: COLOURS });
        }
        Self { title, by, legend, of_pair }
    }

    pub(super) fn category(&self, pair: usize, side: Side) -> usize {
        match self.by {
            ColourBy::Side => usize::from(side == Side::Negative),
            _ => self.of_pair.get(pair).copied().unwrap_or(COLOURS),
        }
    }
}
