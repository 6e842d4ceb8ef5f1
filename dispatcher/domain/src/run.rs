//! A run: one request being worked, and exactly what is true of it.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::change::{Change, Check, Checks, Review};
use crate::context::Omission;
use crate::devbox::{DiffStat, Proposal, Usage};
use crate::id::{Commit, DevboxId, Digest, PhaseName, RunId};
use crate::outcome::Outcome;
use crate::route::{Candidate, Decision, Part, Target};
use crate::talk::{Message, Person, ThreadId};
use crate::time::{Span, Time};
use crate::workflow::Workflow;

/// One request being worked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Grows by one with every step that changes it; 1 is the step that made it.
    pub version: u64,
    /// Where it was asked for, and answers.
    pub thread: ThreadId,
    /// What was asked.
    pub request: Message,
    /// When.
    pub asked: Time,
    /// What people added while it was worked, in order.
    pub followups: Vec<Followup>,
    /// How it stands.
    pub state: State,
    /// How its place was decided.
    pub route: Option<Routed>,
    /// The box counter: the epoch of the last box asked for.
    pub epoch: u32,
    /// Boxes that are not confirmed gone.
    pub boxes: BTreeSet<DevboxId>,
    /// Used up by attempts that are over.
    pub spent: Usage,
    /// How much it says.
    pub voice: Voice,
    /// The place that the thread's run before this one worked at.
    pub memory: Option<Target>,
    /// The thread's run before this one.
    pub before: Option<RunId>,
    /// Whether it tries that one again.
    pub again: bool,
    /// The run whose branch and change request it goes on with, where it tries one again or adds to one.
    #[serde(default)]
    pub origin: Option<RunId>,
    /// Who set it going again, where that is not who asked: what it may, they must be allowed, too.
    #[serde(default)]
    pub starter: Option<Person>,
    /// Reviews of its change request, oldest first.
    #[serde(default)]
    pub reviews: Vec<Reviewed>,
    /// Whether its status message is up.
    #[serde(default)]
    pub shown: bool,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The routers are asked.
    Routing {
        /// The version that asked; an answer to an older question is late.
        asked: u64,
    },
    /// The person is asked where it goes.
    Choosing {
        /// The places offered.
        candidates: Vec<Candidate>,
        /// The version that asked.
        asked: u64,
    },
    /// The workflow is loaded.
    Resolving {
        /// The place.
        target: Target,
        /// The version that asked.
        asked: u64,
        /// Whether the person who set it going has yet to say who they are at the forge.
        #[serde(default)]
        unlinked: bool,
        /// The work of the run that this one tries again: only whether that person may is asked.
        #[serde(default)]
        kept: Option<Box<Job>>,
    },
    /// A limiter makes it wait.
    Waiting {
        /// What it will do.
        plan: Plan,
        /// Its place in the line and the limit, once told.
        line: Option<(u32, u32)>,
        /// The work of the run that this one tries again: it goes on from the last good phase.
        kept: Option<Box<Job>>,
    },
    /// The context is gathered.
    Gathering {
        /// What it will do.
        plan: Plan,
    },
    /// Its phases are worked.
    Working(Box<Job>),
    /// It is decided how it ends; boxes are being released and effects in flight awaited.
    Closing {
        /// How it ends.
        outcome: Outcome,
        /// What was done.
        job: Option<Box<Job>>,
    },
    /// It is over, and the thread was told.
    Ended {
        /// How.
        outcome: Outcome,
        /// What was done.
        job: Option<Box<Job>>,
        /// When.
        at: Time,
    },
}

/// How a run's place was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// The decision.
    pub decision: Decision,
    /// The whole record of the decision, in the blob store.
    pub trace: Digest,
    /// Every router's part in it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Who chose, where a person was asked.
    pub chosen: Option<Person>,
}

/// What a run will do: the place and the frozen workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The place.
    pub target: Target,
    /// The workflow.
    pub workflow: Workflow,
    /// The commit it begins at.
    pub base: Option<Commit>,
    /// The branch a change request merges into.
    pub onto: Option<String>,
    /// The change request it goes on with.
    #[serde(default)]
    pub continues: Option<Change>,
}

/// The work of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What it does.
    pub plan: Plan,
    /// When the first phase could begin.
    pub began: Time,
    /// How long it waited for people since; that is not counted as work.
    #[serde(default)]
    pub waited: Span,
    /// The context bundle, in the blob store.
    pub bundle: Digest,
    /// What the bundle holds.
    pub context: Vec<String>,
    /// What the bundle does not hold.
    pub omissions: Vec<Omission>,
    /// The phases.
    pub phases: BTreeMap<PhaseName, Progress>,
    /// The head of the run's branch, once something was committed.
    pub head: Option<Commit>,
    /// What the commits changed, added up.
    pub diff: DiffStat,
    /// Handoffs by name, in the blob store.
    pub artifacts: BTreeMap<String, Digest>,
    /// What conditions are decided over: `phase.output`, `phase.ok`, `inputs`.
    pub facts: Map<String, Value>,
    /// What agents proposed, the latest of each kind.
    pub proposals: Vec<Proposal>,
    /// Checks that ran.
    pub checks: Vec<Check>,
    /// The change request.
    pub change: Option<Change>,
    /// How the forge's checks of it stood when they were last looked at.
    #[serde(default)]
    pub ci: Checks,
    /// How many follow-ups an attempt that could act on them was told of.
    pub heard: usize,
    /// Why it is handed to a person as it is, once its fix rounds are used up.
    pub handoff: Option<String>,
    /// Whether the person was warned that the budget nears its end.
    pub warned: bool,
    /// Proposals that were refused, with the reason.
    pub refused: Vec<String>,
}

/// How a phase stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How it stands.
    pub stage: Stage,
    /// Tries lost to trouble that was not its own.
    pub tries: u32,
    /// Fix rounds used up for its result.
    pub rounds: u32,
    /// What earlier rounds found wrong, for the agent that mends it. Untrusted.
    pub feedback: Vec<String>,
    /// Time worked so far, over all attempts.
    pub took: Span,
    /// Transcripts of its attempts, in the blob store, oldest first.
    pub transcripts: Vec<Digest>,
}

/// How a phase stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Not begun.
    Pending,
    /// A box was asked for.
    Starting {
        /// The box.
        devbox: DevboxId,
        /// Since when.
        since: Time,
    },
    /// A box works on it.
    Working {
        /// The box.
        devbox: DevboxId,
        /// Since when.
        since: Time,
        /// What it is at. Untrusted.
        activity: String,
        /// The number of the last report.
        sequence: u64,
        /// Used up by this attempt so far.
        usage: Usage,
        /// How many follow-ups the attempt was told of.
        told: usize,
        /// Whether it was told to stop, to begin anew with what a person said.
        interrupted: bool,
    },
    /// It waits before it is tried again.
    Resting {
        /// Why, in words.
        reason: String,
    },
    /// A person decides.
    Deciding {
        /// What is decided: the digest of what the gate binds.
        digest: Digest,
        /// Since when.
        #[serde(default)]
        since: Time,
        /// Until when.
        until: Time,
    },
    /// The forge is asked.
    Opening {
        /// Since when.
        since: Time,
    },
    /// The forge's checks are awaited.
    Watching {
        /// The commit they are of.
        head: Commit,
        /// Since when.
        since: Time,
        /// How often they were looked at.
        looks: u32,
        /// How many of them are over, and how many there are, as last seen.
        over: (usize, usize),
        /// Whether the forge waits for a person to let them begin.
        held: bool,
        /// Whether they are being looked at.
        looking: Looking,
    },
    /// Ended well.
    Done,
    /// Not needed.
    Skipped,
    /// Ended badly.
    Failed,
}

/// Whether the forge was asked how checks stand and has yet to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Looking {
    /// No.
    No,
    /// Yes.
    Once,
    /// Yes, and they moved on since: once it has answered, it is asked again.
    Again,
}

/// Something a person added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followup {
    /// What they wrote.
    pub message: Message,
    /// When.
    pub at: Time,
    /// Whether it corrects something written before.
    pub correction: bool,
    /// Whether it was taken back, or replaced by a later one, before an agent was told.
    #[serde(default)]
    pub withdrawn: bool,
}

/// A review of a run's change request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// What it says.
    pub review: Review,
    /// Who wrote it.
    pub by: Person,
    /// Whether it was decided about.
    pub settled: bool,
    /// Whether this run acts on it.
    #[serde(default)]
    pub resolved: bool,
}

/// How much a run says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The status message, what needs a person, and the end.
    #[default]
    Quiet,
    /// A line for every phase, too.
    Verbose,
    /// Only what needs a person, and the end.
    Muted,
}

impl DevboxId {
    /// The name of a run's box of that epoch.
    pub fn of(run: &RunId, epoch: u32) -> Self {
        Self(format!("{}-{epoch}", run.0.to_lowercase()))
    }
}

impl Run {
    /// The work, while there is or was some.
    pub fn job(&self) -> Option<&Job> {
        match &self.state {
            State::Working(job) => Some(job),
            State::Closing { job, .. } | State::Ended { job, .. } => job.as_deref(),
            State::Routing { .. }
            | State::Choosing { .. }
            | State::Resolving { .. }
            | State::Waiting { .. }
            | State::Gathering { .. } => None,
        }
    }

    /// What it does, once that is known.
    pub fn plan(&self) -> Option<&Plan> {
        match &self.state {
            State::Waiting { plan, .. } | State::Gathering { plan } => Some(plan),
            State::Working(_) | State::Closing { .. } | State::Ended { .. } => self.job().map(|job| &job.plan),
            State::Routing { .. } | State::Choosing { .. } | State::Resolving { .. } => None,
        }
    }

    /// Where it goes, once that is known.
    pub fn target(&self) -> Option<&Target> {
        match &self.state {
            State::Resolving { target, .. } => Some(target),
            State::Routing { .. }
            | State::Choosing { .. }
            | State::Waiting { .. }
            | State::Gathering { .. }
            | State::Working(_)
            | State::Closing { .. }
            | State::Ended { .. } => self.plan().map(|plan| &plan.target),
        }
    }

    /// How it ended or is about to.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.state {
            State::Closing { outcome, .. } | State::Ended { outcome, .. } => Some(outcome),
            State::Routing { .. }
            | State::Choosing { .. }
            | State::Resolving { .. }
            | State::Waiting { .. }
            | State::Gathering { .. }
            | State::Working(_) => None,
        }
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }

    /// Whether it can be tried again: it ended in a way that says so, or was refused to whoever tried it again, and
    /// others may.
    pub fn retryable(&self) -> bool {
        let refused = matches!(self.outcome(), Some(Outcome::Refused { .. }));
        self.outcome().is_some_and(Outcome::retryable)
            || (refused && self.again && self.epoch == 0 && self.job().is_some())
    }

    /// Who set it going: whoever asked, or had it tried again.
    pub fn starter(&self) -> &Person {
        self.starter.as_ref().unwrap_or(&self.request.by)
    }

    /// The run that its branch and its change request are named after: itself, or the first one it tries again.
    pub fn origin(&self) -> &RunId {
        self.origin.as_ref().unwrap_or(&self.id)
    }

    /// Whether it has a change request that people may look at, goes on with one, or may yet turn out to.
    pub fn proposes(&self) -> bool {
        self.origin.is_some() || self.job().is_some_and(|job| job.change.is_some())
    }

    /// The run's branch.
    pub fn branch(&self) -> String {
        format!("signalbox/{}", self.origin().0.to_lowercase())
    }

    /// Used up so far: by attempts that are over and by those at work.
    pub fn usage(&self) -> Usage {
        self.job().into_iter().flat_map(|job| job.phases.values()).fold(self.spent, |sum, phase| match &phase.stage {
            Stage::Working { usage, .. } => sum + *usage,
            Stage::Pending
            | Stage::Starting { .. }
            | Stage::Resting { .. }
            | Stage::Deciding { .. }
            | Stage::Opening { .. }
            | Stage::Watching { .. }
            | Stage::Done
            | Stage::Skipped
            | Stage::Failed => sum,
        })
    }
}

impl Job {
    /// How long it was worked until `at`: the time in which it waited for a person, or
    /// for the forge's checks, is not counted.
    pub fn worked(&self, at: Time) -> Span {
        let waiting = self.phases.values().filter_map(|progress| match &progress.stage {
            Stage::Deciding { since, .. } | Stage::Watching { since, .. } => Some(at - *since),
            Stage::Pending
            | Stage::Starting { .. }
            | Stage::Working { .. }
            | Stage::Resting { .. }
            | Stage::Opening { .. }
            | Stage::Done
            | Stage::Skipped
            | Stage::Failed => None,
        });
        let waited = self.waited.0 + waiting.map(|span| span.0).max().unwrap_or_default();
        Span((at - self.began).0.saturating_sub(waited))
    }
}

impl Stage {
    /// The box that works on the phase, or was asked to.
    pub fn devbox(&self) -> Option<&DevboxId> {
        match self {
            Self::Starting { devbox, .. } | Self::Working { devbox, .. } => Some(devbox),
            Self::Pending
            | Self::Resting { .. }
            | Self::Deciding { .. }
            | Self::Opening { .. }
            | Self::Watching { .. }
            | Self::Done
            | Self::Skipped
            | Self::Failed => None,
        }
    }

    /// Whether the phase is over, well or not needed.
    pub fn passed(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }
}
