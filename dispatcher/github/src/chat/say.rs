//! Saying: one comment for each message of a run, found again by its hidden line, edited in place.

use signalbox_domain::post::{Post, Slot};
use signalbox_domain::talk::MessageId;
use signalbox_ports::Error;
use signalbox_ports::chat::Utterance;

use super::comment::{self, Comment};
use super::status::Turn;
use super::{Comments, numbered};
use crate::app::Place;
use crate::decode::received::Spot;
use crate::encode;
use crate::marker::{Said, of_comment};

impl Comments {
    pub(super) async fn speak(&self, utterance: &Utterance) -> Result<MessageId, Error> {
        let mut utterance = utterance.clone();
        if utterance.slot == Slot::Status {
            utterance.retried &= !self.statuses().was_held(&utterance.id);
            // The first one is never put off: it is the message that the later ones edit.
            if let Some(known) = utterance.known.clone() {
                match self.statuses().turn(&utterance, self.github.now()) {
                    Turn::Now => {}
                    Turn::Later(until) => {
                        return Err(Error::later(until, "a status message is edited every two seconds at most"));
                    }
                    Turn::Left => return Ok(known),
                }
            }
        }
        let (repository, number) = numbered(&utterance.thread)?;
        let place = self.github.place(&repository).await?;
        let left = (utterance.slot == Slot::Closing).then(|| self.statuses().left(&utterance.run)).flatten();
        if let Some(left) = left {
            self.write(&place, number, &left).await?;
        }
        let message = self.write(&place, number, &utterance).await?;
        if utterance.slot == Slot::Status {
            self.statuses().made(&utterance.id, self.github.now());
        }
        self.mirror(&place, number, &utterance).await?;
        Ok(message)
    }

    /// Writes the comment, or writes it anew; one of it is there in the end.
    async fn write(&self, place: &Place, number: u64, utterance: &Utterance) -> Result<MessageId, Error> {
        let said = Said::of(&utterance.run, &utterance.slot, &utterance.id);
        let body = self.body(&utterance.post, &said);
        let known = utterance.known.as_ref().and_then(|known| match Spot::parse(known)? {
            Spot::Comment(id) => Some(id),
            Spot::Issue(_) | Spot::Review(_) | Spot::ReviewComment(_) => None,
        });
        if utterance.retried {
            return self.settle(place, number, &said, known, &body).await;
        }
        if let Some(known) = known {
            match comment::rewrite(place, known, &body).await {
                Ok(written) => return Ok(written.message()),
                // Somebody deleted it: then it is said anew.
                Err(trouble) if trouble.missing() => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
        Ok(self.begin(place, number, &body).await?.message())
    }

    /// The same where it may have been said before: looks for it first, and heals what was said twice.
    async fn settle(
        &self,
        place: &Place,
        number: u64,
        said: &Said,
        known: Option<u64>,
        body: &str,
    ) -> Result<MessageId, Error> {
        let found = self.heal(place, number, said, known).await?;
        let (kept, by) = match found {
            Some(found) => found,
            None => {
                self.begin(place, number, body).await?;
                // Looked for again: what a call that was given up did may show only now.
                let found = self.heal(place, number, said, known).await?;
                found.ok_or_else(|| Error::unavailable("a comment was written and is not there yet"))?
            }
        };
        if by < said.by {
            comment::rewrite(place, kept.id, body).await?;
        }
        Ok(kept.message())
    }

    /// Leaves one comment of a message: the known one if it is there, else the oldest. Returns it with what said it
    /// last.
    async fn heal(
        &self,
        place: &Place,
        number: u64,
        said: &Said,
        known: Option<u64>,
    ) -> Result<Option<(Comment, (u64, u32))>, Error> {
        let mut found: Vec<(Comment, (u64, u32))> = Vec::new();
        for comment in comment::since(place, number, &said.run).await? {
            if let Some(other) = comment.said(&self.us).filter(|other| other.same_message(said)) {
                found.push((comment, other.by));
            }
        }
        let keep = found.iter().position(|(comment, _)| Some(comment.id) == known).unwrap_or_default();
        let mut kept = None;
        for (at, (comment, by)) in found.into_iter().enumerate() {
            if at == keep {
                kept = Some((comment, by));
            } else {
                comment::remove(place, comment.id).await?;
            }
        }
        Ok(kept)
    }

    /// Writes a new comment, in words for a person if it cannot be.
    async fn begin(&self, place: &Place, number: u64, body: &str) -> Result<Comment, Error> {
        let written = comment::write(place, number, body).await;
        written.map_err(|trouble| trouble.or(|| format!("{} has no issue or pull request {number}", place.repository)))
    }

    /// A post as a comment, with its hidden line.
    pub(super) fn body(&self, post: &Post, said: &Said) -> String {
        format!("{}\n\n{}", encode::comment(post, &self.us.name), of_comment(said))
    }
}
