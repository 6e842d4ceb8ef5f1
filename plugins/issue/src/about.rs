//! Which issues and change requests a request is about.

use signalbox_plugin::prefetcher::{Numbered, Route};
use signalbox_plugin::{Event, text};

/// The parts of a path before a number.
const BEFORE: [&str; 5] = ["issues", "pull", "pulls", "merge_requests", "changes"];

/// Each once, in the order they are named: the change request that the work begins at, the one the conversation is held
/// on, then those of the text: `#12`, `owner/name#12`, links.
pub(crate) fn all(event: &Event, route: &Route) -> Vec<Numbered> {
    let mut found: Vec<Numbered> = Vec::new();
    let mut add = |repository: String, number: u64| {
        let it = Numbered { repository, number };
        if !found.iter().any(|known| known.repository == it.repository && known.number == it.number) {
            found.push(it);
        }
    };
    let begun = route.branch.as_deref().and_then(|branch| branch.strip_prefix("pull/")?.strip_suffix("/head"));
    if let (Some(repository), Some(number)) = (&route.repository, begun.and_then(number)) {
        add(repository.clone(), number);
    }
    // A conversation on an issue has the repository for its room, and the number for its root.
    if let (Some(repository), Some(number)) = (known(&event.thread.room, event), number(&event.thread.root)) {
        add(repository, number);
    }
    for word in event.text.split(|c: char| c.is_whitespace() || "\"<>()[]".contains(c)).map(text::bare) {
        if let Some((repository, number)) = named(word, event, route) {
            add(repository, number);
        }
    }
    found
}

fn named(word: &str, event: &Event, route: &Route) -> Option<(String, u64)> {
    if let Some((_, rest)) = word.split_once("://") {
        let path = rest.split_once('/')?.1.split(['?', '#']).next()?;
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != "-").collect();
        let [owner, name, before, at, ..] = parts.as_slice() else { return None };
        let repository = known(&format!("{owner}/{name}"), event)?;
        return Some((repository, number(at).filter(|_| BEFORE.contains(before))?));
    }
    let (repository, at) = word.split_once('#')?;
    let repository = if repository.is_empty() { route.repository.clone()? } else { known(repository, event)? };
    Some((repository, number(at)?))
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number > 0)
}

fn known(name: &str, event: &Event) -> Option<String> {
    event.repositories.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.name.clone())
}
