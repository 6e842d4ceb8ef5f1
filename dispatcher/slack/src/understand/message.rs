//! Messages: said, edited, deleted; by somebody who may, and meant for us.

use std::collections::{BTreeMap, BTreeSet};

use signalbox_domain::event::{Event, Fact};
use signalbox_domain::post::Post;
use signalbox_domain::talk::{Attachment, Message, MessageId, Person, Role};
use signalbox_ports::chat::Understood;

use super::{Hearing, STRANGER, nothing};
use crate::api::Trouble;
use crate::decode::message::mentions;
use crate::decode::{Deleted, Edited, File, Said};
use crate::notation;

/// The most people whose names are looked up for one message; the others are called by their ids.
const MAX_NAMES: usize = 10;
/// How many messages of programs in a row may ask in one thread, until a person says something: the first of a loop is
/// answered, its echo is not.
const MAX_HOPS: usize = 1;

impl Hearing<'_> {
    /// A message that came by itself.
    pub(super) async fn said(&self, said: &Said) -> Result<Understood, Trouble> {
        let us = self.slack.us(&self.room.team).await?;
        if said.author.user.as_ref() == Some(&us.user) || (said.author.bot.is_some() && said.author.bot == us.bot) {
            return Ok(nothing("we said it ourselves"));
        }
        let addressed = said.mentioned
            || mentions(&said.text, Some(&us.user))
            || (said.direct && self.slack.settings().features.direct)
            || (self.begun_with_us(said).await? && !leads_with_another(&said.text, &us.user));
        if !addressed {
            return Ok(nothing("it was not addressed to Signalbox"));
        }
        let by = self.author(&said.author).await?;
        if said.author.bot.is_some() {
            if by.role == Role::Outsider {
                return Ok(nothing(format!("it is by a program that is not listed ({})", by.id)));
            }
            if self.hops(said).await? > MAX_HOPS {
                return Ok(nothing("programs were answering each other; it goes on when a person says something"));
            }
        }
        if by.role == Role::Outsider && self.begun_with_us(said).await? {
            // A run hears of it, and tells them alone what they may not, in the words that fit how it stands.
            return self.request(said, by).await;
        }
        let user = said.author.user.as_deref().filter(|_| said.author.bot.is_none());
        self.asked(said, by, user).await
    }

    /// A message that somebody asks for: who wrote it, or whoever pointed at it. `user` is told if they may not.
    pub(super) async fn asked(&self, said: &Said, by: Person, user: Option<&str>) -> Result<Understood, Trouble> {
        if by.role == Role::Outsider {
            if let Some(user) = user {
                self.tell(user, Some(said.thread.as_ref().unwrap_or(&said.ts)), &Post::line(STRANGER)).await?;
            }
            return Ok(nothing(format!("{} may not ask: they are not of this team", by.id)));
        }
        self.request(said, by).await
    }

    async fn request(&self, said: &Said, by: Person) -> Result<Understood, Trouble> {
        let thread = self.room.thread(said.thread.as_ref().unwrap_or(&said.ts).as_str());
        let message = self.message(said, by).await?;
        let id = Event::said(&thread, &message);
        Ok(self.fact(id, thread, None, Fact::Said { message, addressed: true }))
    }

    /// A message whose words were changed. One that mentions us only now is asked for now.
    pub(super) async fn edited(&self, edited: &Edited) -> Result<Understood, Trouble> {
        let us = self.slack.us(&self.room.team).await?;
        let now = &edited.now;
        let before = edited.before.as_deref();
        if before.is_some_and(|before| !mentions(before, Some(&us.user))) && mentions(&now.text, Some(&us.user)) {
            return self.said(now).await;
        }
        let by = self.author(&now.author).await?;
        if by.role == Role::Outsider {
            return Ok(nothing("it was changed by somebody who may not ask"));
        }
        let thread = self.room.thread(now.thread.as_ref().unwrap_or(&now.ts).as_str());
        let message = self.message(now, by).await?;
        let id = self.key("edited", &[&now.ts, &edited.edited]);
        Ok(self.fact(id, thread, None, Fact::Edited { message }))
    }

    /// A message that is gone. Slack does not say by whom; its author is who could have.
    pub(super) async fn deleted(&self, deleted: &Deleted) -> Result<Understood, Trouble> {
        let by = self.author(&deleted.author).await?;
        let id = self.key("deleted", &[&deleted.ts]);
        let fact = Fact::Deleted { message: MessageId(deleted.ts.clone()), by };
        Ok(self.fact(id, self.thread.clone(), None, fact))
    }

    /// The message as a run hears it: in words, without the mention, with what came along.
    pub(super) async fn message(&self, said: &Said, by: Person) -> Result<Message, Trouble> {
        let us = self.slack.us(&self.room.team).await?;
        let names = self.names(said, &us.user).await?;
        let mut text = notation::words(&without(&said.text, &us.user), &names);
        for quoted in &said.quoted {
            let by = quoted.by.as_deref().map_or_else(|| "Forwarded".into(), |by| format!("Forwarded, by {by}"));
            let from = quoted.url.as_deref().map_or_else(String::new, |url| format!(" ({url})"));
            text.push_str(&quote(&format!("{by}{from}:\n{}", notation::words(&quoted.text, &names))));
        }
        let readable = self.slack.settings().features.files;
        let mut attachments = Vec::new();
        for file in &said.files {
            match unreadable(file, readable) {
                Some(why) => text.push_str(&quote(&format!("The file {} came along, but {why}.", file.name))),
                None => attachments.push(attachment(file)),
            }
        }
        Ok(Message { id: MessageId(said.ts.clone()), by, text: text.trim().into(), attachments })
    }

    async fn names(&self, said: &Said, us: &str) -> Result<BTreeMap<String, String>, Trouble> {
        let texts = std::iter::once(&said.text).chain(said.quoted.iter().map(|quoted| &quoted.text));
        let users: BTreeSet<&str> =
            texts.flat_map(|text| notation::mentioned(text)).filter(|user| *user != us).collect();
        let mut names = BTreeMap::from([(us.to_owned(), "Signalbox".to_owned())]);
        for user in users.into_iter().take(MAX_NAMES) {
            names.insert(user.into(), self.slack.known(&self.room.team, user).await?.name);
        }
        Ok(names)
    }

    /// How many messages of programs (not of ours) end the thread, up to this one.
    async fn hops(&self, said: &Said) -> Result<usize, Trouble> {
        let Some(root) = &said.thread else { return Ok(1) };
        let us = self.slack.us(&self.room.team).await?;
        let thread = self.slack.thread(&self.room, root).await?;
        let told = thread.iter().filter_map(|message| crate::decode::message::said(message).ok());
        let others: Vec<Said> =
            told.filter(|message| message.author.user.as_ref() != Some(&us.user) && message.ts <= said.ts).collect();
        Ok(others.iter().rev().take_while(|message| message.author.bot.is_some()).count())
    }
}

/// Whether the first word is for somebody else: then a thread of ours is only where it was said.
fn leads_with_another(text: &str, us: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("<@") && notation::mentioned(text).next().is_some_and(|first| first != us)
}

/// The text without our mention where it stands at the beginning or at the end; elsewhere it is part of the sentence.
fn without(text: &str, us: &str) -> String {
    let mut text = text.trim();
    while let Some(rest) = mention_at_start(text, us) {
        text = rest.trim_start_matches([',', ':', ' ', '\u{a0}', '\n', '\t']);
    }
    while let Some(rest) = mention_at_end(text, us) {
        text = rest.trim_end();
    }
    text.into()
}

fn mention_at_start<'a>(text: &'a str, us: &str) -> Option<&'a str> {
    let (inside, rest) = text.strip_prefix("<@")?.split_once('>')?;
    (inside.split('|').next() == Some(us)).then_some(rest)
}

fn mention_at_end<'a>(text: &'a str, us: &str) -> Option<&'a str> {
    let (rest, inside) = text.strip_suffix('>')?.rsplit_once("<@")?;
    (inside.split('|').next() == Some(us)).then_some(rest)
}

/// As a block of its own that is read, and never taken for words to us.
fn quote(text: &str) -> String {
    format!("\n> {}", text.replace('\n', "\n> "))
}

fn unreadable(file: &File, readable: bool) -> Option<&'static str> {
    if !readable {
        Some("reading files is switched off here")
    } else if file.gone {
        Some("Slack has it no more")
    } else {
        None
    }
}

fn attachment(file: &File) -> Attachment {
    Attachment { id: file.id.clone(), name: file.name.clone(), kind: file.kind.clone(), bytes: file.bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_mention_is_taken_off_where_it_only_calls_us() {
        for (written, read) in [
            ("<@UBOT> stop", "stop"),
            ("<@UBOT>, please stop", "please stop"),
            ("<@UBOT|signalbox>: fix it", "fix it"),
            ("stop <@UBOT>", "stop"),
            ("<@UBOT> <@UBOT>", ""),
            ("ask <@UBOT> to stop", "ask <@UBOT> to stop"),
            ("<@UELSE> stop", "<@UELSE> stop"),
            ("<@UBOT", "<@UBOT"),
        ] {
            assert_eq!(without(written, "UBOT"), read, "{written}");
        }
    }

    #[test]
    fn a_reply_that_begins_with_somebody_else_is_for_them() {
        assert!(leads_with_another(" <@UBO> what do you think?", "UBOT"));
        assert!(!leads_with_another("<@UBOT> go on", "UBOT"));
        assert!(!leads_with_another("also the FAQ, <@UBO>", "UBOT"));
    }
}
