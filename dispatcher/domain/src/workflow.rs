//! The workflow a run follows, frozen: resolved, checked and digested when the run began, so that a deploy never
//! changes a run in flight.
//!
//! The crate `workflow` makes these values from files; prompts and schemas are blobs, named here by digest.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::id::{Digest, PhaseName};
use crate::talk::Role;
use crate::time::Span;

/// How a kind of request is worked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// What it does, shown to people.
    pub description: String,
    /// The digest of everything it is made of: the file, its prompts and its schemas.
    pub digest: Digest,
    /// Whether it needs a repository.
    pub repository: bool,
    /// The least role that may start it.
    pub role: Role,
    /// What the whole run may use up.
    pub budget: Budget,
    /// Its phases, in an order in which every phase comes after those it needs.
    pub phases: Vec<Phase>,
}

/// One bounded piece of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name in the file.
    pub name: PhaseName,
    /// What people see: `Plan`.
    pub label: String,
    /// The phases that must have ended well (or been skipped) before it starts.
    pub needs: Vec<PhaseName>,
    /// It is skipped unless this holds.
    pub when: Option<Condition>,
    /// What it is.
    pub work: Work,
    /// What it may do. Empty is nothing.
    pub grant: Grant,
    /// The handoff files it must leave.
    pub produces: Vec<String>,
    /// The JSON schema its typed output must satisfy.
    pub output: Option<Digest>,
    /// How long it may take.
    pub timeout: Timeout,
    /// How often it is tried again after trouble that is not its own.
    pub retry: Retry,
    /// What to do when its result is not good enough.
    pub fix: Option<Fix>,
}

/// What a phase is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// A coding agent in a fresh devbox.
    Agent(Agent),
    /// A script in a fresh devbox: deterministic, no model.
    Script {
        /// The shell script.
        script: String,
    },
    /// A point where a person decides.
    Gate(Gate),
    /// The dispatcher opens (or updates) the run's change request.
    OpenChange,
    /// The forge's checks of the run's change request are awaited.
    WatchChecks,
}

/// The agent of a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Which coding agent, by its adapter's name.
    pub adapter: String,
    /// Which model, by the team's name for it.
    pub model: Option<String>,
    /// The prompt's text.
    pub prompt: Digest,
    /// Handoffs of earlier phases it reads; `diff` is the change so far.
    pub consumes: Vec<String>,
}

/// A point where a person decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The handoffs the approval is bound to; `head` is the commit.
    pub binds: Vec<String>,
    /// The least role that may decide.
    pub role: Role,
    /// Whether the person who asked may not decide.
    pub not_requester: bool,
    /// How long it stays open.
    pub expires: Span,
    /// How long until the person is reminded.
    pub remind: Option<Span>,
}

/// What a phase may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Forge permissions: `contents: write`.
    pub permissions: BTreeMap<String, Access>,
    /// Hosts its agent may reach through the gateway, `host:port`.
    pub network: Vec<String>,
    /// The outputs it may cause.
    pub outputs: BTreeMap<String, OutputRule>,
}

impl Workflow {
    /// Takes out the phases that wait for the forge's checks, where the forge runs none: what needed them needs what
    /// they needed.
    pub fn unwatch(&mut self) {
        while let Some(place) = self.phases.iter().position(|phase| matches!(phase.work, Work::WatchChecks)) {
            let gone = self.phases.remove(place);
            for phase in &mut self.phases {
                if phase.needs.contains(&gone.name) {
                    phase.needs.retain(|need| *need != gone.name);
                    phase.needs.extend(
                        gone.needs.iter().filter(|need| !phase.needs.contains(need)).cloned().collect::<Vec<_>>(),
                    );
                }
            }
        }
    }
}

impl Grant {
    /// Whether the phase may change the repository's contents (on the run's own branch).
    pub fn writes(&self) -> bool {
        self.permissions.get("contents") == Some(&Access::Write)
    }

    /// Whether the phase may see the repository's contents.
    pub fn reads(&self) -> bool {
        self.permissions.contains_key("contents")
    }
}

/// How much of a forge permission is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// See.
    Read,
    /// Change.
    Write,
}

/// The bounds of one kind of output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputRule {
    /// At most this many.
    pub max: u32,
    /// Whether a change request stays a draft.
    pub draft: bool,
    /// What a title must begin with.
    pub title_prefix: String,
    /// Paths (globs) no change may touch.
    pub protect: Vec<String>,
    /// Paths (globs) a change may touch although they are guarded by themselves: CI, hooks, lock files, what agents obey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
}

/// What may be used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Money, in millionths of a dollar.
    pub micro_usd: u64,
    /// Wall-clock time.
    pub wall: Span,
    /// Model turns.
    pub turns: u32,
}

/// How long a phase may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// From the box's claim to the phase's end.
    pub wall: Span,
    /// Without a sign of activity.
    pub idle: Span,
    /// From asking for the box to its claim.
    pub start: Span,
}

/// How often a phase is tried again after trouble that is not its own (a lost box, an unreachable model).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Tries after the first.
    pub max: u32,
    /// How long to wait before each.
    pub backoff: Span,
}

/// What to do when a phase's result is not good enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// Good enough means this holds; a script is good enough when it exits 0.
    pub until: Option<Condition>,
    /// The earlier phase that mends it; everything after that phase is done again.
    pub with: PhaseName,
    /// At most so many rounds.
    pub max: u32,
    /// What then.
    pub on_exhausted: Exhausted,
}

/// What to do when the rounds of a [`Fix`] are used up. There is no implicit "go on".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exhausted {
    /// The run fails.
    Fail,
    /// A person is asked whether to go on as it is.
    Pause,
    /// The work so far goes to a person as a draft that says what is wrong with it.
    Handoff,
}

impl Workflow {
    /// The phase of that name.
    pub fn phase(&self, name: &PhaseName) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.name == *name)
    }

    /// Whether `later` cannot start before `earlier` has ended.
    pub fn follows(&self, later: &PhaseName, earlier: &PhaseName) -> bool {
        self.phase(later)
            .is_some_and(|phase| phase.needs.iter().any(|need| need == earlier || self.follows(need, earlier)))
    }
}

impl Phase {
    /// Whether it is worked in a devbox.
    pub fn boxed(&self) -> bool {
        matches!(self.work, Work::Agent(_) | Work::Script { .. })
    }
}
