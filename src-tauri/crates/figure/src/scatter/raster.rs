//! A cloud of very many points as a picture inside the figure: as vectors they would make a file
//! that no viewer opens in reasonable time.

use std::collections::BTreeMap;

use crate::FigureError;
use crate::axes::Frame;
use crate::colours::Colour;
use crate::marker::{EDGE, Look};
use crate::picture::encoder;
use crate::style::POINTS_PER_MM;
use crate::svg::Canvas;

/// Points drawn as vectors, at most.
pub const MOST_VECTORS: usize = 20_000;

/// Pixels per inch of the picture.
pub(super) const DPI: f64 = 450.0;

/// Pixels per point of length.
const SCALE: f64 = DPI / 25.4 / POINTS_PER_MM;

/// Places of a point within its pixel, along and down.
const PARTS: usize = 4;

/// Samples of a pixel along and down that say how much of it a point covers.
const SAMPLES: usize = 5;

/// One look of a point at one place within its pixel: how much of each pixel around it is covered.
struct Stamp {
    /// Pixels from the point's own to the first, along and down alike.
    reach: usize,
    /// Share covered, row by row of a square of `2 reach + 1`.
    cover: Vec<f64>,
}

impl Stamp {
    fn new(look: Look, radius: f64, (right, down): (usize, usize)) -> Self {
        let reach = (radius * 1.5).ceil() as usize + 1;
        let side = 2 * reach + 1;
        let centre = |part: usize| reach as f64 + (part as f64 + 0.5) / PARTS as f64;
        let (x, y) = (centre(right), centre(down));
        let inside = |column: usize, row: usize, sample: usize| {
            let at =
                |pixel: usize, part: usize| pixel as f64 + (part as f64 + 0.5) / SAMPLES as f64;
            let place = (at(column, sample % SAMPLES) - x, at(row, sample / SAMPLES) - y);
            let hole = look.hollow && look.shape.holds(place, radius * (1.0 - EDGE));
            look.shape.holds(place, radius) && !hole
        };
        let cover = (0..side * side)
            .map(|pixel| {
                let (column, row) = (pixel % side, pixel / side);
                let hits = (0..SAMPLES * SAMPLES).filter(|s| inside(column, row, *s)).count();
                hits as f64 / (SAMPLES * SAMPLES) as f64
            })
            .collect();
        Self { reach, cover }
    }
}

/// The picture of a frame's rectangle.
pub(super) struct Raster {
    /// Left, top, width and height on the paper.
    place: [f64; 4],
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    /// Radius of points in pixels.
    radius: f64,
    stamps: BTreeMap<(Look, usize, usize), Stamp>,
}

impl Raster {
    pub(super) fn new(frame: &Frame, paper: Colour, radius: f64) -> Self {
        let pixels = |length: f64| (length * SCALE).ceil().max(1.0) as usize;
        let (width, height) = (pixels(frame.width), pixels(frame.height));
        // whole pixels: the picture may pass the rectangle by a part of one
        let place = [frame.left, frame.top, width as f64 / SCALE, height as f64 / SCALE];
        let rgb = paper.rgb().repeat(width * height);
        Self { place, width, height, rgb, radius: radius * SCALE, stamps: BTreeMap::new() }
    }

    /// Draws a point at a place on the paper.
    pub(super) fn draw(&mut self, (x, y): (f64, f64), look: Look) {
        let [left, top, ..] = self.place;
        let (x, y) = ((x - left) * SCALE, (y - top) * SCALE);
        let part = |value: f64| ((value - value.floor()) * PARTS as f64) as usize;
        let (right, down) = (part(x).min(PARTS - 1), part(y).min(PARTS - 1));
        let radius = self.radius;
        let stamp = self
            .stamps
            .entry((look, right, down))
            .or_insert_with(|| Stamp::new(look, radius, (right, down)));
        let side = 2 * stamp.reach + 1;
        let ink = look.colour.rgb();
        // both floors are within the picture, or a stamp's reach around it
        let first = |value: f64| value.floor() as isize - stamp.reach as isize;
        let (first_column, first_row) = (first(x), first(y));
        for (row, covers) in stamp.cover.chunks_exact(side).enumerate() {
            let Some(row) =
                first_row.checked_add_unsigned(row).and_then(|r| usize::try_from(r).ok())
            else {
                continue;
            };
            for (column, &cover) in covers.iter().enumerate().filter(|(_, cover)| **cover > 0.0) {
                let column =
                    first_column.checked_add_unsigned(column).and_then(|c| usize::try_from(c).ok());
                let Some(column) = column.filter(|c| *c < self.width && row < self.height) else {
                    continue;
                };
                let start = (row * self.width + column) * 3;
                if let Some(pixel) = self.rgb.get_mut(start..start + 3) {
                    for (value, ink) in pixel.iter_mut().zip(ink) {
                        let from = f64::from(*value);
                        *value = (from + (f64::from(ink) - from) * cover).round() as u8;
                    }
                }
            }
        }
    }

    /// Puts the picture on the canvas.
    pub(super) fn place(self, canvas: &mut Canvas) -> Result<(), FigureError> {
        let failed = |error: png::EncodingError| FigureError::Convert {
            format: "PNG",
            reason: error.to_string(),
        };
        let mut bytes = Vec::new();
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let encoder = encoder(&mut bytes, side(self.width), side(self.height));
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.rgb).map_err(failed)?;
        writer.finish().map_err(failed)?;
        canvas.image(&bytes, self.place);
        Ok(())
    }
}
