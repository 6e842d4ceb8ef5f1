//! A word to one person. GitHub has no private messages: it is a short comment that names them, once.

use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Post, Slot};
use signalbox_domain::talk::{Person, ThreadId};
use signalbox_ports::Error;

use super::{Comments, comment, numbered};
use crate::decode::CHAT;
use crate::encode;
use crate::marker::Said;

/// The longest name on GitHub.
const NAME: usize = 60;

impl Comments {
    pub(super) async fn tell(&self, id: &EffectId, thread: &ThreadId, to: &Person, post: &Post) -> Result<(), Error> {
        let (repository, number) = numbered(thread)?;
        let place = self.github.place(&repository).await?;
        // Everybody reads it, so the same words to the same person are said once in a thread, however often they ask.
        let slot = Slot::Notice(format!("whisper:{}:{}", to.id, post.plain()));
        let said = Said::of(&id.run, &slot, id);
        let comments = comment::since(&place, number, &id.run).await?;
        if comments.iter().filter_map(|comment| comment.said(&self.us)).any(|other| other.same_message(&said)) {
            return Ok(());
        }
        let body = format!("{} {}", name(to), self.body(post, &said));
        comment::write(&place, number, &body).await?;
        Ok(())
    }
}

/// The person, called if they are here.
fn name(to: &Person) -> String {
    let plain = to.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let here = to.id.strip_prefix(CHAT).is_some_and(|id| id.starts_with(':'));
    if here && plain && !to.name.is_empty() && to.name.len() <= NAME {
        format!("@{}", to.name)
    } else {
        encode::literal(&to.name)
    }
}
