//! Reads figures back: by an XML parser and by the SVG library that draws them.

#![allow(dead_code, reason = "each user needs a part of it")]
#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use lens_figure::Figure;
use usvg::roxmltree::{Document, Node};

/// The bundled faces, for measuring independently of the crate.
pub(crate) fn parse(svg: &str) -> usvg::Tree {
    let mut options = usvg::Options { font_family: "Inter".to_owned(), ..Default::default() };
    options.fontdb_mut().load_font_file("fonts/Inter-Regular.ttf").unwrap();
    options.fontdb_mut().load_font_file("fonts/Inter-SemiBold.ttf").unwrap();
    usvg::Tree::from_str(svg, &options).unwrap()
}

pub(crate) fn with_tag<'a>(
    document: &'a Document<'_>,
    tag: &'a str,
) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |node| node.tag_name().name() == tag)
}

pub(crate) fn text_of(document: &Document<'_>, tag: &str) -> String {
    with_tag(document, tag).next().and_then(|node| node.text()).unwrap_or_default().to_owned()
}

pub(crate) fn number(node: &Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// The points of the plot: identifiers of its marks start with `m`, those of the key with `k`.
pub(crate) fn stamps<'a>(document: &'a Document<'_>) -> Vec<(f64, f64, Node<'a, 'a>)> {
    with_tag(document, "use")
        .filter(|node| node.attribute("href").unwrap().starts_with("#m"))
        .map(|node| {
            let id = node.attribute("href").unwrap().trim_start_matches('#');
            let mark = with_tag(document, "path").find(|path| path.attribute("id") == Some(id));
            (number(&node, "x"), number(&node, "y"), mark.unwrap())
        })
        .collect()
}

pub(crate) fn drawn_words(figure: &Figure) -> Vec<String> {
    let document = Document::parse(&figure.svg).unwrap();
    with_tag(&document, "text").map(|node| node.text().unwrap().to_owned()).collect()
}

/// What is inked by each text.
pub(crate) fn collect_texts(group: &usvg::Group, found: &mut Vec<(String, usvg::Rect)>) {
    for node in group.children() {
        match node {
            usvg::Node::Group(group) => collect_texts(group, found),
            usvg::Node::Text(text) => {
                let words: String = text.chunks().iter().map(usvg::TextChunk::text).collect();
                found.push((words, text.abs_stroke_bounding_box()));
            }
            _ => {}
        }
    }
}

/// The points of path data made of `M` and `L`; none of other data.
pub(crate) fn points(d: &str) -> Vec<(f64, f64)> {
    if d.contains(['h', 'A']) {
        return Vec::new();
    }
    d.trim_end_matches('Z')
        .split(['M', 'L'])
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (x, y) = part.split_once(' ').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        })
        .collect()
}

/// Left, top, width and height of rectangles drawn as `M x y h w v h h -w Z`.
pub(crate) fn rectangles(d: &str) -> Vec<[f64; 4]> {
    d.split('M')
        .filter(|part| part.contains('h'))
        .map(|part| {
            let numbers: Vec<f64> = part
                .trim_end_matches('Z')
                .split([' ', 'h', 'v'])
                .map(|number| number.parse().unwrap())
                .collect();
            [numbers[0], numbers[1], numbers[2], numbers[3]]
        })
        .collect()
}
