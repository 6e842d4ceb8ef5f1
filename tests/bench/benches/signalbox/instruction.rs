//! From a request in the console to the first instruction of the agent that works it, beside what git takes to lay out
//! the same files.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use axum::Router;
use serde_json::json;
use signalbox_domain::event::Fact;
use signalbox_domain::run::Run;
use signalbox_domain::talk::ThreadId;
use signalbox_ports::store::Subject;
use signalbox_runner::place::Place;

use crate::client::Client;
use crate::dispatcher::{Dispatcher, ROOM, TOKEN};
use crate::figures::Figures;
use crate::repository::{self, git};
use crate::samples::{Plan, Samples};

/// What agents do, with which name.
const AGENTS: [(&str, &str); 2] = [
    ("default", "date +%s%N >\"$SIGNALBOX_OUT/began.txt\""),
    (
        "linger",
        "date +%s%N >\"$SIGNALBOX_OUT/began.txt\"; touch began; \
         n=0; while [ ! -e go ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done",
    ),
];
/// How long a request may take from its message to its end.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOKING: Duration = Duration::from_millis(20);

/// A repository, and how often things are done with it.
struct Subjects<'a> {
    name: &'a str,
    words: &'a str,
    source: PathBuf,
    requests: Plan,
    git: Plan,
}

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let home = tempfile::tempdir()?;
    let dispatcher = Dispatcher::open(home.path(), &AGENTS, |_| Router::new())?;
    dispatcher.drive();

    let source = home.path().join("website");
    dispatcher.runtime.block_on(signalbox_git::sample::website(&source))?;
    repository::add_workflows(&source)?;
    let requests = Plan { warm: 1, count: 20, within: Duration::from_secs(30) };
    let git = Plan { warm: 1, count: 20, within: Duration::from_secs(5) };
    of(
        figures,
        &dispatcher,
        home.path(),
        &Subjects { name: "bench/website", words: "the sample", source, requests, git },
    )?;

    let source = home.path().join("large.git");
    repository::large(&source)?;
    let requests = Plan { warm: 0, count: 10, within: Duration::from_secs(90) };
    let git = Plan { warm: 0, count: 3, within: Duration::from_secs(15) };
    of(
        figures,
        &dispatcher,
        home.path(),
        &Subjects { name: "bench/large", words: "100,000 files", source, requests, git },
    )
}

fn of(figures: &mut Figures, dispatcher: &Dispatcher, home: &Path, subjects: &Subjects<'_>) -> Result<()> {
    let Subjects { name, words, source, requests, git } = subjects;
    let began = Instant::now();
    let path = source.to_str().context("the temporary folder's name is no text")?;
    dispatcher.runtime.block_on(dispatcher.forge.import(path, Some(name)))?;
    figures.times(format!("{words}: taken in by the forge"), &Samples::of(vec![began.elapsed()]));

    let scratch = home.join("scratch");
    let clone = Samples::told(*git, || laid_out(&scratch, source, &["clone", "--quiet", path, "../scratch"]))?;
    figures.times(format!("{words}: `git clone`, on one disk"), &clone);
    let worktree = ["worktree", "add", "--quiet", "--detach", "../scratch"];
    let worktree = Samples::told(*git, || laid_out(&scratch, source, &worktree))?;
    figures.times(format!("{words}: `git worktree add`"), &worktree);

    let client = Client::new(TOKEN);
    let cold = request(dispatcher, &client, name)?;
    figures.times(format!("{words}: the first request, which fills the mirror"), &Samples::of(vec![cold.total()]));
    let mut stages = Vec::new();
    let warm = Samples::told(*requests, || {
        let lived = request(dispatcher, &client, name)?;
        let total = lived.total();
        stages.push(lived);
        Ok(total)
    })?;
    figures.beside(format!("{words}: request → the agent's first instruction"), &warm, &worktree, "`git worktree add`");
    figures.beside(format!("{words}: the same"), &warm, &clone, "`git clone`");
    for (stage, of) in STAGES.iter().zip(0..) {
        let times = stages.iter().skip(requests.warm).map(|lived| lived.stage(of)).collect();
        figures.times(format!("{words}: … of it {stage}"), &Samples::of(times));
    }
    let (bytes, files) = lingering(dispatcher, &client, name)?;
    figures.amount(
        format!("{words}: a box on the disk while its agent works, {files} files and folders"),
        bytes as f64 / 1e6,
        "MB",
    );
    Ok(())
}

/// What happens between a request and its agent's first instruction.
const STAGES: [&str; 5] = [
    "until it is routed",
    "until its workflow is loaded",
    "until its context is gathered",
    "until its box is up and asks for work",
    "until the agent begins: files laid out, jail made",
];

/// When each stage of a request was over, in milliseconds since 1970; before them, when it was asked.
struct Lived([f64; STAGES.len() + 1]);

impl Lived {
    fn total(&self) -> Duration {
        span(self.0[0], self.0[STAGES.len()])
    }

    fn stage(&self, of: usize) -> Duration {
        span(self.0[of], self.0[of + 1])
    }
}

fn span(from: f64, to: f64) -> Duration {
    Duration::from_secs_f64((to - from).max(0.0) / 1e3)
}

/// Asks, and waits until the run is over.
fn request(dispatcher: &Dispatcher, client: &Client, name: &str) -> Result<Lived> {
    let asked = now();
    let thread = ask(dispatcher, client, name, "first")?;
    let run = ended(dispatcher, &thread)?;
    lived(dispatcher, asked, &run)
}

fn ask(dispatcher: &Dispatcher, client: &Client, name: &str, workflow: &str) -> Result<ThreadId> {
    let text = format!("repo:{name} workflow:{workflow} say when you begin");
    let kept = client.post(&dispatcher.messages(), &json!({ "text": text }))?;
    let root = kept["root"].as_str().with_context(|| format!("the console answered {kept}"))?;
    Ok(ThreadId { chat: "console".into(), room: ROOM.into(), root: root.into() })
}

fn ended(dispatcher: &Dispatcher, thread: &ThreadId) -> Result<Run> {
    let waited = Instant::now();
    loop {
        let store = dispatcher.engine.ports().store.clone();
        let subject = Subject::Thread(thread.clone());
        let run = dispatcher.runtime.block_on(async move { store.load(&subject).await })?;
        match run {
            Some(run) if run.ended() => return Ok(run),
            other if waited.elapsed() > PATIENCE => bail!("a request does not end: {other:?}"),
            Some(_) | None => std::thread::sleep(LOOKING),
        }
    }
}

fn lived(dispatcher: &Dispatcher, asked: f64, run: &Run) -> Result<Lived> {
    let job = run.job().with_context(|| format!("nothing was worked: {:?}", run.state))?;
    let began = job.artifacts.get("began.txt").with_context(|| format!("no agent began: {:?}", run.state))?.clone();
    let (blobs, store) = (dispatcher.engine.ports().blobs.clone(), dispatcher.engine.ports().store.clone());
    let id = run.id.clone();
    let (began, history) = dispatcher
        .runtime
        .block_on(async move { anyhow::Ok((blobs.get(&began).await?, store.history(&id).await?)) })?;
    let nanos: u64 = String::from_utf8(began.context("the blob is gone")?)?.trim().parse()?;
    let when = |is: fn(&Fact) -> bool| {
        let entry = history.iter().find(|entry| is(&entry.event.fact)).context("a run's history lacks a stage")?;
        anyhow::Ok(entry.event.at.0 as f64)
    };
    Ok(Lived([
        asked,
        when(|fact| matches!(fact, Fact::Routed { .. }))?,
        when(|fact| matches!(fact, Fact::Resolved { .. }))?,
        when(|fact| matches!(fact, Fact::Gathered { .. }))?,
        when(|fact| matches!(fact, Fact::Claimed { .. }))?,
        nanos as f64 / 1e6,
    ]))
}

/// What a box takes on the disk while its agent is at work: bytes allocated, and entries.
fn lingering(dispatcher: &Dispatcher, client: &Client, name: &str) -> Result<(u64, u64)> {
    let thread = ask(dispatcher, client, name, "linger")?;
    let waited = Instant::now();
    let folder = loop {
        let mut folders = fs::read_dir(&dispatcher.boxes)?.filter_map(|entry| Some(entry.ok()?.path()));
        if let Some(folder) = folders.find(|folder| checkout(folder).join("began").exists()) {
            break folder;
        }
        ensure!(waited.elapsed() < PATIENCE, "the agent that lingers does not begin");
        std::thread::sleep(LOOKING);
    };
    let measured = allocated(&folder);
    fs::write(checkout(&folder).join("go"), "")?;
    ended(dispatcher, &thread)?;
    measured
}

/// A box's checkout, as its runner sees it: what is mounted there nobody else does.
fn checkout(folder: &Path) -> PathBuf {
    let runner = Place::at(folder).occupant().map_or(0, |runner| runner.pid);
    PathBuf::from(format!("/proc/{runner}/root{}", folder.display())).join("work/checkout")
}

fn allocated(folder: &Path) -> Result<(u64, u64)> {
    let (mut bytes, mut entries) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += metadata.blocks() * 512;
        entries += 1;
        if metadata.is_dir() {
            let (inner, more) = allocated(&entry.path())?;
            (bytes, entries) = (bytes + inner, entries + more);
        }
    }
    Ok((bytes, entries))
}

/// How long git takes; what it laid out is removed again.
fn laid_out(scratch: &Path, source: &Path, arguments: &[&str]) -> Result<Duration> {
    let began = Instant::now();
    git(source, arguments)?;
    let took = began.elapsed();
    fs::remove_dir_all(scratch)?;
    git(source, &["worktree", "prune"])?;
    Ok(took)
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}
