//! What is said between the two processes: JSON, each piece after its length.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use signalbox_ports::plugins::{Event, Fetch, Fetched, Prefetcher, Scope};

use crate::grant::Policy;
use crate::pin::Pin;

/// The most bytes of one piece: a component at its ceiling.
const MOST: u32 = 64 * 1024 * 1024;

/// What the process is to load. The components follow, a piece each.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Open {
    pub(super) cache: String,
    pub(super) policy: Policy,
    pub(super) event_fuel: Option<u64>,
    pub(super) most_plugins: Option<u64>,
    pub(super) plugins: Vec<Listed>,
}

/// A plugin that is to be loaded.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Listed {
    pub(super) manifest: String,
    pub(super) settings: Map<String, Value>,
    pub(super) pin: Option<Pin>,
}

/// What was loaded.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Opened {
    pub(super) names: Vec<String>,
    pub(super) prefetchers: Vec<Prefetcher>,
    pub(super) remarks: Vec<String>,
}

/// What is asked.
#[derive(Debug, Serialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub(super) enum Asked<'a> {
    Route { event: &'a Event },
    Prefetchers { event: &'a Event, scope: &'a Scope },
    Gather { prefetcher: &'a str, event: &'a Event, scope: &'a Scope, round: u32, fetched: &'a [(Fetch, Fetched)] },
}

/// What was asked, on the other side.
#[derive(Debug, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub(super) enum Call {
    Route { event: Event },
    Prefetchers { event: Event, scope: Scope },
    Gather { prefetcher: String, event: Event, scope: Scope, round: u32, fetched: Vec<(Fetch, Fetched)> },
}

/// Writes one piece.
pub(super) fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= MOST);
    let length = length.ok_or_else(|| io::Error::other("too much for one piece"))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

/// Reads one piece; nothing where the other side has ended.
pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length);
    if length > MOST {
        return Err(io::Error::other("more than one piece may have"));
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}
