//! When a plugin is asked at all: decided natively, so that a plugin that cannot match is never instantiated.

use serde::Deserialize;
use signalbox_ports::plugins::{Event, Scope};

/// What must hold. Each list that is not empty must match; without any, the plugin is always asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// The text holds one of these, in any case.
    #[serde(default)]
    pub contains: Vec<String>,
    /// The conversation is on one of these chats.
    #[serde(default)]
    pub chats: Vec<String>,
    /// The conversation is in one of these rooms, by name or id.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// The event has one of these facts, by key.
    #[serde(default)]
    pub attrs: Vec<String>,
    /// For a prefetcher: the request goes to one of these workflows.
    #[serde(default)]
    pub workflows: Vec<String>,
    /// For a prefetcher: the request goes to a repository.
    #[serde(default)]
    pub repository: bool,
}

impl Triggers {
    /// Whether an event can concern the plugin.
    pub fn match_event(&self, event: &Event) -> bool {
        self.match_text(&event.text)
            && any(&self.chats, |it| *it == event.thread.chat)
            && any(&self.rooms, |it| *it == event.room_name || *it == event.thread.room)
            && any(&self.attrs, |it| event.attrs.contains_key(it))
    }

    fn match_text(&self, text: &str) -> bool {
        if self.contains.is_empty() {
            return true;
        }
        let text = text.to_lowercase();
        self.contains.iter().any(|it| text.contains(&it.to_lowercase()))
    }

    /// Whether an event that goes there can concern the plugin.
    pub fn match_scope(&self, event: &Event, scope: &Scope) -> bool {
        self.match_event(event)
            && any(&self.workflows, |it| *it == scope.target.workflow)
            && (!self.repository || scope.target.repository.is_some())
    }
}

fn any(list: &[String], matches: impl Fn(&String) -> bool) -> bool {
    list.is_empty() || list.iter().any(matches)
}
