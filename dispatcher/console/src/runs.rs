//! Runs on the dashboard: the list, and one run with everything that is known of it.

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};
use signalbox_domain::effect::{Effect, Lane};
use signalbox_domain::id::{Digest, RunId};
use signalbox_domain::post::Mark;
use signalbox_domain::run::{Job, Run, Stage, State as RunState};
use signalbox_domain::time::Time;
use signalbox_domain::workflow::{Phase, Work};
use signalbox_domain::{context::Bundle, reply};
use signalbox_ports::store::{Standing, Subject};

use crate::console::Trouble;
use crate::encode::{self, MarkView, PostView, clean, title};
use crate::facts;
use crate::routes::Limit;
use crate::transcript;
use crate::views::Views;

/// The most runs that are listed.
const MAX_RUNS: usize = 100;
/// The most of a blob that is shown as text, in bytes.
const MAX_SHOWN: usize = 512 * 1024;

pub(crate) fn routes(views: Views) -> Router {
    Router::new()
        .route("/api/runs", get(list))
        .route("/api/runs/{run}", get(page))
        .route("/api/runs/{run}/context", get(context))
        .route("/api/runs/{run}/transcripts/{digest}", get(read_transcript))
        .route("/api/runs/{run}/blobs/{digest}", get(read_blob))
        .with_state(views)
}

/// A run in a list.
#[derive(Debug, Serialize)]
struct RunView {
    id: RunId,
    request: String,
    by: String,
    thread: ThreadRef,
    mark: MarkView,
    /// How it stands, or how it ended, in a word or two.
    words: String,
    ended: bool,
    repository: Option<String>,
    workflow: Option<String>,
    asked: Time,
    /// When it ended.
    until: Option<Time>,
    cost: String,
    cap: Option<String>,
    phases: Vec<PhaseView>,
    change: Option<ChangeRef>,
}

/// Where a run was asked for.
#[derive(Debug, Serialize)]
struct ThreadRef {
    chat: String,
    room: String,
    root: String,
}

/// A run's change request.
#[derive(Debug, Serialize)]
struct ChangeRef {
    repository: String,
    number: u64,
    title: String,
    link: Option<encode::LinkView>,
}

/// A phase.
#[derive(Debug, Serialize)]
struct PhaseView {
    name: String,
    label: String,
    /// `agent`, `script`, `gate`, `open change request`.
    work: &'static str,
    /// `pending`, `starting`, `working`, `resting`, `deciding`, `opening`, `done`, `skipped`, `failed`.
    stage: &'static str,
    /// What it is at. Untrusted.
    note: String,
    since: Option<Time>,
    took_ms: u64,
    tries: u32,
    rounds: u32,
    feedback: Vec<String>,
    transcripts: Vec<Digest>,
}

async fn list(State(views): State<Views>, limit: Query<Limit>) -> Result<Json<Value>, Trouble> {
    let runs = views.store.runs(Limit::within(&limit, MAX_RUNS)).await?;
    Ok(Json(json!({ "runs": runs.iter().map(view).collect::<Vec<_>>() })))
}

/// A run with everything that is known of it.
#[derive(Debug, Serialize)]
struct Page {
    #[serde(flatten)]
    run: RunView,
    request_text: String,
    before: Option<RunId>,
    tries_again: bool,
    followups: Vec<Value>,
    status: Option<PostView>,
    why: PostView,
    closing: Option<PostView>,
    branch: Option<String>,
    base: Option<String>,
    head: Option<String>,
    context: Vec<String>,
    omissions: Vec<Value>,
    bundle: Option<Digest>,
    checks: Vec<Value>,
    refused: Vec<String>,
    artifacts: Vec<Value>,
    usage: Value,
    boxes: Vec<String>,
    history: Vec<Value>,
    effects: Vec<Value>,
    ignored: Vec<Value>,
}

async fn page(State(views): State<Views>, Path(id): Path<RunId>) -> Result<Json<Page>, Trouble> {
    let run = load(&views, &id).await?;
    let history = views.store.history(&id).await?;
    let effects = views.store.effects(&id).await?;
    let ignored = views.store.ignored(&run.thread).await?;
    let last = history.last().map_or(run.asked, |entry| entry.event.at);
    let job = run.job();
    let usage = run.usage();
    let plan = run.plan();
    Ok(Json(Page {
        request_text: clean(&run.request.text),
        before: run.before.clone(),
        tries_again: run.again,
        followups: run.followups.iter().map(|said| json!({ "at": said.at, "by": clean(&said.message.by.name), "text": clean(&said.message.text), "correction": said.correction })).collect(),
        status: reply::status(&run, last).as_ref().map(encode::post),
        why: encode::post(&reply::why(&run)),
        closing: run.ended().then(|| encode::post(&reply::closing(&run, last))),
        branch: job.and_then(|job| job.head.as_ref()).map(|_| run.branch()),
        base: plan.and_then(|plan| plan.base.as_ref()).map(ToString::to_string),
        head: job.and_then(|job| job.head.as_ref()).map(ToString::to_string),
        context: job.map(|job| job.context.iter().map(|title| clean(title)).collect()).unwrap_or_default(),
        omissions: job.map(|job| job.omissions.iter().map(|left| json!({ "what": clean(&left.what), "why": clean(&left.why) })).collect()).unwrap_or_default(),
        bundle: job.map(|job| job.bundle.clone()),
        checks: job.map(|job| job.checks.iter().map(|check| json!({ "name": clean(&check.name), "passed": check.passed, "summary": clean(&check.summary) })).collect()).unwrap_or_default(),
        refused: job.map(|job| job.refused.iter().map(|why| clean(why)).collect()).unwrap_or_default(),
        artifacts: job.map(|job| job.artifacts.iter().map(|(name, digest)| json!({ "name": clean(name), "digest": digest })).collect()).unwrap_or_default(),
        usage: json!({ "cost": reply::money(usage.micro_usd), "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out, "turns": usage.turns }),
        boxes: run.boxes.iter().map(|devbox| devbox.0.clone()).collect(),
        history: history.iter().map(|entry| json!({ "version": entry.version, "at": entry.event.at, "id": clean(&entry.event.id.0), "words": facts::words(&entry.event.fact) })).collect(),
        effects: effects.iter().map(effect).collect(),
        ignored: ignored.iter().map(|(delivery, reason)| json!({ "at": delivery.event.at, "what": facts::words(&delivery.event.fact), "why": reason.words() })).collect(),
        run: view(&run),
    }))
}

async fn context(State(views): State<Views>, Path(id): Path<RunId>) -> Result<Json<Value>, Trouble> {
    let run = load(&views, &id).await?;
    let bundle =
        run.job().map(|job| job.bundle.clone()).ok_or_else(|| Trouble::Missing("there is no context yet".into()))?;
    let bytes = blob(&views, &bundle).await?;
    let bundle: Bundle =
        serde_json::from_slice(&bytes).map_err(|error| Trouble::Bad(format!("the context cannot be read: {error}")))?;
    let items: Vec<Value> = bundle.items.iter().map(|item| json!({
        "title": clean(&item.title), "source": clean(&item.source), "author": item.author.as_deref().map(clean),
        "trust": item.trust, "prefetcher": clean(&item.prefetcher), "text": shown(&item.text), "digest": item.digest,
    })).collect();
    Ok(Json(json!({ "items": items })))
}

async fn read_transcript(
    State(views): State<Views>,
    Path((id, digest)): Path<(RunId, Digest)>,
) -> Result<Json<Value>, Trouble> {
    let run = load(&views, &id).await?;
    let named = run.job().is_some_and(|job| job.phases.values().any(|phase| phase.transcripts.contains(&digest)));
    if !named {
        return Err(Trouble::Missing("the run has no such transcript".into()));
    }
    let bytes = blob(&views, &digest).await?;
    Ok(Json(json!({ "entries": transcript::entries(&bytes) })))
}

async fn read_blob(
    State(views): State<Views>,
    Path((id, digest)): Path<(RunId, Digest)>,
) -> Result<Json<Value>, Trouble> {
    let run = load(&views, &id).await?;
    let named = |job: &Job| job.artifacts.values().any(|named| *named == digest);
    let trace = run.route.as_ref().is_some_and(|route| route.trace == digest);
    if !trace && !run.job().is_some_and(named) {
        return Err(Trouble::Missing("the run names no such file".into()));
    }
    let bytes = blob(&views, &digest).await?;
    Ok(Json(json!({ "bytes": bytes.len(), "text": shown(&String::from_utf8_lossy(&bytes)) })))
}

async fn load(views: &Views, id: &RunId) -> Result<Run, Trouble> {
    let missing = || Trouble::Missing(format!("there is no run {id}"));
    views.store.load(&Subject::Run(id.clone())).await?.ok_or_else(missing)
}

async fn blob(views: &Views, digest: &Digest) -> Result<Vec<u8>, Trouble> {
    let gone = || Trouble::Missing(format!("the bytes {} are not kept any more", digest.short()));
    views.blobs.get(digest).await?.ok_or_else(gone)
}

/// Text within bounds, saying what was left out.
fn shown(text: &str) -> String {
    if text.len() <= MAX_SHOWN {
        return clean(text);
    }
    let end = text.floor_char_boundary(MAX_SHOWN);
    format!("{}\n… {} bytes more are not shown", clean(&text[..end]), text.len() - end)
}

fn view(run: &Run) -> RunView {
    let mark = reply::mark(run);
    let (until, words) = match &run.state {
        RunState::Routing { .. } => (None, "deciding where it goes".to_string()),
        RunState::Choosing { .. } => (None, "asks where it goes".into()),
        RunState::Resolving { .. } => (None, "reading the workflow".into()),
        RunState::Waiting { line: Some((place, _)), .. } => (None, format!("queued, {place} in line")),
        RunState::Waiting { line: None, .. } => (None, "queued".into()),
        RunState::Gathering { .. } => (None, "gathering context".into()),
        RunState::Working(_) if mark == Mark::Waiting => (None, "needs a person".into()),
        RunState::Working(_) => (None, "working".into()),
        RunState::Closing { outcome, .. } => (None, format!("ending: {}", outcome.name().replace('_', " "))),
        RunState::Ended { outcome, at, .. } => (Some(*at), outcome.name().replace('_', " ")),
    };
    let plan = run.plan();
    let progress = |phase: &Phase| phase_view(phase, run.job());
    RunView {
        id: run.id.clone(),
        request: title(&run.request.text),
        by: clean(&run.request.by.name),
        thread: ThreadRef {
            chat: run.thread.chat.clone(),
            room: run.thread.room.clone(),
            root: run.thread.root.clone(),
        },
        mark: encode::mark(mark),
        words,
        ended: run.ended(),
        repository: run.target().and_then(|target| target.repository.as_ref()).map(|name| clean(&name.0)),
        workflow: run.target().map(|target| clean(&target.workflow)),
        asked: run.asked,
        until,
        cost: reply::money(run.usage().micro_usd),
        cap: plan.map(|plan| reply::money(plan.workflow.budget.micro_usd)),
        phases: plan.map(|plan| plan.workflow.phases.iter().map(progress).collect()).unwrap_or_default(),
        change: run.job().and_then(|job| job.change.as_ref()).map(|change| ChangeRef {
            repository: change.repository.0.clone(),
            number: change.number,
            title: clean(&change.title),
            link: encode::link(&change.url),
        }),
    }
}

fn phase_view(phase: &Phase, job: Option<&Job>) -> PhaseView {
    let progress = job.and_then(|job| job.phases.get(&phase.name));
    let (stage, note, since) = match progress.map(|progress| &progress.stage) {
        None | Some(Stage::Pending) => ("pending", String::new(), None),
        Some(Stage::Starting { since, .. }) => ("starting", "starting a devbox".into(), Some(*since)),
        Some(Stage::Working { since, activity, .. }) => ("working", clean(activity), Some(*since)),
        Some(Stage::Resting { reason, .. }) => ("resting", clean(reason), None),
        Some(Stage::Deciding { .. }) => ("deciding", "waits for a person".into(), None),
        Some(Stage::Opening { since, .. }) => ("opening", "opening the change request".into(), Some(*since)),
        Some(Stage::Watching { since, over: (over, all), .. }) => {
            ("watching", format!("{over} of {all} of the forge's checks are over"), Some(*since))
        }
        Some(Stage::Done) => ("done", String::new(), None),
        Some(Stage::Skipped) => ("skipped", String::new(), None),
        Some(Stage::Failed) => ("failed", String::new(), None),
    };
    let work = match &phase.work {
        Work::Agent(_) => "agent",
        Work::Script { .. } => "script",
        Work::Gate(_) => "gate",
        Work::OpenChange => "open change request",
        Work::WatchChecks => "watch checks",
    };
    PhaseView {
        name: clean(&phase.name.0),
        label: clean(&phase.label),
        work,
        stage,
        note,
        since,
        took_ms: progress.map_or(0, |progress| progress.took.0),
        tries: progress.map_or(0, |progress| progress.tries),
        rounds: progress.map_or(0, |progress| progress.rounds),
        feedback: progress
            .map(|progress| progress.feedback.iter().map(|said| clean(said)).collect())
            .unwrap_or_default(),
        transcripts: progress.map(|progress| progress.transcripts.clone()).unwrap_or_default(),
    }
}

fn effect(standing: &Standing) -> Value {
    let Standing { owed, tries, settled, why, .. } = standing;
    let what = match &owed.effect {
        Effect::Route => "ask the routers".to_string(),
        Effect::Resolve { target } => format!("load the workflow {}", target.workflow),
        Effect::Admit => "ask for a place in line".into(),
        Effect::Leave => "give the place back".into(),
        Effect::Gather { .. } => "gather context".into(),
        Effect::Provision { devbox, attempt } => format!("make the devbox {devbox} for {}", attempt.phase),
        Effect::Halt { devbox } => format!("tell {devbox} to stop"),
        Effect::Release { devbox } => format!("end {devbox}"),
        Effect::Open { .. } => "open the change request".into(),
        Effect::Look { .. } => "look at the forge's checks".into(),
        Effect::Mark { mark, .. } => format!("mark {}", mark.emoji()),
        Effect::Say { slot, .. } => format!("say: {}", slot.key()),
        Effect::Whisper { to, .. } => format!("whisper to {}", to.name),
        Effect::Wake { .. } => "ring an alarm".into(),
    };
    let lane = match owed.effect.lane() {
        Lane::Decide => "decide",
        Lane::Devbox => "devbox",
        Lane::Forge => "forge",
        Lane::Chat => "chat",
        Lane::Alarm => "alarm",
    };
    json!({ "id": owed.id.to_string(), "what": clean(&what), "lane": lane, "due": owed.due, "tries": tries, "settled": settled, "why": why.as_deref().map(clean) })
}
