//! What a devbox is told and what it reports: the words between the dispatcher and the runner.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{Commit, DevboxId, Digest, PhaseName, Repository, RunId};
use crate::patch::Rules;
use crate::time::{Span, Time};
use crate::workflow::{Budget, Timeout};

/// Which try at which phase. The epoch grows by one with every box of a run, so that a box declared lost cannot speak
/// for the one that replaced it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attempt {
    /// The run.
    pub run: RunId,
    /// The phase.
    pub phase: PhaseName,
    /// The run's box counter.
    pub epoch: u32,
}

/// Everything a runner needs for one attempt; it is handed out once, for the one-use claim token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The box this is for.
    pub devbox: DevboxId,
    /// The try.
    pub attempt: Attempt,
    /// What to check out; nothing for work without a repository.
    pub checkout: Option<Checkout>,
    /// What to do.
    pub task: Task,
    /// Files to lay beside the work before it starts, by relative path: handoffs and the context bundle.
    pub files: BTreeMap<String, String>,
    /// Handoff files to collect when it ends.
    pub produces: Vec<String>,
    /// The JSON schema of the typed output, if one is asked for.
    pub output_schema: Option<Value>,
    /// Hosts the agent may reach, `host:port`. Empty is none.
    pub network: Vec<String>,
    /// How long it may take.
    pub timeout: Timeout,
    /// What is left of the run's budget.
    pub budget: Budget,
    /// How often to report when nothing happens.
    pub heartbeat: Span,
    /// Whom a commit is for.
    pub author: Author,
    /// The token every report carries.
    pub report_token: String,
}

/// A checkout to prepare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// The repository.
    pub repository: Repository,
    /// Where to fetch from and push to, without credentials.
    pub url: String,
    /// The credential of the phase: the repository and the permissions of its grant, and no more. The agent never
    /// sees it.
    pub token: Option<String>,
    /// The commit to start at.
    pub start: Commit,
    /// The commit the run began at.
    pub base: Commit,
    /// The head of the default branch, which policy and agents' settings are read from: what is under work decides
    /// nothing about itself. None: that is `base`.
    #[serde(default)]
    pub trusted: Option<Commit>,
    /// The run's branch.
    pub branch: String,
    /// Whether the work is committed and pushed to the branch when the phase ends.
    pub push: bool,
    /// The commit message's first line.
    pub subject: String,
    /// Trailers of the commit, `Key: value`.
    pub trailers: Vec<String>,
    /// What the change may touch. What is out of these bounds does not leave the box.
    #[serde(default)]
    pub rules: Rules,
}

/// Whom a commit is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// What a runner does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Drive a coding agent.
    Agent {
        /// Which, by its adapter's name.
        adapter: String,
        /// Which model, by the provider's name.
        model: Option<String>,
        /// The adapter's own settings from the team's configuration (a command line, a recorded session).
        settings: BTreeMap<String, String>,
        /// The whole prompt.
        prompt: String,
        /// Who goes on, one after the other, where a model's provider lets nobody in or is out of order.
        #[serde(default)]
        then: Vec<Driver>,
        /// What models cost, beside the table that runners bring along: more of it, as TOML.
        #[serde(default)]
        prices: String,
    },
    /// Run a shell script.
    Script {
        /// The script.
        script: String,
    },
}

/// A coding agent as the team has set it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    /// Which, by its adapter's name.
    pub adapter: String,
    /// Which model, by the provider's name.
    pub model: Option<String>,
    /// The adapter's own settings.
    pub settings: BTreeMap<String, String>,
}

/// What a runner says. Numbered from 1 within a box, so that a report that comes twice counts once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The box.
    pub devbox: DevboxId,
    /// The epoch the box was given.
    pub epoch: u32,
    /// The number of the report.
    pub sequence: u64,
    /// What happened.
    pub news: News,
}

/// What happened in a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// It is alive, nothing else.
    Beat,
    /// The agent is at something. At most one in two seconds.
    Progress {
        /// A few words: `editing src/pricing.html`.
        activity: String,
        /// Used up by this attempt so far.
        usage: Usage,
    },
    /// The attempt is over.
    Finished(Finish),
}

/// How an attempt ended, with the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// How it ended.
    pub end: End,
    /// The branch's new head, if something was committed and pushed.
    pub head: Option<Commit>,
    /// What the commits of this attempt changed.
    pub diff: DiffStat,
    /// The typed output, if any was written.
    pub output: Option<Value>,
    /// What the agent proposes.
    pub proposals: Vec<Proposal>,
    /// Handoffs and evidence, by name: content in the blob store.
    pub artifacts: BTreeMap<String, Digest>,
    /// The agent's last words, or the end of the script's output. Untrusted.
    pub summary: String,
    /// Used up by this attempt.
    pub usage: Usage,
    /// Everything the agent saw and did, JSON Lines in the blob store.
    pub transcript: Option<Digest>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum End {
    /// The program exited well.
    Ok,
    /// The script (or agent) exited with a code other than 0.
    Exit {
        /// The code.
        code: i32,
    },
    /// Told to stop, it stopped.
    Stopped,
    /// Over its wall-clock limit or without activity for too long.
    TimedOut {
        /// Which limit.
        limit: Limit,
    },
    /// It reached the end of its budget.
    Budget,
    /// It ended well, and what it changed may not leave the box.
    Refused {
        /// What is wrong with it and where; completes "it was refused:".
        reason: String,
    },
    /// The runner could not do its part.
    Broken {
        /// Whether trying again may help.
        transient: bool,
        /// What happened, in words for a person.
        detail: String,
    },
}

/// Which of the limits of [`Timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The wall clock.
    Wall,
    /// No activity.
    Idle,
    /// The box did not come up.
    Start,
}

/// What commits changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffStat {
    /// Files.
    pub files: u32,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
}

/// What was used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Money, in millionths of a dollar.
    pub micro_usd: u64,
    /// Tokens read by the model.
    pub tokens_in: u64,
    /// Tokens written by the model.
    pub tokens_out: u64,
    /// Model turns.
    pub turns: u32,
}

impl core::ops::Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            micro_usd: self.micro_usd.saturating_add(other.micro_usd),
            tokens_in: self.tokens_in.saturating_add(other.tokens_in),
            tokens_out: self.tokens_out.saturating_add(other.tokens_out),
            turns: self.turns.saturating_add(other.turns),
        }
    }
}

/// Something the agent proposes: a file in its outputs folder, checked by the engine against the phase's grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proposal", rename_all = "snake_case")]
pub enum Proposal {
    /// Words for the change request.
    ChangeRequest {
        /// Its title.
        title: String,
        /// Its description.
        body: String,
        /// What was asked and not done, if anything.
        #[serde(default)]
        not_done: String,
    },
    /// The answer to a question.
    Answer {
        /// The answer.
        text: String,
    },
    /// There is nothing to change.
    NoChangeNeeded {
        /// Why.
        reason: String,
    },
    /// It cannot go on.
    Blocked {
        /// What it needs.
        needs: String,
    },
}

/// What the dispatcher answers to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// Go on.
    Continue,
    /// Stop the agent, keep the partial work, report [`End::Stopped`], exit.
    Stop,
    /// The box was declared lost or its run is over: exit at once; nothing it says counts any more.
    Gone,
}

/// A box as its provider lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The box.
    pub devbox: DevboxId,
    /// When it was made.
    pub since: Time,
    /// Whether its runner is alive.
    pub alive: bool,
}
