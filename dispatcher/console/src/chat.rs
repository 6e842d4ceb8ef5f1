//! The console as a chat: what the engine says is kept, once, the newest last.

use async_trait::async_trait;
use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Mark, Post};
use signalbox_domain::talk::{Message, MessageId, Person, Role, ThreadId};
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat, Room, Spoken, Utterance};

use crate::board::{Board, Body, CHAT, Thread};
use crate::console::{Console, Trouble};
use crate::record::What;

#[async_trait]
impl Chat for Console {
    async fn say(&self, utterance: &Utterance) -> Result<MessageId, Error> {
        let Utterance { id, thread, run, slot, post, .. } = utterance.clone();
        let said = self.change(move |board, n, _| {
            thread_of(board, &thread)?;
            let message = match board.slot(&thread, &run, &slot) {
                Some((message, newest)) if newest >= id => return Ok((message, None)),
                Some((message, _)) => message,
                None => MessageId(format!("m{n}")),
            };
            Ok((message.clone(), Some(What::Spoke { id, thread, message, slot, post })))
        });
        Ok(said.await?)
    }

    async fn whisper(&self, id: &EffectId, thread: &ThreadId, to: &Person, post: &Post) -> Result<(), Error> {
        let (id, thread, to, post) = (id.clone(), thread.clone(), to.id.clone(), post.clone());
        let said = self.change(move |board, n, _| {
            thread_of(board, &thread)?;
            let message = MessageId(format!("m{n}"));
            let new = !board.whispered(&id);
            Ok(((), new.then_some(What::Whispered { id, thread, message, to, post })))
        });
        Ok(said.await?)
    }

    async fn mark(&self, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error> {
        let (thread, message) = (thread.clone(), message.clone());
        let marked = self.change(move |board, _, _| {
            ours(&thread)?;
            let entry = board.place(&thread.room, &message).and_then(|place| board.entry(&place));
            let new = entry.is_some_and(|entry| entry.mark != Some(mark));
            Ok(((), new.then_some(What::Marked { thread, message, mark })))
        });
        Ok(marked.await?)
    }

    async fn read(&self, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error> {
        Ok(self.0.board(|board| {
            let mut spoken: Vec<Spoken> = thread_of(board, thread)?.entries.iter().filter_map(spoken).collect();
            if spoken.len() > limit {
                // The root stays: it is the request.
                let end = spoken.len() - limit + 1;
                spoken.drain(1.min(limit)..end.max(1.min(limit)));
            }
            spoken.truncate(limit);
            Ok::<_, Trouble>(spoken)
        })?)
    }

    async fn room(&self, thread: &ThreadId) -> Result<Room, Error> {
        ours(thread)?;
        let found = self.0.board(|board| {
            board.room(&thread.room).map(|room| Room { name: room.name.clone(), topic: room.topic.clone() })
        });
        found.ok_or_else(|| Error::rejected(format!("the console has no room {}", thread.room)))
    }
}

fn spoken(entry: &crate::board::Entry) -> Option<Spoken> {
    let (by, text, ours) = match &entry.body {
        Body::Said { by, text, .. } => (by.clone(), text.clone(), false),
        Body::Ours { post, .. } => (us(), post.plain(), true),
        Body::Deleted { .. } | Body::Whisper { .. } => return None,
    };
    Some(Spoken { message: Message { id: entry.id.clone(), by, text, attachments: Vec::new() }, at: entry.at, ours })
}

/// Signalbox, as the author of what it says. It may ask itself for nothing.
fn us() -> Person {
    Person { id: format!("{CHAT}:signalbox"), name: "Signalbox".into(), role: Role::Outsider }
}

fn thread_of<'a>(board: &'a Board, thread: &ThreadId) -> Result<&'a Thread, Trouble> {
    ours(thread)?;
    let missing = || Trouble::Missing(format!("the console has no thread {thread}"));
    board.thread(&thread.room, &thread.root).ok_or_else(missing)
}

fn ours(thread: &ThreadId) -> Result<(), Trouble> {
    let other = || Trouble::Bad(format!("the thread {thread} is not on the console"));
    if thread.chat == CHAT { Ok(()) } else { Err(other()) }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unavailable(why) => Self::Unavailable(why),
            Trouble::Missing(why) | Trouble::Bad(why) | Trouble::Forbidden(why) | Trouble::Changed(why) => {
                Self::Rejected(why)
            }
        }
    }
}
