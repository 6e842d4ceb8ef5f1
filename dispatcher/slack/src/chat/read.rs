//! What is in a thread, and what a channel is called.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use signalbox_domain::talk::{Attachment, Message, MessageId, Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{Room as Place, Spoken};

use crate::api::{Method, Room, Trouble};
use crate::decode::Said;
use crate::decode::message::said;
use crate::notation;
use crate::people::person_id;
use crate::{CHAT, Slack};

/// The most people of a thread who are looked up; the others are called by their ids.
const MAX_PEOPLE: usize = 40;

#[derive(Deserialize)]
struct Linked {
    permalink: String,
}

#[derive(Deserialize)]
struct Answer {
    channel: Channel,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Channel {
    name: Option<String>,
    topic: Topic,
    is_im: bool,
    is_mpim: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Topic {
    value: String,
}

pub(super) async fn read(slack: &Slack, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error> {
    let room = Room::of(thread)?;
    let mut messages: Vec<Value> = slack.thread(&room, &thread.root).await?;
    if messages.len() > limit {
        // The root stays: it is the request.
        let root = limit.min(1);
        messages.drain(root..messages.len() - (limit - root));
    }
    let said: Vec<Said> = messages.iter().filter_map(|message| said(message).ok()).collect();
    let us = slack.us(&room.team).await?;
    let authors = said.iter().filter_map(|it| it.author.user.as_deref());
    let asked: BTreeSet<&str> = authors.chain(said.iter().flat_map(|it| notation::mentioned(&it.text))).collect();
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    for user in asked.into_iter().filter(|user| *user != us.user).take(MAX_PEOPLE) {
        people.insert(user.into(), slack.person(&room.team, user).await?);
    }
    people.insert(us.user.clone(), ourselves());
    let names: BTreeMap<String, String> = people.iter().map(|(id, person)| (id.clone(), person.name.clone())).collect();
    Ok(said.into_iter().map(|said| spoken(&room, said, &us.user, &people, &names)).collect())
}

fn spoken(
    room: &Room,
    said: Said,
    us: &str,
    people: &BTreeMap<String, Person>,
    names: &BTreeMap<String, String>,
) -> Spoken {
    let author = said.author.user.or(said.author.bot).unwrap_or_default();
    let nobody = || Person { id: person_id(&room.team, &author), name: author.clone(), role: Role::Outsider };
    let by = people.get(&author).cloned().unwrap_or_else(nobody);
    let mut text = notation::words(&said.text, names);
    for quoted in &said.quoted {
        let by = quoted.by.as_deref().unwrap_or("somebody");
        text.push_str(&format!("\n> {by}: {}", notation::words(&quoted.text, names).replace('\n', "\n> ")));
    }
    let attachments = said.files.into_iter().filter(|file| !file.gone);
    let attachments = attachments
        .map(|file| Attachment { id: file.id, name: file.name, kind: file.kind, bytes: file.bytes })
        .collect();
    let at = time(&said.ts);
    Spoken { message: Message { id: MessageId(said.ts), by, text, attachments }, at, ours: author == us }
}

/// Signalbox, as the author of what it says. It may ask itself for nothing.
fn ourselves() -> Person {
    Person { id: format!("{CHAT}:signalbox"), name: "Signalbox".into(), role: Role::Outsider }
}

/// When a message was written: that is its name.
fn time(ts: &str) -> Time {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, ""));
    let millis: u64 = rest.get(..3).and_then(|millis| millis.parse().ok()).unwrap_or_default();
    Time(seconds.parse::<u64>().unwrap_or_default().saturating_mul(1_000).saturating_add(millis))
}

/// Slack's own address of a thread.
pub(super) async fn link(slack: &Slack, thread: &ThreadId) -> Result<Option<String>, Error> {
    let room = Room::of(thread)?;
    let asked = [("channel", Some(room.channel.as_str())), ("message_ts", Some(thread.root.as_str()))];
    let linked: Result<Linked, Trouble> = slack.0.api.get(Method::Permalink, &room, &asked).await;
    Ok(Some(linked?.permalink))
}

pub(super) async fn room(slack: &Slack, thread: &ThreadId) -> Result<Place, Error> {
    let room = Room::of(thread)?;
    if let Some(place) = slack.0.memory.rooms.get(&room, slack.now()) {
        return Ok(place);
    }
    let answer: Result<Answer, Trouble> =
        slack.0.api.get(Method::RoomInfo, &room, &[("channel", Some(room.channel.as_str()))]).await;
    let Channel { name, topic, is_im, is_mpim } = answer?.channel;
    let name = match name {
        _ if is_im => "a direct message".into(),
        _ if is_mpim => "a group message".into(),
        Some(name) => format!("#{name}"),
        None => room.channel.clone(),
    };
    // A topic is written like a message: `repo:owner/name` may have become a link.
    let place = Place { name, topic: notation::words(&topic.value, &BTreeMap::new()) };
    slack.0.memory.rooms.put(room, place.clone(), slack.now());
    Ok(place)
}
