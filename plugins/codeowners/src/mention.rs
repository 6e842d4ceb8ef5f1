//! The paths and the people that a text mentions.

use signalbox_plugin::text;

/// What a text mentions, in the order it is written, each once.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Mentions {
    /// From a repository's root, as far as anybody can tell.
    pub(crate) paths: Vec<String>,
    /// `@name`, `@team/name`.
    pub(crate) people: Vec<String>,
}

/// Reads a text. A path in single backticks is spoken, unlike what stands in a fence, a quote or a comment.
pub(crate) fn read(written: &str) -> Mentions {
    let open = written.replace("```", "\0").replace('`', " ").replace('\0', "```");
    let mut mentions = Mentions::default();
    for word in text::words(&text::said(&open)) {
        let list = match word.strip_prefix('@') {
            Some(name) if name.chars().all(|c| c.is_ascii_alphanumeric() || "-_/".contains(c)) => &mut mentions.people,
            Some(_) => continue,
            None if is_path(word) => &mut mentions.paths,
            None => continue,
        };
        // `src/a.rs:12:5`, `src/a.rs#L12`
        let plain = word.split([':', '#']).next().unwrap_or_default().trim_start_matches("./");
        if !plain.is_empty() && !list.iter().any(|known| known == plain) {
            list.push(plain.to_string());
        }
    }
    mentions
}

/// Whether a word may be a path: `src/a.rs`, `Login.swift`; not an address, and nothing that leads out.
fn is_path(word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_alphanumeric() || "-_./:#+".contains(c));
    let named = word.contains('/') || word.rsplit_once('.').is_some_and(|(name, end)| name.len() > 1 && is_ending(end));
    plain && named && !word.contains("://") && !word.split('/').any(|part| part == "..") && !word.starts_with('/')
}

fn is_ending(end: &str) -> bool {
    let end = end.split([':', '#']).next().unwrap_or_default();
    (1..=5).contains(&end.len()) && end.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_people_are_found_wherever_they_are_spoken() {
        let found =
            read("(`src/tax/vat.rs`, Login.swift:12:5) ask @acme/growth, @nora: a/b.rs#L3\n> c/d.rs\n```\ne/f.rs\n```");
        assert_eq!(found.paths, ["src/tax/vat.rs", "Login.swift", "a/b.rs"]);
        assert_eq!(found.people, ["@acme/growth", "@nora"]);
    }

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        for text in
            ["https://a.example/src/a.rs", "../../etc/passwd", "/etc/passwd", "3.14", "nora@acme.example", "e.g."]
        {
            let found = read(text);
            assert_eq!(found, Mentions::default(), "{text}");
        }
    }
}
