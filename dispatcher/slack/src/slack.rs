//! The shared handle: one Slack app, whoever speaks through it.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::id::{Repository, RunId};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::clock::Clock;
use signalbox_ports::notes::Notes;

use crate::api::{Api, Room};
use crate::cache::Cache;
use crate::catch_up::Turns;
use crate::edge::Ears;
use crate::encode::Dialect;
use crate::memory::Memory;
use crate::settings::Settings;
use crate::understand::Ours;

/// One Slack app in its workspaces. Cloning it gives the same one.
#[derive(Clone)]
pub struct Slack(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) notes: Arc<dyn Notes>,
    pub(crate) board: Arc<dyn Board>,
    pub(crate) api: Api,
    pub(crate) memory: Memory,
    pub(crate) ears: Ears,
    pub(crate) ours: Ours,
    pub(crate) turns: Turns,
    /// The channels we are in, by workspace.
    pub(crate) joined: Cache<String, Vec<Room>>,
}

/// What Slack shows of the work that it does not know itself. The mains know it.
#[async_trait]
pub trait Board: Send + Sync {
    /// The newest runs that somebody asked for, newest first, at most `limit`.
    async fn runs(&self, person: &str, limit: usize) -> Result<Vec<Summary>, Error>;

    /// What somebody's runs cost.
    async fn spend(&self, person: &str) -> Result<Spend, Error>;

    /// Where somebody says who they are at the forge; nothing if that is known, or there is no such place.
    async fn link(&self, person: &str) -> Result<Option<String>, Error> {
        let _ = person;
        Ok(None)
    }

    /// Repositories that may be worked in and whose names contain `query`, at most `limit`, best first.
    async fn repositories(&self, query: &str, limit: usize) -> Result<Vec<Repository>, Error>;
}

/// A run in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Which.
    pub run: RunId,
    /// What was asked for. Untrusted.
    pub title: String,
    /// Where it is worked, for people.
    pub place: String,
    /// How it stands, in a few words.
    pub standing: String,
    /// Where to look at it, if there is a place.
    pub url: Option<String>,
    /// When it was asked for.
    pub at: Time,
}

/// What somebody's runs cost, in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spend {
    /// Today.
    pub today: u64,
    /// This month.
    pub month: u64,
    /// The most for a month, if there is a most.
    pub cap: Option<u64>,
}

impl Slack {
    /// An app that is ready to speak. Nothing is asked of Slack yet.
    pub fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        notes: Arc<dyn Notes>,
        board: Arc<dyn Board>,
    ) -> Result<Self, Error> {
        let api = Api::new(&settings, clock.clone())?;
        Ok(Self(Arc::new(Inner {
            settings,
            clock,
            notes,
            board,
            api,
            memory: Memory::default(),
            ears: Ears::default(),
            ours: Ours::default(),
            turns: Turns::default(),
            joined: Cache::new(100, Span::minutes(10)),
        })))
    }

    /// What the installation decided.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The time now.
    pub(crate) fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// What a workspace takes, as far as is known.
    pub(crate) fn dialect(&self, team: &str) -> Dialect {
        let all = Dialect { plans: true, files: self.0.settings.features.files };
        self.0.memory.dialects.get(&team.to_owned(), self.now()).unwrap_or(all)
    }

    /// Remembers for a while what a workspace does not take.
    pub(crate) fn learn(&self, team: &str, change: impl FnOnce(&mut Dialect)) {
        let mut dialect = self.dialect(team);
        change(&mut dialect);
        self.0.memory.dialects.put(team.to_owned(), dialect, self.now());
    }

    /// Notes what buttons stand for. They are named by what they are, so one that is noted is noted already.
    pub(crate) async fn keep(&self, kept: &[(String, String)]) -> Result<(), Error> {
        for (key, value) in kept {
            match self.0.notes.put(key, value, 0).await {
                Ok(_) | Err(Error::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
