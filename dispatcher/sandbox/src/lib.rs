//! Devboxes on this machine: a folder and a runner for each, and nothing of them left when they are stopped.

mod boxes;
mod pool;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::devbox::{Checkout, Listed};
use signalbox_domain::id::DevboxId;
use signalbox_ports::Error;
use signalbox_ports::devbox::{Devbox, Spec};
pub use signalbox_runner::jail::{Property, Unable};
pub use signalbox_runner::sizes::{Sizes, Wanted};

use boxes::Boxes;

/// How this machine makes boxes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that holds everything: `boxes/`, one folder each, and `mirrors/`, the repositories' warm copies.
    pub folder: PathBuf,
    /// The program to start as the runner, with `runner --box FOLDER`: the one that is running, usually.
    pub program: PathBuf,
    /// The file that holds the address boxes report to, `http://127.0.0.1:7000`. Write it before the first box is
    /// asked for, and again whenever the address changes: running boxes read it anew.
    pub endpoint: PathBuf,
    /// Folders of tools that agents may read and run (`/opt/node`, a toolchain), beside those of the system.
    pub tools: Vec<PathBuf>,
    /// The most a box may use. A repository may ask for less.
    pub sizes: Sizes,
    /// How many boxes are kept ready that nobody asked for yet. They end with this process.
    pub warm: usize,
    /// Run agents without a jail, with everything this user may do. Say so to people.
    pub unsandboxed_i_accept_the_risk: bool,
}

/// The devboxes of this machine.
///
/// Boxes outlive this process, however it ends: the next one that is given the same folder finds them. A box that
/// hears of no dispatcher for ten minutes ends itself.
#[derive(Clone)]
pub struct Sandbox(Arc<Boxes>);

impl Sandbox {
    /// The boxes as `config` says.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(Boxes::new(config)))
    }

    /// Whether this machine can make boxes, and if not, why and what to do. It tries, which takes some milliseconds.
    pub async fn probe(&self) -> Result<(), Unable> {
        let boxes = Arc::clone(&self.0);
        let unable = |error: tokio::task::JoinError| Unable {
            reason: format!("the trial was broken off: {error}"),
            remedy: "Try again".to_owned(),
        };
        tokio::task::spawn_blocking(move || boxes.probe()).await.map_err(unable)?
    }

    /// Tries each property of boxes on this machine, one after the other. It takes some seconds.
    pub async fn examine(&self) -> Result<Vec<Property>, Unable> {
        let boxes = Arc::clone(&self.0);
        let unable = |error: tokio::task::JoinError| Unable {
            reason: format!("the trial was broken off: {error}"),
            remedy: "Try again".to_owned(),
        };
        tokio::task::spawn_blocking(move || boxes.examine()).await.map_err(unable)?
    }

    /// Has as many boxes ready as are wanted, and the files of `checkout` at hand: somebody is about to ask for them.
    /// What is there already costs nothing.
    pub async fn prewarm(&self, checkout: Option<&Checkout>) -> Result<(), Error> {
        let checkout = checkout.cloned();
        self.off_the_runtime(move |boxes| {
            boxes.refill()?;
            checkout.map_or(Ok(()), |checkout| boxes.warm(&checkout))
        })
        .await
    }

    /// How many boxes that were asked for were ready, and how many had to be made.
    pub fn pool(&self) -> (u64, u64) {
        self.0.hits()
    }

    async fn off_the_runtime<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Boxes) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let boxes = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&boxes)).await.map_err(Error::unavailable)?
    }
}

#[async_trait]
impl Devbox for Sandbox {
    async fn provision(&self, spec: &Spec) -> Result<(), Error> {
        let spec = spec.clone();
        self.off_the_runtime(move |boxes| boxes.provision(&spec)).await?;
        let boxes = Arc::clone(&self.0);
        // What was taken is made good; nobody waits for it, and without it boxes are made as they are asked for.
        std::thread::spawn(move || boxes.refill());
        Ok(())
    }

    async fn stop(&self, devbox: &DevboxId) -> Result<(), Error> {
        let devbox = devbox.clone();
        self.off_the_runtime(move |boxes| boxes.stop(&devbox)).await
    }

    async fn list(&self) -> Result<Vec<Listed>, Error> {
        self.off_the_runtime(Boxes::list).await
    }
}
