//! The inline grammar: `repo:owner/name`, `branch:x`, `model:x`, `workflow:x`, `[repo=…, branch=…]`, links, `#123`.

use signalbox_plugin::text;

/// What a text names, in the order it is written.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Terms {
    /// `key:value`, and `key=value` in brackets.
    pub(crate) settings: Vec<Setting>,
    /// Addresses whose path begins with two names, and `owner/name#123`.
    pub(crate) links: Vec<Link>,
    /// Words of the shape `owner/name`. Most are not repositories.
    pub(crate) names: Vec<String>,
    /// `#123`.
    pub(crate) numbers: Vec<String>,
}

/// One thing set outright.
#[derive(Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) key: Key,
    pub(crate) value: String,
    /// As written.
    pub(crate) written: String,
}

/// What is set.
#[derive(Debug, PartialEq)]
pub(crate) enum Key {
    Repository,
    Branch,
    Model,
    Workflow,
    /// An input of the workflow; only in brackets.
    Other(String),
}

/// An address that may lead into a repository.
#[derive(Debug, PartialEq)]
pub(crate) struct Link {
    /// The first two names of its path.
    pub(crate) repository: String,
    /// As written.
    pub(crate) written: String,
}

impl Terms {
    /// What `repo:` is set to.
    pub(crate) fn repositories(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(|term| matches!(term.key, Key::Repository))
    }
}

/// Reads a text. What stands in code, quotes and comments is not read.
pub(crate) fn read(text: &str) -> Terms {
    let mut terms = Terms::default();
    let rest = brackets(&text::said(text), &mut terms.settings);
    let mut words = rest.split_whitespace().peekable();
    while let Some(word) = words.next() {
        // `repo: owner/name`, as many people type it. Other keys are words of everyday sentences: "the model: …".
        if word.eq_ignore_ascii_case("repo:") || word.eq_ignore_ascii_case("repository:") {
            if let Some(value) = words.next_if(|next| next.contains('/')) {
                let value = text::bare(value);
                terms.settings.push(setting(Key::Repository, value, &format!("{word} {value}")));
            }
            continue;
        }
        term(text::bare(word), &mut terms);
    }
    terms
}

fn term(word: &str, terms: &mut Terms) {
    if let Some((key, value)) = word.split_once(':')
        && let Some(key) = Key::of(key)
        && !value.is_empty()
    {
        terms.settings.push(setting(key, value, word));
    } else if let Some(repository) = address(word) {
        terms.links.push(Link { repository, written: word.to_string() });
    } else if let Some(number) = word.strip_prefix('#') {
        if is_number(number) {
            terms.numbers.push(word.to_string());
        }
    } else if let Some((repository, number)) = word.split_once('#') {
        if is_number(number) && is_full_name(repository) {
            terms.links.push(Link { repository: repository.to_string(), written: word.to_string() });
        }
    } else if is_full_name(word) {
        terms.names.push(word.to_string());
    }
}

/// Takes `[repo=…, branch=…]` out of the text. Brackets that hold anything else stay.
fn brackets(text: &str, settings: &mut Vec<Setting>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        match after.split_once(']').and_then(|(inside, after)| Some((pairs(inside)?, after))) {
            Some((found, after)) => {
                settings.extend(found);
                kept.push(' ');
                rest = after;
            }
            None => {
                kept.push('[');
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// The settings in a pair of brackets: all of them `key=value`, and at least one of a key of ours.
fn pairs(inside: &str) -> Option<Vec<Setting>> {
    let mut ours = false;
    let mut settings = Vec::new();
    for pair in inside.split(',') {
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() || key.contains(char::is_whitespace) {
            return None;
        }
        let known = Key::of(key);
        ours |= known.is_some();
        settings.push(setting(known.unwrap_or_else(|| Key::Other(key.to_string())), value, &format!("{key}={value}")));
    }
    ours.then_some(settings)
}

fn setting(key: Key, value: &str, written: &str) -> Setting {
    let value = match key {
        Key::Repository => address(value).unwrap_or_else(|| value.trim_end_matches(".git").to_string()),
        Key::Branch | Key::Model | Key::Workflow | Key::Other(_) => value.to_string(),
    };
    Setting { key, value, written: written.to_string() }
}

impl Key {
    fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "repo" | "repository" => Some(Self::Repository),
            "branch" => Some(Self::Branch),
            "model" => Some(Self::Model),
            "workflow" => Some(Self::Workflow),
            _ => None,
        }
    }
}

/// `owner/name` of `https://host/owner/name/…` and `git@host:owner/name.git`.
fn address(word: &str) -> Option<String> {
    let path = match word.split_once("://") {
        Some(("http" | "https" | "ssh" | "git", rest)) => rest.split_once('/')?.1,
        Some(_) => return None,
        None => word.strip_prefix("git@")?.split_once(':')?.1,
    };
    let path = path.split(['?', '#']).next()?;
    let mut names = path.split('/').filter(|name| !name.is_empty());
    let (owner, name) = (names.next()?, names.next()?);
    Some(format!("{owner}/{}", name.trim_end_matches(".git")))
}

fn is_full_name(word: &str) -> bool {
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    word.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.len() <= 9 && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_that_hold_no_settings_are_just_brackets() {
        assert_eq!(read("fix [this] and [a=1] and [x]").settings, []);
        assert_eq!(read("[repo = acme/website, fix").settings, []);
    }

    #[test]
    fn a_key_in_an_everyday_sentence_sets_nothing() {
        assert_eq!(read("the data model: we need two, repo: none, branch: it out").settings, []);
    }

    #[test]
    fn every_way_to_write_an_address_leads_to_the_same_repository() {
        for written in [
            "https://forge.example/acme/website",
            "https://forge.example/acme/website.git",
            "https://forge.example/acme/website/blob/main/src/a.rs#L3",
            "ssh://git@forge.example/acme/website.git",
            "git@forge.example:acme/website.git",
        ] {
            assert_eq!(address(written).as_deref(), Some("acme/website"), "{written}");
        }
        assert_eq!(address("example.com/docs"), None);
        assert_eq!(address("https://example.com/docs"), None);
    }
}
