//! The log, folded: rooms, threads and messages as they stand.

use std::collections::{BTreeMap, HashMap};

use signalbox_domain::event::{Delivery, Fact};
use signalbox_domain::id::{DeliveryId, EffectId, RunId};
use signalbox_domain::post::{Action, Mark, Post, Slot};
use signalbox_domain::talk::{MessageId, Person, ThreadId};
use signalbox_domain::time::Time;

use crate::record::{Record, What};

/// The name under which the threads of this chat go.
pub(crate) const CHAT: &str = "console";

/// Everything that is shown, as of the last record.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// In the order they were made.
    pub(crate) rooms: Vec<Room>,
    threads: BTreeMap<(String, String), Thread>,
    /// Which thread of its room a message is in.
    roots: HashMap<(String, MessageId), String>,
    slots: HashMap<(RunId, String), MessageId>,
    whispers: HashMap<EffectId, MessageId>,
    keys: HashMap<String, Place>,
    owed: BTreeMap<u64, (Delivery, Place)>,
    numbers: HashMap<DeliveryId, u64>,
    touched: Vec<(u64, Touched)>,
}

/// A room.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) topic: String,
}

/// A thread: its first message and those after it, oldest first.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) room: String,
    pub(crate) entries: Vec<Entry>,
}

/// A message.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: MessageId,
    pub(crate) at: Time,
    pub(crate) body: Body,
    pub(crate) mark: Option<Mark>,
    /// What the intake does not have yet, by number.
    pub(crate) unsettled: BTreeMap<u64, Unsettled>,
    pub(crate) presses: Vec<Press>,
    /// The record that changed it last.
    pub(crate) n: u64,
}

/// What a message is.
#[derive(Debug)]
pub(crate) enum Body {
    /// A person's words.
    Said { by: Person, text: String, edited: bool },
    /// A person's words, taken back.
    Deleted { by: Person },
    /// Ours.
    Ours { id: EffectId, slot: Slot, post: Post },
    /// Ours, for one person's eyes.
    Whisper { id: EffectId, to: String, post: Post },
}

/// Something a person did that the intake does not have yet.
#[derive(Debug)]
pub(crate) struct Unsettled {
    pub(crate) action: Option<Action>,
    pub(crate) standing: Standing,
}

/// How a delivery stands with the intake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Sending,
    Retrying(String),
    Declined(String),
}

/// A button was pressed.
#[derive(Debug)]
pub(crate) struct Press {
    pub(crate) by: String,
    pub(crate) key: String,
    pub(crate) at: Time,
}

/// Where a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) room: String,
    pub(crate) root: String,
    pub(crate) message: MessageId,
}

/// What a record changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    Room(String),
    Message(Place),
}

impl Board {
    /// The board as the records leave it.
    pub(crate) fn of(records: Vec<Record>) -> Self {
        let mut board = Self::default();
        records.into_iter().for_each(|record| board.apply(record));
        board
    }

    /// The number of the last record.
    pub(crate) fn latest(&self) -> u64 {
        self.touched.last().map_or(0, |(n, _)| *n)
    }

    /// What was changed after the record `n`, each once, by its last change, oldest change first.
    pub(crate) fn since(&self, n: u64) -> Vec<(u64, Touched)> {
        let start = self.touched.partition_point(|(at, _)| *at <= n);
        let mut seen: Vec<(u64, Touched)> = Vec::new();
        for (at, touched) in self.touched[start..].iter().rev() {
            if !seen.iter().any(|(_, other)| other == touched) {
                seen.push((*at, touched.clone()));
            }
        }
        seen.reverse();
        seen
    }

    /// A room.
    pub(crate) fn room(&self, id: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == id)
    }

    /// A thread.
    pub(crate) fn thread(&self, room: &str, root: &str) -> Option<&Thread> {
        self.threads.get(&(room.into(), root.into()))
    }

    /// The threads of a room.
    pub(crate) fn threads<'a>(&'a self, room: &'a str) -> impl Iterator<Item = &'a Thread> {
        self.threads.values().filter(move |thread| thread.room == room)
    }

    /// Where a message of a room is.
    pub(crate) fn place(&self, room: &str, message: &MessageId) -> Option<Place> {
        let root = self.roots.get(&(room.into(), message.clone()))?;
        Some(Place { room: room.into(), root: root.clone(), message: message.clone() })
    }

    /// A message.
    pub(crate) fn entry(&self, place: &Place) -> Option<&Entry> {
        self.thread(&place.room, &place.root)?.entries.iter().find(|entry| entry.id == place.message)
    }

    /// What was sent under a browser's name for it.
    pub(crate) fn sent(&self, key: &str) -> Option<&Place> {
        self.keys.get(key)
    }

    /// The message a slot was said in, and the effect that said it last.
    pub(crate) fn slot(&self, thread: &ThreadId, run: &RunId, slot: &Slot) -> Option<(MessageId, EffectId)> {
        let message = self.slots.get(&(run.clone(), slot.key()))?;
        let entry = self.entry(&self.place(&thread.room, message)?)?;
        match &entry.body {
            Body::Ours { id, .. } => Some((message.clone(), id.clone())),
            Body::Said { .. } | Body::Deleted { .. } | Body::Whisper { .. } => None,
        }
    }

    /// Whether an effect was whispered.
    pub(crate) fn whispered(&self, id: &EffectId) -> bool {
        self.whispers.contains_key(id)
    }

    /// The oldest thing that is owed to the intake.
    pub(crate) fn owed(&self) -> Option<&Delivery> {
        self.owed.values().next().map(|(delivery, _)| delivery)
    }

    /// Whether the person who did it was told that a delivery is late.
    pub(crate) fn delayed(&self, delivery: &DeliveryId) -> bool {
        let unsettled = self.numbers.get(delivery).and_then(|n| {
            let (_, place) = self.owed.get(n)?;
            self.entry(place)?.unsettled.get(n)
        });
        unsettled.is_some_and(|unsettled| matches!(unsettled.standing, Standing::Retrying(_)))
    }

    /// Takes a record in.
    pub(crate) fn apply(&mut self, record: Record) {
        let Record { n, at, what } = record;
        let touched = match what {
            What::Room { room: id, name, topic } => {
                match self.rooms.iter_mut().find(|room| room.id == id) {
                    Some(room) => (room.name, room.topic) = (name, topic),
                    None => self.rooms.push(Room { id: id.clone(), name, topic }),
                }
                Some(Touched::Room(id))
            }
            What::Sent { delivery, on, key } => self.send(n, at, *delivery, on, key).map(Touched::Message),
            What::Received { delivery } => self.settle(n, &delivery, None),
            What::Delayed { delivery, why } => self.settle(n, &delivery, Some(Standing::Retrying(why))),
            What::Declined { delivery, why } => self.settle(n, &delivery, Some(Standing::Declined(why))),
            What::Spoke { id, thread, message, slot, post } => {
                self.slots.insert((id.run.clone(), slot.key()), message.clone());
                self.say(n, at, &thread, message, Body::Ours { id, slot, post })
            }
            What::Whispered { id, thread, message, to, post } => {
                self.whispers.insert(id.clone(), message.clone());
                self.say(n, at, &thread, message, Body::Whisper { id, to, post })
            }
            What::Marked { thread, message, mark } => self.place(&thread.room, &message).map(|place| {
                self.change(&place, n, |entry| entry.mark = Some(mark));
                Touched::Message(place)
            }),
        };
        // A record that changed nothing that is shown still moves the number on.
        let touched = touched.unwrap_or_else(|| Touched::Room(String::new()));
        self.touched.push((n, touched));
    }

    fn send(
        &mut self,
        n: u64,
        at: Time,
        delivery: Delivery,
        on: Option<MessageId>,
        key: Option<String>,
    ) -> Option<Place> {
        let ThreadId { room, root, .. } = delivery.thread.clone();
        let mut action = None;
        let place = match &delivery.event.fact {
            Fact::Said { message, .. } => {
                let body = Body::Said { by: message.by.clone(), text: message.text.clone(), edited: false };
                self.put(n, at, &room, &root, message.id.clone(), body)
            }
            Fact::Edited { message } => {
                let place = self.place(&room, &message.id)?;
                let body = Body::Said { by: message.by.clone(), text: message.text.clone(), edited: true };
                self.change(&place, n, |entry| entry.body = body);
                place
            }
            Fact::Deleted { message, by } => {
                let place = self.place(&room, message)?;
                self.change(&place, n, |entry| entry.body = Body::Deleted { by: by.clone() });
                place
            }
            Fact::Pressed { action: pressed, by } => {
                let place = self.place(&room, &on?)?;
                let press = Press { by: by.id.clone(), key: press_key(pressed), at };
                self.change(&place, n, |entry| entry.presses.push(press));
                action = Some(pressed.clone());
                place
            }
            // No person does these here.
            Fact::Received { .. }
            | Fact::Reviewed { .. }
            | Fact::Stirred
            | Fact::Checked { .. }
            | Fact::Linked { .. }
            | Fact::Unlinked { .. }
            | Fact::Forbidden { .. }
            | Fact::Routed { .. }
            | Fact::Resolved { .. }
            | Fact::Unresolved { .. }
            | Fact::Admitted
            | Fact::Queued { .. }
            | Fact::Gathered { .. }
            | Fact::Claimed { .. }
            | Fact::Progressed { .. }
            | Fact::Finished { .. }
            | Fact::Unprovided { .. }
            | Fact::Vanished { .. }
            | Fact::Released { .. }
            | Fact::Opened { .. }
            | Fact::Unopened { .. }
            | Fact::Woke { .. } => return None,
        };
        self.change(&place, n, |entry| {
            entry.unsettled.insert(n, Unsettled { action, standing: Standing::Sending });
        });
        if let Some(key) = key {
            self.keys.insert(key, place.clone());
        }
        self.numbers.insert(delivery.event.id.clone(), n);
        self.owed.insert(n, (delivery, place.clone()));
        Some(place)
    }

    fn settle(&mut self, n: u64, delivery: &DeliveryId, standing: Option<Standing>) -> Option<Touched> {
        let number = *self.numbers.get(delivery)?;
        let (_, place) = self.owed.get(&number)?;
        let place = place.clone();
        let over = !matches!(standing, Some(Standing::Retrying(_)));
        self.change(&place, n, |entry| match standing {
            Some(standing) => {
                if let Some(unsettled) = entry.unsettled.get_mut(&number) {
                    unsettled.standing = standing;
                }
            }
            None => {
                entry.unsettled.remove(&number);
            }
        });
        if over {
            self.owed.remove(&number);
            self.numbers.remove(delivery);
        }
        Some(Touched::Message(place))
    }

    fn say(&mut self, n: u64, at: Time, thread: &ThreadId, message: MessageId, body: Body) -> Option<Touched> {
        let place = match self.place(&thread.room, &message) {
            Some(place) => {
                self.change(&place, n, |entry| {
                    entry.body = body;
                    entry.presses.clear();
                });
                place
            }
            None => self.put(n, at, &thread.room, &thread.root, message, body),
        };
        Some(Touched::Message(place))
    }

    fn put(&mut self, n: u64, at: Time, room: &str, root: &str, message: MessageId, body: Body) -> Place {
        let thread = self.threads.entry((room.into(), root.into()));
        let thread = thread.or_insert_with(|| Thread { room: room.into(), entries: Vec::new() });
        let (unsettled, presses) = (BTreeMap::new(), Vec::new());
        thread.entries.push(Entry { id: message.clone(), at, body, mark: None, unsettled, presses, n });
        self.roots.insert((room.into(), message.clone()), root.into());
        Place { room: room.into(), root: root.into(), message }
    }

    fn change(&mut self, place: &Place, n: u64, how: impl FnOnce(&mut Entry)) {
        let thread = self.threads.get_mut(&(place.room.clone(), place.root.clone()));
        if let Some(entry) = thread.and_then(|thread| thread.entries.iter_mut().find(|entry| entry.id == place.message))
        {
            how(entry);
            entry.n = n;
        }
    }
}

/// What tells one button of a message from another: the reason of a denial is not part of it.
pub(crate) fn press_key(action: &Action) -> String {
    match action {
        Action::Stop => "stop".into(),
        Action::Why => "why".into(),
        Action::Details => "details".into(),
        Action::Retry => "retry".into(),
        Action::Approve { phase, digest } => format!("approve:{phase}:{}", digest.short()),
        Action::Deny { phase, digest, .. } => format!("deny:{phase}:{}", digest.short()),
        Action::Choose { target } => {
            let repository = target.repository.as_ref().map_or("-", |name| name.as_str());
            let branch = target.branch.as_deref().unwrap_or("-");
            format!("choose:{}:{repository}:{branch}", target.workflow)
        }
        Action::Resolve { review } => format!("resolve:{review}"),
        Action::Dismiss { review } => format!("dismiss:{review}"),
        Action::View { url } => format!("view:{url}"),
    }
}

impl Thread {
    /// The message it began with.
    pub(crate) fn root(&self) -> Option<&Entry> {
        self.entries.first()
    }

    /// How it stands: our mark on the newest request in it.
    pub(crate) fn mark(&self) -> Option<Mark> {
        self.entries.iter().rev().filter_map(|entry| entry.mark).find(|mark| *mark != Mark::Passed)
    }

    /// The run that spoke in it last.
    pub(crate) fn run(&self) -> Option<&RunId> {
        self.entries.iter().rev().find_map(Entry::run)
    }
}

impl Entry {
    /// The run that said it.
    pub(crate) fn run(&self) -> Option<&RunId> {
        match &self.body {
            Body::Ours { id, .. } | Body::Whisper { id, .. } => Some(&id.run),
            Body::Said { .. } | Body::Deleted { .. } => None,
        }
    }

    /// What it says, if it is ours.
    pub(crate) fn post(&self) -> Option<&Post> {
        match &self.body {
            Body::Ours { post, .. } | Body::Whisper { post, .. } => Some(post),
            Body::Said { .. } | Body::Deleted { .. } => None,
        }
    }

    /// Whether a person may see it.
    pub(crate) fn shown_to(&self, person: &str) -> bool {
        match &self.body {
            Body::Whisper { to, .. } => to == person,
            Body::Said { .. } | Body::Deleted { .. } | Body::Ours { .. } => true,
        }
    }
}
