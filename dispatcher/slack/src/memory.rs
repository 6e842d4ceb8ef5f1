//! What is remembered of Slack so that it is not asked again. Losing it costs calls, nothing else.

use signalbox_domain::time::Span;
use signalbox_ports::chat::Room as Place;

use crate::api::Room;
use crate::cache::Cache;
use crate::chat::{Marks, Said};
use crate::encode::Dialect;
use crate::people::{Known, Us};

/// How long it is believed who somebody is: who has left must soon be nobody.
const PEOPLE: Span = Span::minutes(5);
/// How long it is believed what a channel is called and about.
const ROOMS: Span = Span::minutes(2);
/// How long it is believed what a workspace does not take.
const HABITS: Span = Span::hours(1);
/// How long everything else is remembered; nobody but us changes it.
const OURS: Span = Span::hours(24);
/// The most of each that is remembered of what there is much of.
const MANY: usize = 10_000;
/// The most workspaces.
const TEAMS: usize = 1_000;

/// What is remembered.
pub(crate) struct Memory {
    /// Ourselves, by workspace.
    pub(crate) us: Cache<String, Us>,
    /// People, by workspace and user.
    pub(crate) people: Cache<(String, String), Known>,
    /// What channels are called.
    pub(crate) rooms: Cache<Room, Place>,
    /// Direct messages, by workspace and user.
    pub(crate) directs: Cache<Room, String>,
    /// What was said last, by message.
    pub(crate) said: Cache<(Room, String), Said>,
    /// Our marks, by message.
    pub(crate) marks: Cache<(Room, String), Marks>,
    /// The latest answer in a thread when it was last read whole, by its first message.
    pub(crate) threads: Cache<(Room, String), String>,
    /// Workspaces in which the app is no agent.
    pub(crate) no_agent: Cache<String, ()>,
    /// What a workspace does not take.
    pub(crate) dialects: Cache<String, Dialect>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            us: Cache::new(TEAMS, OURS),
            people: Cache::new(MANY, PEOPLE),
            rooms: Cache::new(MANY, ROOMS),
            directs: Cache::new(MANY, OURS),
            said: Cache::new(MANY, OURS),
            marks: Cache::new(MANY, OURS),
            threads: Cache::new(MANY, OURS),
            no_agent: Cache::new(TEAMS, HABITS),
            dialects: Cache::new(TEAMS, HABITS),
        }
    }
}
