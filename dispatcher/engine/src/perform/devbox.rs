//! Effects on devboxes: asked for, told to stop, ended.

use signalbox_domain::devbox::{Attempt, Control};
use signalbox_domain::event::Fact;
use signalbox_domain::id::DevboxId;
use signalbox_domain::run::Run;
use signalbox_domain::workflow::Work;
use signalbox_ports::Error;
use signalbox_ports::devbox::Spec;
use signalbox_ports::store::Lease;

use crate::Engine;
use crate::settings::UNCLAIMED;
use crate::token::{Use, token};

impl Engine {
    /// An agent that is not set up is found out here, before a box is made for it. The lease is kept before the box is asked for, so that a box nobody knows can only be a leftover.
    pub(super) async fn provision(
        &self,
        run: &Run,
        devbox: &DevboxId,
        attempt: &Attempt,
    ) -> Result<Option<Fact>, Error> {
        let phase = run.plan().and_then(|plan| plan.workflow.phase(&attempt.phase));
        if let Some(Work::Agent(agent)) = phase.map(|phase| &phase.work) {
            self.agent(agent)?;
        }
        let lease = Lease {
            devbox: devbox.clone(),
            run: run.id.clone(),
            thread: run.thread.clone(),
            epoch: attempt.epoch,
            deadline: self.ports.clock.now() + UNCLAIMED,
            claimed: false,
            control: Control::Continue,
        };
        self.ports.store.lease(&lease).await?;
        let claim_token = token(&self.settings.secret, Use::Claim, devbox);
        self.ports.devbox.provision(&Spec { devbox: devbox.clone(), claim_token }).await?;
        Ok(None)
    }

    pub(super) async fn halt(&self, devbox: &DevboxId) -> Result<Option<Fact>, Error> {
        self.ports.store.direct(devbox, Control::Stop).await?;
        Ok(None)
    }

    /// First nothing it says counts any more, then nothing of it runs, then nothing can be done with its tokens.
    /// A refusal is no reason to give up: the box is tried again until it is gone.
    pub(super) async fn release(&self, devbox: &DevboxId) -> Result<Option<Fact>, Error> {
        let insist = |error: Error| match error {
            Error::Rejected(why) | Error::Unavailable(why) => Error::Unavailable(why),
            Error::Conflict | Error::Later { .. } => error,
        };
        self.ports.store.direct(devbox, Control::Gone).await.map_err(insist)?;
        self.ports.devbox.stop(devbox).await.map_err(insist)?;
        self.ports.forge.revoke(devbox).await.map_err(insist)?;
        Ok(Some(Fact::Released { devbox: devbox.clone() }))
    }
}
