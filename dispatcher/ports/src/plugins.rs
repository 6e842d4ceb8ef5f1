//! Routers and prefetchers: pure functions over data, run where they can reach nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use signalbox_domain::context::Trust;
use signalbox_domain::id::{Commit, Digest, Repository};
use signalbox_domain::route::{self, Decision, Known, Opinion, Target};
use signalbox_domain::talk::{Person, ThreadId};
use signalbox_domain::time::Time;

/// What plugins are told of a request. The only time and the only randomness they have are in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The delivery it came with.
    pub id: String,
    /// When it was received.
    pub received_at: Time,
    /// Randomness, computed from `id`.
    pub seed: u64,
    /// The request, after the mention, as written; follow-ups to a question where it goes are appended, a line each.
    pub text: String,
    /// Who asks.
    pub author: Person,
    /// Where.
    pub thread: ThreadId,
    /// What people call the room.
    pub room_name: String,
    /// The room's topic.
    pub room_topic: String,
    /// Where the thread's run before this one worked.
    pub memory: Option<Target>,
    /// The repository that the author set for themselves, `owner/name`.
    #[serde(default)]
    pub usual: Option<String>,
    /// More facts, by key: `schedule`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attrs: BTreeMap<String, String>,
    /// The repositories Signalbox knows; a claim for another is not followed.
    pub repositories: Vec<KnownRepository>,
    /// The workflows Signalbox knows.
    pub workflows: Vec<KnownWorkflow>,
}

/// A repository, as plugins see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRepository {
    /// `owner/name`.
    pub name: Repository,
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// Its default branch.
    #[serde(default = "main")]
    pub default_branch: String,
    /// Its CODEOWNERS file, where the request makes that worth a look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners: Option<String>,
}

/// A workflow, as plugins see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownWorkflow {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Whether it needs a repository.
    pub repository: bool,
    /// The one repository it is there for; nothing if it is there for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Repository>,
}

fn main() -> String {
    "main".into()
}

impl Event {
    /// The one decision made of what the routers said about this event.
    pub fn decide(&self, opinions: &[Opinion]) -> Decision {
        let repositories: Vec<Repository> = self.repositories.iter().map(|known| known.name.clone()).collect();
        let workflows: Vec<Known> = self
            .workflows
            .iter()
            .map(|known| Known { name: known.name.clone(), repository: known.repository, only: known.only.clone() })
            .collect();
        route::select(opinions, &repositories, &workflows)
    }
}

/// The place a request goes, as prefetchers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The place.
    pub target: Target,
    /// The commit the run begins at.
    pub base: Option<Commit>,
}

/// Something a prefetcher asks the host to fetch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fetch", rename_all = "snake_case")]
pub enum Fetch {
    /// The conversation so far.
    Thread {
        /// At most so many messages.
        limit: u32,
    },
    /// A file at the commit the run begins at.
    File {
        /// The repository.
        repository: Repository,
        /// The path.
        path: String,
    },
    /// The paths below a folder.
    List {
        /// The repository.
        repository: Repository,
        /// The folder; empty is the root.
        folder: String,
    },
    /// A change request with its diff.
    Change {
        /// The repository.
        repository: Repository,
        /// Its number.
        number: u64,
    },
    /// A page of the public web.
    Http {
        /// Its address.
        url: String,
    },
    /// An issue or a change request, as people wrote it.
    Issue {
        /// The repository.
        repository: Repository,
        /// Its number.
        number: u64,
    },
    /// The unresolved review threads of a change request.
    Remarks {
        /// The repository.
        repository: Repository,
        /// Its number.
        number: u64,
    },
    /// The failed checks of a commit.
    Checks {
        /// The repository.
        repository: Repository,
        /// The change request whose proposal is checked; nothing: the commit the run begins at.
        change: Option<u64>,
    },
    /// Where words occur in a repository.
    Search {
        /// The repository.
        repository: Repository,
        /// The words.
        words: String,
    },
    /// The newest commits that touched a path.
    History {
        /// The repository.
        repository: Repository,
        /// The path.
        path: String,
    },
}

impl Fetch {
    /// The repository it is about, if it is about one.
    pub fn repository(&self) -> Option<&Repository> {
        match self {
            Self::File { repository, .. }
            | Self::List { repository, .. }
            | Self::Change { repository, .. }
            | Self::Issue { repository, .. }
            | Self::Remarks { repository, .. }
            | Self::Checks { repository, .. }
            | Self::Search { repository, .. }
            | Self::History { repository, .. } => Some(repository),
            Self::Thread { .. } | Self::Http { .. } => None,
        }
    }
}

impl fmt::Display for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thread { limit } => write!(f, "the last {limit} messages of the conversation"),
            Self::File { repository, path } => write!(f, "{path} of {repository}"),
            Self::List { repository, folder } => write!(f, "the folder /{folder} of {repository}"),
            Self::Change { repository, number } => write!(f, "the change request {repository}#{number}"),
            Self::Http { url } => write!(f, "{url}"),
            Self::Issue { repository, number } => write!(f, "{repository}#{number}"),
            Self::Remarks { repository, number } => write!(f, "the open review threads of {repository}#{number}"),
            Self::Checks { repository, change: Some(number) } => write!(f, "the checks of {repository}#{number}"),
            Self::Checks { repository, change: None } => write!(f, "the checks of {repository}"),
            Self::Search { repository, words } => write!(f, "\"{words}\" in {repository}"),
            Self::History { repository, path } => write!(f, "the history of {path} of {repository}"),
        }
    }
}

/// What came of a fetch. Trouble is a value, never a trap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Fetched {
    /// It was fetched.
    Ok {
        /// The text.
        text: String,
        /// Who wrote it, where known.
        author: Option<String>,
        /// How far to believe it.
        trust: Trust,
        /// Where it is from, in a form that finds it again.
        source: String,
    },
    /// No grant covers it: the reason names which of manifest, operator and event said no.
    Denied {
        /// The reason.
        reason: String,
    },
    /// There is no such thing.
    NotFound,
    /// It took too long.
    Timeout,
    /// It is over its limit.
    TooLarge,
    /// The event has fetched enough.
    Quota,
    /// The other side failed.
    Upstream {
        /// What it said.
        detail: String,
    },
}

impl Fetched {
    /// What became of it, in words for a person; nothing if it is here.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Ok { .. } => None,
            Self::Denied { reason } => Some(reason.clone()),
            Self::NotFound => Some("there is no such thing".into()),
            Self::Timeout => Some("it took too long".into()),
            Self::TooLarge => Some("it is too large".into()),
            Self::Quota => Some("enough was fetched already".into()),
            Self::Upstream { detail } => Some(format!("the other side failed: {detail}")),
        }
    }

    /// Whether it might have come at another time, or did not come whole: what a source without which nothing goes on
    /// may not lack. What is not there, or not allowed, is an answer.
    pub fn late(&self) -> bool {
        match self {
            Self::Timeout | Self::TooLarge | Self::Quota | Self::Upstream { .. } => true,
            Self::Ok { .. } | Self::Denied { .. } | Self::NotFound => false,
        }
    }
}

/// A prefetcher that wants to take part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefetcher {
    /// `id@version`.
    pub name: String,
    /// The digest of its component.
    pub digest: Digest,
    /// Whether nothing goes on without it: if it fails, or one of its fetches does, the run stops and says so.
    pub required: bool,
}

/// What a prefetcher said in one round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// What it plans or gives.
    pub gave: Gathered,
    /// The fuel it burnt.
    pub fuel: u64,
    /// What it logged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// What it asked for and may not have, with who says no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<(Fetch, String)>,
}

/// What a prefetcher plans or gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gave", content = "of", rename_all = "snake_case")]
pub enum Gathered {
    /// It wants these fetched first.
    More(Vec<Fetch>),
    /// It is done.
    Done(Vec<Piece>),
    /// It failed; the context goes without it, and says so.
    Failed(String),
}

/// One piece of context as a prefetcher gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// What it is, for people.
    pub title: String,
    /// Where it is from.
    pub source: String,
    /// Who wrote it, where known.
    pub author: Option<String>,
    /// How far to believe it: never more than what it was made of.
    pub trust: Trust,
    /// The text.
    pub text: String,
    /// Larger is kept longer when the bundle is over its budget.
    pub weight: u16,
}

/// What plugins run on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The engine, with its version and the form of what it compiles.
    pub engine: String,
    /// The track of the contract that it speaks.
    pub track: String,
}

/// What a router said that only looks on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// It.
    pub opinion: Opinion,
    /// What the decision would have been with it.
    pub decision: Decision,
}

/// The most rounds of fetching a prefetcher has.
pub const MAX_ROUNDS: u32 = 3;

/// The plugins of this installation. Same input, same output; fuel and memory are bounded; calls block for some
/// milliseconds at most.
pub trait Plugins: Send + Sync {
    /// Asks every router. Each has its say in the answer: also those whose triggers do not match, and those that
    /// failed.
    fn route(&self, event: &Event) -> Vec<Opinion>;

    /// Asks the routers that only look on; `opinions` is what those said that decide.
    fn shadows(&self, _event: &Event, _opinions: &[Opinion]) -> Vec<Shadow> {
        Vec::new()
    }

    /// What they run on.
    fn about(&self) -> About {
        About::default()
    }

    /// The prefetchers that want to take part, in order.
    fn prefetchers(&self, event: &Event, scope: &Scope) -> Vec<Prefetcher>;

    /// Asks one prefetcher. Round 0 has no fetches and plans; later rounds are given what the rounds before asked for,
    /// in that order. A fetch that the plugin's grant does not cover is never performed: it comes back to the
    /// plugin as [`Fetched::Denied`] at once, and is told of in [`Turn::denied`].
    fn gather(&self, prefetcher: &str, event: &Event, scope: &Scope, round: u32, fetched: &[(Fetch, Fetched)]) -> Turn;
}
