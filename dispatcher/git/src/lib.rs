//! The built-in forge: bare git repositories in a folder, change requests beside them, and the door through which
//! devboxes fetch and push.
//!
//! ```text
//! <folder>/<owner>/<name>.git              the repository; git's own files
//! <folder>/<owner>/<name>.git/signalbox    what we know of it: about.json, changes/<number>.json
//! <folder>/.tokens                         one file per devbox: the hash of its token and its powers, or that it is over
//! <folder>/.locks                          one lock per repository (and one for its imports), one for the tokens
//! ```
//!
//! Every file of ours is written whole or not at all. Whoever moves a branch or writes about a change request holds the
//! repository's lock.

mod change;
mod disk;
mod forge;
mod git;
mod http;
mod import;
mod names;
mod past;
mod pkt;
mod read;
mod source;
mod token;

pub mod sample;

use std::path::PathBuf;
use std::sync::Arc;

use signalbox_domain::id::Repository;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use tokio::sync::{Semaphore, watch};

pub use change::{Record, Shown, State};
pub use http::routes;
pub use import::Imported;

use git::Git;

/// The most fetches served at once; the next one waits.
const FETCHES: usize = 32;
/// The most pushes received at once; the next one waits.
const PUSHES: usize = 8;

/// The forge in one folder. Several processes may use the same folder at once.
#[derive(Debug)]
pub struct Forge {
    folder: PathBuf,
    base_url: String,
    git: Git,
    /// Changes whenever a token ends, so that fetches under way look at theirs again.
    ended: watch::Sender<u64>,
    fetches: Arc<Semaphore>,
    pushes: Semaphore,
}

/// Where one repository is on disk. Its name was checked when this was made.
#[derive(Clone, Debug)]
struct Place {
    repository: Repository,
    git: PathBuf,
    lock: PathBuf,
}

impl Forge {
    /// The forge in `folder`, which is made if it is not there. `base_url` is where [`routes`] and the pages of change
    /// requests are reached, without a slash at its end. Without git this fails and says how to install it.
    pub async fn open(folder: impl Into<PathBuf>, base_url: &str) -> Result<Self, Error> {
        let folder = folder.into();
        let failed = |error| Error::rejected(format!("the folder {} cannot be used: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        let git = Git::at(&folder)?;
        git.sufficient().await?;
        let forge = Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            git,
            ended: watch::Sender::new(0),
            fetches: Arc::new(Semaphore::new(FETCHES)),
            pushes: Semaphore::new(PUSHES),
            folder,
        };
        forge.forget().await?;
        // What a removal that was cut off left. It is nobody's, and in nobody's way if it stays.
        let _ = std::fs::remove_dir_all(forge.folder.join(".removed"));
        Ok(forge)
    }

    /// Where a repository is or would be.
    fn place(&self, repository: &Repository) -> Result<Place, Error> {
        let (owner, name) = names::repository(repository)?;
        Ok(Place {
            repository: repository.clone(),
            git: self.folder.join(owner).join(format!("{name}.git")),
            lock: self.folder.join(".locks").join(format!("{owner}~{name}")),
        })
    }

    /// Where a repository is; one that is not there is [`Error::Rejected`].
    fn there(&self, repository: &Repository) -> Result<Place, Error> {
        let place = self.place(repository)?;
        if place.about().is_file() {
            Ok(place)
        } else {
            Err(Error::rejected(format!("there is no repository {repository} here")))
        }
    }
}

impl Place {
    /// What we know of the repository.
    fn about(&self) -> PathBuf {
        self.git.join("signalbox/about.json")
    }

    /// The lock of whoever brings the repository up to date from elsewhere. Taken before the other one.
    fn importing(&self) -> PathBuf {
        let mut path = self.lock.clone().into_os_string();
        path.push("~import");
        path.into()
    }

    /// Its change requests.
    fn changes(&self) -> PathBuf {
        self.git.join("signalbox/changes")
    }
}

/// The time, read at this edge.
fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(since.as_millis() as u64)
}
