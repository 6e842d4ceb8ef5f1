//! Why something happened, or nothing did: of a run, of a link, of a message.

use signalbox_domain::event::{Delivery, Fact};
use signalbox_domain::id::{DeliveryId, RunId};
use signalbox_domain::post::{Line, Post, Span};
use signalbox_domain::reason::Reason;
use signalbox_domain::reply;
use signalbox_domain::run::Run;
use signalbox_domain::talk::ThreadId;
use signalbox_ports::Error;
use signalbox_ports::store::Subject;

use crate::Engine;
use crate::settings::OPEN_RUNS;

/// Why, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The run it is about, if one came of it.
    pub run: Option<RunId>,
    /// The words.
    pub post: Post,
}

/// The fewest letters of a run's id that name it.
const TELLING: usize = 4;

impl Engine {
    /// Why what a person names went where it went, or nowhere: a run by its id, its beginning, or `last`; a message by
    /// `chat:room:message`; either by a link into its thread or to its change request.
    pub async fn explain(&self, what: &str) -> Result<Explained, Error> {
        let what = what.trim().trim_start_matches("run:").trim_start_matches("said:");
        let runs = self.ports.store.runs(OPEN_RUNS).await?;
        if let Some(run) = named(what, &runs)? {
            return Ok(of(run));
        }
        // A message first: the thread it is in may have had several runs, or none.
        if let Some((delivery, _)) = self.ports.store.delivery(&DeliveryId(format!("said:{what}"))).await? {
            return self.message(&delivery, &runs).await;
        }
        if let Some(run) = runs.iter().find(|run| leads(what, run)) {
            return Ok(of(run));
        }
        if let Some(thread) = thread(what) {
            if let Some(run) = self.ports.store.load(&Subject::Thread(thread.clone())).await? {
                return Ok(of(&run));
            }
            if let Some((delivery, reason)) = self.ports.store.ignored(&thread).await?.pop() {
                return Ok(Explained { run: None, post: nothing(&delivery, &reason) });
            }
        }
        Err(Error::rejected(format!(
            "nothing is known of `{what}`. Write a run's id, `last`, the link to a thread or a change request, or \
             chat:room:message"
        )))
    }

    async fn message(&self, delivery: &Delivery, runs: &[Run]) -> Result<Explained, Error> {
        let ignored = self.ports.store.ignored(&delivery.thread).await?;
        if let Some((delivery, reason)) = ignored.iter().find(|(other, _)| other.event.id == delivery.event.id) {
            return Ok(Explained { run: None, post: nothing(delivery, reason) });
        }
        let Fact::Said { message, .. } = &delivery.event.fact else {
            return Err(Error::rejected("that is not a message"));
        };
        let asked = |run: &&Run| run.thread == delivery.thread && run.request.id == message.id;
        let added = |run: &&Run| {
            run.thread == delivery.thread && run.followups.iter().any(|followup| followup.message.id == message.id)
        };
        if let Some(run) = runs.iter().find(asked) {
            return Ok(of(run));
        }
        if let Some(run) = runs.iter().find(added) {
            let mut explained = of(run);
            explained.post.lines.insert(0, Line::text(format!("It was taken as more of run {}.", run.id)));
            return Ok(explained);
        }
        let post = Post::line("It was answered as a word of its own; no request came of it.");
        Ok(Explained { run: None, post })
    }
}

fn of(run: &Run) -> Explained {
    Explained { run: Some(run.id.clone()), post: reply::why(run) }
}

/// Why nothing came of it, and what would have to be said.
fn nothing(delivery: &Delivery, reason: &Reason) -> Post {
    let written = matches!(delivery.event.fact, Fact::Said { .. } | Fact::Edited { .. });
    let what = if written { "that message" } else { "that" };
    let post = Post::default().and(Line::Text {
        spans: Vec::from([Span::Plain(format!("Nothing came of {what}: ")), Span::Untrusted(reason.words().into())]),
    });
    match reason {
        Reason::NotAddressed => post.and(Line::text("Mention me in it, and I'll take it up.")),
        Reason::Over | Reason::NoRun => post.and(Line::text("Ask again in the thread, and I'll begin anew.")),
        Reason::Unworkable => post.and(Line::text("Ask again, and tell whoever runs me if it stays so.")),
        Reason::Late
        | Reason::Fenced
        | Reason::Repeated
        | Reason::Passed
        | Reason::Unrelated
        | Reason::Understood
        | Reason::Meaningless(_) => post,
    }
}

/// The run of that name. Several that begin with it are an error.
fn named<'a>(what: &str, runs: &'a [Run]) -> Result<Option<&'a Run>, Error> {
    if what == "last" {
        return Ok(runs.first());
    }
    if what.len() < TELLING || !what.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let wanted = what.to_uppercase();
    let mut found = runs.iter().filter(|run| run.id.0.starts_with(&wanted));
    match (found.next(), found.count()) {
        (run, 0) => Ok(run),
        (_, more) => Err(Error::rejected(format!("{} runs begin with `{what}`; write more of the id", more + 1))),
    }
}

/// Whether a link leads to a run: to its change request, its page, or its thread. Chats write a message's id into a link
/// without its punctuation.
fn leads(link: &str, run: &Run) -> bool {
    if !link.contains("://") {
        return false;
    }
    let change = run.job().and_then(|job| job.change.as_ref());
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let (link_, root, room) = (plain(link), plain(&run.thread.root), plain(&run.thread.room));
    change.is_some_and(|change| link.starts_with(&change.url))
        || link.contains(&run.id.0)
        || (!root.is_empty() && link_.contains(&root) && link_.contains(&room))
}

/// `chat:room:root`.
fn thread(what: &str) -> Option<ThreadId> {
    let (chat, rest) = what.split_once(':')?;
    let (room, root) = rest.rsplit_once(':')?;
    Some(ThreadId { chat: chat.into(), room: room.into(), root: root.into() })
}
