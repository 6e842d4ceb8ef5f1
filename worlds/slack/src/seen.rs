//! What people see: threads as they read, reactions as they are drawn, edits, and what only one of them sees.

use std::fmt::Write;

use serde_json::Value;

use crate::channel::Channel;
use crate::error::Error;
use crate::ids::{AppId, ChannelId, Ts, UserId, ViewId};
use crate::message::{Content, Message};
use crate::plain;
use crate::session::Session;
use crate::state::State;
use crate::world::World;

/// A message as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its name in the channel.
    pub ts: Ts,
    /// The first message of its thread, for a reply.
    pub thread: Option<Ts>,
    /// Who said it, by id.
    pub user: UserId,
    /// Who said it, by name.
    pub who: String,
    /// Whether an app said it.
    pub by_app: bool,
    /// What a person reads: from its blocks, or its text where it has none.
    pub text: String,
    /// The `text` field alone: what a notification shows.
    pub notification: String,
    /// Its blocks.
    pub blocks: Vec<Value>,
    /// The labels a person can press, in order.
    pub buttons: Vec<String>,
    /// Reactions as they are drawn, with who reacted.
    pub reactions: Vec<(String, Vec<UserId>)>,
    /// What it said before, oldest first.
    pub edits: Vec<String>,
    /// The one person who sees it, for an ephemeral message.
    pub only_for: Option<UserId>,
    /// Whether it was deleted. A deleted message is listed, that stories can tell.
    pub deleted: bool,
    /// Whether it is being streamed.
    pub streaming: bool,
    /// Names of its files.
    pub files: Vec<String>,
    /// Its metadata.
    pub metadata: Option<Value>,
    /// Whether links in it are looked up and shown.
    pub unfurls: bool,
}

impl Seen {
    /// The reactions alone, as they are drawn: `👀✅`.
    pub fn marks(&self) -> String {
        self.reactions.iter().map(|(emoji, _)| emoji.as_str()).collect()
    }
}

/// A modal or home tab as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    /// Its id.
    pub id: ViewId,
    /// Its title; empty for a home tab.
    pub title: String,
    /// What a person reads.
    pub text: String,
    /// The labels a person can press or fill in, in order.
    pub buttons: Vec<String>,
    /// As the app sent it.
    pub body: Value,
}

impl World {
    /// A thread, first message first, ephemeral and deleted messages where they were.
    ///
    /// # Errors
    ///
    /// When there is no such channel or message.
    pub fn thread(&self, channel: &ChannelId, root: &Ts) -> Result<Vec<Seen>, Error> {
        let state = self.state();
        let place = state.channel(channel)?;
        let thread: Vec<Seen> = place
            .messages
            .values()
            .filter(|message| message.root() == root)
            .map(|message| state.seen(message))
            .collect();
        if thread.is_empty() { Err(Error::unknown("thread", root)) } else { Ok(thread) }
    }

    /// One message.
    ///
    /// # Errors
    ///
    /// When there is no such channel or message.
    pub fn message(&self, channel: &ChannelId, ts: &Ts) -> Result<Seen, Error> {
        let state = self.state();
        let message = state.channel(channel)?.messages.get(ts).ok_or_else(|| Error::unknown("message", ts))?;
        Ok(state.seen(message))
    }

    /// What is said in a channel itself: threads by their first messages, ephemeral and deleted messages too.
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn history(&self, channel: &ChannelId) -> Result<Vec<Seen>, Error> {
        let state = self.state();
        let place = state.channel(channel)?;
        let top = place.messages.values().filter(|message| message.thread.is_none() || message.broadcast);
        Ok(top.map(|message| state.seen(message)).collect())
    }

    /// A thread as one text: a name, what was said, the reactions; a mark where only one person sees it.
    ///
    /// # Errors
    ///
    /// When there is no such channel or message.
    pub fn transcript(&self, channel: &ChannelId, root: &Ts) -> Result<String, Error> {
        let thread = self.thread(channel, root)?;
        let state = self.state();
        let mut text = String::new();
        for seen in thread.iter().filter(|seen| !seen.deleted) {
            let mut said = seen.text.lines();
            let whisper = seen.only_for.as_ref().map_or_else(String::new, |user| {
                let name = state.users.get(user).map_or(user.0.as_str(), |user| user.name.as_str());
                format!(" (only to {name})")
            });
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}{whisper}: {}", seen.who, said.next().unwrap_or_default());
            for line in said {
                let _ = writeln!(text, "    {line}");
            }
            for file in &seen.files {
                let _ = writeln!(text, "    [file: {file}]");
            }
            if !seen.reactions.is_empty() {
                let _ = writeln!(text, "    {}", seen.marks());
            }
        }
        Ok(text)
    }

    /// The home tab of an app as a person sees it; nothing until the app published one.
    pub fn home(&self, user: &UserId, app: &AppId) -> Option<Screen> {
        let state = self.state();
        let home = state.views.values().find(|view| view.is_home() && &view.user == user && &view.app == app)?;
        Some(state.screen(&home.id, &home.body))
    }

    /// The modals a person has open, the one on top last.
    pub fn modals(&self, user: &UserId) -> Vec<Screen> {
        let state = self.state();
        let mut open: Vec<_> =
            state.views.values().filter(|view| !view.is_home() && view.open && &view.user == user).collect();
        open.sort_by_key(|view| {
            let mut depth = 0;
            let mut below = view.previous.as_ref();
            while let Some(id) = below {
                depth += 1;
                below = state.views.get(id).and_then(|view| view.previous.as_ref());
            }
            depth
        });
        open.into_iter().map(|view| state.screen(&view.id, &view.body)).collect()
    }

    /// The agent session of a thread.
    pub fn session(&self, channel: &ChannelId, thread: &Ts) -> Option<Session> {
        let state = self.state();
        state.sessions.iter().find(|session| &session.channel == channel && &session.thread == thread).cloned()
    }

    /// What an app shows itself as doing in a thread (`is thinking…`), while it lasts: two minutes at most.
    pub fn typing(&self, channel: &ChannelId, thread: &Ts) -> Option<String> {
        let state = self.state();
        let (status, until) = state.typing.get(&(channel.clone(), thread.clone()))?;
        (*until > state.now()).then(|| status.clone())
    }

    /// The bytes of a file, by its name; the newest of that name.
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let named = state.files.values().filter(|file| file.name == name && !file.pending);
        named.max_by_key(|file| file.created).map(|file| file.bytes.clone())
    }

    /// Somebody's name.
    pub fn name(&self, user: &UserId) -> String {
        self.state().users.get(user).map_or_else(|| user.0.clone(), |user| user.name.clone())
    }
}

impl State {
    pub(crate) fn name_of(&self, id: &str) -> Option<String> {
        let user = self.users.get(id).map(|user| user.name.clone());
        user.or_else(|| self.channels.get(id).map(|channel: &Channel| channel.name.clone()))
    }

    pub(crate) fn read(&self, content: &Content) -> String {
        let name = |id: &str| self.name_of(id);
        let mut text = if content.blocks.is_empty() {
            plain::unescape(&content.text, &name)
        } else {
            plain::plain_with(&content.blocks, &name)
        };
        for attachment in &content.attachments {
            let shared = attachment["text"].as_str().or_else(|| attachment["fallback"].as_str()).unwrap_or_default();
            let author = attachment["author_name"].as_str().map(|name| format!("{name}: ")).unwrap_or_default();
            text.push_str(&format!("\n> {author}{}", plain::unescape(shared, &name)));
        }
        text
    }

    pub(crate) fn seen(&self, message: &Message) -> Seen {
        let user = message.author.user();
        let by_app = matches!(message.author, crate::message::Author::App { .. });
        let reactions = message.reactions.iter();
        let files = message.content.files.iter().filter_map(|id| self.files.get(id));
        Seen {
            ts: message.ts.clone(),
            thread: message.thread.clone(),
            user: user.clone(),
            who: self.users.get(user).map_or_else(|| user.0.clone(), |user| user.name.clone()),
            by_app,
            text: self.read(&message.content),
            notification: message.content.text.clone(),
            blocks: message.content.blocks.clone(),
            buttons: plain::labels(&message.content.blocks),
            reactions: reactions.map(|one| (plain::emoji(&one.name), one.users.clone())).collect(),
            edits: message.edits.iter().map(|edit| self.read(&edit.before)).collect(),
            only_for: message.only_for.clone(),
            deleted: message.deleted,
            streaming: message.stream.as_ref().is_some_and(|stream| stream.open),
            files: files.map(|file| file.name.clone()).collect(),
            metadata: message.content.metadata.clone(),
            unfurls: message.unfurls,
        }
    }

    fn screen(&self, id: &ViewId, body: &Value) -> Screen {
        let blocks = body["blocks"].as_array().cloned().unwrap_or_default();
        Screen {
            id: id.clone(),
            title: body["title"]["text"].as_str().unwrap_or_default().to_owned(),
            text: plain::plain_with(&blocks, &|id| self.name_of(id)),
            buttons: plain::labels(&blocks),
            body: body.clone(),
        }
    }
}
