//! Every bound on a plugin, in one table.
//!
//! | Limit | Default | Ceiling |
//! |---|---|---|
//! | [`CALL_FUEL`] | 50 M | 500 M |
//! | [`EVENT_FUEL`] | 500 M | 2 B |
//! | [`START_FUEL`] | 5 M | 50 M |
//! | [`MEMORY`] | 32 MiB | 128 MiB |
//! | [`INSTANCES`] | 64 | 256 |
//! | [`MEMORIES`] | 8 | 16 |
//! | [`TABLES`] | 16 | 64 |
//! | [`ELEMENTS`] | 20,000 | 65,536 |
//! | [`CALL_DATA`] | 1 MiB | 4 MiB |
//! | [`ITEM`] | 64 KiB | 1 MiB |
//! | [`BUNDLE`] | 256 KiB | 1 MiB |
//! | [`COMPONENT`] | 4 MiB | 32 MiB |
//! | [`PLUGINS`] | 20 | 64 |
//! | [`LOG_LINES`], [`LOG_BYTES`] | 64, 8 KiB | the same |
//! | [`REQUESTS`], [`ITEMS`] | 32, 32 | the same |
//! | [`ANSWERS`], [`WORDS`] | 32, 4 KiB | the same |
//!
//! A manifest may raise what concerns its own calls ([`Bounds`]) up to the ceiling, and the operator what concerns all
//! plugins together ([`EVENT_FUEL`], [`PLUGINS`]); whoever reads the manifest or the settings sees it there.

/// A bound: what holds unless something else is asked for, and the most that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What holds by itself.
    pub default: u64,
    /// The most.
    pub ceiling: u64,
}

/// What the calls of one plugin are held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// [`CALL_FUEL`].
    pub fuel: u64,
    /// [`START_FUEL`].
    pub start_fuel: u64,
    /// [`MEMORY`].
    pub memory: u64,
    /// [`COMPONENT`].
    pub component: u64,
    /// [`CALL_DATA`].
    pub data: u64,
    /// [`INSTANCES`].
    pub instances: u64,
    /// [`MEMORIES`].
    pub memories: u64,
    /// [`TABLES`].
    pub tables: u64,
    /// [`ELEMENTS`].
    pub elements: u64,
}

const fn limit(default: u64, ceiling: u64) -> Limit {
    Limit { default, ceiling }
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const MILLION: u64 = 1_000_000;

/// Fuel of one call, about one unit an instruction. A router in Rust uses 0.6 M, one on an interpreter ten times that;
/// a tight loop burns 10 M in about a millisecond.
pub const CALL_FUEL: Limit = limit(50 * MILLION, 500 * MILLION);
/// Fuel of all routers of an event together.
pub const EVENT_FUEL: Limit = limit(500 * MILLION, 2_000 * MILLION);
/// Fuel to start an instance. Apart from [`CALL_FUEL`], because it depends on how the machine initialises memory.
pub const START_FUEL: Limit = limit(5 * MILLION, 50 * MILLION);
/// Bytes of all memories of an instance together. Also a bound on time: touching 64 MiB costs 50 ms.
pub const MEMORY: Limit = limit(32 * MIB, 128 * MIB);
/// Core instances. Interpreters made into components need more than 32.
pub const INSTANCES: Limit = limit(64, 256);
/// Memories.
pub const MEMORIES: Limit = limit(8, 16);
/// Tables.
pub const TABLES: Limit = limit(16, 64);
/// Elements of all tables together.
pub const ELEMENTS: Limit = limit(20_000, 65_536);
/// Bytes that a call may hand over in either direction. The engine's own default is 128 MiB.
pub const CALL_DATA: Limit = limit(MIB, 4 * MIB);
/// Bytes of one piece of context, and of one fetched text.
pub const ITEM: Limit = limit(64 * KIB, MIB);
/// Bytes of everything one prefetcher gives.
pub const BUNDLE: Limit = limit(256 * KIB, MIB);
/// Bytes of a component: those on disk are most of a cold start. The ceiling is for interpreters, by exception.
pub const COMPONENT: Limit = limit(4 * MIB, 32 * MIB);
/// Plugins of an installation, and so of an event.
pub const PLUGINS: Limit = limit(20, 64);
/// Lines a call may log.
pub const LOG_LINES: usize = 64;
/// Bytes a call may log.
pub const LOG_BYTES: usize = 8 * 1024;
/// Fuel of one call of `log`, and one more a byte: it is work of the host, which fuel does not see by itself.
pub const LOG_CALL_FUEL: u64 = 500;
/// Entries of every list in a router's answer: inputs, matched words, candidates.
pub const ANSWERS: usize = 32;
/// Bytes of every text in a router's answer.
pub const WORDS: usize = 4 * 1024;
/// Requests a prefetcher may make in a round.
pub const REQUESTS: usize = 32;
/// Pieces a prefetcher may give.
pub const ITEMS: usize = 32;
/// Bytes of the request's text that plugins see.
pub const TEXT: usize = 64 * 1024;
/// Bytes of a repository's CODEOWNERS that plugins see.
pub const OWNERS: usize = 32 * 1024;
/// Repositories that plugins see.
pub const REPOSITORIES: usize = 500;
/// Workflows that plugins see.
pub const WORKFLOWS: usize = 100;
/// Bytes of what is searched for.
pub const SEARCH: usize = 256;

#[cfg(test)]
mod tests {
    use signalbox_domain::talk::{Person, Role, ThreadId};
    use signalbox_domain::time::Time;
    use signalbox_ports::plugins::{Event, KnownRepository, KnownWorkflow};

    use super::*;
    use crate::convert;

    fn event(text: usize, owners: usize, repositories: usize, workflows: usize) -> Event {
        let repository = |number: usize| KnownRepository {
            name: format!("acme/{number}").as_str().into(),
            description: String::new(),
            default_branch: "main".into(),
            owners: Some("x".repeat(if number == 0 { owners } else { 0 })),
        };
        let workflow = KnownWorkflow { name: "build".into(), description: String::new(), repository: true, only: None };
        Event {
            id: String::new(),
            received_at: Time(0),
            seed: 0,
            text: "x".repeat(text),
            author: Person { id: String::new(), name: String::new(), role: Role::Member },
            thread: ThreadId { chat: String::new(), room: String::new(), root: String::new() },
            room_name: String::new(),
            room_topic: String::new(),
            memory: None,
            usual: None,
            attrs: [].into(),
            repositories: (0..repositories).map(repository).collect(),
            workflows: vec![workflow; workflows],
        }
    }

    #[test]
    fn plugins_see_as_much_of_an_event_as_its_limits_let_them() {
        for more in [0, 1] {
            let event = event(TEXT + more, OWNERS + more, REPOSITORIES + more, WORKFLOWS + more);
            let seen = convert::event(&event);
            let owners = seen.repositories[0].owners.as_ref().map(String::len);
            assert_eq!((seen.text.len(), owners), (TEXT, Some(OWNERS)));
            assert_eq!((seen.repositories.len(), seen.workflows.len()), (REPOSITORIES, WORKFLOWS));
        }
    }
}
