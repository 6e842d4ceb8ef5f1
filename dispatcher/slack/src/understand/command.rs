//! Our slash command. It leaves no message, so a request that came with it is posted first, in the person's name: it is
//! what the run answers to.

use serde::Deserialize;
use serde_json::Value;
use signalbox_domain::command::{Command, parse};
use signalbox_domain::event::{Event, Fact};
use signalbox_domain::post::{Line, Post, Span};
use signalbox_domain::talk::{Message, MessageId, Person, Role};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::Understood;
use slack_morphism::SlackMessageMetadata;

use super::{Hearing, STRANGER, nothing};
use crate::api::{Method, Trouble};
use crate::decode::Commanded;
use crate::encode::{About, encode};
use crate::notation;

/// Where it is noted which message a command became; an empty note: it was begun.
const POSTED: &str = "slack/command/";
/// What the metadata of such a message is called.
const KIND: &str = "signalbox_request";
/// How far before a command its message is looked for: clocks differ.
const SLACK_SECONDS: u64 = 300;
/// The most pages of the channel that are looked through.
const MAX_PAGES: usize = 5;
/// The most runs that are listed.
const MAX_LISTED: usize = 10;

impl Hearing<'_> {
    /// What was typed after our slash command.
    pub(super) async fn commanded(&self, commanded: &Commanded) -> Result<Understood, Trouble> {
        let user = commanded.user.as_str();
        let by = self.person_now(user).await?;
        if by.role == Role::Outsider {
            self.tell(user, None, &Post::line(STRANGER)).await?;
            return Ok(nothing(format!("{} may not ask: they are not of this team", by.id)));
        }
        let words = self.words(&commanded.text).await?;
        match parse(&words) {
            Command::Nothing | Command::Help => {
                self.tell(user, None, &help(&commanded_as(self))).await?;
                Ok(nothing("it asked for help"))
            }
            Command::Dashboard if words.trim().to_lowercase().starts_with("settings") => {
                self.open_settings(user, Some(&commanded.trigger)).await
            }
            Command::Dashboard => {
                self.tell(user, None, &self.list(&by).await?).await?;
                Ok(nothing("it asked for a list"))
            }
            Command::Status
            | Command::Why
            | Command::Plan
            | Command::Cost
            | Command::Approve
            | Command::Stop
            | Command::Retry
            | Command::Mute
            | Command::Quiet
            | Command::Verbose => {
                let words = "That is said in the thread of a run: reply there, and I know which one is meant.";
                self.tell(user, None, &Post::line(words)).await?;
                Ok(nothing("that word is for a thread"))
            }
            Command::Aside => Ok(nothing("it was not for us")),
            Command::Words(_) | Command::Now(_) | Command::Deny(_) => self.requested(commanded, by, words).await,
        }
    }

    /// A request: posted once, then asked for like any message.
    async fn requested(&self, commanded: &Commanded, by: Person, text: String) -> Result<Understood, Trouble> {
        let root = match self.posted(commanded, &by, &text).await {
            Ok(root) => root,
            Err(trouble) if trouble.is(NOT_THERE) => {
                let words =
                    "I am not in that channel, so I cannot answer there. Invite me with /invite, and try again.";
                self.tell(&commanded.user, None, &Post::line(words)).await?;
                return Ok(nothing("we are not in that channel"));
            }
            Err(trouble) => return Err(trouble),
        };
        let thread = self.room.thread(root.as_str());
        let message = Message { id: MessageId(root), by, text, attachments: Vec::new() };
        let id = Event::said(&thread, &message);
        Ok(self.fact(id, thread, None, Fact::Said { message, addressed: true }))
    }

    /// The message that the request became: the one there is, or a new one.
    async fn posted(&self, commanded: &Commanded, by: &Person, text: &str) -> Result<String, Trouble> {
        let notes = self.slack.0.notes.as_ref();
        let key = format!("{POSTED}{}/{}", self.room.team, commanded.trigger);
        let version = match notes.get(&key).await? {
            Some(note) if !note.value.is_empty() => return Ok(note.value),
            Some(note) => {
                // It was begun before, and may have come through.
                if let Some(root) = self.find(&commanded.trigger).await? {
                    notes.put(&key, &root, note.version).await?;
                    return Ok(root);
                }
                note.version
            }
            None => match notes.put(&key, "", 0).await {
                Ok(version) => version,
                Err(Error::Conflict) => return Err(Trouble::Unavailable("the command is worked elsewhere".into())),
                Err(error) => return Err(error.into()),
            },
        };
        let payload = std::collections::HashMap::from([("command".to_owned(), commanded.trigger.clone())]);
        let metadata = SlackMessageMetadata::new(KIND.into()).with_event_payload(payload);
        let post = Post::default()
            .and(Line::Text { spans: vec![Span::Untrusted(by.name.clone()), Span::Plain(" asks:".into())] })
            .and(Line::Quote { text: text.into() });
        let run = "command".into();
        let about = About { run: &run, slot: "request", thread: self.thread, console: None };
        let encoded = encode(&post, &about, self.slack.dialect(&self.room.team));
        let Some(piece) = encoded.pieces.first() else {
            return Err(Trouble::Rejected("there is nothing to post of the command".into()));
        };
        let root = self.slack.post(&self.room, None, piece, Some(metadata)).await?;
        notes.put(&key, &root, version).await?;
        Ok(root)
    }

    /// Looks through the channel for the message that a command became.
    async fn find(&self, trigger: &str) -> Result<Option<String>, Trouble> {
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
        let oldest = stamp(self.at, SLACK_SECONDS);
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let parameters = [
                ("channel", Some(self.room.channel.as_str())),
                ("oldest", Some(oldest.as_str())),
                ("limit", Some("200")),
                ("include_all_metadata", Some("true")),
                ("cursor", cursor.as_deref()),
            ];
            let page: Page = self.slack.0.api.get(Method::History, &self.room, &parameters).await?;
            let same = |message: &&Value| {
                message.pointer("/metadata/event_type").and_then(Value::as_str) == Some(KIND)
                    && message.pointer("/metadata/event_payload/command").and_then(Value::as_str) == Some(trigger)
            };
            if let Some(found) = page.messages.iter().find(same) {
                return Ok(found.get("ts").and_then(Value::as_str).map(Into::into));
            }
            cursor = page.response_metadata.and_then(|it| it.next_cursor).filter(|next| !next.is_empty());
            if cursor.is_none() {
                return Ok(None);
            }
        }
        Err(Trouble::Rejected("too much was said in the channel since the command: type it again, please".into()))
    }

    /// What was typed, in words.
    async fn words(&self, text: &str) -> Result<String, Trouble> {
        let us = self.slack.us(&self.room.team).await?;
        let names = std::collections::BTreeMap::from([(us.user, "Signalbox".to_owned())]);
        Ok(notation::words(text, &names).trim().into())
    }

    async fn list(&self, by: &Person) -> Result<Post, Error> {
        let runs = self.slack.0.board.runs(&by.id, MAX_LISTED).await?;
        if runs.is_empty() {
            return Ok(Post::line("You have asked me for nothing yet. Type the command with what should change."));
        }
        Ok(runs.into_iter().fold(Post::line("Your newest runs:"), |post, run| {
            let title: String = run.title.lines().next().unwrap_or_default().chars().take(120).collect();
            let mut spans = vec![
                Span::Plain("• ".into()),
                Span::Untrusted(title),
                Span::Plain(format!(" — {}, {}", run.standing, run.place)),
            ];
            if let Some(url) = run.url {
                spans.push(Span::Plain(" · ".into()));
                spans.push(Span::Link { label: "look".into(), url });
            }
            post.and(Line::Text { spans })
        }))
    }
}

/// What Slack says where we are not.
const NOT_THERE: &[&str] = &["not_in_channel", "channel_not_found"];

/// The command's own name, for examples.
fn commanded_as(hearing: &Hearing<'_>) -> String {
    hearing.slack.settings().features.command.clone().unwrap_or_else(|| "/signalbox".into())
}

fn help(command: &str) -> Post {
    let example =
        |text: &str| Line::Text { spans: vec![Span::Plain("• ".into()), Span::Code(format!("{command} {text}"))] };
    Post::line("Say what should change and, if it is not clear, where:")
        .and(example("the pricing page says $9, it should say $12"))
        .and(example("repo:acme/website why is the build slow?"))
        .and(Line::text("I answer in a thread. There, say status, why, stop, approve or simply what you want to add."))
        .and(Line::Text {
            spans: vec![
                Span::Code(format!("{command} list")),
                Span::Plain(" shows your runs, ".into()),
                Span::Code(format!("{command} settings")),
                Span::Plain(" your defaults.".into()),
            ],
        })
}

/// A time as Slack names messages, so many seconds before.
fn stamp(at: Time, before: u64) -> String {
    format!("{}.000000", (at.0 / 1_000).saturating_sub(before))
}
