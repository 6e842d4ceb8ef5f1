//! How large anything may be, and what holds where a file says nothing.

use signalbox_domain::talk::Role;
use signalbox_domain::time::Span;
use signalbox_domain::workflow::{Budget, Retry, Timeout};

/// The largest workflow file, in bytes.
pub const MAX_FILE: usize = 256 * 1024;
/// The largest prompt or schema, in bytes.
pub const MAX_PART: usize = 64 * 1024;
/// The most values in a workflow file, those that aliases repeat included.
pub const MAX_NODES: usize = 10_000;
/// The most aliases (`*name`) in a workflow file.
pub const MAX_ALIASES: usize = 64;
/// How deep a workflow file may nest.
pub const MAX_DEPTH: usize = 16;
/// The most phases of a workflow.
pub const MAX_PHASES: usize = 32;
/// The most names in one list: needs, handoffs, hosts, paths.
pub const MAX_LIST: usize = 64;
/// The longest name of a phase, an input or a workflow, in characters.
pub const MAX_NAME: usize = 40;
/// The longest description, in characters.
pub const MAX_SENTENCE: usize = 200;
/// The longest condition, in characters.
pub const MAX_CONDITION: usize = 1_000;
/// The most problems told at once.
pub const MAX_PROBLEMS: usize = 100;
/// The most rounds of a fix loop: two is usual, and after five a person has waited long enough.
pub const MAX_ROUNDS: u64 = 5;
/// The most tries after the first.
pub const MAX_TRIES: u64 = 5;
/// The longest time a file may name.
pub const MAX_SPAN: Span = Span::hours(30 * 24);

/// What a run may use up where its file names no other figure: eight dollars, ninety minutes, two hundred turns.
pub const BUDGET: Budget = Budget { micro_usd: 8_000_000, wall: Span::minutes(90), turns: 200 };
/// How long a phase may take where its file names no other time: twenty minutes in all, five without a sign of
/// activity, one until its box is up.
pub const TIMEOUT: Timeout = Timeout { wall: Span::minutes(20), idle: Span::minutes(5), start: Span::seconds(60) };
/// How long the forge's checks are awaited where their phase says nothing.
pub const WATCHES: Span = Span::minutes(60);
/// How often a phase is tried again where its file says nothing: twice, half a minute apart.
pub const RETRY: Retry = Retry { max: 2, backoff: Span::seconds(30) };
/// How long a gate stays open where its file says nothing.
pub const EXPIRES: Span = Span::hours(24);
/// Who may start a workflow whose file says nothing.
pub const STARTS: Role = Role::Member;
/// Who may decide a gate whose file says nothing.
pub const DECIDES: Role = Role::Maintainer;
/// The adapter's name that stands for the team's own choice of agent.
pub const ADAPTER: &str = "default";
