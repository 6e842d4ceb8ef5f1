//! Looking for what the edge may have missed: the threads of open runs, the channels we are in.
//!
//! Slack sends a delivery three times within some minutes and then never again; after a longer outage the channels
//! themselves are the only copy. What is found has the keys that the edge would have given it.

mod rooms;
mod turns;

use serde::Deserialize;
use serde_json::Value;
use signalbox_domain::event::Delivery;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::chat::CaughtUp;

use crate::CHAT;
use crate::api::{Method, Room, Trouble};
use crate::decode::message::{self, mentions, said};
use crate::decode::{Edited, Heard, Reacted};
use crate::slack::Slack;
use crate::understand::{STOP, SWEPT};

pub(crate) use turns::Turns;

/// The most threads of open runs that are read in one sweep.
const MAX_THREADS: usize = 12;
/// The most channels that are read in one sweep, and the most threads of each. A minute has about 50 calls, and people
/// are answered with them, too.
const MAX_ROOMS: usize = 8;
const MAX_THREADS_OF_ROOM: usize = 4;
/// The most pages of one place that are read in one sweep.
const MAX_PAGES: usize = 3;
/// How old a thread may be whose new messages are found, if it is still on those pages of its channel.
const MAX_AGE: Span = Span::hours(7 * 24);
/// The messages of a page.
const PAGE: &str = "200";
/// How far before the last sweep is read again: what came while it read is not passed over, and keys make the rest
/// harmless.
const OVERLAP: Span = Span::minutes(2);
/// How far back is read at most. What nobody answered for a day is not begun by surprise.
const MAX_BACK: Span = Span::hours(24);
/// What Slack says of a place that is not ours to read any more.
const UNREADABLE: &[&str] =
    &["channel_not_found", "not_in_channel", "thread_not_found", "message_not_found", "is_archived"];

/// Reads what is new where we listen: a few places a time, those first that were read longest ago. When Slack wants a
/// pause, what was found so far is returned, and the next sweep goes on.
pub(crate) async fn catch_up(slack: &Slack, open: &[ThreadId]) -> Result<CaughtUp, Error> {
    slack.0.ears.keep(slack.0.notes.as_ref()).await?;
    let mut sweep = Sweep { slack, found: Vec::new() };
    let swept = sweep.all(open).await;
    let found = sweep.found;
    slack.0.ears.add("swept", found.len());
    if let Err(trouble) = swept {
        tracing::info!(%trouble, found = found.len(), "a sweep of slack goes on later");
        if found.is_empty() {
            return Err(trouble.into());
        }
    }
    Ok(CaughtUp { deliveries: found, asked: 0 })
}

struct Sweep<'a> {
    slack: &'a Slack,
    found: Vec<Delivery>,
}

impl Sweep<'_> {
    async fn all(&mut self, open: &[ThreadId]) -> Result<(), Trouble> {
        let slack = self.slack;
        let threads: Vec<(Room, String)> = open
            .iter()
            .filter(|thread| thread.chat == CHAT)
            .filter_map(|thread| Some((Room::of(thread).ok()?, thread.root.clone())))
            .filter(|(room, _)| slack.settings().workspace(&room.team).is_some())
            .collect();
        let turns = slack.0.turns.next(&threads, MAX_THREADS, |(room, root)| format!("{} {root}", room.key()));
        for turn in turns {
            let (room, root) = turn.place;
            let since = turn.last.map(|last| back(last, OVERLAP));
            passing(self.thread(room, root, since).await)?;
            slack.0.turns.took(turn.name, slack.now());
        }
        let rooms = rooms::rooms(slack).await?;
        for turn in slack.0.turns.next(&rooms, MAX_ROOMS, Room::key) {
            passing(self.channel(turn.place).await)?;
            slack.0.turns.took(turn.name, slack.now());
        }
        Ok(())
    }

    /// The thread of an open run: what was added or changed since, what somebody wants stopped, and whether its first
    /// message is gone.
    async fn thread(&mut self, room: &Room, root: &str, since: Option<Time>) -> Result<(), Trouble> {
        let us = self.slack.us(&room.team).await?;
        let since = since.unwrap_or_else(|| back(self.slack.now(), MAX_BACK));
        // Read whole: a change is seen only where its message is.
        for read in self.pages(Method::Replies, room, Some(root), back(self.slack.now(), MAX_BACK)).await? {
            if let Some(gone) = message::emptied(&room.team, &room.channel, &read) {
                self.keep(gone);
            }
            let Ok(mut said) = said(&read) else { continue };
            if said.author.user.as_ref() == Some(&us.user) {
                continue;
            }
            said.direct = room.direct();
            for user in by(&read, STOP).filter(|user| *user != us.user) {
                let what =
                    Reacted { ts: said.ts.clone(), user: user.into(), reaction: STOP.into(), event: SWEPT.into() };
                self.keep(message::reacted(&room.team, &room.channel, what));
            }
            if let Some(edited) = message::changed(&read).filter(|edited| time(edited) >= since) {
                let edited = Edited { before: None, edited: edited.into(), now: said.clone() };
                self.keep(message::edited(&room.team, &room.channel, edited));
            }
            if time(&said.ts) >= since {
                self.keep(message::heard(&room.team, &room.channel, said));
            }
        }
        Ok(())
    }

    /// A channel: what was said to us there since it was last read, in its threads, too. A thread shows by its latest
    /// answer whether there is something new in it, however old it is itself.
    async fn channel(&mut self, room: &Room) -> Result<(), Trouble> {
        let slack = self.slack;
        let now = slack.now();
        let (mark, version) = rooms::mark(slack, room).await?;
        let from = back(mark, OVERLAP).max(back(now, MAX_BACK));
        let us = slack.us(&room.team).await?;
        let messages = self.pages(Method::History, room, None, back(now, MAX_AGE)).await?;
        let named =
            |message: &Value| Some((text(message, "ts")?.to_owned(), text(message, "latest_reply")?.to_owned()));
        let read = |root: &str| slack.0.memory.threads.get(&(room.clone(), root.to_owned()), now);
        let mut active: Vec<(String, String)> = messages.iter().filter_map(named).collect();
        active.retain(|(root, latest)| time(latest) >= from && read(root).as_ref() != Some(latest));
        active.sort_by(|(_, one), (_, other)| one.cmp(other));
        for message in messages.iter().filter(|message| text(message, "ts").is_some_and(|ts| time(ts) >= from)) {
            self.take(room, &us.user, message);
        }
        for (root, latest) in active.iter().take(MAX_THREADS_OF_ROOM) {
            for message in self.pages(Method::Replies, room, Some(root), from).await? {
                self.take(room, &us.user, &message);
            }
            slack.0.memory.threads.put((room.clone(), root.clone()), latest.clone(), now);
        }
        // More than there is time for now: the next sweep begins at the same time, with those that are not read yet.
        if active.len() <= MAX_THREADS_OF_ROOM {
            rooms::set_mark(slack, room, now, version).await?;
        }
        Ok(())
    }

    /// What the edge would have taken of a message: said to us, or pointed at.
    fn take(&mut self, room: &Room, us: &str, read: &Value) {
        let Ok(mut said) = said(read) else { return };
        if said.author.user.as_deref() == Some(us) {
            return;
        }
        said.direct = room.direct();
        if let Some(pointed) = self.pointed(room, us, read) {
            self.keep(pointed);
        }
        if said.direct || mentions(&said.text, Some(us)) {
            self.keep(message::heard(&room.team, &room.channel, said));
        }
    }

    /// The emoji that asks, if it is on a message. What it asks for has the message's key, so that it is asked for once
    /// however often the emoji is seen.
    fn pointed(&self, room: &Room, us: &str, read: &Value) -> Option<Heard> {
        let emoji = self.slack.settings().features.emoji.as_deref()?;
        let user = by(read, emoji).find(|user| *user != us)?;
        let ts = text(read, "ts")?.to_owned();
        let what = Reacted { ts, user: user.into(), reaction: emoji.into(), event: SWEPT.into() };
        Some(message::reacted(&room.team, &room.channel, what))
    }

    fn keep(&mut self, heard: Heard) {
        self.found.push(heard.delivery(self.slack.now()));
    }

    /// The messages of a place since some time, of a channel the newest; none of a place that is not ours to read.
    async fn pages(&self, method: Method, room: &Room, root: Option<&str>, since: Time) -> Result<Vec<Value>, Trouble> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(default)]
            messages: Vec<Value>,
            response_metadata: Option<Next>,
        }
        #[derive(Deserialize)]
        struct Next {
            next_cursor: Option<String>,
        }
        let since = stamp(since);
        let mut messages = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let parameters = [
                ("channel", Some(room.channel.as_str())),
                ("ts", root),
                ("oldest", Some(since.as_str())),
                ("limit", Some(PAGE)),
                ("cursor", cursor.as_deref()),
            ];
            let page: Result<Page, Trouble> = self.slack.0.api.get(method, room, &parameters).await;
            let page = match page {
                Ok(page) => page,
                Err(trouble) if trouble.is(UNREADABLE) => return Ok(messages),
                Err(trouble) => return Err(trouble),
            };
            messages.extend(page.messages);
            cursor = page.response_metadata.and_then(|it| it.next_cursor).filter(|next| !next.is_empty());
            if cursor.is_none() {
                return Ok(messages);
            }
        }
        tracing::debug!(team = room.team, pages = MAX_PAGES, "more was said than a sweep of slack reads");
        Ok(messages)
    }
}

/// A place that Slack refuses is logged and passed over; a pause that Slack wants ends the sweep.
fn passing(read: Result<(), Trouble>) -> Result<(), Trouble> {
    match read {
        Err(trouble @ (Trouble::Refused { .. } | Trouble::Rejected(_))) => {
            tracing::warn!(%trouble, "a place on slack could not be swept");
            Ok(())
        }
        read => read,
    }
}

/// Who put an emoji on a message, in any colour.
fn by<'a>(message: &'a Value, emoji: &str) -> impl Iterator<Item = &'a str> {
    let all = message.get("reactions").and_then(Value::as_array).into_iter().flatten();
    let named = move |one: &&Value| text(one, "name").is_some_and(|name| name.split("::").next() == Some(emoji));
    let users = all.filter(named).filter_map(|one| one.get("users")?.as_array()).flatten();
    users.filter_map(Value::as_str)
}

fn text<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    message.get(name)?.as_str()
}

fn back(at: Time, by: Span) -> Time {
    Time(at.0.saturating_sub(by.0))
}

/// A time as Slack names messages.
fn stamp(at: Time) -> String {
    format!("{}.{:03}000", at.0 / 1_000, at.0 % 1_000)
}

/// The time that a message is named by.
pub(crate) fn time(ts: &str) -> Time {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, ""));
    let millis: u64 = rest.get(..3).and_then(|millis| millis.parse().ok()).unwrap_or_default();
    Time(seconds.parse::<u64>().unwrap_or_default().saturating_mul(1_000).saturating_add(millis))
}
