//! Paths that a text speaks of.

use crate::text;

/// The words of a text that are paths: with a slash between plain names, or a plain name with an ending, and not an
/// address. Each once, in the order they are written.
pub fn mentioned(text: &str) -> Vec<String> {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@+".contains(c))
    };
    // Code is read too: paths are often written in backticks.
    let words = text.split(|c: char| c.is_whitespace() || c == '`').map(text::bare);
    let paths = words.filter_map(|word| {
        // `src/a.rs:12` and `src/a.rs#L12` are of `src/a.rs`.
        let path = word.split(['#', ':']).next().unwrap_or_default();
        let path = path.trim_start_matches("./").trim_matches('/');
        (path.contains('/') && !word.contains("://") && path.split('/').all(plain)).then(|| path.to_string())
    });
    let mut seen: Vec<String> = Vec::new();
    for path in paths {
        if !seen.contains(&path) {
            seen.push(path);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_not_addresses() {
        let text = "fix `src/pages/a.html:12`, ./docs/b.md and https://example.com/c/d or ../e/f";
        assert_eq!(mentioned(text), ["src/pages/a.html", "docs/b.md"]);
    }
}
