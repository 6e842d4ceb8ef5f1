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

/// What triggers look at.
#[derive(Clone, Debug, Default)]
pub struct Looked<'a> {
    /// The text of the request.
    pub text: &'a str,
    /// The chat it is on.
    pub chat: &'a str,
    /// The room, by its names: what people call it, and its id.
    pub room: [&'a str; 2],
    /// The keys of the facts it has.
    pub attrs: Vec<&'a str>,
    /// For a prefetcher: the workflow it goes to, and whether it goes to a repository.
    pub goes: Option<(&'a str, bool)>,
}

impl Triggers {
    /// Whether an event can concern the plugin.
    pub fn match_event(&self, event: &Event) -> bool {
        self.unmet(&looked(event)).is_none()
    }

    /// Whether an event that goes there can concern the plugin.
    pub fn match_scope(&self, event: &Event, scope: &Scope) -> bool {
        let goes = Some((scope.target.workflow.as_str(), scope.target.repository.is_some()));
        self.unmet(&Looked { goes, ..looked(event) }).is_none()
    }

    /// Why the plugin is not asked, for its author; nothing where it is.
    pub fn unmet(&self, looked: &Looked<'_>) -> Option<String> {
        let text = || looked.text.to_lowercase();
        let lacks = |list: &[String], has: &dyn Fn(&str) -> bool| !list.is_empty() && !list.iter().any(|it| has(it));
        if lacks(&self.contains, &|it| text().contains(&it.to_lowercase())) {
            return Some(format!("the text holds none of {}", listed(&self.contains)));
        }
        if lacks(&self.chats, &|it| it == looked.chat) {
            return Some(format!("the chat is {:?}, and not {}", looked.chat, listed(&self.chats)));
        }
        if lacks(&self.rooms, &|it| looked.room.contains(&it)) {
            return Some(format!("the room is {:?}, and not {}", looked.room[0], listed(&self.rooms)));
        }
        if lacks(&self.attrs, &|it| looked.attrs.contains(&it)) {
            return Some(format!("the event has no fact by the key {}", listed(&self.attrs)));
        }
        let (workflow, repository) = looked.goes?;
        if lacks(&self.workflows, &|it| it == workflow) {
            return Some(format!("the request goes to the workflow {workflow:?}, and not {}", listed(&self.workflows)));
        }
        (self.repository && !repository).then(|| "the request goes to no repository".to_string())
    }
}

fn looked(event: &Event) -> Looked<'_> {
    Looked {
        text: &event.text,
        chat: &event.thread.chat,
        room: [&event.room_name, &event.thread.room],
        attrs: event.attrs.keys().map(String::as_str).collect(),
        goes: None,
    }
}

fn listed(list: &[String]) -> String {
    list.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_that_is_not_met_is_named() {
        let all = Looked {
            text: "Deploy it",
            chat: "console",
            room: ["web", "C1"],
            attrs: vec!["schedule"],
            goes: Some(("build", true)),
        };
        let unmet = |table: &str, looked: &Looked<'_>| toml::from_str::<Triggers>(table).unwrap().unmet(looked);
        for table in
            ["", "contains = [\"x\", \"deploy\"]", "rooms = [\"C1\"]", "rooms = [\"web\"]", "repository = true"]
        {
            assert_eq!(unmet(table, &all), None, "{table}");
        }
        for (table, why) in [
            ("contains = [\"a\", \"b\"]", "the text holds none of \"a\" or \"b\""),
            ("chats = [\"letters\"]", "the chat is \"console\", and not \"letters\""),
            ("rooms = [\"lab\"]", "the room is \"web\", and not \"lab\""),
            ("attrs = [\"label\"]", "the event has no fact by the key \"label\""),
            ("workflows = [\"answer\"]", "the request goes to the workflow \"build\", and not \"answer\""),
        ] {
            assert_eq!(unmet(table, &all).as_deref(), Some(why));
        }
        let nowhere = Looked { goes: Some(("answer", false)), ..all };
        assert_eq!(unmet("repository = true", &nowhere).as_deref(), Some("the request goes to no repository"));
    }
}
