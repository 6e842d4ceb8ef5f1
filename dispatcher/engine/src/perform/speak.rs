//! Effects in the thread.

use signalbox_domain::post::{Post, Slot};
use signalbox_domain::run::Run;
use signalbox_ports::Error;
use signalbox_ports::chat::Utterance;
use signalbox_ports::store::Claimed;

use super::Done;
use crate::Engine;

impl Engine {
    /// Says it, unless a newer effect says the same slot: then that one's words are the ones to read.
    pub(super) async fn say(
        &self,
        run: &Run,
        claimed: &Claimed,
        slot: &Slot,
        post: &Post,
    ) -> Result<Option<Done>, Error> {
        let id = &claimed.owed.id;
        let (newest, known) = self.ports.store.slot(&run.id, &slot.key()).await?;
        // The first time a slot is said is never skipped: it is the message that the later ones edit.
        if known.is_some() && newest.is_some_and(|newest| newest > *id) {
            return Ok(None);
        }
        let mut utterance = Utterance {
            id: id.clone(),
            thread: run.thread.clone(),
            run: run.id.clone(),
            slot: slot.clone(),
            post: post.clone(),
            known,
            retried: claimed.tries > 1,
        };
        let chat = self.chat(&run.thread)?;
        let mut message = chat.say(&utterance).await?;
        if self.ports.clock.now() >= claimed.until {
            // It took so long that somebody else said it, too: of the two, one stays.
            utterance.known = self.ports.store.slot(&run.id, &slot.key()).await?.1;
            utterance.retried = true;
            message = chat.say(&utterance).await?;
        }
        Ok(Some(Done::Said(message)))
    }
}
