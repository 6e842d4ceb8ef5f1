//! The App: who we are to GitHub, and what every call to it goes through.

mod call;
mod key;
mod pace;
mod path;
mod place;
mod trouble;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use signalbox_domain::id::Repository;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::clock::Clock;
use signalbox_ports::notes::Notes;
use tokio::sync::Semaphore;

use crate::forge::Trees;
use crate::settings::{Secret, Settings};
pub(crate) use call::{DIFF, MATCHES};
use key::Key;
use pace::Pace;
pub(crate) use path::{escaped, segment};
pub(crate) use place::{Narrowed, Place, absent, read as instant};
pub(crate) use trouble::Trouble;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long GitHub may be silent within an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// Calls under way at once; GitHub's limit.
const CONCURRENT: usize = 100;

/// GitHub, as an App sees it: a forge and a chat. Cheap to clone; clones share their caches, tokens and pace.
#[derive(Clone)]
pub struct Github(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Octocrab,
    web: Octocrab,
    key: Key,
    clock: Arc<dyn Clock>,
    notes: Arc<dyn Notes>,
    under_way: Semaphore,
    pace: Pace,
    known: Mutex<Known>,
    /// Held by whoever asks for something that everybody needs.
    asking: tokio::sync::Mutex<()>,
}

/// What is remembered of GitHub while this process lives. Losing it costs calls, nothing else.
#[derive(Default)]
pub(crate) struct Known {
    /// The installation of each repository, and until when that is believed.
    pub(crate) installations: BTreeMap<Repository, (u64, Time)>,
    /// Our own token of each installation, and until when it is used.
    pub(crate) tokens: BTreeMap<u64, (Secret, Time)>,
    /// Every repository of every installation, and until when that is believed.
    pub(crate) repositories: Option<(Vec<signalbox_ports::forge::Known>, Time)>,
    /// The other names that a repository had, by its id and its name now.
    pub(crate) names: BTreeMap<(u64, Repository), Vec<String>>,
    /// Trees that were read. A commit's tree never changes.
    pub(crate) trees: Trees,
}

impl Github {
    /// An App. Called inside a tokio runtime. A key that is none, or an address that is none, is [`Error::Rejected`] and
    /// says which setting to look at.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, notes: Arc<dyn Notes>) -> Result<Self, Error> {
        let key = Key::read(&settings.private_key)?;
        let (http, web) = (reach(&settings.api_url)?, reach(&settings.web_url)?);
        Ok(Self(Arc::new(Inner {
            settings,
            http,
            web,
            key,
            clock,
            notes,
            under_way: Semaphore::new(CONCURRENT),
            pace: Pace::default(),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        })))
    }

    /// Which App this is.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The time.
    pub(crate) fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// What is kept for longer than this process lives.
    pub(crate) fn notes(&self) -> &dyn Notes {
        &*self.0.notes
    }

    /// What is remembered.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for whoever asks for something that everybody needs.
    async fn asking(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.asking.lock().await
    }

    /// A secret of this App alone, for sealing what is kept for `purpose`.
    pub(crate) fn sealing_key(&self, purpose: &str) -> [u8; 32] {
        self.0.key.derive(purpose)
    }
}

/// A client of one address. It asks once: whoever is asked for something decides whether to ask again.
fn reach(url: &str) -> Result<Octocrab, Error> {
    let wrong = |error: octocrab::Error| Error::rejected(format!("GitHub cannot be reached at {url}: {error}"));
    let builder = Octocrab::builder().base_uri(url).map_err(wrong)?;
    let builder = builder.set_connect_timeout(Some(CONNECT)).set_read_timeout(Some(SILENCE));
    builder.set_write_timeout(Some(SILENCE)).build().map_err(wrong)
}

/// What GitHub gives for the code that it hands back when an App was made from a manifest: asked by nobody yet.
pub(crate) async fn convert<T: DeserializeOwned>(api_url: &str, code: &str) -> Result<T, Error> {
    let path = format!("/app-manifests/{}/conversions", segment(code));
    let made = tokio::time::timeout(SILENCE, reach(api_url)?.post::<(), T>(path, None)).await;
    made.map_err(|_| Error::unavailable("GitHub does not answer"))?.map_err(|error| {
        if let octocrab::Error::GitHub { source, .. } = &error
            && source.status_code.is_client_error()
        {
            return Error::rejected(format!("GitHub does not take the code: {}", source.message));
        }
        Error::unavailable(format!("GitHub cannot be reached: {error}"))
    })
}

impl fmt::Debug for Github {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Github").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
