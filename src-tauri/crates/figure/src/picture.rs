//! SVG to PNG.

use resvg::tiny_skia::{Pixmap, Transform};

use crate::{Figure, FigureError};

const MM_PER_INCH: f64 = 25.4;

/// Longest side drawn.
const MOST_PIXELS_A_SIDE: f64 = 20_000.0;

/// Pixels drawn in all: 400 MB while drawing.
const MOST_PIXELS: f64 = 100e6;

pub(crate) fn pixels(width_mm: f64, height_mm: f64, dpi: u32) -> Result<(u32, u32), FigureError> {
    let at = |mm: f64| (mm / MM_PER_INCH * f64::from(dpi)).round();
    let (width, height) = (at(width_mm), at(height_mm));
    if width < 1.0 || height < 1.0 {
        return Err(FigureError::NoPixels { dpi });
    }
    if width.max(height) > MOST_PIXELS_A_SIDE || width * height > MOST_PIXELS {
        let by_side = MOST_PIXELS_A_SIDE * MM_PER_INCH / width_mm.max(height_mm);
        let by_area = (MOST_PIXELS / (width_mm * height_mm)).sqrt() * MM_PER_INCH;
        // a round number safely below both limits
        let most = (by_side.min(by_area) / 50.0).floor() * 50.0;
        return Err(FigureError::TooManyPixels {
            dpi,
            width: width as u64,
            height: height as u64,
            most: most as u32,
        });
    }
    Ok((width as u32, height as u32))
}

/// Writes opaque pixels of three bytes.
pub(crate) fn encoder(
    bytes: &mut Vec<u8>,
    width: u32,
    height: u32,
) -> png::Encoder<'_, &mut Vec<u8>> {
    let mut encoder = png::Encoder::new(bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Default);
    encoder.set_filter(png::FilterType::Up);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    encoder
}

pub(crate) fn png(figure: &Figure, dpi: u32) -> Result<Vec<u8>, FigureError> {
    let failed = |reason: String| FigureError::Convert { format: "PNG", reason };
    let (width, height) = pixels(figure.width_mm, figure.height_mm, dpi)?;
    let tree = figure.tree("PNG")?;
    let mut picture = Pixmap::new(width, height)
        .ok_or_else(|| failed("there is not enough memory for its pixels".to_owned()))?;
    let size = tree.size();
    let scale = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(&tree, scale, &mut picture.as_mut());

    let mut bytes = Vec::new();
    let mut encoder = encoder(&mut bytes, width, height);
    let per_metre = (f64::from(dpi) / MM_PER_INCH * 1000.0).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    for (key, text) in [
        ("Title", figure.title.as_str()),
        ("Description", figure.caption.as_str()),
        ("Source", figure.provenance.as_str()),
        ("Software", concat!("Empathy Lens ", env!("CARGO_PKG_VERSION"))),
    ] {
        if !text.is_empty() {
            encoder
                .add_itxt_chunk(key.to_owned(), text.to_owned())
                .map_err(|error| failed(error.to_string()))?;
        }
    }
    // the ground is opaque, so every pixel is: the fourth channel says nothing
    let rgb: Vec<u8> =
        picture.data().chunks_exact(4).flat_map(|pixel| pixel.iter().take(3).copied()).collect();
    let mut writer = encoder.write_header().map_err(|error| failed(error.to_string()))?;
    writer.write_image_data(&rgb).map_err(|error| failed(error.to_string()))?;
    writer.finish().map_err(|error| failed(error.to_string()))?;
    Ok(bytes)
}
