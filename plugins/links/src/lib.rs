//! Brings what the request and its conversation link to: files and lines, issues and change requests of known repositories, and
//! pages.

#[cfg(target_family = "wasm")]
mod component;

mod link;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, Item, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError, talk};

/// No settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Links of the request itself that are followed.
const OF_REQUEST: usize = 12;
/// Links of the conversation before it that are followed.
const OF_CONVERSATION: usize = 8;
/// Lines around those that a link points at.
const AROUND: usize = 20;
/// Messages of the conversation that are searched for links.
const MESSAGES: u32 = 50;

/// Asks for what the request links to, and for the conversation, which may link to more.
pub fn plan(event: &Event, route: &Route, _: &Config) -> Result<Vec<Request>, PluginError> {
    let mut requests = link::all(&event.text, event, route);
    // Issues and change requests that the request itself names are brought by `issue`, with all that belongs to them.
    requests.retain(|request| !matches!(request, Request::Issue(_)));
    requests.truncate(OF_REQUEST);
    requests.push(Request::Thread(MESSAGES));
    Ok(requests)
}

/// Asks for what the conversation links to besides; then makes a piece of everything that came, and one of what did not.
pub fn assemble(
    event: &Event,
    route: &Route,
    _: &Config,
    round: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    if round == 1 {
        let more = of_conversation(event, route, responses);
        if !more.is_empty() {
            return Ok(Assembled::More(more));
        }
    }
    let everything = format!("{}\n{}", event.text, conversation(responses));
    let mut items = Vec::new();
    let of_request = responses.iter().position(|it| matches!(it.request, Request::Thread(_))).unwrap_or_default();
    for (place, response) in (0u32..).zip(responses) {
        if matches!(response.request, Request::Thread(_)) {
            continue;
        }
        let title = link::title(&response.request);
        // What did not come the host notes by itself.
        let Outcome::Ok(fetched) = &response.outcome else { continue };
        // What the person points at themselves matters more than what was pointed at before.
        let weight = if (place as usize) < of_request { 700 } else { 400 };
        let (title, text) = match &response.request {
            Request::File(file) => excerpt(title, &fetched.text, link::lines(&everything, file)),
            Request::Issue(_) => match said(&fetched.text) {
                Some(text) => (title, text),
                None => continue,
            },
            Request::Thread(_)
            | Request::Folder(_)
            | Request::Change(_)
            | Request::Http(_)
            | Request::Remarks(_)
            | Request::Checks(_)
            | Request::Search(_)
            | Request::History(_) => (title, fetched.text.clone()),
        };
        items.push(Item { title, text, sources: vec![place], weight });
    }
    Ok(Assembled::Done(items))
}

/// What the conversation links to, as far as it is not asked for yet.
fn of_conversation(event: &Event, route: &Route, responses: &[Response]) -> Vec<Request> {
    let named = link::all(&event.text, event, route);
    let mut more = link::all(&conversation(responses), event, route);
    more.retain(|request| !named.contains(request) && responses.iter().all(|response| response.request != *request));
    more.truncate(OF_CONVERSATION);
    more
}

/// What was said, without who said it.
fn conversation(responses: &[Response]) -> String {
    let said = responses.iter().find_map(|response| match (&response.request, &response.outcome) {
        (Request::Thread(_), Outcome::Ok(fetched)) => Some(&fetched.text),
        _ => None,
    });
    let posts = said.map(|lines| talk::posts(lines)).unwrap_or_default();
    posts.into_iter().map(|post| post.text).collect::<Vec<_>>().join("\n")
}

/// The lines of a file that are pointed at, with some around them; the whole file, if none are.
fn excerpt(title: String, text: &str, span: Option<(usize, usize)>) -> (String, String) {
    let Some((from, to)) = span else { return (title, text.to_string()) };
    let first = from.saturating_sub(AROUND).max(1);
    let lines = text.lines().enumerate().skip(first - 1).take(to + AROUND + 1 - first);
    let lines: Vec<String> = lines.map(|(at, line)| format!("{:>5}  {line}", at + 1)).collect();
    (format!("{title}, around line {from}"), lines.join("\n"))
}

/// What people wrote of an issue, a paragraph each.
fn said(lines: &str) -> Option<String> {
    let posts = talk::posts(lines);
    let first = posts.first()?;
    let mut parts = vec![format!("{} ({})", first.title, first.state)];
    parts.extend(posts.iter().filter(|post| !post.by.is_empty()).map(talk::paragraph));
    Some(parts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_prefetcher("cases", plan, assemble);
    }

    #[test]
    fn no_text_is_too_odd() {
        let route = Route { workflow: "build".into(), repository: Some("acme/website".into()), branch: None };
        signalbox_plugin::testing::check_odd_texts("cases", |event| {
            assert!(plan(event, &route, &Config::default()).unwrap().len() <= 32);
        });
    }
}
