//! The run that a pull request, a branch or a check belongs to, by the run's own record.

use signalbox_domain::id::RunId;
use signalbox_domain::post::Mark;
use signalbox_domain::run::Run;
use signalbox_domain::talk::MessageId;
use signalbox_ports::Error;
use signalbox_ports::store::Subject;

use super::Act;
use crate::chat::Comments;
use crate::decode::received::{Pull, Received};

impl Comments {
    /// The run that opened a pull request, if one did: what the pull request says of itself is only where to look.
    pub(super) async fn run_of(&self, received: &Received, pull: &Pull) -> Result<Option<Run>, Error> {
        let Some(id) = &pull.run else { return Ok(None) };
        let (Some(first), Some(newest)) = (self.run(id).await?, self.newest(id).await?) else { return Ok(None) };
        for run in [&first, &newest] {
            let Some(change) = run.job().and_then(|job| job.change.as_ref()) else { continue };
            let (there, here) = (&change.repository, &received.repository);
            if change.number == pull.number && self.is_same(there, here, received.repository_id).await? {
                return Ok(Some(newest.clone()));
            }
        }
        Ok(None)
    }

    /// The run that works on the branch of run `id` now: itself, or the last one that tries it again.
    pub(super) async fn newest(&self, id: &RunId) -> Result<Option<Run>, Error> {
        let Some(run) = self.run(id).await? else { return Ok(None) };
        let newest = self.store.load(&Subject::Thread(run.thread.clone())).await?;
        Ok(newest.filter(|newest| newest.origin() == run.origin()).or(Some(run)))
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, Error> {
        self.store.load(&Subject::Run(id.clone())).await
    }

    /// Shows whoever spoke to a run from here that it was seen: the run marks only messages of its own thread. That it
    /// cannot be shown is no reason not to hear it.
    pub(super) async fn acknowledge(&self, act: &Act<'_>, message: &MessageId) {
        if let Err(error) = self.react(act.thread, message, Mark::Seen).await {
            tracing::debug!(%error, "a word to a run could not be marked as seen");
        }
    }
}
