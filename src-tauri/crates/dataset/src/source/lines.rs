//! Lines with their numbers and a limit on their length.

use std::io::{self, BufRead, Read};

/// What a buffer may keep of its capacity after a giant line.
pub(crate) const KEEP_BYTES: usize = 1 << 20;

/// Where one line stands; its bytes are in the caller's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: u32,
    /// Beyond the limit: the bytes were passed over.
    pub(crate) too_long: bool,
}

/// Reads line by line, holding no more than `limit` bytes.
pub(crate) struct Lines<R> {
    pub(crate) reader: R,
    limit: usize,
    number: u32,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, number: 0 }
    }

    /// Appends the next line with its line break to `buffer`. `None` at the end.
    pub(crate) fn next_line(&mut self, buffer: &mut Vec<u8>) -> io::Result<Option<Line>> {
        let start = buffer.len();
        let n = (&mut self.reader).take(self.limit as u64 + 1).read_until(b'\n', buffer)?;
        if n == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let too_long = n > self.limit && buffer.last() != Some(&b'\n');
        if too_long {
            buffer.truncate(start);
            buffer.shrink_to(KEEP_BYTES);
            self.reader.skip_until(b'\n')?;
        }
        Ok(Some(Line { number: self.number, too_long }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_beyond_the_limit_is_passed_over_and_counted() {
        let text = "ab\r\n0123456789\n\nlast";
        let mut lines = Lines::new(text.as_bytes(), 4);
        let mut seen = Vec::new();
        let mut buffer = Vec::new();
        while let Some(line) = lines.next_line(&mut buffer).unwrap() {
            seen.push((line.number, line.too_long, String::from_utf8(buffer.clone()).unwrap()));
            buffer.clear();
        }
        let expected = [(1, false, "ab\r\n"), (2, true, ""), (3, false, "\n"), (4, false, "last")];
        assert_eq!(seen, expected.map(|(n, long, s)| (n, long, s.to_owned())));
    }
}
