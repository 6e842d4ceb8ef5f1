//! Links in a text, and what to fetch for each.

use signalbox_plugin::prefetcher::{File, Numbered, Request, Route};
use signalbox_plugin::{Event, text};

/// What the links of a text lead to, each once, in the order they are written.
pub(crate) fn all(text: &str, event: &Event, route: &Route) -> Vec<Request> {
    let mut requests = Vec::new();
    // A text inside JSON ends at its quote.
    for word in text.split(|c: char| c.is_whitespace() || "\"<>()[]".contains(c)).map(text::bare) {
        if let Some(request) = follow(word, event, route)
            && !requests.contains(&request)
        {
            requests.push(request);
        }
    }
    requests
}

/// The lines that a text points at in a file, `#L3` or `#L3-L9`, if it points at any.
pub(crate) fn lines(text: &str, file: &File) -> Option<(usize, usize)> {
    let words = text.split(|c: char| c.is_whitespace() || "\"<>()[]".contains(c)).map(text::bare);
    let spans = words.filter_map(|word| {
        let (address, span) = word.split_once("#L")?;
        let place = format!("/{}/", file.repository).to_lowercase();
        let hit = address.to_lowercase().contains(&place) && address.ends_with(&format!("/{}", file.path));
        let (from, to) = span.split_once('-').unwrap_or((span, span));
        let (from, to): (usize, usize) = (from.parse().ok()?, to.trim_start_matches('L').parse().ok()?);
        (hit && 0 < from && from <= to).then_some((from, to))
    });
    spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// What to call a request.
pub(crate) fn title(request: &Request) -> String {
    match request {
        Request::Thread(_) => "the conversation".to_string(),
        Request::File(file) | Request::Folder(file) => format!("{} of {}", file.path, file.repository),
        Request::Change(change) => format!("{}#{}", change.repository, change.number),
        Request::Http(url) => url.clone(),
        Request::Issue(it) | Request::Remarks(it) => format!("{}#{}", it.repository, it.number),
        Request::Checks(at) => format!("the checks of {}", at.repository),
        Request::Search(search) => format!("\"{}\" in {}", search.words, search.repository),
        Request::History(file) => format!("the history of {} of {}", file.path, file.repository),
    }
}

fn follow(word: &str, event: &Event, route: &Route) -> Option<Request> {
    if let Some((_, rest)) = word.split_once("://") {
        if !word.starts_with("https://") && !word.starts_with("http://") {
            return None;
        }
        let path = rest.split_once('/').map_or("", |(_host, path)| path);
        return match within(path, event) {
            Some(found) => found,
            None => Some(Request::Http(word.to_string())),
        };
    }
    // `owner/name#12`, and `#12` where the request has a repository.
    let (repository, number) = word.split_once('#')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let repository = match repository {
        "" => route.repository.clone()?,
        name => known(name, event)?,
    };
    Some(Request::Issue(Numbered { repository, number }))
}

/// What a path within a known repository leads to: `Some(None)` is a page of it with nothing to fetch; `None` is a path
/// that leads elsewhere.
fn within(path: &str, event: &Event) -> Option<Option<Request>> {
    let path = path.split(['?', '#']).next()?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != "-").collect();
    let [owner, name, rest @ ..] = parts.as_slice() else { return None };
    let repository = known(&format!("{owner}/{}", name.trim_end_matches(".git")), event)?;
    Some(match rest {
        ["pull" | "pulls" | "merge_requests" | "changes" | "issues", number, ..] => {
            number.parse().ok().map(|number| Request::Issue(Numbered { repository, number }))
        }
        // The file as it is where the work begins, not as it was at the link's own commit.
        ["blob" | "raw" | "src", _commit, file @ ..] if !file.is_empty() => {
            Some(Request::File(File { repository, path: file.join("/") }))
        }
        _ => None,
    })
}

fn known(name: &str, event: &Event) -> Option<String> {
    event.repositories.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.name.clone())
}
