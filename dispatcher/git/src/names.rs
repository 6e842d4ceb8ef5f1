//! Names from outside, checked before they become a path, a ref or an argument.

use signalbox_domain::id::{Commit, Repository};
use signalbox_ports::Error;

/// The most bytes of an owner's or a repository's name.
const NAME: usize = 100;
/// The most bytes of a branch's name.
const BRANCH: usize = 200;
/// The most bytes of a path in a repository.
const PATH: usize = 4096;

/// The two halves of `owner/name`.
pub(crate) fn repository(repository: &Repository) -> Result<(&str, &str), Error> {
    match repository.0.split_once('/') {
        Some((owner, name)) if part(owner) && part(name) => Ok((owner, name)),
        Some(_) | None => Err(Error::rejected(format!(
            "{:?} is no repository's name: write owner/name, each of letters, digits, `-`, `_` and `.`, at most {NAME} \
             characters, not beginning with `.` or `-` and not ending in `.git` or `.lock`",
            repository.0
        ))),
    }
}

/// Whether it can be an owner's or a repository's name.
fn part(name: &str) -> bool {
    (1..=NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.ends_with(".git")
        && !name.ends_with(".lock")
}

/// A repository's name made of anything: a folder's name, the end of a URL.
pub(crate) fn slug(text: &str) -> String {
    let text = text.strip_suffix(".git").unwrap_or(text);
    let mut slug = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.') {
            slug.push(letter);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(NAME);
    slug.trim_matches(['-', '.']).to_owned()
}

/// A branch's name, by the rules of `git check-ref-format --branch`.
pub(crate) fn branch(name: &str) -> Result<&str, Error> {
    let fine = (1..=BRANCH).contains(&name.len())
        && name != "@"
        && name != "HEAD"
        && !name.starts_with('-')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.chars().any(|letter| letter.is_control() || " ~^:?*[\\".contains(letter))
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && !part.ends_with(".lock"));
    if fine { Ok(name) } else { Err(Error::rejected(format!("{name:?} cannot be a branch's name"))) }
}

/// A commit's full object name.
pub(crate) fn commit(commit: &Commit) -> Result<&str, Error> {
    if object(&commit.0) { Ok(&commit.0) } else { Err(Error::rejected(format!("{:?} is no commit's name", commit.0))) }
}

/// Whether it is a full object name, SHA-1 or SHA-256.
pub(crate) fn object(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A path in a repository as git writes it; `None` for one that cannot be there.
pub(crate) fn path(path: &str) -> Option<&str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let fine =
        path.len() <= PATH && !path.contains('\0') && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    fine.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_be_a_path_or_an_option_is_no_repository() {
        for name in ["acme/website", "local/a.b_c-d", "0/0"] {
            assert!(repository(&name.into()).is_ok(), "{name}");
        }
        for name in [
            "",
            "/",
            "a",
            "a/",
            "/b",
            "a/b/c",
            "../..",
            "a/..",
            "./b",
            "a/.git",
            "a/b.git",
            "a/b.lock",
            "-a/b",
            "a/-b",
            "a/b c",
            "a/ü",
            "a/b\n",
            "a/b\0",
            "a\\b/c",
            "a/b..c",
            "--upload-pack=x/y",
            "a/b.",
            "~/b",
            "a/%2e%2e",
        ] {
            assert!(repository(&name.into()).is_err(), "{name:?}");
        }
        assert!(repository(&format!("a/{}", "b".repeat(101)).into()).is_err());
    }

    #[test]
    fn a_branch_is_what_git_would_take_and_never_an_option() {
        for name in ["main", "signalbox/01J-pricing", "über/straße", "a.b", "feature/@home"] {
            assert!(branch(name).is_ok(), "{name}");
        }
        for name in [
            "", "-f", "--all", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a@{1}", "@", "HEAD",
            "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a\n", "a\u{7f}",
        ] {
            assert!(branch(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_folder_of_any_name_becomes_a_repository_of_a_plain_one() {
        for (text, expected) in [
            ("website", "website"),
            ("My Site.git", "My-Site"),
            ("über", "ber"),
            ("--x", "x"),
            ("日本", ""),
            ("a.b", "a.b"),
        ] {
            assert_eq!(slug(text), expected);
        }
    }

    #[test]
    fn a_path_stays_in_the_repository() {
        assert_eq!(path("./src/pricing.html"), Some("src/pricing.html"));
        for name in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a\0b", "a/"] {
            assert_eq!(path(name), None, "{name:?}");
        }
    }
}
