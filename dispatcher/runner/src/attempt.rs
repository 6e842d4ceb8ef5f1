//! One attempt, from the claim to the last report.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use signalbox_domain::devbox::{Assignment, Control, DiffStat, End, Finish, Limit, Task, Usage};
use signalbox_domain::id::Digest;

use crate::bounds;
use crate::cell::Cell;
use crate::checkout::{self, Work};
use crate::commit::{self, Committed, PushError};
use crate::disk::Alone;
use crate::drive::{Driven, Seat, Undriven};
use crate::gateway::Gate;
use crate::git::Git;
use crate::jail;
use crate::link::{self, Link};
use crate::outputs::{self, Outputs};
use crate::place::Place;
use crate::pool::Ready;
use crate::secret::Secrets;
use crate::sizes::Bytes;
use crate::transcript::{Entry, Transcript};
use crate::watch::{Cut, Limits, Seen};

/// Work that is not finished, or could not be pushed.
const PARTIAL: &str = "partial.patch";
/// The largest patch that is kept, in bytes.
const PATCH_BYTES: usize = 8 << 20;

/// Why there is nothing to report, or nobody to report to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The dispatcher.
    #[error(transparent)]
    Link(#[from] link::Error),
    /// The box's folder.
    #[error("the box's folder: {0}")]
    Place(#[from] io::Error),
}

/// The exit code of a program that was ended by SIGKILL, as shells have it.
const KILLED: i32 = 128 + 9;

/// An attempt that cannot go on. It is reported as [`End::Broken`].
struct Broken {
    transient: bool,
    detail: String,
}

/// How far an attempt came.
enum Over {
    Finished(Box<Finish>),
    /// Nothing it says counts any more.
    Gone,
}

/// Claims the assignment of the box at `place`, works on it, and reports how it ended.
pub(crate) fn attempt(place: Place, alone: Option<Alone>, ready: Option<Ready>) -> Result<(), Error> {
    // A session of its own: neither a key at the terminal nor its end is meant for the box. It fails for who leads one.
    let _ = rustix::process::setsid();
    let (_occupied, disk) = match ready {
        Some(Ready { occupied, disk }) => (occupied, disk),
        None => (place.occupy()?, None),
    };
    let orders = place.orders()?;
    let claim = place.take_claim()?;
    let (link, assignment) = Link::claim(&orders.endpoint, claim.trim(), Duration::from_millis(orders.patience.0))?;
    let token = assignment.checkout.as_ref().and_then(|checkout| checkout.token.as_deref());
    let secrets = Secrets::new([claim.trim(), &assignment.report_token, token.unwrap_or_default()]);
    let cell = Cell::new(place, orders, std::env::current_exe()?, alone).with(disk);
    thread::scope(|scope| {
        scope.spawn(|| link.keep_alive());
        // Here, on the first thread: the kernel ends the jail with the thread that started it.
        let over = Attempt { cell, link: &link, assignment: &assignment, secrets: &secrets }.work();
        link.close();
        match over? {
            Over::Finished(finish) => Ok(link.finish(*finish)?),
            Over::Gone => Ok(()),
        }
    })
}

struct Attempt<'a> {
    cell: Cell,
    link: &'a Link,
    assignment: &'a Assignment,
    secrets: &'a Secrets,
}

impl Attempt<'_> {
    fn work(mut self) -> Result<Over, Error> {
        let started = Instant::now();
        let mut transcript = Transcript::create(&self.cell.place.transcript(), self.secrets.clone())?;
        let mut finish = Finish {
            end: End::Ok,
            head: None,
            diff: DiffStat::default(),
            output: None,
            proposals: Vec::new(),
            artifacts: BTreeMap::new(),
            summary: String::new(),
            usage: Usage::default(),
            transcript: None,
        };
        if let Err(Broken { transient, detail }) = self.fill(&mut finish, &mut transcript, started) {
            // A stop or a limit is how it ended, whatever could not be saved of it.
            if finish.end == End::Ok {
                finish.end = End::Broken { transient, detail: self.secrets.strike(&detail) };
            } else {
                transcript.note(detail)?;
            }
        }
        if self.link.control() == Control::Gone {
            return Ok(Over::Gone);
        }
        finish.summary = self.secrets.strike(&finish.summary);
        transcript.add(&Entry::End(finish.end.clone()))?;
        transcript.close()?;
        match self.link.keep(&fs::read(self.cell.place.transcript())?) {
            Ok(digest) => finish.transcript = Some(digest),
            Err(link::Error::Gone) => return Ok(Over::Gone),
            // How it ended is worth saying without it.
            Err(error @ (link::Error::Silent(_) | link::Error::Refused(_))) => {
                finish.summary.push_str(&format!("\n[the transcript was not kept: {error}]"));
            }
        }
        Ok(Over::Finished(Box::new(finish)))
    }

    fn fill(&mut self, finish: &mut Finish, transcript: &mut Transcript, started: Instant) -> Result<(), Broken> {
        let assignment = self.assignment;
        self.begin(transcript)?;
        let work = checkout::prepare(&mut self.cell, assignment.checkout.as_ref())?;
        self.lay_inputs()?;
        let mut gate = Gate::of(&self.cell, assignment).map_err(|detail| Broken { transient: false, detail })?;
        let driven = self.drive(work.as_ref(), &mut gate, transcript, started);
        // What is under way is broken off, and counts.
        for entry in gate.iter_mut().flat_map(Gate::close) {
            transcript.add(&entry)?;
        }
        finish.usage = gate.as_ref().map(Gate::used).unwrap_or_default();
        let Driven { seen, end } = driven?;
        finish.usage = if gate.is_some() { finish.usage } else { seen.usage };
        finish.summary = seen.summary().to_owned();
        finish.end = match seen.ended {
            Ok(code) => match jail::complaint(code, &seen.complaint) {
                Some(why) => return Err(Broken { transient: false, detail: why.to_owned() }),
                // By its own account, or the gateway's.
                None if end.is_some() => end.unwrap_or(End::Ok),
                // Whatever it says: it could not do what it was to do with what it was given.
                None if code != 0 && !seen.reached.is_empty() => {
                    return Err(Broken { transient: false, detail: seen.reached.join("; ") });
                }
                // A script says what it found by its exit; one that was killed found nothing.
                None if code == KILLED && matches!(assignment.task, Task::Script { .. }) => {
                    let detail = "its script was killed, by this machine or by somebody on it".to_owned();
                    return Err(Broken { transient: true, detail });
                }
                None if code == 0 => End::Ok,
                None => End::Exit { code },
            },
            Err(Cut::Stopped) => End::Stopped,
            Err(Cut::Budget) => End::Budget,
            Err(Cut::TimedOut(limit)) => self.timed_out(limit),
            Err(Cut::Disk) => {
                let most = Bytes(self.cell.orders.sizes.disk);
                let detail = format!("it wrote more than the {most} its disk may hold and was ended");
                End::Broken { transient: false, detail }
            }
            Err(Cut::Gone) => return Ok(()),
        };
        let outputs = outputs::collect(&self.cell.place.outputs(), &assignment.produces)?.struck(self.secrets);
        self.take(finish, &outputs, &seen, transcript)?;
        if let Some(work) = work {
            self.save(finish, &work, &outputs, transcript)?;
        }
        Ok(())
    }

    fn begin(&self, transcript: &mut Transcript) -> Result<(), Broken> {
        let Assignment { attempt, task, .. } = self.assignment;
        let sandboxed = !self.cell.orders.unsandboxed_i_accept_the_risk;
        let (agent, model, prompt) = match task {
            Task::Agent { adapter, model, prompt, .. } => (adapter.as_str(), model.clone(), prompt),
            Task::Script { script } => ("script", None, script),
        };
        transcript.add(&Entry::Begin {
            run: attempt.run.to_string(),
            phase: attempt.phase.to_string(),
            epoch: attempt.epoch,
            agent: agent.to_owned(),
            model,
            sandboxed,
        })?;
        if !sandboxed {
            transcript.note(
                "NO SANDBOX: the settings say that the risk is accepted. This program may read and change whatever \
                 the user of the dispatcher may, and reach any network.",
            )?;
        }
        Ok(transcript.add(&Entry::Prompt { digest: Digest::of(prompt.as_bytes()), text: prompt.clone() })?)
    }

    fn lay_inputs(&self) -> Result<(), Broken> {
        for (name, content) in &self.assignment.files {
            let path = self.cell.place.inputs().join(plain(name)?);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, content)?;
        }
        Ok(())
    }

    fn drive(
        &self,
        work: Option<&Work>,
        gate: &mut Option<Gate>,
        transcript: &mut Transcript,
        started: Instant,
    ) -> Result<Driven, Broken> {
        let committed = |path: &str| {
            let base = work?.checkout.trusted.as_ref().unwrap_or(&work?.checkout.base);
            let show = Git::new(&self.cell.place.git_config(), &self.cell.place.git(), "cat-file");
            String::from_utf8(show.args(["blob", &format!("{base}:{path}")]).bytes().ok()?).ok()
        };
        let Assignment { timeout, budget, .. } = self.assignment;
        let limits = Limits {
            until: started + Duration::from_millis(timeout.wall.0.min(budget.wall.0)),
            idle: Duration::from_millis(timeout.idle.0),
            budget: *budget,
        };
        let (cell, assignment, link) = (&self.cell, self.assignment, self.link);
        let seat = Seat { cell, assignment, link, committed: &committed, limits: &limits };
        seat.drive(gate, transcript).map_err(|undriven| match undriven {
            Undriven::Io(error) => error.into(),
            Undriven::Set(detail) => Broken { transient: false, detail },
        })
    }

    /// Over the phase's time, or over what was left of the run's.
    fn timed_out(&self, limit: Limit) -> End {
        let over_budget = self.assignment.budget.wall < self.assignment.timeout.wall;
        if limit == Limit::Wall && over_budget { End::Budget } else { End::TimedOut { limit } }
    }

    /// Takes what lies in the outputs folder.
    fn take(
        &self,
        finish: &mut Finish,
        outputs: &Outputs,
        seen: &Seen,
        transcript: &mut Transcript,
    ) -> Result<(), Broken> {
        finish.output.clone_from(&outputs.output);
        finish.proposals.clone_from(&outputs.proposals);
        for refused in &outputs.refused {
            transcript.note(refused)?;
            finish.summary.push_str(&format!("\n[{refused}]"));
        }
        if matches!(self.assignment.task, Task::Script { .. }) {
            let text = self.secrets.strike(&String::from_utf8_lossy(&seen.output));
            self.attach(finish, "output.txt", text.as_bytes())?;
        }
        for (name, content) in &outputs.handoffs {
            self.attach(finish, name, content)?;
        }
        let missing = self.assignment.produces.iter().find(|name| !outputs.handoffs.contains_key(*name));
        if let (End::Ok, Some(name)) = (&finish.end, missing) {
            // Not an error: the work so far is kept like that of any other end.
            let detail = format!("the phase promised {name} and did not write it");
            finish.end = End::Broken { transient: false, detail };
        }
        Ok(())
    }

    /// Commits and pushes, if the phase may; else, and if that fails, keeps partial work as a patch.
    fn save(
        &self,
        finish: &mut Finish,
        work: &Work,
        outputs: &Outputs,
        transcript: &mut Transcript,
    ) -> Result<(), Broken> {
        let Assignment { author, attempt, .. } = self.assignment;
        let mut handoffs = BTreeMap::new();
        if work.checkout.push {
            for (name, content) in &outputs.handoffs {
                let path = format!(".signalbox/runs/{}/{}", plain(attempt.run.as_str())?, plain(name)?);
                handoffs.insert(path, content.clone());
            }
        }
        let Some(committed) = commit::commit(&self.cell.place, work, author, &handoffs)? else { return Ok(()) };
        let partial = finish.end != End::Ok;
        let breach = bounds::breach(&self.cell.place, work, &committed, self.secrets)?;
        if let Some(reason) = breach.filter(|_| work.checkout.push) {
            self.attach_patch(finish, work, &committed, "refused.patch")?;
            transcript.note(format!("the work was not pushed: {reason}"))?;
            // Work that is not finished is kept like this, too, and stays what it is.
            finish.end = if partial { finish.end.clone() } else { End::Refused { reason } };
            return Ok(());
        }
        let pushed = if work.checkout.push {
            // Whoever declared this box lost has started another: only one of them may write.
            // The token that came with the assignment may have run out by now.
            match self.link.confirm().and_then(|_| self.link.renew()) {
                Ok(token) => commit::push(&self.cell.place, work, token.as_deref(), &committed),
                Err(link::Error::Gone) => return Ok(()),
                Err(error @ (link::Error::Silent(_) | link::Error::Refused(_))) => return Err(error.into()),
            }
        } else if partial {
            return self.attach_patch(finish, work, &committed, PARTIAL);
        } else {
            return Ok(());
        };
        if let Err(error) = pushed {
            self.attach_patch(finish, work, &committed, PARTIAL)?;
            transcript.note(format!("the work could not be pushed: {error}"))?;
            return Err(error.into());
        }
        (finish.head, finish.diff) = (Some(committed.head), committed.diff);
        Ok(())
    }

    fn attach_patch(&self, finish: &mut Finish, work: &Work, committed: &Committed, name: &str) -> Result<(), Broken> {
        let patch = commit::patch(&self.cell.place, work, committed)?;
        let patch = self.secrets.strike(&String::from_utf8_lossy(&patch)).into_bytes();
        if patch.len() > PATCH_BYTES {
            finish.summary.push_str(&format!("\n[the patch of the work has {} bytes and was not kept]", patch.len()));
            return Ok(());
        }
        self.attach(finish, name, &patch)
    }

    fn attach(&self, finish: &mut Finish, name: &str, content: &[u8]) -> Result<(), Broken> {
        finish.artifacts.insert(name.to_owned(), self.link.keep(content)?);
        Ok(())
    }
}

/// `name` if it is a relative path that goes nowhere but down.
fn plain(name: &str) -> Result<&str, Broken> {
    let path = Path::new(name);
    let down = path.components().all(|part| matches!(part, Component::Normal(_)));
    let detail = || format!("the assignment names the file {name:?}, which leads out of its folder");
    if down && !name.is_empty() { Ok(name) } else { Err(Broken { transient: false, detail: detail() }) }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self { transient: true, detail: format!("a file of the box: {error}") }
    }
}

impl From<link::Error> for Broken {
    fn from(error: link::Error) -> Self {
        Self { transient: !matches!(error, link::Error::Refused(_)), detail: error.to_string() }
    }
}

impl From<checkout::Error> for Broken {
    fn from(error: checkout::Error) -> Self {
        let transient = match &error {
            checkout::Error::Git(error) => error.is_transient(),
            // Nothing of anybody's has run yet: another box may have better luck.
            checkout::Error::Io(_) | checkout::Error::LayOut(_) => true,
            checkout::Error::Malformed { .. } | checkout::Error::Profile(_) => false,
        };
        Self { transient, detail: error.to_string() }
    }
}

impl From<crate::git::Error> for Broken {
    fn from(error: crate::git::Error) -> Self {
        Self { transient: error.is_transient(), detail: error.to_string() }
    }
}

impl From<PushError> for Broken {
    fn from(error: PushError) -> Self {
        Self { transient: error.is_transient(), detail: error.to_string() }
    }
}
