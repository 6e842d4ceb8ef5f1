//! What people attached to a request: read where it is text, named where it is not.

use signalbox_domain::context::{Omission, Trust};
use signalbox_domain::run::Run;
use signalbox_domain::talk::{Attachment, Message, Role};
use signalbox_ports::Error;
use signalbox_ports::plugins::Piece;

use crate::{Engine, bundle};

/// The most attachments that are read.
const MAX_READ: usize = 5;
/// The longest attachment that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// How often an attachment that cannot be had just now is waited for, before it is gone on without.
const MAX_TRIES: u32 = 4;
/// It was given by hand, so it stays when the bundle is over its budget.
const WEIGHT: u16 = 900;
/// Media types besides `text/…` that are text.
const TEXTS: [&str; 8] = [
    "application/json",
    "application/yaml",
    "application/x-yaml",
    "application/csv",
    "application/markdown",
    "application/toml",
    "application/xml",
    "application/x-ndjson",
];
/// Endings of text, for chats that do not know what a file is.
const ENDINGS: [&str; 10] = ["txt", "md", "json", "yaml", "yml", "csv", "tsv", "toml", "xml", "log"];

/// What stands in the place of who brought a piece.
const BROUGHT: &str = "attached";

impl Engine {
    /// Reads what is attached to the request and to what was added to it before it was begun. `tries`: how often this
    /// was tried, this time included.
    pub(crate) async fn attached(&self, run: &Run, tries: u32) -> Result<(Vec<(String, Piece)>, Vec<Omission>), Error> {
        let added = run.followups.iter().filter(|followup| !followup.withdrawn).map(|followup| &followup.message);
        let mut all = Vec::new();
        for message in std::iter::once(&run.request).chain(added) {
            all.extend(message.attachments.iter().map(|attachment| (message, attachment)));
        }
        let mut pieces = Vec::new();
        let mut omissions = Vec::new();
        for (message, attachment) in all {
            let read = match unread(message, attachment, pieces.len()) {
                Some(why) => Err(why),
                None => self.text(run, attachment, tries).await?,
            };
            match read {
                Ok(text) => pieces.push((BROUGHT.into(), piece(run, message, attachment, text))),
                Err(why) => {
                    let what = format!("the attachment {}", bundle::line(&attachment.name));
                    omissions.push(Omission { what, why: why.into() });
                }
            }
        }
        Ok((pieces, omissions))
    }

    /// Its text, or why it has none.
    async fn text(&self, run: &Run, attachment: &Attachment, tries: u32) -> Result<Result<String, &str>, Error> {
        let limit = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
        match self.chat(&run.thread)?.attachment(&run.thread, attachment, limit).await {
            Ok(Some(bytes)) => Ok(String::from_utf8(bytes).map_err(|_| "it is no text")),
            Ok(None) => Ok(Err("it is longer than 64 KiB")),
            Err(error @ (Error::Unavailable(_) | Error::Later { .. } | Error::Conflict)) if tries < MAX_TRIES => {
                Err(error)
            }
            Err(error) => {
                tracing::warn!(%error, "an attachment was gone on without");
                Ok(Err("it could not be had from the chat"))
            }
        }
    }
}

/// Why it is not even asked for.
fn unread(message: &Message, attachment: &Attachment, read: usize) -> Option<&'static str> {
    let kind = attachment.kind.to_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let ending = attachment.name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let unknown = kind.is_empty() || kind == "application/octet-stream";
    let text = kind.starts_with("text/")
        || TEXTS.contains(&kind)
        || (unknown && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())));
    if message.by.role < Role::Viewer {
        Some("it is from somebody who is not of the team")
    } else if kind.starts_with("image/") {
        Some("images are not read; say in words what is on it")
    } else if !text {
        Some("it is no text")
    } else if attachment.bytes > MAX_BYTES {
        Some("it is longer than 64 KiB")
    } else if read >= MAX_READ {
        Some("five attachments are the most that are read")
    } else {
        None
    }
}

fn piece(run: &Run, message: &Message, attachment: &Attachment, text: String) -> Piece {
    Piece {
        title: format!("the attachment {}", attachment.name),
        source: format!("{} {} {}", run.thread, message.id.0, attachment.id),
        author: Some(message.by.name.clone()),
        trust: Trust::Team,
        text,
        weight: WEIGHT,
    }
}
