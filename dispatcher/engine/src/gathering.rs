//! The record of a prefetch: what was asked for in which round, what came, what each plugin made of it. Decided again
//! from here, it never goes to the world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signalbox_domain::context::{Omission, Trust};
use signalbox_domain::id::{Digest, Repository};
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, Plugins, Scope};

use crate::bundle;
use crate::fetch::Rounds;

/// A prefetch, as it went. The texts are blobs, named by their digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathering {
    /// What plugins were told, in the blob store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Digest>,
    /// What it was for.
    pub scope: Scope,
    /// Everything that was fetched, in the order it was asked for.
    pub made: Vec<Made>,
    /// What each prefetcher said, round by round.
    pub turns: Vec<Turn>,
}

/// One thing that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// In which round, from 1.
    pub round: u32,
    /// What was asked for.
    pub fetch: Fetch,
    /// What came.
    pub came: Came,
    /// What was left out of it, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What came of a fetch, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "came", rename_all = "snake_case")]
pub enum Came {
    /// It is here.
    Here {
        /// The digest of its text.
        text: Digest,
        /// The length of its text.
        bytes: usize,
        /// Who wrote it, where known.
        author: Option<String>,
        /// How far to believe it.
        trust: Trust,
        /// Where it is from.
        source: String,
    },
    /// It is not.
    Not {
        /// What became of it.
        because: Fetched,
    },
}

/// What one prefetcher said in one round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// `id@version`.
    pub prefetcher: String,
    /// The round, from 0: the plan.
    pub round: u32,
    /// What it gave.
    pub gave: Gave,
    /// The fuel it burnt.
    pub fuel: u64,
    /// What it logged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// What a prefetcher gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gave", rename_all = "snake_case")]
pub enum Gave {
    /// It wanted these fetched first.
    More {
        /// What.
        asked: Vec<Fetch>,
    },
    /// It was done.
    Done {
        /// How many pieces.
        pieces: usize,
        /// The digest of all of them.
        digest: Digest,
    },
    /// It failed.
    Failed {
        /// Why.
        why: String,
    },
}

/// How a prefetch that is decided again differs from its record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Diverged {
    /// A plugin asks for something that was not asked for then. The world is not asked.
    #[error(
        "diverged at round {round}: it asked for {asked}, which nobody did then ({prefetcher}); nothing was fetched"
    )]
    Asked {
        /// The round, from 1.
        round: u32,
        /// Which plugin.
        prefetcher: String,
        /// For what.
        asked: String,
    },
    /// A plugin says something else than then.
    #[error("diverged at round {round}: it {what} ({prefetcher})")]
    Said {
        /// The round, from 0.
        round: u32,
        /// Which plugin.
        prefetcher: String,
        /// In which way.
        what: String,
    },
    /// A text that came then is not there any more.
    #[error("the text {0} is not kept any more")]
    Lost(Digest),
}

impl Gathering {
    /// The record as it is kept.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The texts that it names.
    pub fn texts(&self) -> impl Iterator<Item = &Digest> {
        self.made.iter().filter_map(|made| match &made.came {
            Came::Here { text, .. } => Some(text),
            Came::Not { .. } => None,
        })
    }

    /// Decides the prefetch again, on what came then: the same requests, the same pieces, the same fuel, or where it
    /// differs first.
    pub fn again(
        &self,
        plugins: &dyn Plugins,
        event: &Event,
        texts: &BTreeMap<Digest, String>,
    ) -> Result<(), Diverged> {
        let mut recorded: BTreeMap<&Fetch, Fetched> = BTreeMap::new();
        for made in &self.made {
            recorded.insert(&made.fetch, made.came.fetched(texts)?);
        }
        let mut rounds = Rounds::new(plugins, event, &self.scope);
        let mut fetched = BTreeMap::new();
        while let Some(wanted) = rounds.next(&fetched) {
            for fetch in wanted {
                let Some(came) = recorded.get(&fetch) else {
                    let prefetcher = rounds.asker(&fetch).to_owned();
                    return Err(Diverged::Asked { round: rounds.number(), prefetcher, asked: fetch.to_string() });
                };
                fetched.insert(fetch, came.clone());
            }
        }
        let (turns, _) = rounds.end();
        let pairs = turns.iter().map(Some).chain(std::iter::repeat(None));
        let then = self.turns.iter().map(Some).chain(std::iter::repeat(None));
        for (now, then) in pairs.zip(then).take(turns.len().max(self.turns.len())) {
            if let Some(said) = now.or(then).filter(|_| now != then) {
                let (round, prefetcher) = (said.round, said.prefetcher.clone());
                return Err(Diverged::Said { round, prefetcher, what: differs(now, then) });
            }
        }
        Ok(())
    }
}

/// The repository and the number that a fetch is about.
fn numbered(fetch: &Fetch) -> Option<(&Repository, u64)> {
    match fetch {
        Fetch::Change { repository, number } | Fetch::Issue { repository, number } => Some((repository, *number)),
        Fetch::Thread { .. }
        | Fetch::File { .. }
        | Fetch::List { .. }
        | Fetch::Http { .. }
        | Fetch::Remarks { .. }
        | Fetch::Checks { .. }
        | Fetch::Search { .. }
        | Fetch::History { .. } => None,
    }
}

fn differs(now: Option<&Turn>, then: Option<&Turn>) -> String {
    match (now, then) {
        (Some(now), Some(then)) if now.prefetcher != then.prefetcher => {
            format!("spoke in place of {}", then.prefetcher)
        }
        (Some(now), Some(then)) if now.gave == then.gave && now.fuel != then.fuel => {
            format!("burnt {} units of fuel, and {} then", now.fuel, then.fuel)
        }
        (Some(now), Some(then)) if now.gave == then.gave => "logged something else than then".into(),
        (Some(_), Some(_)) => "gave something else than then".into(),
        (Some(_), None) => "did not take part then".into(),
        (None, Some(_) | None) => "takes no part any more".into(),
    }
}

impl Made {
    /// Whether it was not there, and something else by that number was: what is no issue may be a change request.
    pub(crate) fn elsewhere(&self, all: &[Self]) -> bool {
        let missing = matches!(&self.came, Came::Not { because: Fetched::NotFound });
        let there = |other: &&Self| matches!(other.came, Came::Here { .. });
        missing
            && numbered(&self.fetch)
                .is_some_and(|it| all.iter().filter(there).any(|other| numbered(&other.fetch) == Some(it)))
    }

    /// What a person should know of it: that it did not come, or not whole. That a file is not there says nothing:
    /// prefetchers look for many.
    pub(crate) fn omission(&self) -> Option<Omission> {
        let what = bundle::line(&self.fetch.to_string());
        let trouble = match &self.came {
            Came::Here { .. } => None,
            Came::Not { because: Fetched::NotFound } => match self.fetch {
                Fetch::Change { .. } | Fetch::Issue { .. } | Fetch::Http { .. } => Fetched::NotFound.trouble(),
                Fetch::Thread { .. }
                | Fetch::File { .. }
                | Fetch::List { .. }
                | Fetch::Remarks { .. }
                | Fetch::Checks { .. }
                | Fetch::Search { .. }
                | Fetch::History { .. } => None,
            },
            Came::Not { because } => because.trouble(),
        };
        Some(Omission { what, why: trouble.or_else(|| self.note.clone())? })
    }
}

impl Came {
    /// What came, without its text.
    pub(crate) fn of(fetched: &Fetched) -> Self {
        match fetched {
            Fetched::Ok { text, author, trust, source } => Self::Here {
                text: Digest::of(text.as_bytes()),
                bytes: text.len(),
                author: author.clone(),
                trust: *trust,
                source: source.clone(),
            },
            Fetched::Denied { .. }
            | Fetched::NotFound
            | Fetched::Timeout
            | Fetched::TooLarge
            | Fetched::Quota
            | Fetched::Upstream { .. } => Self::Not { because: fetched.clone() },
        }
    }

    fn fetched(&self, texts: &BTreeMap<Digest, String>) -> Result<Fetched, Diverged> {
        Ok(match self {
            Self::Here { text, author, trust, source, .. } => Fetched::Ok {
                text: texts.get(text).cloned().ok_or_else(|| Diverged::Lost(text.clone()))?,
                author: author.clone(),
                trust: *trust,
                source: source.clone(),
            },
            Self::Not { because } => because.clone(),
        })
    }
}

impl Gave {
    /// What a plugin gave, without the texts.
    pub(crate) fn of(gave: &Gathered) -> Self {
        match gave {
            Gathered::More(asked) => Self::More { asked: asked.clone() },
            Gathered::Done(pieces) => {
                let digest = Digest::of(&serde_json::to_vec(pieces).unwrap_or_default());
                Self::Done { pieces: pieces.len(), digest }
            }
            Gathered::Failed(why) => Self::Failed { why: why.clone() },
        }
    }
}
