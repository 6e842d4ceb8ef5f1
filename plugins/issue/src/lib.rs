//! Brings the issues and change requests that a request is about: what was said, the diff, what reviewers still want.

#[cfg(target_family = "wasm")]
mod component;

mod about;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, Item, Numbered, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError, talk};

/// No settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Issues and change requests of one request that are brought.
const MOST: usize = 6;
/// Bytes of a diff that are kept: what is changed first is what matters most often.
const DIFF: usize = 32 * 1024;

/// Asks for everything about every number that the request names: what is no change request has no diff.
pub fn plan(event: &Event, route: &Route, _: &Config) -> Result<Vec<Request>, PluginError> {
    let mut about = about::all(event, route);
    about.truncate(MOST);
    let asked = about
        .into_iter()
        .flat_map(|it| [Request::Issue(it.clone()), Request::Change(it.clone()), Request::Remarks(it)]);
    Ok(asked.collect())
}

/// Makes a piece of each: the talk, the diff, the open review threads.
pub fn assemble(_: &Event, _: &Route, _: &Config, _: u32, responses: &[Response]) -> Result<Assembled, PluginError> {
    let pieces = (0u32..).zip(responses).filter_map(|(place, response)| {
        let Outcome::Ok(fetched) = &response.outcome else { return None };
        let (title, text, weight) = match &response.request {
            Request::Issue(it) => (name(it), said(&fetched.text)?, 880),
            Request::Remarks(it) => (format!("open review threads of {}", name(it)), remarks(&fetched.text)?, 890),
            Request::Change(it) => (format!("the diff of {}", name(it)), diff(&fetched.text)?, 700),
            Request::Thread(_)
            | Request::File(_)
            | Request::Folder(_)
            | Request::Http(_)
            | Request::Checks(_)
            | Request::Search(_)
            | Request::History(_) => return None,
        };
        Some(Item { title, text, sources: vec![place], weight })
    });
    Ok(Assembled::Done(pieces.collect()))
}

fn name(it: &Numbered) -> String {
    format!("{}#{}", it.repository, it.number)
}

/// The description and the comments, a paragraph each.
fn said(lines: &str) -> Option<String> {
    let posts = talk::posts(lines);
    let first = posts.first()?;
    let mut parts = vec![if first.title.is_empty() {
        format!("({}; its title and description are left out)", first.state)
    } else {
        format!("{} ({})", first.title, first.state)
    }];
    let written = posts.iter().filter(|post| !post.by.is_empty() && !post.text.trim().is_empty());
    parts.extend(written.map(talk::paragraph));
    parts.extend(talk::missing(&posts));
    Some(parts.join("\n\n"))
}

/// The threads, each under the place it is about.
fn remarks(lines: &str) -> Option<String> {
    let posts = talk::posts(lines);
    let mut parts = Vec::new();
    let mut thread = 0;
    for post in posts.iter().filter(|post| post.thread > 0) {
        if post.thread != thread {
            thread = post.thread;
            let line = post.line.map_or(String::new(), |line| format!(":{line}"));
            parts.push(format!("At {}{line}:", post.path));
        }
        parts.push(talk::paragraph(post));
    }
    if parts.is_empty() {
        return None;
    }
    parts.extend(talk::missing(&posts));
    Some(parts.join("\n\n"))
}

/// The diff alone: the words are in the talk already.
fn diff(text: &str) -> Option<String> {
    let (_, diff) = text.split_once("\n---\n")?;
    if diff.trim().is_empty() {
        return None;
    }
    if diff.len() <= DIFF {
        return Some(diff.to_string());
    }
    let cut = &diff[..diff.floor_char_boundary(DIFF)];
    let cut = cut.rfind('\n').map_or(cut, |line| &cut[..line]);
    Some(format!("{cut}\n(the other {} bytes of it are left out)", diff.len() - cut.len()))
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
