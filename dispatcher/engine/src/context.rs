//! What the agents of a run knew: every piece that was gathered for it with who brought it, who wrote it and how far it is
//! believed, what was left out and why, and the very bytes they were given.

use serde::{Deserialize, Serialize};
use signalbox_domain::context::{Bundle, Item, Omission};
use signalbox_domain::id::{Digest, RunId};
use signalbox_ports::Error;
use signalbox_ports::store::Subject;

use crate::{Engine, bundle, tokens};

/// What the agents of a run knew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The run.
    pub run: RunId,
    /// The name of the bundle in the blob store.
    pub bundle: Digest,
    /// Its pieces, in the order an agent reads them.
    pub pieces: Vec<Counted>,
    /// How many tokens they have together.
    pub tokens: u64,
    /// What was trimmed, refused, late, or written by somebody who is not believed.
    pub omissions: Vec<Omission>,
    /// What agents were given as `context.md`, byte for byte. Nothing where nothing was gathered.
    pub given: Option<String>,
}

/// A piece, and how many tokens it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The piece.
    #[serde(flatten)]
    pub item: Item,
    /// How far it is believed, in the words that the agent reads.
    pub standing: String,
    /// How many tokens its text has.
    pub tokens: u64,
}

impl Engine {
    /// What the agents of a run knew. An error says why there is nothing to show.
    pub async fn context(&self, id: &RunId) -> Result<Context, Error> {
        let run = self.ports.store.load(&Subject::Run(id.clone())).await?;
        let run = run.ok_or_else(|| Error::Rejected(format!("there is no run {id}")))?;
        let Some(job) = run.job() else {
            let why =
                if run.ended() { "ended before anything was gathered for it" } else { "has nothing gathered yet" };
            return Err(Error::rejected(format!("run {id} {why}; `signalbox why {id}` says how it stands")));
        };
        let kept: Bundle = serde_json::from_slice(&self.blob(&job.bundle).await?).map_err(Error::rejected)?;
        let given = if kept.items.is_empty() { None } else { Some(self.given(&kept).await?) };
        let counted = |item: Item| {
            let tokens = tokens::count(&item.text);
            Counted { standing: bundle::words(item.trust).into(), tokens, item }
        };
        let pieces: Vec<Counted> = kept.items.into_iter().map(counted).collect();
        let tokens = pieces.iter().map(|piece| piece.tokens).sum();
        let bundle = job.bundle.clone();
        Ok(Context { run: id.clone(), bundle, pieces, tokens, omissions: kept.omissions, given })
    }

    /// The bytes that agents are given of a bundle: those that are kept with it.
    pub(crate) async fn given(&self, kept: &Bundle) -> Result<String, Error> {
        match &kept.given {
            Some(digest) => String::from_utf8(self.blob(digest).await?).map_err(Error::rejected),
            // A bundle from before they were kept.
            None => Ok(bundle::render(kept)),
        }
    }
}
