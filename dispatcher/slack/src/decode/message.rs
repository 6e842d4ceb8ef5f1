//! One message of Slack's, from an event or read back from a channel: both give the same.

use serde_json::Value;

use super::{Author, Deleted, Edited, File, Heard, Quoted, Reacted, Said, What, key, owned, text, thread};

/// The longest text that is kept of a message and of all that is quoted in it, in characters: Slack's own limit.
pub(crate) const MAX_TEXT: usize = 40_000;
/// The most files of a message that are kept.
pub(crate) const MAX_FILES: usize = 20;
/// The most quoted messages that are kept.
pub(crate) const MAX_QUOTED: usize = 10;

/// A message as a person (or a program) said it. The error says why it is none.
pub(crate) fn said(message: &Value) -> Result<Said, &'static str> {
    match text(message, "/subtype") {
        None | Some("file_share" | "thread_broadcast" | "me_message" | "bot_message") => {}
        Some("tombstone") => return Err("the message is gone"),
        Some(_) => return Err("it is a note of Slack's own, not something somebody said"),
    }
    let ts = text(message, "/ts").ok_or("the message has no timestamp")?;
    let author = author(message);
    if author.user.is_none() && author.bot.is_none() {
        return Err("nobody is named as its author");
    }
    let mut room = MAX_TEXT;
    Ok(Said {
        ts: ts.into(),
        thread: owned(message, "/thread_ts").filter(|root| root != ts),
        author,
        text: cut(text(message, "/text").unwrap_or_default(), &mut room),
        mentioned: false,
        direct: false,
        files: files(message),
        quoted: quoted(message, &mut room),
    })
}

/// The delivery of a message in a channel: the same for the event, its copies and the message read back later.
pub(crate) fn heard(team: &str, channel: &str, said: Said) -> Heard {
    let root = said.thread.clone().unwrap_or_else(|| said.ts.clone());
    let thread = thread(team, channel, &root);
    Heard { id: key("said", &thread.room, &[&said.ts]), thread, what: What::Said(said) }
}

/// The delivery of a changed message: the same for the event and the message read back later.
pub(crate) fn edited(team: &str, channel: &str, edited: Edited) -> Heard {
    let root = edited.now.thread.clone().unwrap_or_else(|| edited.now.ts.clone());
    let thread = thread(team, channel, &root);
    let id = key("edited", &thread.room, &[&edited.now.ts, &edited.edited]);
    Heard { id, thread, what: What::Edited(edited) }
}

/// The delivery of a message that is gone.
pub(crate) fn deleted(team: &str, channel: &str, root: &str, deleted: Deleted) -> Heard {
    let thread = thread(team, channel, root);
    let id = key("deleted", &thread.room, &[&deleted.ts]);
    Heard { id, thread, what: What::Deleted(deleted) }
}

/// The delivery of a reaction.
pub(crate) fn reacted(team: &str, channel: &str, reacted: Reacted) -> Heard {
    let thread = thread(team, channel, &reacted.ts);
    let id = key("reacted", &thread.room, &[&reacted.ts, &reacted.user, &reacted.reaction, &reacted.event]);
    Heard { id, thread, what: What::Reacted(reacted) }
}

/// When a message that was read back was changed, if its words ever were.
pub(crate) fn changed(message: &Value) -> Option<&str> {
    text(message, "/edited/ts")
}

/// The message that a thread's first one left behind when it was deleted, as its deletion.
pub(crate) fn emptied(team: &str, channel: &str, message: &Value) -> Option<Heard> {
    let ts = text(message, "/ts").filter(|_| text(message, "/subtype") == Some("tombstone"))?;
    Some(deleted(team, channel, ts, Deleted { ts: ts.into(), author: Author::default() }))
}

/// Who wrote it.
pub(crate) fn author(message: &Value) -> Author {
    Author {
        user: owned(message, "/user").or_else(|| owned(message, "/user_profile/id")),
        team: owned(message, "/user_team")
            .or_else(|| owned(message, "/source_team"))
            .or_else(|| owned(message, "/team")),
        bot: owned(message, "/bot_id"),
    }
}

/// Whether somebody is mentioned: `user`, or anybody if it is not known who we are.
pub(crate) fn mentions(text: &str, user: Option<&str>) -> bool {
    text.match_indices("<@").any(|(at, _)| {
        let rest = &text[at + 2..];
        let id = &rest[..rest.find(['>', '|']).unwrap_or(0)];
        !id.is_empty() && user.is_none_or(|user| user == id)
    })
}

fn files(message: &Value) -> Vec<File> {
    let listed = message.get("files").and_then(Value::as_array).into_iter().flatten();
    listed
        .take(MAX_FILES)
        .filter_map(|file| {
            let mode = text(file, "/mode").unwrap_or_default();
            Some(File {
                id: owned(file, "/id")?,
                name: owned(file, "/name").or_else(|| owned(file, "/title")).unwrap_or_else(|| "a file".into()),
                kind: owned(file, "/mimetype").unwrap_or_else(|| "application/octet-stream".into()),
                bytes: file.get("size").and_then(Value::as_u64).unwrap_or_default(),
                gone: matches!(mode, "tombstone" | "hidden_by_limit"),
            })
        })
        .collect()
}

/// Forwarded messages and boxes. A preview of a link is neither: it says nothing that somebody said.
fn quoted(message: &Value, room: &mut usize) -> Vec<Quoted> {
    let boxes = message.get("attachments").and_then(Value::as_array).into_iter().flatten();
    let told = |one: &&Value| {
        let flag = |path: &str| one.pointer(path).and_then(Value::as_bool) == Some(true);
        flag("/is_share") || flag("/is_msg_unfurl") || text(message, "/bot_id").is_some()
    };
    boxes
        .filter(told)
        .take(MAX_QUOTED)
        .filter_map(|one| {
            let words = text(one, "/text").or_else(|| text(one, "/fallback"))?;
            Some(Quoted {
                by: owned(one, "/author_name").or_else(|| owned(one, "/author_subname")),
                text: cut(words, room),
                url: owned(one, "/from_url"),
            })
        })
        .collect()
}

/// At most what there is room for; what is cut is said.
fn cut(text: &str, room: &mut usize) -> String {
    match text.char_indices().nth(*room) {
        None => {
            *room -= text.chars().count();
            text.into()
        }
        Some((end, _)) => {
            *room = 0;
            format!("{} … (cut: {} more characters)", &text[..end], text[end..].chars().count())
        }
    }
}
