//! Brings the conversation so far.

#[cfg(target_family = "wasm")]
mod component;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, Item, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError, log};

/// How much of a conversation is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How many messages at most.
    #[serde(default = "messages")]
    pub messages: u32,
}

/// Bytes of the conversation that are kept; what is older is left out.
const KEPT: usize = 24 * 1024;
/// What was said before is most of what a request means.
const WEIGHT: u16 = 800;

/// Asks for the messages before this one.
pub fn plan(_: &Event, _: &Route, config: &Config) -> Result<Vec<Request>, PluginError> {
    Ok(vec![Request::Thread(config.messages)])
}

/// Makes one piece of them: a paragraph for each, the oldest first.
pub fn assemble(_: &Event, _: &Route, _: &Config, _: u32, responses: &[Response]) -> Result<Assembled, PluginError> {
    let items = match responses.first().map(|response| &response.outcome) {
        Some(Outcome::Ok(fetched)) => transcript(&fetched.text).map(|text| Item {
            title: "the conversation so far".to_string(),
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

/// One message, as the host gives it.
#[derive(Deserialize)]
struct Message {
    by: String,
    text: String,
}

/// The newest messages that fit, each with who wrote it; `None` if there are none.
fn transcript(lines: &str) -> Option<String> {
    let mut paragraphs: Vec<String> = lines.lines().filter(|line| !line.trim().is_empty()).map(paragraph).collect();
    let all = paragraphs.len();
    let mut size = 0;
    let kept = paragraphs.iter().rev().take_while(|it| {
        size += it.len();
        size <= KEPT
    });
    let left_out = all - kept.count();
    paragraphs.drain(..left_out);
    if left_out > 0 {
        paragraphs.insert(0, format!("({left_out} earlier messages are left out)"));
    }
    (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n"))
}

/// `Ana: what she wrote`, every further line indented, so that no message can pretend to be two.
fn paragraph(line: &str) -> String {
    match serde_json::from_str::<Message>(line) {
        Ok(message) => format!("{}: {}", message.by.replace(['\n', ':'], " "), message.text.replace('\n', "\n  ")),
        Err(_) => line.to_string(),
    }
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
    fn a_conversation_too_long_keeps_its_newest_messages_and_says_how_many_are_missing() {
        let long = "x".repeat(KEPT / 2 - 100);
        let lines: Vec<_> = (0..5).map(|n| format!(r#"{{"by": "Ana", "text": "{n} {long}"}}"#)).collect();
        let text = transcript(&lines.join("\n")).unwrap();
        assert!(text.starts_with("(3 earlier messages are left out)\n\nAna: 3 x"), "{}", &text[..60]);
    }
}
