//! What a change may touch: the same rule before it leaves its box, and before it is proposed to people.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// The most files one change may touch.
pub const MAX_FILES: usize = 2_000;
/// What is touched only where it is allowed, a line each: what it is, a tab, a glob.
const GUARDED: &str = include_str!("guarded.txt");

/// What a workflow says of the paths of its change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Paths (globs) that are never touched.
    pub protect: Vec<String>,
    /// Paths (globs) that may be touched although what lies there makes other people's machines do things.
    pub allow: Vec<String>,
}

/// A path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The path.
    pub path: String,
    /// What is there now.
    pub kind: Kind,
}

/// What is at a path that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A symbolic link, or a submodule.
    Link,
    /// Nothing any more; or it is not known what, only that it is no link.
    Gone,
}

impl Rules {
    /// Why a change is out of bounds, and where; completes "it was refused:". Nothing if it is within them.
    pub fn breach(&self, touched: &[Touched]) -> Option<String> {
        if touched.len() > MAX_FILES {
            return Some(format!("it touches {} files; {MAX_FILES} is the most", touched.len()));
        }
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for Touched { path, kind } in touched {
            if let Some(what) = odd(path) {
                return Some(format!("it names a file {path:?}, {what}"));
            }
            if let Some(glob) = named(&self.protect, path) {
                return Some(format!(
                    "it touches {path}, which is protected ({glob}); a person has to make that change"
                ));
            }
            match kind {
                Kind::Link => {
                    return Some(format!(
                        "it adds or changes {path}, a symbolic link or submodule; a person has to make that change"
                    ));
                }
                Kind::Gone => {}
                Kind::File => {
                    if let Some(other) = names.insert(path.to_lowercase(), path) {
                        return Some(format!("it has both {other} and {path}, which are one file on many machines"));
                    }
                }
            }
            if let Some(what) = guarded(path).filter(|_| named(&self.allow, path).is_none()) {
                return Some(format!(
                    "it touches {path}, which {what}; a person has to make that change, or the workflow has to allow it"
                ));
            }
        }
        None
    }
}

fn named<'a>(globs: &'a [String], path: &str) -> Option<&'a String> {
    globs.iter().find(|glob| matches(glob, path))
}

/// What lies at a path, if it makes other people's machines do things.
fn guarded(path: &str) -> Option<&'static str> {
    let lines = GUARDED.lines().filter_map(|line| line.split_once('\t'));
    let (what, _) = lines.into_iter().find(|(_, glob)| matches(glob, path))?;
    Some(match what {
        "ci" => "says what CI runs",
        "hooks" => "makes programs run on the machines of others",
        "lock" => "says where dependencies come from",
        "agents" => "is what coding agents obey",
        "owners" => "says who has to agree",
        "modules" => "brings in other repositories",
        _ => "is what Signalbox obeys here",
    })
}

/// What is wrong with a name, on whatever machine the change may be checked out.
fn odd(path: &str) -> Option<&'static str> {
    if path.chars().any(|c| c.is_control() || c == '\\' || c == char::REPLACEMENT_CHARACTER) {
        return Some("which is no plain name");
    }
    if path.chars().any(unseen) {
        return Some("which has characters in it that are not seen");
    }
    for part in path.split('/') {
        if matches!(part, "" | "." | "..") {
            return Some("which leads out of the repository");
        }
        let plain = part.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']).to_lowercase();
        let short = plain.strip_prefix("git~").is_some_and(|rest| rest.parse::<u32>().is_ok());
        if plain == ".git" || short {
            return Some("which is git's own on some machines");
        }
    }
    None
}

/// Characters that change how a name is read and leave no mark of their own.
fn unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a glob names a path: `**` is any folders, `*` anything within one name. A glob without a `/` names a file
/// in any folder.
pub fn matches(glob: &str, path: &str) -> bool {
    if !glob.contains('/') {
        return path.rsplit('/').next().is_some_and(|name| parts(&[glob], &[name]));
    }
    let glob: Vec<&str> = glob.trim_start_matches('/').split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    parts(&glob, &path)
}

fn parts(glob: &[&str], path: &[&str]) -> bool {
    match (glob.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) if parts(rest, path) => true,
        (Some((&"**", _)), Some((_, deeper))) => parts(glob, deeper),
        (Some((pattern, glob)), Some((name, path))) => wild(pattern.as_bytes(), name.as_bytes()) && parts(glob, path),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// `*` within one name, ignoring case: a file system may.
fn wild(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if wild(rest, name) => true,
        (Some((b'*', _)), Some((_, deeper))) => wild(pattern, deeper),
        (Some((a, pattern)), Some((b, name))) => a.eq_ignore_ascii_case(b) && wild(pattern, name),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl Touched {
    /// A path and what is there now.
    pub fn new(path: &str, kind: Kind) -> Self {
        Self { path: path.to_string(), kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protected_path_is_protected_however_it_is_spelt() {
        for (glob, path) in [
            (".github/**", ".github/workflows/ci.yml"),
            (".github/**", ".GitHub/x"),
            ("CODEOWNERS", "docs/CODEOWNERS"),
            ("**/*.lock", "a/b/c.lock"),
            ("*.lock", "Cargo.lock"),
            ("src/*.rs", "src/lib.rs"),
        ] {
            assert!(matches(glob, path), "{glob} {path}");
        }
        for (glob, path) in [(".ci/**", "ci/x"), ("src/*.rs", "src/a/lib.rs"), ("CODEOWNERS", "CODEOWNERS.md")] {
            assert!(!matches(glob, path), "{glob} {path}");
        }
    }

    #[test]
    fn a_change_out_of_bounds_is_refused_by_name() {
        let file = |path: &str| [Touched::new(path, Kind::File)];
        let rules = Rules { protect: ["docs/law/**".into()].into(), allow: ["Cargo.lock".into()].into() };
        for fine in ["src/a.rs", "Cargo.lock", "docs/agent.md", ".signalbox/runs/1/plan.md", "hub/workflows/x"] {
            assert_eq!(rules.breach(&file(fine)), None, "{fine}");
        }
        for (path, why) in [
            ("docs/law/a.md", "protected (docs/law/**)"),
            (".github/workflows/ci.yml", "says what CI runs"),
            (".GitHub/Workflows/ci.yml", "says what CI runs"),
            ("sub/Jenkinsfile", "says what CI runs"),
            (".husky/pre-commit", "makes programs run"),
            ("deep/down/.gitattributes", "makes programs run"),
            ("web/package-lock.json", "says where dependencies come from"),
            ("AGENTS.md", "is what coding agents obey"),
            ("web/.claude/settings.json", "is what coding agents obey"),
            (".gitmodules", "brings in other repositories"),
            (".signalbox/check", "is what Signalbox obeys here"),
            ("../up", "leads out"),
            ("/etc/passwd", "leads out"),
            ("a/.Git/config", "git's own"),
            ("a/.git. /config", "git's own"),
            ("GIT~1/config", "git's own"),
            (".git::$INDEX_ALLOCATION/x", "git's own"),
            ("a\\..\\b", "no plain name"),
            ("a\nb", "no plain name"),
            ("a\u{202e}b", "not seen"),
        ] {
            let said = rules.breach(&file(path)).unwrap_or_default();
            assert!(said.contains(why), "{path}: {said}");
        }
        // What is gone is judged like what is there.
        assert!(rules.breach(&[Touched::new(".husky/pre-push", Kind::Gone)]).is_some());
        assert!(rules.breach(&[Touched::new("src/link", Kind::Link)]).unwrap().contains("symbolic link"));
        let twice = [Touched::new("README.md", Kind::File), Touched::new("readme.md", Kind::File)];
        assert!(rules.breach(&twice).unwrap().contains("one file on many machines"));
        let many: Vec<_> = (0..=MAX_FILES).map(|n| Touched::new(&format!("{n}"), Kind::File)).collect();
        assert!(rules.breach(&many).unwrap().contains("2001 files"));
    }
}
