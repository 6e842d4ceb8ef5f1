//! Saying something: in a channel, a thread or a direct message, with files, or forwarding what was said elsewhere.

use serde_json::{Value, json};

use crate::app::Installed;
use crate::channel::Sort;
use crate::compose::{self, Names};
use crate::error::Error;
use crate::file::File;
use crate::ids::{ChannelId, FileId, Ts, UserId};
use crate::message::{Author, Content, Message};
use crate::state::State;
use crate::team::handle;
use crate::world::World;

/// As what a mention reaches the app. Slack is not to be relied on for either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrives {
    /// As `app_mention` and as `message`, as both are subscribed to.
    #[default]
    Both,
    /// Only as `message`: it happens in threads.
    Message,
    /// Only as `app_mention`.
    Mention,
}

/// What somebody says.
#[derive(Clone, Debug, Default)]
pub struct Words {
    text: String,
    thread: Option<Ts>,
    broadcast: bool,
    files: Vec<(String, String, Vec<u8>)>,
    forward: Option<(ChannelId, Ts)>,
    arrives: Arrives,
}

impl Words {
    /// A text as it is typed: `@name` mentions, `#channel` names, links are found.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// As a reply in a thread.
    #[must_use]
    pub fn in_thread(mut self, root: &Ts) -> Self {
        self.thread = Some(root.clone());
        self
    }

    /// As a reply that is shown in the channel, too.
    #[must_use]
    pub fn and_in_channel(mut self) -> Self {
        self.broadcast = true;
        self
    }

    /// With a file.
    #[must_use]
    pub fn with_file(mut self, name: &str, mime: &str, bytes: &[u8]) -> Self {
        self.files.push((name.to_owned(), mime.to_owned(), bytes.to_vec()));
        self
    }

    /// Forwarding a message.
    #[must_use]
    pub fn forwarding(mut self, channel: &ChannelId, ts: &Ts) -> Self {
        self.forward = Some((channel.clone(), ts.clone()));
        self
    }

    /// Reaching the apps it mentions in this manner.
    #[must_use]
    pub fn arriving(mut self, arrives: Arrives) -> Self {
        self.arrives = arrives;
        self
    }
}

impl World {
    /// Somebody says `text` in a channel; apps are told before this returns.
    ///
    /// # Errors
    ///
    /// When they may not speak there.
    pub async fn say(&self, user: &UserId, channel: &ChannelId, text: &str) -> Result<Ts, Error> {
        self.post_words(user, channel, Words::new(text)).await
    }

    /// Somebody replies in a thread.
    ///
    /// # Errors
    ///
    /// When they may not speak there, or there is no such thread.
    pub async fn reply(&self, user: &UserId, channel: &ChannelId, root: &Ts, text: &str) -> Result<Ts, Error> {
        self.post_words(user, channel, Words::new(text).in_thread(root)).await
    }

    /// Somebody says `words` in a channel.
    ///
    /// # Errors
    ///
    /// When they may not speak there, or there is no such thread or message to forward.
    pub async fn post_words(&self, user: &UserId, channel: &ChannelId, words: Words) -> Result<Ts, Error> {
        self.act(|state| state.say(Author::Person(user.clone()), channel, words)).await
    }

    /// Another app says something in a channel, as apps do: with a bot id.
    ///
    /// # Errors
    ///
    /// When it is not in the channel, or there is no such thread.
    pub async fn bot_says(&self, bot: &Installed, channel: &ChannelId, words: Words) -> Result<Ts, Error> {
        let author = Author::App {
            user: bot.user.clone(),
            bot: bot.bot.clone(),
            app: bot.app.clone(),
            username: None,
            icon_emoji: None,
        };
        self.act(|state| state.say(author, channel, words)).await
    }
}

impl State {
    fn say(&mut self, author: Author, channel: &ChannelId, words: Words) -> Result<Ts, Error> {
        let user = author.user().clone();
        self.may_speak(&user, channel)?;
        if let Some(root) = &words.thread {
            self.message(channel, root)?;
        }
        let attachments = match &words.forward {
            Some((from, ts)) => vec![self.share_of(from, ts)?],
            None => Vec::new(),
        };
        let ts = self.stamp();
        let composed = self.composed(channel, &words.text);
        let files =
            words.files.into_iter().map(|(name, mime, bytes)| self.keep_file(&user, channel, &ts, &name, &mime, bytes));
        let files: Vec<FileId> = files.collect();
        let blocks = if words.text.is_empty() { Vec::new() } else { vec![composed.block] };
        let content = Content { text: composed.text, blocks, attachments, files, metadata: None };
        let mut message = Message::new(ts.clone(), author, content);
        message.subtype = if !message.content.files.is_empty() {
            Some("file_share".to_owned())
        } else {
            words.broadcast.then(|| "thread_broadcast".to_owned())
        };
        message.client_msg_id =
            matches!(message.author, Author::Person(_)).then(|| self.chance.text(32).to_lowercase());
        message.thread = words.thread;
        message.broadcast = words.broadcast;
        if let Some(place) = self.channels.get_mut(channel) {
            place.messages.insert(ts.clone(), message);
        }
        self.tell_said(channel, &ts, words.arrives);
        Ok(ts)
    }

    /// Tells the apps in the channel what was said, and those that are mentioned that they were.
    pub(crate) fn tell_said(&mut self, channel: &ChannelId, ts: &Ts, arrives: Arrives) {
        let Some(place) = self.channels.get(channel) else { return };
        let Some(message) = place.messages.get(ts) else { return };
        let text = message.content.text.clone();
        let mentioned = |user: &UserId| text.contains(&format!("<@{user}>")) || text.contains(&format!("<@{user}|"));
        // In a direct message a mention is a message like any other.
        let mentions = !matches!(place.sort, Sort::Direct(..));
        let mention = self.said_event("app_mention", place, message);
        let said = self.said_event("message", place, message);
        let family = place.sort.family();
        if mentions && arrives != Arrives::Message {
            self.tell_in(channel, "app_mention", mention, mentioned);
        }
        self.tell_in(channel, &format!("message.{family}"), said, |user| {
            !(mentions && arrives == Arrives::Mention && mentioned(user))
        });
    }

    pub(crate) fn composed(&mut self, channel: &ChannelId, text: &str) -> compose::Composed {
        let mut names = Names::default();
        if let Some(place) = self.channels.get(channel) {
            let near = self.users.values().filter(|user| place.is_in(&user.team));
            // Who is in the channel wins over a namesake who is not.
            let (inside, outside): (Vec<_>, Vec<_>) = near.partition(|user| place.members.contains(&user.id));
            for user in outside.into_iter().chain(inside) {
                names.users.insert(handle(&user.name), user.id.0.clone());
            }
            let here = self.channels.values().filter(|other| other.team == place.team && !other.name.is_empty());
            names.channels = here.map(|other| (other.name.clone(), other.id.0.clone())).collect();
        }
        let block_id = self.chance.text(5);
        compose::compose(text, &names, &block_id)
    }

    fn keep_file(
        &mut self,
        user: &UserId,
        channel: &ChannelId,
        ts: &Ts,
        name: &str,
        mime: &str,
        bytes: Vec<u8>,
    ) -> FileId {
        let id = FileId(self.chance.id("F"));
        let team = self.users.get(user).map(|user| user.team.clone()).unwrap_or_default();
        let file = File {
            id: id.clone(),
            team,
            user: user.clone(),
            name: name.to_owned(),
            title: name.to_owned(),
            mime: mime.to_owned(),
            announced: bytes.len(),
            bytes,
            created: self.now() / 1_000,
            channels: vec![channel.clone()],
            pending: false,
            ticket: String::new(),
            shares: vec![(channel.clone(), ts.clone())],
        };
        self.files.insert(id.clone(), file);
        id
    }

    /// A message as an attachment of one that forwards it.
    fn share_of(&self, channel: &ChannelId, ts: &Ts) -> Result<Value, Error> {
        let message = self.message(channel, ts)?;
        let place = self.channel(channel)?;
        let author = message.author.user();
        let name = self.users.get(author).map_or("", |user| &user.name);
        let team = self.users.get(author).map_or(&place.team, |user| &user.team);
        let files: Vec<Value> = message.content.files.iter().filter_map(|id| self.file_json(id)).collect();
        let mut share = json!({
            "is_share": true,
            "is_msg_unfurl": true,
            "from_url": self.permalink(channel, message),
            "ts": ts.0,
            "author_id": author.0,
            "author_subname": name,
            "author_name": name,
            "channel_id": channel.0,
            "channel_team": team.0,
            "id": 1,
            "fallback": format!("[{}] {name}: {}", ts.0, message.content.text),
            "text": message.content.text,
            "message_blocks": [{ "team": place.team.0, "channel": channel.0, "ts": ts.0, "message": { "blocks": message.content.blocks } }],
            "mrkdwn_in": ["text"],
            "footer": format!("Posted in #{}", place.name),
        });
        if !files.is_empty() {
            share["files"] = json!(files);
        }
        Ok(share)
    }

    /// A link to a message.
    pub(crate) fn permalink(&self, channel: &ChannelId, message: &Message) -> String {
        let team = self.channels.get(channel).and_then(|place| self.teams.get(&place.team));
        let base = team.map_or_else(|| self.base.clone(), |team| team.url(&self.base));
        let mut link = format!("{}/archives/{channel}/p{}", base.trim_end_matches('/'), message.ts.replace('.', ""));
        if let Some(root) = &message.thread {
            link.push_str(&format!("?thread_ts={root}&cid={channel}"));
        }
        link
    }
}
