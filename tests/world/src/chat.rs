//! Threads as people see them, and everything that was ever shown in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use signalbox_domain::event::{Delivery, Fact};
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Action, Mark, Post, Slot};
use signalbox_domain::talk::{Attachment, Message, MessageId, Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{CaughtUp, Room, Spoken, Understood, Usual, Utterance};
use signalbox_ports::clock::Clock;

use crate::fault::{Faults, call};

/// A chat in memory.
pub struct Chat {
    name: String,
    clock: Arc<dyn Clock>,
    faults: Arc<dyn Faults>,
    recall: Recall,
    state: Mutex<State>,
}

/// What the chat itself remembers of what was said in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// Everything: the port's promise is kept whatever the caller knows.
    Slots,
    /// Nothing, like a real chat: it edits the message it is told of, looks at the thread's markers only if told that
    /// this may have been tried before (and removes what it finds twice), and posts otherwise.
    Markers,
}

/// A message, with all it ever said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub by: Author,
    /// When.
    pub at: Time,
    /// Our mark on it.
    pub mark: Option<Mark>,
    /// The only one who sees it, if it was whispered.
    pub only: Option<Person>,
    /// Whether it was deleted.
    pub gone: bool,
}

/// Who wrote a message, and every version of it, oldest first: never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person.
    Person {
        /// Who.
        person: Person,
        /// What it said.
        texts: Vec<String>,
    },
    /// Signalbox.
    Ours {
        /// The effect that said it last: the marker.
        effect: EffectId,
        /// Which message of the run; nothing if it was whispered.
        slot: Option<Slot>,
        /// What it said.
        posts: Vec<Post>,
    },
}

#[derive(Default)]
struct State {
    written: u64,
    /// What its edge never handed in.
    missed: Vec<Delivery>,
    files: BTreeMap<String, Vec<u8>>,
    threads: BTreeMap<ThreadId, Vec<Shown>>,
    rooms: BTreeMap<String, Room>,
    usual: BTreeMap<String, Usual>,
    address: Option<String>,
}

impl Chat {
    /// A chat of that name without threads, whose calls meet `faults`.
    pub fn new(name: &str, clock: Arc<dyn Clock>, faults: Arc<dyn Faults>) -> Self {
        Self { name: name.into(), clock, faults, recall: Recall::Slots, state: Mutex::default() }
    }

    /// The chat, remembering no more than this.
    #[must_use]
    pub fn recalling(mut self, recall: Recall) -> Self {
        self.recall = recall;
        self
    }

    /// Names a room.
    pub fn describe(&self, room: &str, name: &str, topic: &str) {
        self.state().rooms.insert(room.into(), Room { name: name.into(), topic: topic.into() });
    }

    /// Threads can be looked at below that address from now on.
    pub fn open_at(&self, address: &str) {
        self.state().address = Some(address.into());
    }

    /// A person sets something for themselves.
    pub fn set(&self, person: &Person, usual: Usual) {
        self.state().usual.insert(person.id.clone(), usual);
    }

    /// A person begins a thread.
    pub fn open(&self, room: &str, person: &Person, text: &str) -> (ThreadId, Message) {
        let root = format!("m{}", self.state().written + 1);
        let thread = ThreadId { chat: self.name.clone(), room: room.into(), root };
        let message = self.write(&thread, person, text);
        (thread, message)
    }

    /// A person writes in a thread.
    pub fn write(&self, thread: &ThreadId, person: &Person, text: &str) -> Message {
        let by = Author::Person { person: person.clone(), texts: vec![text.into()] };
        let id = self.state().post(thread, by, self.clock.now(), None);
        Message { id, by: person.clone(), text: text.into(), attachments: Vec::new() }
    }

    /// A person writes in a thread, and attaches files: a name, a media type, the bytes.
    pub fn attach(&self, thread: &ThreadId, person: &Person, text: &str, files: &[(&str, &str, &[u8])]) -> Message {
        let mut message = self.write(thread, person, text);
        for (name, kind, bytes) in files {
            let id = format!("{}/{name}", message.id.0);
            self.state().files.insert(id.clone(), bytes.to_vec());
            let (name, kind) = ((*name).into(), (*kind).into());
            message.attachments.push(Attachment { id, name, kind, bytes: bytes.len() as u64 });
        }
        message
    }

    /// What an edge receives that cannot know what it means: the chat is asked, and says that it means these.
    pub fn raw(deliveries: &[Delivery]) -> Fact {
        Fact::Received { what: json!({ "means": deliveries }) }
    }

    /// Something happens that the edge never hands in.
    pub fn miss(&self, delivery: Delivery) {
        self.state().missed.push(delivery);
    }

    /// A person changes what they wrote; nothing if it is not there or not a person's.
    pub fn edit(&self, thread: &ThreadId, id: &MessageId, text: &str) -> Option<Message> {
        let mut state = self.state();
        match &mut state.find(thread, id)?.by {
            Author::Person { person, texts } => {
                texts.push(text.into());
                Some(Message { id: id.clone(), by: person.clone(), text: text.into(), attachments: Vec::new() })
            }
            Author::Ours { .. } => None,
        }
    }

    /// A message is deleted.
    pub fn delete(&self, thread: &ThreadId, id: &MessageId) {
        if let Some(shown) = self.state().find(thread, id) {
            shown.gone = true;
        }
    }

    /// The thread as a person reads it, one message after the other, edits in place, marks at the end.
    pub fn transcript(&self, thread: &ThreadId) -> String {
        self.shown(thread).iter().map(Shown::line).collect()
    }

    /// Every message of the thread, also deleted and whispered ones, oldest first.
    pub fn shown(&self, thread: &ThreadId) -> Vec<Shown> {
        self.state().threads.get(thread).cloned().unwrap_or_default()
    }

    /// Every thread anything was written in.
    pub fn threads(&self) -> Vec<ThreadId> {
        self.state().threads.keys().cloned().collect()
    }

    /// What the newest button of that label does.
    pub fn button(&self, thread: &ThreadId, label: &str) -> Option<Action> {
        let shown = self.shown(thread);
        let buttons = shown.iter().rev().filter_map(Shown::post).flat_map(|post| &post.buttons);
        buttons.into_iter().find(|button| button.label == label).map(|button| button.action.clone())
    }

    /// The slots that are said in more than one message: surviving duplicates.
    pub fn duplicates(&self) -> Vec<(RunId, Slot)> {
        let mut seen = BTreeSet::new();
        let state = self.state();
        let all = state.threads.values().flatten().filter(|shown| !shown.gone).filter_map(Shown::slot);
        all.filter(|said| !seen.insert(said.clone())).collect()
    }

    /// How many messages close that run.
    pub fn closings(&self, run: &RunId) -> usize {
        let closing = (run.clone(), Slot::Closing);
        let state = self.state();
        let said = |shown: &&Shown| !shown.gone && shown.slot().as_ref() == Some(&closing);
        state.threads.values().flatten().filter(said).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ours(&self, thread: &ThreadId) -> Result<(), Error> {
        if thread.chat == self.name {
            return Ok(());
        }
        Err(Error::rejected(format!("the thread {thread} is not on the chat {}", self.name)))
    }

    fn signalbox(&self) -> Person {
        Person { id: format!("{}:signalbox", self.name), name: "Signalbox".into(), role: Role::Outsider }
    }
}

impl State {
    fn post(&mut self, thread: &ThreadId, by: Author, at: Time, only: Option<Person>) -> MessageId {
        self.written += 1;
        let id = MessageId(format!("m{}", self.written));
        let shown = Shown { id: id.clone(), by, at, mark: None, only, gone: false };
        self.threads.entry(thread.clone()).or_default().push(shown);
        id
    }

    fn find(&mut self, thread: &ThreadId, id: &MessageId) -> Option<&mut Shown> {
        self.threads.get_mut(thread)?.iter_mut().find(|shown| shown.id == *id && !shown.gone)
    }

    /// Leaves one message of the slot: the known one, else the oldest.
    fn clear(&mut self, utterance: &Utterance) {
        let said = (utterance.run.clone(), utterance.slot.clone());
        let thread = self.threads.entry(utterance.thread.clone()).or_default();
        let mut twice: Vec<&mut Shown> =
            thread.iter_mut().filter(|shown| !shown.gone && shown.slot().as_ref() == Some(&said)).collect();
        let kept = twice.iter().position(|shown| Some(&shown.id) == utterance.known.as_ref()).unwrap_or_default();
        for (place, shown) in twice.iter_mut().enumerate() {
            shown.gone = place != kept;
        }
    }

    /// The message to edit.
    fn target(&self, utterance: &Utterance, recall: Recall) -> Option<MessageId> {
        let said = (utterance.run.clone(), utterance.slot.clone());
        let thread = self.threads.get(&utterance.thread)?;
        let here = |shown: &&Shown| !shown.gone && shown.slot().as_ref() == Some(&said);
        match recall {
            Recall::Slots => thread.iter().find(here),
            Recall::Markers => match &utterance.known {
                Some(known) => thread.iter().find(|shown| shown.id == *known && !shown.gone),
                None if utterance.retried => thread.iter().find(here),
                None => None,
            },
        }
        .map(|shown| shown.id.clone())
    }
}

impl Shown {
    /// What it says now, if it is ours.
    pub fn post(&self) -> Option<&Post> {
        match &self.by {
            Author::Ours { posts, .. } if !self.gone => posts.last(),
            Author::Ours { .. } | Author::Person { .. } => None,
        }
    }

    /// What it says now.
    pub fn text(&self) -> String {
        match &self.by {
            Author::Person { texts, .. } => texts.last().cloned().unwrap_or_default(),
            Author::Ours { posts, .. } => posts.last().map(Post::plain).unwrap_or_default(),
        }
    }

    fn slot(&self) -> Option<(RunId, Slot)> {
        match &self.by {
            Author::Ours { effect, slot: Some(slot), .. } => Some((effect.run.clone(), slot.clone())),
            Author::Ours { slot: None, .. } | Author::Person { .. } => None,
        }
    }

    fn line(&self) -> String {
        let mut line = match &self.by {
            Author::Person { person, texts } if texts.len() > 1 => format!("{} (edited)", person.name),
            Author::Person { person, .. } => person.name.clone(),
            Author::Ours { .. } => "Signalbox".into(),
        };
        if let Some(only) = &self.only {
            line.push_str(&format!(" (only {})", only.name));
        }
        line.push_str(": ");
        line.push_str(if self.gone { "(deleted)".into() } else { self.text() }.replace('\n', "\n    ").trim_end());
        if let Some(mark) = self.mark.filter(|_| !self.gone) {
            line.push_str(&format!("  {}", mark.emoji()));
        }
        line.push('\n');
        line
    }
}

#[async_trait]
impl signalbox_ports::chat::Chat for Chat {
    async fn say(&self, utterance: &Utterance) -> Result<MessageId, Error> {
        call(&*self.faults, "chat.say", || {
            let Utterance { id, thread, slot, post, .. } = utterance;
            self.ours(thread)?;
            let mut state = self.state();
            if utterance.retried {
                state.clear(utterance);
            }
            if let Some(target) = state.target(utterance, self.recall)
                && let Some(Shown { by: Author::Ours { effect, posts, .. }, .. }) = state.find(thread, &target)
            {
                if *effect < *id {
                    *effect = id.clone();
                    posts.push(post.clone());
                }
                return Ok(target);
            }
            let by = Author::Ours { effect: id.clone(), slot: Some(slot.clone()), posts: vec![post.clone()] };
            Ok(state.post(thread, by, self.clock.now(), None))
        })
        .await
    }

    async fn whisper(&self, id: &EffectId, thread: &ThreadId, to: &Person, post: &Post) -> Result<(), Error> {
        call(&*self.faults, "chat.whisper", || {
            self.ours(thread)?;
            let mut state = self.state();
            let known = state.threads.get(thread).into_iter().flatten().any(|shown| {
                matches!(&shown.by, Author::Ours { effect, slot: None, .. } if effect == id) && shown.only.is_some()
            });
            if !known || self.recall == Recall::Markers {
                let by = Author::Ours { effect: id.clone(), slot: None, posts: vec![post.clone()] };
                state.post(thread, by, self.clock.now(), Some(to.clone()));
            }
            Ok(())
        })
        .await
    }

    async fn mark(&self, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error> {
        call(&*self.faults, "chat.mark", || {
            self.ours(thread)?;
            if let Some(shown) = self.state().find(thread, message) {
                shown.mark = Some(mark);
            }
            Ok(())
        })
        .await
    }

    async fn read(&self, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error> {
        call(&*self.faults, "chat.read", || {
            self.ours(thread)?;
            let mut spoken: Vec<Spoken> = self
                .shown(thread)
                .iter()
                .filter(|shown| !shown.gone && shown.only.is_none())
                .map(|shown| {
                    let (by, ours) = match &shown.by {
                        Author::Person { person, .. } => (person.clone(), false),
                        Author::Ours { .. } => (self.signalbox(), true),
                    };
                    let message = Message { id: shown.id.clone(), by, text: shown.text(), attachments: Vec::new() };
                    Spoken { message, at: shown.at, ours }
                })
                .collect();
            if spoken.len() > limit {
                spoken.drain(limit.min(1)..spoken.len() - limit.saturating_sub(1));
            }
            Ok(spoken)
        })
        .await
    }

    async fn understand(&self, thread: &ThreadId, _: Time, what: &Value) -> Result<Understood, Error> {
        call(&*self.faults, "chat.understand", || {
            self.ours(thread)?;
            match (what.get("means"), what.get("nothing").and_then(Value::as_str)) {
                (Some(means), _) => {
                    let means = serde_json::from_value(means.clone()).map_err(Error::rejected)?;
                    Ok(Understood::Deliveries(means))
                }
                (None, Some(why)) => Ok(Understood::Nothing(why.into())),
                (None, None) => Err(Error::rejected("this is nothing that its edge hands in")),
            }
        })
        .await
    }

    async fn catch_up(&self, _: &[ThreadId]) -> Result<CaughtUp, Error> {
        call(&*self.faults, "chat.catch_up", || Ok(CaughtUp { deliveries: self.state().missed.clone(), asked: 0 }))
            .await
    }

    async fn attachment(
        &self,
        thread: &ThreadId,
        attachment: &Attachment,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Error> {
        call(&*self.faults, "chat.attachment", || {
            self.ours(thread)?;
            Ok(self.state().files.get(&attachment.id).filter(|bytes| bytes.len() <= limit).cloned())
        })
        .await
    }

    async fn link(&self, thread: &ThreadId) -> Result<Option<String>, Error> {
        call(&*self.faults, "chat.link", || {
            let address = self.state().address.clone();
            Ok(address.map(|address| format!("{address}/{}/{}", thread.room, thread.root)))
        })
        .await
    }

    async fn usual(&self, person: &Person) -> Result<Usual, Error> {
        call(&*self.faults, "chat.usual", || Ok(self.state().usual.get(&person.id).cloned().unwrap_or_default())).await
    }

    async fn room(&self, thread: &ThreadId) -> Result<Room, Error> {
        call(&*self.faults, "chat.room", || {
            self.ours(thread)?;
            let unnamed = || Room { name: thread.room.clone(), topic: String::new() };
            Ok(self.state().rooms.get(&thread.room).cloned().unwrap_or_else(unnamed))
        })
        .await
    }
}
