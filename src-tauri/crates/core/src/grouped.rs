//! How counts read in sentences.

/// A count as people write it: "10,000".
#[must_use]
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.filter_map(|group| str::from_utf8(group).ok()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_told_apart() {
        let counts = [0, 7, 999, 1_000, 53_059, 195_021, 1_000_000];
        let expected = ["0", "7", "999", "1,000", "53,059", "195,021", "1,000,000"];
        assert_eq!(counts.map(grouped), expected);
    }
}
