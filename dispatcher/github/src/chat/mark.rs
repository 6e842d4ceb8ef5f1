//! Marks: reactions, of which GitHub has eight.

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use signalbox_domain::post::Mark;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_ports::Error;

use super::comment::User;
use super::{Comments, numbered};
use crate::app::Trouble;
use crate::decode::received::Spot;

/// The most reactions to a message that are looked through for ours.
const MOST: usize = 1_000;

#[derive(Deserialize)]
struct Reaction {
    id: u64,
    content: String,
    user: Option<User>,
}

impl Comments {
    pub(crate) async fn react(&self, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error> {
        let (repository, _) = numbered(thread)?;
        let Some(spot) = Spot::parse(message) else { return Ok(()) };
        let place = self.github.place(&repository).await?;
        let path = match spot {
            Spot::Issue(number) => format!("{}/issues/{number}/reactions", place.path),
            Spot::Comment(id) => format!("{}/issues/comments/{id}/reactions", place.path),
            Spot::ReviewComment(id) => format!("{}/pulls/comments/{id}/reactions", place.path),
            // Nothing can be put on a review.
            Spot::Review(_) => return Ok(()),
        };
        let wanted = reaction(mark);
        let there: Vec<Reaction> = match place.caller.all(&path, "", MOST).await {
            Ok(there) => there,
            Err(trouble) if trouble.missing() => return Ok(()),
            Err(trouble) => return Err(trouble.into()),
        };
        let ours = |reaction: &Reaction| reaction.user.as_ref().is_some_and(|user| user.is_us(&self.us));
        let (same, old): (Vec<_>, Vec<_>) = there.into_iter().filter(ours).partition(|it| it.content == wanted);
        if same.is_empty() {
            let made: Result<Value, Trouble> = place.caller.post(&path, &json!({ "content": wanted })).await;
            match made {
                Ok(_) => {}
                Err(trouble) if trouble.missing() => return Ok(()),
                Err(trouble) => return Err(trouble.into()),
            }
        }
        for reaction in old {
            place.caller.delete(&format!("{path}/{}", reaction.id)).await?;
        }
        Ok(())
    }
}

/// The reaction that comes nearest.
fn reaction(mark: Mark) -> &'static str {
    match mark {
        Mark::Seen => "eyes",
        Mark::Working => "rocket",
        Mark::Waiting => "confused",
        Mark::Passed => "+1",
        Mark::Done => "hooray",
        Mark::Failed | Mark::Stopped => "-1",
    }
}
