//! Drives the agent of an attempt to its end: again where its line broke, and the next one where a model's provider lets
//! nobody in.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use signalbox_agents::{Failure, Then, What};
use signalbox_domain::devbox::{Assignment, Driver, End, Task};

use crate::agent::{self, Agent, Ended, Told};
use crate::cell::Cell;
use crate::gateway::Gate;
use crate::link::Link;
use crate::place::give;
use crate::transcript::{Entry, Transcript};
use crate::watch::{self, Limits, Seen};

/// What an agent is told that is started again in its session.
const GO_ON: &str = "The connection to the model broke. Go on where you were.";

/// What came of it.
pub(crate) struct Driven {
    /// What was seen of the last one.
    pub(crate) seen: Seen,
    /// How it ended by its own account or the gateway's, if that was not well.
    pub(crate) end: Option<End>,
}

impl Driven {
    /// Whether it ended by itself, and well.
    pub(crate) fn ended_well(&self) -> bool {
        self.end.is_none() && self.seen.ended == Ok(0)
    }
}

/// Why nothing was driven.
pub(crate) enum Undriven {
    /// A file of the box.
    Io(io::Error),
    /// It is not set up well; in words.
    Set(String),
}

impl From<io::Error> for Undriven {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A program to start.
pub(crate) struct Start {
    pub(crate) command: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    /// Its home: the place in the jail, and on the host.
    pub(crate) home: Option<(String, PathBuf)>,
    pub(crate) input: Vec<u8>,
}

/// What there is to drive in.
pub(crate) struct Seat<'a> {
    pub(crate) cell: &'a Cell,
    pub(crate) assignment: &'a Assignment,
    pub(crate) link: &'a Link,
    /// Reads a file of the commit the run began at.
    pub(crate) committed: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) limits: &'a Limits,
}

impl Seat<'_> {
    /// Runs the script, or the agent and those who go on after it.
    pub(crate) fn drive(&self, gate: &mut Option<Gate>, transcript: &mut Transcript) -> Result<Driven, Undriven> {
        if let Some(broken_off) = self.make_ready(gate, transcript)? {
            return Ok(broken_off);
        }
        let driven = self.work(gate, transcript)?;
        self.look_after(driven, gate, transcript)
    }

    fn work(&self, gate: &mut Option<Gate>, transcript: &mut Transcript) -> Result<Driven, Undriven> {
        let (first, prompt, then) = match &self.assignment.task {
            Task::Script { script } => {
                let command = ["/bin/sh", "-euc", script].map(str::to_owned).into();
                let start = Start { command, env: BTreeMap::new(), home: None, input: Vec::new() };
                let seen = self.run(start, None, gate, transcript)?;
                return Ok(Driven { seen, end: None });
            }
            Task::Agent { adapter, model, settings, prompt, then, .. } => {
                let (adapter, model, settings) = (adapter.clone(), model.clone(), settings.clone());
                (Driver { adapter, model, settings }, prompt, then)
            }
        };
        let drivers: Vec<&Driver> = [&first].into_iter().chain(then).collect();
        for (number, driver) in drivers.iter().enumerate() {
            let (driven, failure) = self.one(number, driver, prompt, gate, transcript)?;
            let over = failure.as_ref().is_none_or(|failure| failure.what.then() != Then::Failover);
            let Some((failure, next)) = failure.filter(|_| !over).zip(drivers.get(number + 1)) else {
                return Ok(driven);
            };
            let why = format!("{} {}: {} goes on", who(driver), words(failure.what), who(next));
            transcript.add(&Entry::Failover { from: who(driver), to: who(next), why: why.clone() })?;
            self.link.progress(why, driven.seen.usage);
        }
        Err(Undriven::Set("there is no agent to drive".to_owned()))
    }

    /// One agent, to its end; what it failed at, if it did.
    fn one(
        &self,
        number: usize,
        driver: &Driver,
        prompt: &str,
        gate: &mut Option<Gate>,
        transcript: &mut Transcript,
    ) -> Result<(Driven, Option<Failure>), Undriven> {
        let mut agent = agent::named(&driver.adapter, &driver.settings, self.committed).map_err(Undriven::Set)?;
        // A home for each: what is laid in it is written where nobody could leave a trap before.
        let home = self.home(number)?;
        let inside = self.cell.home(&home);
        let mut session: Option<String> = None;
        loop {
            let begun = (number > 0).then(|| format!("{prompt}\n\n{BEGUN}"));
            let told = Told {
                prompt: if session.is_some() { GO_ON } else { begun.as_deref().unwrap_or(prompt) },
                model: driver.model.as_deref(),
                session: session.as_deref(),
                gateway: &gate.as_ref().map(Gate::url).unwrap_or_default(),
                pass: gate.as_ref().map(Gate::pass).unwrap_or_default(),
                home: &inside,
            };
            let launch = agent.launch(self.cell, &told);
            if session.is_none() {
                self.lay(&home, &launch.files)?;
            }
            let mut env = BTreeMap::from([("HOME".to_owned(), inside.clone())]);
            env.extend(launch.env);
            let home = Some((inside.clone(), home.clone()));
            let start = Start { command: launch.command, env, home, input: launch.input };
            let seen = self.run(start, Some(&mut *agent), gate, transcript)?;
            let Ok(code) = seen.ended else { return Ok((Driven { seen, end: None }, None)) };
            let ended = agent.exited(code);
            if let Some(words) = gate.as_ref().and_then(Gate::capped) {
                let seen = Seen { summary: words.to_owned(), ..seen };
                return Ok((Driven { seen, end: Some(End::Budget) }, None));
            }
            let failure = match ended {
                Ended::Well => return Ok((Driven { seen, end: None }, None)),
                Ended::Failed(failure) => failure,
            };
            let resumable = agent.session().map(str::to_owned).filter(|_| session.is_none());
            if let (Then::Retry, Some(id)) = (failure.what.then(), resumable) {
                transcript.note(format!("{}: {}; it goes on in its session", who(driver), words(failure.what)))?;
                session = Some(id);
                continue;
            }
            let end = end(&driver.adapter, code, &failure);
            return Ok((Driven { seen, end }, Some(failure)));
        }
    }

    pub(crate) fn run(
        &self,
        mut start: Start,
        agent: Option<&mut (dyn Agent + 'static)>,
        gate: &mut Option<Gate>,
        transcript: &mut Transcript,
    ) -> Result<Seen, Undriven> {
        start.env.insert("SIGNALBOX_PHASE".to_owned(), self.assignment.attempt.phase.to_string());
        let mut jail = self.cell.jail(start.command, start.env);
        jail.writable.extend(start.home);
        if let Some(gate) = gate {
            gate.open(&mut jail)?;
        }
        let mut inmate = jail.start(&self.cell.place.jail(), &start.input)?;
        Ok(watch::watch(&mut inmate, agent, self.link, gate.as_mut(), transcript, self.limits)?)
    }

    fn home(&self, number: usize) -> io::Result<PathBuf> {
        let home = self.cell.place.work().join(format!("home-{number}"));
        fs::create_dir_all(&home)?;
        give(&home, self.cell.user)?;
        Ok(home)
    }

    /// Lays `files` in a home that nobody was in yet.
    fn lay(&self, home: &Path, files: &BTreeMap<String, String>) -> io::Result<()> {
        for (name, content) in files {
            let mut path = home.to_path_buf();
            let mut steps = Path::new(name).components().filter(|step| matches!(step, Component::Normal(_))).peekable();
            while let Some(step) = steps.next() {
                path.push(step);
                if steps.peek().is_some() {
                    fs::create_dir_all(&path)?;
                } else {
                    fs::write(&path, content)?;
                }
                give(&path, self.cell.user)?;
            }
        }
        Ok(())
    }
}

/// What an agent is told that goes on after another.
const BEGUN: &str = "Another agent began this and could not go on. What it changed so far lies in the checkout: look at it \
                     first.";

fn who(driver: &Driver) -> String {
    match &driver.model {
        Some(model) => format!("{} ({model})", driver.adapter),
        None => driver.adapter.clone(),
    }
}

/// What went wrong, in words that go on after who it was.
fn words(what: What) -> &'static str {
    match what {
        What::Limited => "has reached its provider's rate limit",
        What::Outage => "finds its provider out of order",
        What::Cut => "lost its line to the model",
        What::Unauthorized => "is not let in by its provider: the team's credential is not taken",
        What::Unpaid => "has no money left in the team's account with its provider",
        What::NoModel => "asks for a model that is not there",
        What::TooLong => "has more to say than its model reads",
        What::Declined => "was declined by its model",
        What::Silent => "ended without a word",
        What::Unknown => "could not go on",
    }
}

fn end(adapter: &str, code: i32, failure: &Failure) -> Option<End> {
    let broken = |transient| {
        let detail = format!("{adapter} {}", words(failure.what));
        let said: String = failure.detail.lines().next().unwrap_or_default().chars().take(300).collect();
        let detail = if said.is_empty() { detail } else { format!("{detail} (it said: {said})") };
        Some(End::Broken { transient, detail })
    };
    match failure.what {
        What::Limited | What::Outage | What::Cut | What::Silent => broken(true),
        What::Unauthorized | What::Unpaid | What::NoModel | What::TooLong | What::Declined => broken(false),
        What::Unknown if code == 0 => broken(false),
        What::Unknown => Some(End::Exit { code }),
    }
}
