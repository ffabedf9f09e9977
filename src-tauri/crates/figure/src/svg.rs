//! Writes SVG: escaping, numbers, the few elements that figures are made of, and the document
//! around them. Lengths are in points, which is what the document's `viewBox` counts in.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::colours::Colour;
use crate::font::{FAMILY, Weight};
use crate::style::POINTS_PER_MM;
use crate::{Figure, FigureError};

/// Text as it may stand in a figure: white space runs become one space, and what XML forbids or
/// what would turn the reading direction of its surroundings is left out.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let kept = word.chars().filter(|c| {
            !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}')
        });
        let start = cleaned.len();
        if start > 0 {
            cleaned.push(' ');
        }
        let before = cleaned.len();
        cleaned.extend(kept);
        if cleaned.len() == before {
            cleaned.truncate(start);
        }
    }
    cleaned
}

/// Cleaned text with XML's own characters escaped, for content and attributes alike.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A length to a hundredth of a point (3.5 micrometres), as short as possible.
pub(crate) fn number(value: f64) -> String {
    let mut text = format!("{value:.2}");
    text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    if text == "-0" { "0".to_owned() } else { text }
}

/// The bundled faces as CSS, each inside its rule, so that nothing is fetched.
pub(crate) fn font_faces() -> String {
    let mut css = String::new();
    // "swap", because some browsers draw an SVG image before its fonts are decoded, and not again
    for weight in [Weight::Regular, Weight::SemiBold] {
        let number = weight.number();
        let data = STANDARD.encode(weight.web_font());
        let _ = writeln!(
            css,
            r#"@font-face{{font-family:"{FAMILY}";font-weight:{number};font-display:swap;src:url(data:font/woff2;base64,{data}) format("woff2")}}"#
        );
    }
    css
}

/// To which side of its position a text extends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextStyle {
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) colour: Colour,
    pub(crate) anchor: Anchor,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) colour: Colour,
    pub(crate) width: f64,
    /// Dash and gap, in multiples of the width.
    pub(crate) dash: Option<(f64, f64)>,
}

impl Stroke {
    pub(crate) fn solid(colour: Colour, width: f64) -> Self {
        Self { colour, width, dash: None }
    }

    fn attributes(&self) -> String {
        let mut text =
            format!(r#" stroke="{}" stroke-width="{}""#, self.colour, number(self.width));
        if let Some((dash, gap)) = self.dash {
            let (dash, gap) = (number(dash * self.width), number(gap * self.width));
            let _ = write!(text, r#" stroke-dasharray="{dash} {gap}""#);
        }
        text
    }
}

/// From one point to another.
pub(crate) type Line = ((f64, f64), (f64, f64));

fn fill_of(fill: Option<Colour>) -> String {
    fill.map_or_else(|| "none".to_owned(), |fill| fill.to_string())
}

/// Path data from point to point.
fn path_through(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{command}{} {}", number(x), number(y));
    }
    d
}

/// Elements in drawing order, later ones above earlier ones. (Writing to a string cannot fail,
/// which is why `write!`'s results are let go here.)
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    body: String,
    definitions: String,
}

impl Canvas {
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &Stroke) {
        let (x1, y1, x2, y2) = (number(from.0), number(from.1), number(to.0), number(to.1));
        let attributes = stroke.attributes();
        let _ = writeln!(self.body, r#"<path d="M{x1} {y1}L{x2} {y2}" fill="none"{attributes}/>"#);
    }

    /// Many separate lines in one element.
    pub(crate) fn lines(&mut self, lines: &[Line], stroke: &Stroke) {
        let mut d = String::new();
        for (from, to) in lines {
            let (x1, y1, x2, y2) = (number(from.0), number(from.1), number(to.0), number(to.1));
            let _ = write!(d, "M{x1} {y1}L{x2} {y2}");
        }
        if !d.is_empty() {
            let _ = writeln!(self.body, r#"<path d="{d}" fill="none"{}/>"#, stroke.attributes());
        }
    }

    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], stroke: &Stroke) {
        if points.len() < 2 {
            return;
        }
        let d = path_through(points);
        let attributes = stroke.attributes();
        let _ = writeln!(
            self.body,
            r#"<path d="{d}" fill="none" stroke-linejoin="round" stroke-linecap="round"{attributes}/>"#
        );
    }

    /// A filled outline, closed by itself.
    pub(crate) fn polygon(&mut self, points: &[(f64, f64)], fill: Colour) {
        if points.len() < 3 {
            return;
        }
        let d = path_through(points);
        let _ = writeln!(self.body, r#"<path d="{d}Z" fill="{fill}"/>"#);
    }

    /// Several polylines of one look in one element.
    pub(crate) fn polylines(&mut self, lines: &[Vec<(f64, f64)>], stroke: &Stroke) {
        let d: String = lines.iter().filter(|l| l.len() > 1).map(|l| path_through(l)).collect();
        if !d.is_empty() {
            let attributes = stroke.attributes();
            let _ = writeln!(
                self.body,
                r#"<path d="{d}" fill="none" stroke-linejoin="round"{attributes}/>"#
            );
        }
    }

    /// Rectangles (left, top, width, height) of one colour in one element.
    pub(crate) fn rectangles(
        &mut self,
        rectangles: &[[f64; 4]],
        fill: Option<Colour>,
        stroke: Option<&Stroke>,
    ) {
        let mut d = String::new();
        for &[x, y, width, height] in rectangles {
            let (right, width) = (number(width), number(-width));
            let (x, y, height) = (number(x), number(y), number(height));
            let _ = write!(d, "M{x} {y}h{right}v{height}h{width}Z");
        }
        if !d.is_empty() {
            let fill = fill_of(fill);
            let attributes = stroke.map(Stroke::attributes).unwrap_or_default();
            let _ = writeln!(self.body, r#"<path d="{d}" fill="{fill}"{attributes}/>"#);
        }
    }

    /// A finished figure with its upper left corner at a place, scaled to a size.
    pub(crate) fn embed(
        &mut self,
        figure: &Figure,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) -> Result<(), FigureError> {
        // the root element becomes one with a place; what it holds stays as it is
        let inner = figure
            .svg
            .split_once('>')
            .and_then(|(root, rest)| rest.trim_end().strip_suffix("</svg>").zip(Some(root)))
            .and_then(|(inner, root)| root.starts_with("<svg").then_some(inner))
            .ok_or_else(|| FigureError::Convert {
                format: "PDF",
                reason: "the picture in it is no figure of this program".to_owned(),
            })?;
        let [x, y, width, height] = [x, y, width, height].map(number);
        let [across, down] =
            [figure.width_mm, figure.height_mm].map(|mm| number(mm * POINTS_PER_MM));
        let _ = writeln!(
            self.body,
            r#"<svg x="{x}" y="{y}" width="{width}" height="{height}" viewBox="0 0 {across} {down}">{inner}</svg>"#
        );
        Ok(())
    }

    /// A PNG picture that fills a rectangle.
    pub(crate) fn image(&mut self, png: &[u8], [x, y, width, height]: [f64; 4]) {
        let [x, y, width, height] = [x, y, width, height].map(number);
        let data = STANDARD.encode(png);
        let _ = writeln!(
            self.body,
            r#"<image x="{x}" y="{y}" width="{width}" height="{height}" preserveAspectRatio="none" href="data:image/png;base64,{data}"/>"#
        );
    }

    /// A shape that [`Canvas::stamp`] repeats.
    pub(crate) fn define(
        &mut self,
        id: &str,
        d: &str,
        fill: Option<Colour>,
        stroke: Option<&Stroke>,
    ) {
        let fill = fill_of(fill);
        let attributes = stroke.map(Stroke::attributes).unwrap_or_default();
        let _ =
            writeln!(self.definitions, r#"<path id="{id}" d="{d}" fill="{fill}"{attributes}/>"#);
    }

    pub(crate) fn stamp(&mut self, id: &str, x: f64, y: f64) {
        let (x, y) = (number(x), number(y));
        let _ = writeln!(self.body, r##"<use href="#{id}" x="{x}" y="{y}"/>"##);
    }

    /// Text whose baseline starts, is centred or ends at (x, y).
    pub(crate) fn text(&mut self, x: f64, y: f64, text: &str, style: &TextStyle) {
        self.set_text(&format!(r#"x="{}" y="{}""#, number(x), number(y)), text, style);
    }

    /// Text read from bottom to top, centred at (x, y).
    pub(crate) fn upward_text(&mut self, x: f64, y: f64, text: &str, style: &TextStyle) {
        let place = format!(r#"transform="translate({} {}) rotate(-90)""#, number(x), number(y));
        self.set_text(&place, text, style);
    }

    fn set_text(&mut self, place: &str, text: &str, style: &TextStyle) {
        let text = escape(text);
        if text.is_empty() {
            return;
        }
        let size = number(style.size);
        let weight = match style.weight {
            Weight::Regular => String::new(),
            weight @ Weight::SemiBold => format!(r#" font-weight="{}""#, weight.number()),
        };
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let _ = writeln!(
            self.body,
            r#"<text {place} font-size="{size}" fill="{}"{weight}{anchor}>{text}</text>"#,
            style.colour
        );
    }
}

/// What the document says about itself.
pub(crate) struct About<'a> {
    pub(crate) title: &'a str,
    pub(crate) caption: &'a str,
    pub(crate) provenance: &'a str,
}

/// The finished document.
pub(crate) fn document(
    canvas: &Canvas,
    width_mm: f64,
    height_mm: f64,
    paper: Colour,
    about: &About<'_>,
) -> String {
    let (width, height) = (number(width_mm * POINTS_PER_MM), number(height_mm * POINTS_PER_MM));
    let (width_mm, height_mm) = (number(width_mm), number(height_mm));
    let (title, caption) = (escape(about.title), escape(about.caption));
    let provenance = escape(about.provenance);
    let version = env!("CARGO_PKG_VERSION");
    let mut svg = String::with_capacity(canvas.body.len() + 100_000);
    let _ = write!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{height_mm}mm" viewBox="0 0 {width} {height}" role="img">
<title>{title}</title>
<desc>{caption}</desc>
<metadata>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
<rdf:Description rdf:about="">
<dc:title>{title}</dc:title>
<dc:description>{caption}</dc:description>
<dc:source>{provenance}</dc:source>
<dc:creator>Empathy Lens {version}</dc:creator>
</rdf:Description>
</rdf:RDF>
</metadata>
<style>
"#
    );
    svg.push_str(&font_faces());
    let _ = write!(
        svg,
        r#"</style>
<defs>
{}</defs>
<rect width="{width}" height="{height}" fill="{paper}"/>
<g font-family="{FAMILY}, {FAMILY} Variable, Helvetica, Arial, sans-serif">
{}</g>
</svg>
"#,
        canvas.definitions, canvas.body
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_never_minus_nought() {
        for (value, text) in
            [(0.0, "0"), (-0.001, "0"), (1.5, "1.5"), (-12.346, "-12.35"), (100.0, "100")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(
            escape("</svg>\u{0}<script>\"a\" & 'b'</script>"),
            "&lt;/svg&gt; &lt;script&gt;&quot;a&quot; &amp; &apos;b&apos;&lt;/script&gt;"
        );
        assert_eq!(clean("  a\t\r\n b\u{1b}[31m\u{202e}c\u{ffff} \u{202e} d "), "a b [31mc d");
        assert_eq!(clean("\u{7}\u{202e}"), "");
    }
}
