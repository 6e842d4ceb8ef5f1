//! A corpus of messages with the decision each should get: routers are judged by it as they are, without a world.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use signalbox_domain::id::{Digest, Repository};
use signalbox_domain::route::{Decision, Target};
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::plugins::{Event, KnownRepository, KnownWorkflow};

/// The team whose messages a corpus holds: what it has, what it has set, where it talks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Team {
    /// Its repositories.
    pub repositories: Vec<KnownRepository>,
    /// Its workflows.
    pub workflows: Vec<KnownWorkflow>,
    /// Its rooms by name, with what their topic says. A message in no room is in `general`.
    pub rooms: BTreeMap<String, String>,
    /// Its settings of plugins, by their id.
    pub plugins: BTreeMap<String, Map<String, Value>>,
}

/// A message, with what should come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The text after the mention.
    pub text: String,
    /// The room, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The repository they set for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<String>,
    /// The repository of the conversation's run before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The schedule whose tick it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// What should come of it: `owner/name workflow`, `workflow` alone for one without a repository, or `ask`.
    pub expect: String,
    /// Why that is right, where one may wonder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a decision compares with what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It is what was expected.
    Right,
    /// The person is asked although it could have been known; whether what was expected is among the choices.
    Asked {
        /// It is.
        offered: bool,
    },
    /// It goes where it should not.
    Wrong {
        /// Where it goes.
        got: String,
    },
}

/// How many messages were judged how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Messages that say where they go.
    pub places: u32,
    /// Of those, asked about.
    pub asked: u32,
    /// Of those asked about, offered as one of the choices.
    pub offered: u32,
    /// Messages that do not say where they go.
    pub open: u32,
    /// Of all, sent elsewhere.
    pub wrong: u32,
}

/// What is expected where only the person can say.
const ASK: &str = "ask";
/// The room of a message that names none.
const ROOM: &str = "general";

impl Message {
    /// The messages of a file, one JSON object a line. The error names the line.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(number, line)| serde_json::from_str(line).map_err(|error| format!("line {number}: {error}")))
            .collect()
    }

    /// What plugins are told of it. Two messages that differ in anything have different names.
    pub fn event(&self, team: &Team) -> Event {
        let room = self.room.as_deref().unwrap_or(ROOM);
        let by = self.by.as_deref().unwrap_or("ana");
        let digest = Digest::of(serde_json::to_string(self).unwrap_or_default().as_bytes());
        let root = digest.short().to_string();
        let memory = self.memory.as_ref().map(|repository| Target {
            workflow: "build".into(),
            repository: Some(repository.as_str().into()),
            branch: None,
            inputs: BTreeMap::new(),
        });
        Event {
            id: format!("said:chat:{room}:{root}"),
            received_at: Time(1_700_000_000_000),
            seed: 7,
            text: self.text.clone(),
            author: Person { id: format!("chat:{by}"), name: by.into(), role: Role::Member },
            thread: ThreadId { chat: "chat".into(), room: room.into(), root },
            room_name: room.into(),
            room_topic: team.rooms.get(room).cloned().unwrap_or_default(),
            memory,
            usual: self.usual.clone(),
            attrs: self.schedule.iter().map(|name| ("schedule".to_owned(), name.clone())).collect(),
            repositories: team.repositories.clone(),
            workflows: team.workflows.clone(),
        }
    }

    /// Compares a decision with what was expected.
    pub fn judge(&self, decision: &Decision) -> Judged {
        let got = told(decision);
        if got == self.expect {
            return Judged::Right;
        }
        match decision {
            Decision::Ask { candidates, .. } => {
                Judged::Asked { offered: candidates.iter().any(|candidate| place(&candidate.target) == self.expect) }
            }
            Decision::Nowhere { .. } => Judged::Asked { offered: false },
            Decision::Go { .. } => Judged::Wrong { got },
        }
    }
}

/// A decision in a word or two: `owner/name workflow`, `workflow` alone where there is no repository, `ask`. To be told
/// that nothing takes it is to be asked, too: say it otherwise.
pub fn told(decision: &Decision) -> String {
    match decision {
        Decision::Go { target, .. } => place(target),
        Decision::Ask { .. } | Decision::Nowhere { .. } => ASK.into(),
    }
}

/// A place in a word or two.
pub fn place(target: &Target) -> String {
    let Target { workflow, repository, branch: _, inputs: _ } = target;
    repository.as_ref().map_or_else(|| workflow.clone(), |Repository(name)| format!("{name} {workflow}"))
}

impl Score {
    /// Counts a message in.
    pub fn count(&mut self, message: &Message, judged: &Judged) {
        if message.expect == ASK {
            self.open += 1;
        } else {
            self.places += 1;
        }
        match judged {
            Judged::Right => {}
            Judged::Asked { offered } => {
                self.asked += 1;
                self.offered += u32::from(*offered);
            }
            Judged::Wrong { .. } => self.wrong += 1,
        }
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            places: self.places + other.places,
            asked: self.asked + other.asked,
            offered: self.offered + other.offered,
            open: self.open + other.open,
            wrong: self.wrong + other.wrong,
        }
    }

    /// How many of the messages that say where they go are asked about, in thousandths.
    pub fn asks(&self) -> u32 {
        (self.asked * 1000).checked_div(self.places).unwrap_or_default()
    }
}

/// A row of a table: messages, sent right, asked about needlessly, rightly asked about, sent wrong.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { places, asked, offered, open, wrong } = self;
        let asks = self.asks();
        write!(
            f,
            "{:>8} {:>11} {:>6} {:>3}.{} % {offered:>8} {open:>13} {wrong:>6}",
            places + open,
            places,
            asked,
            asks / 10,
            asks % 10
        )
    }
}

/// The heads of the columns of a [`Score`].
pub const COLUMNS: &str = "messages  say a place  asked          offered  cannot be told  wrong";

#[cfg(test)]
mod tests {
    use super::*;

    fn message(expect: &str) -> Message {
        let line = format!("{{\"text\":\"fix it\",\"expect\":\"{expect}\"}}");
        Message::read(&line).unwrap().remove(0)
    }

    fn go(repository: Option<&str>) -> Decision {
        let repository = repository.map(Into::into);
        let target = Target { workflow: "build".into(), repository, branch: None, inputs: BTreeMap::new() };
        Decision::Go { target, grounds: Vec::new(), failed: Vec::new() }
    }

    #[test]
    fn a_decision_is_right_needlessly_asked_or_wrong() {
        let asked = Decision::Nowhere { reason: String::new(), failed: Vec::new() };
        assert_eq!(message("acme/api build").judge(&go(Some("acme/api"))), Judged::Right);
        assert_eq!(message("build").judge(&go(None)), Judged::Right);
        assert_eq!(message("acme/api build").judge(&asked), Judged::Asked { offered: false });
        assert_eq!(message("ask").judge(&asked), Judged::Right);
        let wrong = Judged::Wrong { got: "acme/api build".into() };
        assert_eq!(message("ask").judge(&go(Some("acme/api"))), wrong, "a guess is wrong even where it is lucky");
    }

    #[test]
    fn a_line_that_does_not_read_is_named() {
        let error =
            Message::read("{\"text\":\"a\",\"expect\":\"ask\"}\n{\"text\":\"a\",\"expct\":\"ask\"}").unwrap_err();
        assert!(error.starts_with("line 2: unknown field `expct`"), "{error}");
    }
}
