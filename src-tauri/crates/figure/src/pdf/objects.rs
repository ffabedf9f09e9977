//! The objects of a PDF file as the converter writes it, put in one order and given properties.
//!
//! The converter numbers its fonts, and lists a page's resources, in an order that differs from run
//! to run, and it knows no title. Here the objects are numbered in the order in which they are
//! reached from the document's root, so that the same figure gives the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write;

/// One object, without its `N 0 obj` and `endobj`.
struct Object {
    /// The dictionary.
    head: String,
    /// From `stream` to `endstream`; empty for objects that hold none.
    stream: Vec<u8>,
}

/// A file's objects by their numbers.
pub(super) struct Document {
    objects: BTreeMap<u32, Object>,
    root: u32,
}

impl Document {
    /// Reads a file by its cross-reference table; none when it has another form than expected.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let table = offset_of_table(bytes)?;
        let text = std::str::from_utf8(bytes.get(table..)?).ok()?;
        let (entries, trailer) = text.split_once("trailer")?;
        let mut starts = Vec::new();
        for (number, entry) in entries.lines().skip(2).enumerate() {
            if entry.trim_end().ends_with('n') {
                let offset: usize = entry.get(..10)?.parse().ok()?;
                starts.push((u32::try_from(number).ok()?, offset));
            }
        }
        starts.sort_by_key(|&(_, offset)| offset);
        let ends = starts.iter().skip(1).map(|&(_, offset)| offset).chain([table]);
        let mut objects = BTreeMap::new();
        for (&(number, start), end) in starts.iter().zip(ends) {
            objects.insert(number, Object::read(bytes.get(start..end)?, number)?);
        }
        let root = trailer.split_once("/Root ")?.1.split_whitespace().next()?.parse().ok()?;
        Some(Self { objects, root })
    }

    /// This document with another's pages behind its own; none when either has another form than
    /// expected.
    pub(super) fn join(mut self, other: Self) -> Option<Self> {
        let above = self.objects.keys().next_back().copied()?;
        let moved: BTreeMap<u32, usize> = other
            .objects
            .keys()
            .map(|&number| Some((number, usize::try_from(number.checked_add(above)?).ok()?)))
            .collect::<Option<_>>()?;
        let (pages, other_pages) = (self.pages()?, other.pages()?);
        let parent = |pages: u32| format!("/Parent {pages} 0 R");
        let mut kids = self.kids(pages)?;
        for kid in other.kids(other_pages)? {
            kids.push(u32::try_from(*moved.get(&kid)?).ok()?);
        }
        for (number, mut object) in other.objects {
            // the other's root and list of pages are left behind: nothing refers to them any more
            object.head = renumber(&object.head, &moved)
                .replace(&parent(u32::try_from(*moved.get(&other_pages)?).ok()?), &parent(pages));
            self.objects.insert(u32::try_from(*moved.get(&number)?).ok()?, object);
        }
        let list: Vec<String> = kids.iter().map(|kid| format!("{kid} 0 R")).collect();
        let head = &mut self.objects.get_mut(&pages)?.head;
        *head = format!(
            "<<\n  /Type /Pages\n  /Count {}\n  /Kids [{}]\n>>",
            kids.len(),
            list.join(" ")
        );
        Some(self)
    }

    /// The object that lists the pages.
    fn pages(&self) -> Option<u32> {
        let (_, rest) = self.objects.get(&self.root)?.head.split_once("/Pages ")?;
        rest.split_whitespace().next()?.parse().ok()
    }

    /// The pages it lists.
    fn kids(&self, pages: u32) -> Option<Vec<u32>> {
        let (_, rest) = self.objects.get(&pages)?.head.split_once("/Kids [")?;
        let (list, _) = rest.split_once(']')?;
        Some(references(&format!("{list} ")).into_iter().map(|(_, number)| number).collect())
    }

    /// The file with these properties; none when a reference leads nowhere.
    pub(super) fn write(mut self, properties: &[(&str, &str)]) -> Option<Vec<u8>> {
        for object in self.objects.values_mut() {
            object.head = sort_resources(&object.head);
        }
        // title in the window's bar, and a language for readers that speak
        let catalog = self.objects.get_mut(&self.root)?;
        catalog.head = catalog.head.replacen(
            "/Type /Catalog",
            "/Type /Catalog\n  /Lang (en)\n  /ViewerPreferences << /DisplayDocTitle true >>",
            1,
        );
        let order = self.reachable()?;
        let numbers: BTreeMap<u32, usize> =
            order.iter().enumerate().map(|(index, &old)| (old, index + 1)).collect();

        // the second line marks the file as binary
        let mut file = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n".to_vec();
        let mut offsets = Vec::new();
        for (index, old) in order.iter().enumerate() {
            let object = self.objects.get(old)?;
            offsets.push(file.len());
            file.extend(format!("{} 0 obj\n", index + 1).bytes());
            file.extend(renumber(&object.head, &numbers).bytes());
            file.extend(&object.stream);
            file.extend(b"\nendobj\n\n");
        }
        let info = order.len() + 1;
        offsets.push(file.len());
        file.extend(format!("{info} 0 obj\n{}\nendobj\n\n", dictionary(properties)).bytes());

        let table = file.len();
        let mut end = format!("xref\n0 {}\n0000000000 65535 f\r\n", info + 1);
        for offset in offsets {
            let _ = write!(end, "{offset:010} 00000 n\r\n");
        }
        let _ = write!(
            end,
            "trailer\n<< /Size {} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{table}\n%%EOF\n",
            info + 1
        );
        file.extend(end.bytes());
        Some(file)
    }

    /// The objects that the root leads to, root first, each where it is first referred to.
    fn reachable(&self) -> Option<Vec<u32>> {
        let mut order = vec![self.root];
        let mut next = 0;
        while let Some(&number) = order.get(next) {
            for (_, reference) in references(&self.objects.get(&number)?.head) {
                if !order.contains(&reference) {
                    order.push(reference);
                }
            }
            next += 1;
        }
        Some(order)
    }
}

impl Object {
    fn read(bytes: &[u8], number: u32) -> Option<Self> {
        let start = format!("{number} 0 obj\n");
        let body = bytes.strip_prefix(start.as_bytes())?;
        let body = body.get(..find_last(body, b"\nendobj")?)?;
        let (head, stream) = match find(body, b"\nstream\n") {
            Some(at) => body.split_at_checked(at)?,
            None => (body, &[][..]),
        };
        Some(Self { head: std::str::from_utf8(head).ok()?.to_owned(), stream: stream.to_vec() })
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn find_last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

fn offset_of_table(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.get(bytes.len().saturating_sub(64)..)?;
    let at = find_last(tail, b"startxref")?;
    let text = std::str::from_utf8(tail.get(at..)?).ok()?;
    text.split_whitespace().nth(1)?.parse().ok()
}

/// References `N 0 R` of a dictionary: where the number stands, and the number.
fn references(head: &str) -> Vec<(std::ops::Range<usize>, u32)> {
    let mut found = Vec::new();
    for (at, _) in head.match_indices(" 0 R") {
        let digits = head.bytes().take(at).rev().take_while(u8::is_ascii_digit).count();
        if let Some(Ok(number)) = head.get(at - digits..at).map(str::parse) {
            found.push((at - digits..at, number));
        }
    }
    found
}

fn renumber(head: &str, numbers: &BTreeMap<u32, usize>) -> String {
    let mut text = String::with_capacity(head.len());
    let mut copied = 0;
    for (range, old) in references(head) {
        text.push_str(head.get(copied..range.start).unwrap_or_default());
        match numbers.get(&old) {
            Some(new) => {
                let _ = write!(text, "{new}");
            }
            None => text.push_str(head.get(range.clone()).unwrap_or_default()),
        }
        copied = range.end;
    }
    text.push_str(head.get(copied..).unwrap_or_default());
    text
}

/// Sorts neighbouring lines that name resources (`/fo0 2 0 R`): the converter gives the names in
/// drawing order but lists them in any.
fn sort_resources(head: &str) -> String {
    fn resource(line: &str) -> Option<(&str, u32)> {
        let name = line.trim_start().strip_prefix('/')?.split(' ').next()?;
        let (kind, number) = name.split_at_checked(2)?;
        ["fo", "cs", "gs", "xo", "po", "sh"].contains(&kind).then_some(())?;
        Some((kind, number.parse().ok()?))
    }
    let lines: Vec<&str> = head.lines().collect();
    lines
        .chunk_by(|a, b| resource(a).is_some() && resource(b).is_some())
        .flat_map(|run| {
            let mut run = run.to_vec();
            run.sort_by_key(|line| resource(line));
            run
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A dictionary of text strings, empty ones left out.
fn dictionary(entries: &[(&str, &str)]) -> String {
    let mut text = "<<".to_owned();
    for (key, value) in entries.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(text, "\n  /{key} {}", text_string(value));
    }
    text.push_str("\n>>");
    text
}

/// ASCII in parentheses, anything else as UTF-16 in hexadecimal digits.
fn text_string(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let escaped = text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        return format!("({escaped})");
    }
    let mut hex = "<FEFF".to_owned();
    for unit in text.encode_utf16() {
        let _ = write!(hex, "{unit:04X}");
    }
    hex.push('>');
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_renumbered_and_nothing_else() {
        let numbers = BTreeMap::from([(12, 3), (4, 1)]);
        let head = "<< /A 12 0 R /Kids [4 0 R 12 0 R] /W [0 0 656.25 4 4 612] /N 12 >>";
        let expected = "<< /A 3 0 R /Kids [1 0 R 3 0 R] /W [0 0 656.25 4 4 612] /N 12 >>";
        assert_eq!(renumber(head, &numbers), expected);
    }

    #[test]
    fn resources_are_listed_by_their_names() {
        let head =
            "<<\n /Font <<\n  /fo10 3 0 R\n  /fo2 9 0 R\n  /fo0 7 0 R\n >>\n /Z 1\n /B 2\n>>";
        let sorted =
            "<<\n /Font <<\n  /fo0 7 0 R\n  /fo2 9 0 R\n  /fo10 3 0 R\n >>\n /Z 1\n /B 2\n>>";
        assert_eq!(sort_resources(head), sorted);
    }

    #[test]
    fn text_strings_are_escaped() {
        assert_eq!(text_string(r"a (b) \c"), r"(a \(b\) \\c)");
        assert_eq!(text_string("é→𝛼"), "<FEFF00E92192D835DEFC>");
    }
}
