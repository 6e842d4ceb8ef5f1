//! The machines phases run on.

use async_trait::async_trait;
use signalbox_domain::devbox::Listed;
use signalbox_domain::id::DevboxId;

use crate::Error;

/// A box to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its name. The same name twice is one box.
    pub devbox: DevboxId,
    /// The one-use token its runner claims its assignment with.
    pub claim_token: String,
}

/// A provider of devboxes. Where its boxes report to is its own configuration.
#[async_trait]
pub trait Devbox: Send + Sync {
    /// Accepts to make the box; it claims its assignment when it is up. Accepted, not finished. Asking twice gives
    /// one box. A machine that cannot make boxes is [`Error::Rejected`], with what to do about it.
    async fn provision(&self, spec: &Spec) -> Result<(), Error>;

    /// Ends the box and everything in it. When it returns, nothing of it runs. Ending what is gone succeeds.
    async fn stop(&self, devbox: &DevboxId) -> Result<(), Error>;

    /// Every box of ours that the provider knows, alive or not.
    async fn list(&self) -> Result<Vec<Listed>, Error>;
}
