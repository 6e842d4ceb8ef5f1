//! A CODEOWNERS file: which paths it speaks of, and who looks after them.

use fast_glob::glob_match;

/// The lines that say something of this repository alone: `*` is everywhere and tells no two apart.
pub(crate) struct Owners<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Owners<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let rules = text.lines().filter_map(|line| {
            let line = line.split(" #").next().unwrap_or_default().trim();
            let mut words = line.split_whitespace();
            let pattern = words.next().filter(|it| !it.starts_with(['#', '[', '!', '^']))?;
            Some((pattern, words.collect()))
        });
        Self(rules.collect())
    }

    /// The pattern of the last line that speaks of a path, as the forge reads it: later lines come before earlier ones.
    pub(crate) fn of(&self, path: &str) -> Option<&'a str> {
        self.0.iter().rev().map(|(pattern, _)| *pattern).find(|it| says_something(it) && covers(it, path))
    }

    /// Whether somebody looks after anything here.
    pub(crate) fn names(&self, owner: &str) -> bool {
        self.0.iter().any(|(_, owners)| owners.iter().any(|it| it.eq_ignore_ascii_case(owner)))
    }
}

fn says_something(pattern: &str) -> bool {
    !pattern.chars().all(|c| matches!(c, '*' | '/'))
}

/// Patterns are those of `.gitignore`: with a slash inside they begin at the root, and a folder is all that is in it.
fn covers(pattern: &str, path: &str) -> bool {
    let plain = pattern.trim_start_matches('/').trim_end_matches('/');
    let rooted = pattern.starts_with('/') || plain.contains('/');
    let from = if rooted { plain.to_string() } else { format!("**/{plain}") };
    let file = !pattern.ends_with('/') && glob_match(&from, path);
    // `docs/*` is what lies in `docs`, and no deeper.
    file || (!plain.ends_with("/*") && glob_match(format!("{from}/**"), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_the_forge_says_it_covers() {
        for (pattern, path, covered) in [
            ("/src/pricing/", "src/pricing/table.tsx", true),
            ("/src/pricing", "src/pricing/table.tsx", true),
            ("/src/pricing/", "lib/src/pricing/table.tsx", false),
            ("pricing/", "lib/src/pricing/table.tsx", true),
            ("src/pricing", "lib/src/pricing", false),
            ("*.swift", "a/b/Login.swift", true),
            ("*.swift", "Login.swift", true),
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/a/b.md", false),
            ("/a.md", "a.md", true),
            ("/a.md", "b/a.md", false),
        ] {
            assert_eq!(covers(pattern, path), covered, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_true_of_every_repository_says_nothing() {
        let owners =
            Owners::read("# all\n* @acme/web\n** @acme/web\n[Section]\n/src/ # nobody\n*.css @Acme/Design # ours\n");
        assert_eq!(owners.of("README.md"), None);
        assert_eq!((owners.of("src/a.rs"), owners.of("src/a.css")), (Some("/src/"), Some("*.css")));
        assert!(owners.names("@acme/design") && !owners.names("@acme") && !owners.names("#"));
    }
}
