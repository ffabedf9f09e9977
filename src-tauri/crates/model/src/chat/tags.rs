//! `{% generation %}` blocks: transformers marks the assistant's words with them.

/// `source` with `generation` blocks turned into `with` blocks, which open a scope in the same way
/// and have no other effect. White-space control and line numbers stay. Strings, comments and raw
/// blocks are left as they are.
pub(super) fn without_generation(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    let mut raw = false;
    while let Some(at) = rest.find('{') {
        let (text, tag) = rest.split_at(at);
        out.push_str(text);
        let length = match tag.as_bytes().get(1) {
            Some(b'#') if !raw => tag.find("#}").map_or(tag.len(), |end| end + 2),
            Some(b'{') if !raw => closing(tag, "}}"),
            Some(b'%') => {
                let length = closing(tag, "%}");
                match word(tag.get(..length).unwrap_or(tag)) {
                    Some("raw") => raw = true,
                    Some("endraw") => raw = false,
                    Some(name @ ("generation" | "endgeneration")) if !raw => {
                        let tag = tag.get(..length).unwrap_or(tag);
                        let with = if name == "generation" { "with" } else { "endwith" };
                        out.push_str(&tag.replacen(name, with, 1));
                        rest = rest.get(at + length..).unwrap_or_default();
                        continue;
                    }
                    _ => {}
                }
                // in a raw block a tag that is not closed is text
                if raw { 2 } else { length }
            }
            _ => 1,
        };
        let (tag, after) = tag.split_at_checked(length).unwrap_or((tag, ""));
        out.push_str(tag);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Length of a tag up to and including `end`, which is not looked for in strings.
fn closing(tag: &str, end: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (i, c) in tag.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if tag.get(i..).is_some_and(|rest| rest.starts_with(end)) => return i + 2,
            None => {}
        }
    }
    tag.len()
}

/// The word of a tag that holds nothing else: `raw` of `{%- raw -%}`.
fn word(tag: &str) -> Option<&str> {
    let inside = tag.strip_prefix("{%")?.strip_suffix("%}")?;
    let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside);
    Some(inside.strip_suffix(['-', '+']).unwrap_or(inside).trim())
}

#[cfg(test)]
mod tests {
    use super::without_generation;

    #[test]
    fn only_generation_tags_change() {
        let changed = [
            ("{% generation %}a{% endgeneration %}", "{% with %}a{% endwith %}"),
            ("x{%-generation-%}\n{%+ endgeneration +%}", "x{%-with-%}\n{%+ endwith +%}"),
            ("{% if '%}' %}{% generation %}", "{% if '%}' %}{% with %}"),
            ("{ {% generation %} {", "{ {% with %} {"),
            ("{# { #}{{ '}}' }}{% generation %}", "{# { #}{{ '}}' }}{% with %}"),
        ];
        for (before, after) in changed {
            assert_eq!(without_generation(before), after);
        }
        let same = [
            "{# {% generation %} #}",
            "{{ '{% generation %}' }}",
            "{% set x = '{% generation %}' %}",
            "{%- raw %}{% generation %}{{ {% endgeneration %}{% endraw -%}",
            "{% raw %}{% it's {% generation %}",
            "{% set generation = 1 %}{{ generation }}",
            "{% generation",
            "{",
            "{% \"",
            "é{{é",
        ];
        for source in same {
            assert_eq!(without_generation(source), source);
        }
    }
}
