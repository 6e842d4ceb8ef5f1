//! A box's folder on this machine: what lies where, and who is in it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use signalbox_domain::id::DevboxId;
use signalbox_domain::time::{Span, Time};

use crate::jail::{Identity, identity};
use crate::sizes::Sizes;

/// The claim of a box that is being taken.
const CLAIM_TO_BE: &str = "claim.new";

/// How long a runner waits to be the one in its box. Who only looks whether somebody is there takes no time.
const OCCUPYING: Duration = Duration::from_secs(5);

/// What a runner is told by who makes its box. It lies in the box's folder and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// The box.
    pub devbox: DevboxId,
    /// When it was made.
    pub since: Time,
    /// The file that holds the address to report to, `http://127.0.0.1:7000`. It is read anew for every request, so
    /// that a dispatcher that comes back on another port is found.
    pub endpoint: PathBuf,
    /// How long the dispatcher may be silent before the box ends itself.
    pub patience: Span,
    /// The folder of the mirrors, shared by all boxes.
    pub mirrors: PathBuf,
    /// Folders of tools that agents may read, beside those of the system, at the same place.
    pub tools: Vec<PathBuf>,
    /// The most a box may use.
    pub sizes: Sizes,
    /// Run agents without a jail, with everything this user may do.
    pub unsandboxed_i_accept_the_risk: bool,
}

/// The folder of one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(PathBuf);

impl Place {
    /// The box at `folder`.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Makes the folder of a new box, for nobody else to read.
    pub fn make(&self, orders: &Orders, claim_token: &str) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        fs::write(self.0.join("orders.json"), serde_json::to_vec(orders)?)?;
        let mut options = fs::OpenOptions::new();
        io::Write::write_all(
            &mut options.create(true).truncate(true).write(true).mode(0o600).open(self.claim())?,
            claim_token.as_bytes(),
        )
    }

    /// Makes a box that nobody asked for yet somebody's: a folder that is called `self` from here on. It fails if another
    /// took it. Whoever is in it finds the claim last.
    pub fn take(&self, from: &Self, orders: &Orders, claim_token: &str) -> io::Result<()> {
        from.make_ready(orders, claim_token)?;
        fs::rename(from.folder(), self.folder())?;
        self.let_claim()
    }

    fn make_ready(&self, orders: &Orders, claim_token: &str) -> io::Result<()> {
        let new = self.0.join("orders.new");
        fs::write(&new, serde_json::to_vec(orders)?)?;
        fs::rename(new, self.0.join("orders.json"))?;
        let mut options = fs::OpenOptions::new();
        io::Write::write_all(
            &mut options.create(true).truncate(true).write(true).mode(0o600).open(self.0.join(CLAIM_TO_BE))?,
            claim_token.as_bytes(),
        )
    }

    /// Lets who is in the box find its claim, if who took it had no time to.
    pub fn let_claim(&self) -> io::Result<()> {
        match fs::rename(self.0.join(CLAIM_TO_BE), self.claim()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Makes the folder of a box that nobody asked for yet.
    pub fn make_unasked(&self, orders: &Orders) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        fs::write(self.0.join("orders.json"), serde_json::to_vec(orders)?)
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// What the runner was told.
    pub fn orders(&self) -> io::Result<Orders> {
        Ok(serde_json::from_slice(&fs::read(self.0.join("orders.json"))?)?)
    }

    /// Reads the one-use token, and destroys it.
    pub(crate) fn take_claim(&self) -> io::Result<String> {
        let token = fs::read_to_string(self.claim())?;
        fs::remove_file(self.claim())?;
        Ok(token)
    }

    fn claim(&self) -> PathBuf {
        self.0.join("claim")
    }

    /// Whether no runner has claimed the work yet.
    pub fn is_unclaimed(&self) -> bool {
        self.claim().exists()
    }

    /// What the runner says about itself.
    pub fn log(&self) -> PathBuf {
        self.0.join("runner.log")
    }

    /// Makes this process the one that is in the box, until the file is dropped or the process ends. There is never
    /// more than one.
    pub(crate) fn occupy(&self) -> io::Result<File> {
        let deadline = Instant::now() + OCCUPYING;
        let lock = loop {
            match self.vacant()? {
                Some(lock) => break lock,
                None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
                None => return Err(io::Error::other("another runner is in the box")),
            }
        };
        let own = identity(std::process::id()).ok_or_else(|| io::Error::other("/proc does not show this process"))?;
        let new = self.0.join("occupant.new");
        fs::write(&new, serde_json::to_vec(&own)?)?;
        fs::rename(new, self.0.join("occupant.json"))?;
        Ok(lock)
    }

    /// Proof that no runner is in the box, and none comes while it is held; nothing if one is.
    pub fn vacant(&self) -> io::Result<Option<File>> {
        let lock = File::create(self.0.join("occupied"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The runner that was in the box last. It still is if the box is not [`vacant`](Self::vacant).
    pub fn occupant(&self) -> Option<Identity> {
        serde_json::from_slice(&fs::read(self.0.join("occupant.json")).ok()?).ok()
    }

    /// What holds everything the agent may write: a disk of its own, if the machine can make one.
    pub(crate) fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    /// The file that disk is in.
    pub(crate) fn image(&self) -> PathBuf {
        self.0.join("disk.img")
    }

    /// The files under work. Untrusted from the moment the agent starts.
    pub(crate) fn checkout(&self) -> PathBuf {
        self.work().join("checkout")
    }

    /// Files given to the agent.
    pub(crate) fn inputs(&self) -> PathBuf {
        self.0.join("in")
    }

    /// Files the agent gives. Untrusted.
    pub(crate) fn outputs(&self) -> PathBuf {
        self.work().join("out")
    }

    /// The repository that commits are made with. The jail never sees it.
    pub(crate) fn git(&self) -> PathBuf {
        self.0.join("git")
    }

    /// The only configuration that our git reads.
    pub(crate) fn git_config(&self) -> PathBuf {
        self.0.join("gitconfig")
    }

    /// The transcript while it is written.
    pub(crate) fn transcript(&self) -> PathBuf {
        self.0.join("transcript.jsonl")
    }

    /// The root of the jail.
    pub fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    /// What the keeper of the jail is told.
    pub(crate) fn jail(&self) -> PathBuf {
        self.0.join("jail.json")
    }

    /// Makes the folders of the work, the writable ones for `user` if one is named.
    pub(crate) fn furnish(&self, user: Option<u32>) -> io::Result<()> {
        for folder in [self.checkout(), self.inputs(), self.outputs(), self.outputs().join("proposals")] {
            fs::create_dir_all(&folder)?;
        }
        for folder in [self.checkout(), self.outputs(), self.outputs().join("proposals")] {
            give(&folder, user)?;
        }
        Ok(())
    }
}

/// Makes `user` the owner of one file or folder.
pub(crate) fn give(path: &Path, user: Option<u32>) -> io::Result<()> {
    if user.is_some() { chown(path, user, user) } else { Ok(()) }
}
