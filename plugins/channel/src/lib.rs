//! Knows defaults: of the conversation, the room, the person and the team, in that order.
//!
//! A room sets its default where everybody can see it, in its topic: `repo:owner/name`, and `branch:name` where it is about
//! one, as a pull request is. Settings come after that.

#[cfg(target_family = "wasm")]
mod component;

use std::collections::BTreeMap;

use serde::Deserialize;
use signalbox_plugin::router::{Claim, Outcome, Place};
use signalbox_plugin::{Event, PluginError, log, text};

/// The team's defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Of rooms, by name or id.
    #[serde(default)]
    pub rooms: BTreeMap<String, Usual>,
    /// Of people, by id.
    #[serde(default)]
    pub people: BTreeMap<String, Usual>,
    /// Of everybody.
    #[serde(default)]
    pub team: Usual,
}

/// Where requests go that say nothing themselves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usual {
    /// The repository, `owner/name`.
    pub repository: Option<String>,
    /// The workflow.
    pub workflow: Option<String>,
}

/// What the conversation is about already.
const MEMORY: u16 = 700;
/// The room's topic, which everybody can see.
const TOPIC: u16 = 610;
/// The room's setting.
const ROOM: u16 = 600;
/// What the person set for themselves.
const OWN: u16 = 510;
/// The person's setting.
const PERSON: u16 = 500;
/// The team's setting.
const TEAM: u16 = 400;

/// Claims the nearest default there is. One that leads nowhere is logged, and the next one is taken.
pub fn route(event: &Event, config: &Config) -> Result<Outcome, PluginError> {
    let claimed = defaults(event, config).find_map(|fallback| fallback.claim(event));
    Ok(match claimed {
        Some(claim) => Outcome::Claim(claim),
        None => Outcome::Pass("neither the conversation, the room, the person nor the team has a default".to_string()),
    })
}

/// A default, and how it came to be one.
struct Fallback {
    usual: Usual,
    branch: Option<String>,
    score: u16,
    rule: &'static str,
    reason: &'static str,
    /// Where a person changes it.
    whence: &'static str,
}

/// The defaults that are set, nearest first.
fn defaults<'a>(event: &'a Event, config: &'a Config) -> impl Iterator<Item = Fallback> + 'a {
    let set = |usual: &Usual, score, rule, reason, whence| Fallback {
        usual: usual.clone(),
        branch: None,
        score,
        rule,
        reason,
        whence,
    };
    let topic = topic(&event.thread.room_topic);
    // Where the room is about a branch, it is as long as one works there.
    let branch = |repository: &str| {
        topic.as_ref().filter(|about| about.repository.eq_ignore_ascii_case(repository))?.branch.clone()
    };
    let memory = event.memory.as_ref().map(|memory| Fallback {
        // What kind of request the next one is, its own words say better than the one before it.
        usual: Usual { repository: memory.repository.clone(), workflow: None },
        branch: memory.repository.as_deref().and_then(branch),
        score: MEMORY,
        rule: "conversation",
        reason: "this conversation is about it already",
        whence: "this conversation",
    });
    let topic = topic.clone().map(|Topic { repository, branch }| Fallback {
        usual: Usual { repository: Some(repository), workflow: None },
        branch,
        score: TOPIC,
        rule: "room-topic",
        reason: "the topic of this room says so",
        whence: "the topic of this room",
    });
    let room = config.rooms.get(&event.thread.room).or_else(|| config.rooms.get(&event.thread.room_name));
    let room = room.map(|it| set(it, ROOM, "room-setting", "it is the default of this room", "the setting `rooms`"));
    let person = config.people.get(&event.author.id);
    let person = person.map(|it| set(it, PERSON, "person-setting", "it is your default", "the setting `people`"));
    let own = event.attrs.iter().find(|attr| attr.key == "author.repository").map(|attr| Fallback {
        usual: Usual { repository: Some(attr.value.clone()), workflow: None },
        branch: None,
        score: OWN,
        rule: "person-default",
        reason: "you set it as your default",
        whence: "your own settings in the chat",
    });
    let team = Some(set(&config.team, TEAM, "team-setting", "it is the default of the team", "the setting `team`"));
    [memory, topic, room, own, person, team].into_iter().flatten()
}

impl Fallback {
    /// The claim of a default that leads somewhere.
    fn claim(self, event: &Event) -> Option<Claim> {
        let repository = self.usual.repository.as_ref().and_then(|name| {
            let known = event.repositories.iter().find(|it| it.name.eq_ignore_ascii_case(name));
            if known.is_none() {
                log::warn(&format!("{} says {name}, which is not a repository I know; change it there", self.whence));
            }
            known.map(|it| it.name.clone())
        });
        let workflow = self.usual.workflow.filter(|name| {
            let known = event.workflows.iter().any(|it| it.name == *name);
            if !known {
                log::warn(&format!("{} says {name}, and there is no such workflow; change it there", self.whence));
            }
            known
        });
        if repository.is_none() && workflow.is_none() {
            return None;
        }
        Some(Claim {
            workflow,
            branch: self.branch.filter(|_| repository.is_some()),
            place: repository.map_or(Place::Open, Place::Repository),
            inputs: Vec::new(),
            score: self.score,
            reason: self.reason.to_string(),
            rule: self.rule.to_string(),
            // Nothing of what was said is in it.
            matched: Vec::new(),
        })
    }
}

/// What a topic says: `repo:owner/name`, and `branch:name` beside it.
#[derive(Clone)]
struct Topic {
    repository: String,
    branch: Option<String>,
}

fn topic(topic: &str) -> Option<Topic> {
    let words = || topic.split_whitespace().map(|word| text::bare(word.trim_matches(['[', ']', '|', ','])));
    let repository = words().find_map(|word| {
        let (key, name) = word.split_once([':', '='])?;
        let ours = key.eq_ignore_ascii_case("repo") || key.eq_ignore_ascii_case("repository");
        (ours && name.contains('/') && !name.contains("://")).then(|| name.to_string())
    })?;
    let branch =
        words().find_map(|word| word.split_once([':', '=']).filter(|(key, _)| key.eq_ignore_ascii_case("branch")));
    let branch = branch.map(|(_, name)| name.to_string()).filter(|name| !name.is_empty());
    Some(Topic { repository, branch })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_router("cases", route);
    }

    #[test]
    fn a_topic_names_its_repository_anywhere_in_it() {
        for written in ["repo:acme/website", "All about money (repo:acme/website)", "[repo=acme/website] | be nice"] {
            assert_eq!(topic(written).map(|it| it.repository).as_deref(), Some("acme/website"), "{written}");
        }
        assert!(topic("our repo is great, see repo:website").is_none() && topic("").is_none());
        let about = topic("repo:acme/website branch:fix/price").unwrap();
        assert_eq!((about.repository.as_str(), about.branch.as_deref()), ("acme/website", Some("fix/price")));
        assert!(topic("branch:fix/price").is_none(), "a branch of what?");
    }

    #[test]
    fn no_text_is_too_odd() {
        signalbox_plugin::testing::check_odd_texts("cases", |event| {
            route(event, &Config::default()).unwrap();
        });
    }
}
