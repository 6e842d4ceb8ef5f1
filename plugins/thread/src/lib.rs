//! Brings the conversation so far.

#[cfg(target_family = "wasm")]
mod component;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, Item, Outcome, Request, Response, Route};
use signalbox_plugin::talk::{self, Post};
use signalbox_plugin::{Event, PluginError, log};

/// How much of a conversation is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How many messages at most.
    #[serde(default = "messages")]
    pub messages: u32,
    /// Whether a follow-up is given again what the run before it was given.
    #[serde(default)]
    pub again: bool,
}

/// Bytes of the conversation that are kept; what is older is left out.
const KEPT: usize = 24 * 1024;
/// What was said before is most of what a request means.
const WEIGHT: u16 = 800;

/// Asks for the messages before this one.
pub fn plan(_: &Event, _: &Route, config: &Config) -> Result<Vec<Request>, PluginError> {
    Ok(vec![Request::Thread(config.messages)])
}

/// Makes one piece of them: a paragraph for each, the oldest first. Of a conversation that a run before this one was given
/// already, only the message it began with and what is new.
pub fn assemble(
    event: &Event,
    _: &Route,
    config: &Config,
    _: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    let seen = if config.again { 0 } else { seen(event) };
    let items = match responses.first().map(|response| &response.outcome) {
        Some(Outcome::Ok(fetched)) => transcript(&fetched.text, seen).map(|text| Item {
            title: if seen > 0 { "what is new in the conversation" } else { "the conversation so far" }.to_string(),
            text,
            sources: vec![0],
            weight: WEIGHT,
        }),
        Some(Outcome::NotFound) | None => None,
        Some(trouble) => {
            log::warn(&format!("the conversation could not be read: {trouble:?}"));
            None
        }
    };
    Ok(Assembled::Done(items.into_iter().collect()))
}

/// Until when the conversation was given to the run before this one.
fn seen(event: &Event) -> u64 {
    let seen = event.attrs.iter().find(|attr| attr.key == "thread.seen_ms");
    seen.and_then(|attr| attr.value.parse().ok()).unwrap_or_default()
}

/// The message it began with and the newest after `seen` that fit, each with who wrote it; `None` if none is new.
fn transcript(lines: &str, seen: u64) -> Option<String> {
    let posts = talk::posts(lines);
    let written: Vec<&Post> = posts.iter().filter(|post| !post.by.is_empty()).collect();
    let (root, rest) = written.split_first()?;
    let known = rest.iter().filter(|post| post.at_ms < seen).count();
    let new = rest.get(known..).unwrap_or_default();
    if seen > 0 && new.is_empty() {
        return None;
    }
    let root = talk::paragraph(root);
    let mut size = root.len();
    let paragraphs: Vec<String> = new.iter().map(|post| talk::paragraph(post)).collect();
    let kept = paragraphs.iter().rev().take_while(|it| {
        size += it.len();
        size <= KEPT
    });
    let left_out = paragraphs.len() - kept.count();
    let mut parts = vec![root];
    if known > 0 {
        parts.push(format!("({known} messages that the run before this one was given)"));
    }
    if left_out > 0 {
        parts.push(format!("({left_out} earlier messages are left out)"));
    }
    parts.extend(paragraphs.into_iter().skip(left_out));
    parts.extend(talk::missing(&posts));
    Some(parts.join("\n\n"))
}

fn messages() -> u32 {
    50
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_prefetcher("cases", plan, assemble);
    }

    #[test]
    fn a_conversation_too_long_keeps_its_beginning_and_its_newest_messages_and_says_how_many_are_missing() {
        let long = "x".repeat(KEPT / 2 - 100);
        let lines: Vec<_> = (0..5).map(|n| format!(r#"{{"by": "Ana", "text": "{n} {long}"}}"#)).collect();
        let text = transcript(&lines.join("\n"), 0).unwrap();
        assert!(text.starts_with("Ana: 0 x") && text.contains("\n\n(3 earlier messages are left out)\n\nAna: 4 x"));
    }
}
