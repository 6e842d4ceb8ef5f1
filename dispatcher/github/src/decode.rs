//! GitHub's webhooks, read once: what each means for us, or why nothing.
//!
//! Pure and total. Whoever asks what a person may do, which run is meant or what else a review says does that later,
//! from what is handed in here.

mod payload;
pub(crate) mod received;

use serde::Deserialize;
use serde_json::Value;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, Digest, Repository, RunId};
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;

use crate::{marker, mention, press};
use payload::{Comment, Issue, Label, Payload, Review, User};
use received::{Account, Handing, Leaving, Pull, Received, Spot, Text, Verdict, What};

use crate::settings::Settings;

/// The chat's name, in threads and in people's ids.
pub const CHAT: &str = "github";

/// The kinds of events that are read.
pub(crate) const READ: [&str; 9] = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "check_run",
    "check_suite",
    "workflow_run",
    "status",
];

/// Who we are, as far as webhooks name us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Us {
    /// The App's id.
    pub app: u64,
    /// The name it is mentioned by; with `[bot]` behind it, the login it acts under.
    pub name: String,
    /// The label that asks for us; `None`: no label does.
    pub label: Option<String>,
    /// The login that stands for us when work is assigned; `None`: the one we act under.
    pub assignee: Option<String>,
}

impl Us {
    /// Those that the settings say.
    pub fn of(settings: &Settings) -> Self {
        Self {
            app: settings.app_id,
            name: settings.mention.clone(),
            label: settings.label.clone(),
            assignee: settings.assignee.clone(),
        }
    }
}

/// What a webhook means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// Something to keep, under a key that is the same however often and in whatever envelope it arrives.
    Delivery(Box<Delivery>),
    /// Nothing, and why.
    Ignored(Ignored),
}

/// Why a webhook means nothing to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// GitHub looks whether we are there.
    Ping,
    /// We do nothing with that kind of event.
    Kind,
    /// Of its kind we read some acts, but not this one.
    Act,
    /// It is our own doing.
    Ours,
    /// Nobody addressed us.
    NotForUs,
    /// It comes again with the review that it is a part of.
    InReview,
    /// The checks are of a branch that is not a run's.
    Elsewhere,
    /// The body is not one of the kind that its header says.
    Unfit,
    /// The body is not as GitHub says that it is.
    Unreadable(String),
}

impl Ignored {
    /// In a word, for counting.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Kind => "kind",
            Self::Act => "act",
            Self::Ours => "ours",
            Self::NotForUs => "not-for-us",
            Self::InReview => "in-review",
            Self::Elsewhere => "elsewhere",
            Self::Unfit => "unfit",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// Reads one webhook. `kind` is its `X-GitHub-Event`, `guid` its `X-GitHub-Delivery`.
pub fn decode(kind: &str, guid: &str, body: &Value, us: &Us, at: Time) -> Decoded {
    match read(kind, guid, body, us) {
        Ok(Read { root, key, received }) => {
            let thread = ThreadId { chat: CHAT.into(), room: received.repository.0.clone(), root };
            let event = Event { id: DeliveryId(key), at, fact: Fact::Received { what: received.store() } };
            Decoded::Delivery(Box::new(Delivery { thread, run: None, event }))
        }
        Err(ignored) => Decoded::Ignored(ignored),
    }
}

struct Read {
    root: String,
    key: String,
    received: Received,
}

fn read(kind: &str, guid: &str, body: &Value, us: &Us) -> Result<Read, Ignored> {
    let read: fn(&Payload, &Us, &str) -> Result<Act, Ignored> = match kind {
        "ping" => return Err(Ignored::Ping),
        "issues" => issue,
        "issue_comment" => issue_comment,
        "pull_request" => pull_request,
        "pull_request_review" => review,
        "pull_request_review_comment" => review_comment,
        "check_run" => check_run,
        "check_suite" => check_suite,
        "workflow_run" => workflow_run,
        "status" => status,
        _ => return Err(Ignored::Kind),
    };
    if !fits(kind, body) {
        return Err(Ignored::Unfit);
    }
    let payload = Payload::deserialize(body).map_err(|error| Ignored::Unreadable(error.to_string()))?;
    let sender = payload.sender.as_ref().ok_or_else(|| absent("sender"))?;
    let repository = payload.repository.as_ref().ok_or_else(|| absent("repository"))?;
    let act = read(&payload, us, guid)?;
    if is_us(sender, us) || act.via == Some(us.app) {
        return Err(Ignored::Ours);
    }
    let bot = sender.kind.as_deref() != Some("User");
    let by = Account { id: sender.id, login: sender.login.clone(), bot, via: act.via };
    let (name, id) = (Repository(repository.full_name.clone()), repository.id);
    let received = Received { repository: name, repository_id: id, by, what: act.what };
    Ok(Read { root: act.root, key: format!("{CHAT}:{}", act.key), received })
}

/// Whether a body has what its kind has and nothing that makes it another one: the header that says the kind is not
/// signed.
fn fits(kind: &str, body: &Value) -> bool {
    const MARKS: &[&str] = &[
        "issue",
        "comment",
        "pull_request",
        "review",
        "thread",
        "check_run",
        "check_suite",
        "workflow_run",
        "branches",
    ];
    let has: &[&str] = match kind {
        "issues" => &["issue"],
        "issue_comment" => &["issue", "comment"],
        "pull_request" => &["pull_request"],
        "pull_request_review" => &["pull_request", "review"],
        "pull_request_review_comment" => &["pull_request", "comment"],
        "check_run" => &["check_run"],
        "check_suite" => &["check_suite"],
        "workflow_run" => &["workflow_run"],
        "status" => &["branches"],
        _ => return false,
    };
    MARKS.iter().all(|mark| body.get(mark).is_some_and(|value| !value.is_null()) == has.contains(mark))
}

/// What was done, where, and the key of doing it.
struct Act {
    root: String,
    key: String,
    via: Option<u64>,
    what: What,
}

fn issue(payload: &Payload, us: &Us, _guid: &str) -> Result<Act, Ignored> {
    let issue = payload.issue.as_ref().ok_or_else(|| absent("issue"))?;
    body(payload, issue, None, us)
}

fn pull_request(payload: &Payload, us: &Us, _guid: &str) -> Result<Act, Ignored> {
    let pull = payload.pull_request.as_ref().ok_or_else(|| absent("pull_request"))?;
    body(payload, pull, Some(pull_of(pull)), us)
}

/// An issue's or a pull request's own words, and what is done with it.
fn body(payload: &Payload, issue: &Issue, pull: Option<Pull>, us: &Us) -> Result<Act, Ignored> {
    let root = issue.number.to_string();
    let spot = Spot::Issue(issue.number);
    let text = Text {
        title: Some(issue.title.clone()),
        body: issue.body.clone().unwrap_or_default(),
        created: issue.created_at.clone(),
        updated: issue.updated_at.clone(),
    };
    // What an App opened says nothing of who edits it, unless they are the same.
    let author = issue.user.as_ref().map(|user| user.id) == payload.sender.as_ref().map(|sender| sender.id);
    let via = issue.performed_via_github_app.as_ref().filter(|_| author).map(|app| app.id);
    let handed = |how, of: u64| Act {
        key: format!("{}:{}:{of}:{}", how_key(how), issue.node_id, issue.updated_at),
        root: root.clone(),
        via: None,
        what: What::Handed { how, stamp: issue.updated_at.clone(), text: text.clone() },
    };
    let left = |how, of: u64| Act {
        key: format!("{}:{}:{of}:{}", leaving_key(how), issue.node_id, issue.updated_at),
        root: root.clone(),
        via: None,
        what: What::Left { how, stamp: issue.updated_at.clone(), pull: pull.clone() },
    };
    match payload.action.as_deref() {
        Some("opened") if for_us(&text, None, us) => {
            Ok(wrote(root.clone(), &issue.node_id, spot, text.clone(), false, pull, via))
        }
        Some("edited") if for_us(&text, payload.changes.as_ref(), us) || is_handed(issue, us) => {
            Ok(wrote(root.clone(), &issue.node_id, spot, text.clone(), true, pull, via))
        }
        Some("opened" | "edited") => Err(Ignored::NotForUs),
        Some("labeled") => match &payload.label {
            Some(label) if is_ours(label, us) => Ok(handed(Handing::Label, label.id)),
            Some(_) | None => Err(Ignored::NotForUs),
        },
        Some("assigned") => match &payload.assignee {
            Some(assignee) if stands_for_us(assignee, us) => Ok(handed(Handing::Assignment, assignee.id)),
            Some(_) | None => Err(Ignored::NotForUs),
        },
        Some("unlabeled") => match &payload.label {
            Some(label) if is_ours(label, us) => Ok(left(Leaving::Label, label.id)),
            Some(_) | None => Err(Ignored::NotForUs),
        },
        Some("unassigned") => match &payload.assignee {
            Some(assignee) if stands_for_us(assignee, us) => Ok(left(Leaving::Assignment, assignee.id)),
            Some(_) | None => Err(Ignored::NotForUs),
        },
        Some("closed") if issue.merged != Some(true) => Ok(left(Leaving::Closed, 0)),
        // Gone from here, whether for good or to another repository.
        Some("deleted" | "transferred") => Ok(erased(root, &issue.node_id, spot)),
        _ => Err(Ignored::Act),
    }
}

fn issue_comment(payload: &Payload, us: &Us, _guid: &str) -> Result<Act, Ignored> {
    let issue = payload.issue.as_ref().ok_or_else(|| absent("issue"))?;
    let comment = payload.comment.as_ref().ok_or_else(|| absent("comment"))?;
    let pull = issue.pull_request.is_some().then(|| pull_of(issue));
    let root = issue.number.to_string();
    commented(payload, comment, root, Spot::Comment(comment.id), text_of(comment), pull, us)
}

fn review_comment(payload: &Payload, us: &Us, _guid: &str) -> Result<Act, Ignored> {
    let pull = payload.pull_request.as_ref().ok_or_else(|| absent("pull_request"))?;
    let comment = payload.comment.as_ref().ok_or_else(|| absent("comment"))?;
    let of = pull_of(pull);
    if of.run.is_some() && payload.action.as_deref() == Some("created") {
        return Err(Ignored::InReview);
    }
    let line = comment.line.or(comment.original_line);
    let title = comment.path.clone().map(|path| match line {
        Some(line) => format!("{path}, line {line}"),
        None => path,
    });
    let text = Text { title, ..text_of(comment) };
    let root = pull.number.to_string();
    commented(payload, comment, root, Spot::ReviewComment(comment.id), text, Some(of), us)
}

fn commented(
    payload: &Payload,
    comment: &Comment,
    root: String,
    spot: Spot,
    text: Text,
    pull: Option<Pull>,
    us: &Us,
) -> Result<Act, Ignored> {
    if comment.user.as_ref().is_some_and(|author| is_us(author, us)) {
        return Err(Ignored::Ours);
    }
    let via = comment.performed_via_github_app.as_ref().map(|app| app.id);
    let wrote = |edited| wrote(root.clone(), &comment.node_id, spot.clone(), text.clone(), edited, pull.clone(), via);
    match payload.action.as_deref() {
        Some("created") if for_us(&text, None, us) || steers(&text.body, pull.as_ref()) => Ok(wrote(false)),
        Some("edited") if for_us(&text, payload.changes.as_ref(), us) => Ok(wrote(true)),
        Some("created" | "edited") => Err(Ignored::NotForUs),
        Some("deleted") => Ok(erased(root, &comment.node_id, spot)),
        _ => Err(Ignored::Act),
    }
}

fn review(payload: &Payload, us: &Us, _guid: &str) -> Result<Act, Ignored> {
    let pull = payload.pull_request.as_ref().ok_or_else(|| absent("pull_request"))?;
    let review = payload.review.as_ref().ok_or_else(|| absent("review"))?;
    let (of, text) = (pull_of(pull), review_text(review));
    let root = pull.number.to_string();
    match payload.action.as_deref() {
        Some("submitted") if of.run.is_some() => Ok(reviewed(root, review, text, of)),
        Some("submitted") if for_us(&text, None, us) => {
            Ok(wrote(root, &review.node_id, Spot::Review(review.id), text, false, Some(of), None))
        }
        Some("edited") if for_us(&text, payload.changes.as_ref(), us) => {
            Ok(wrote(root, &review.node_id, Spot::Review(review.id), text, true, Some(of), None))
        }
        Some("submitted" | "edited") => Err(Ignored::NotForUs),
        _ => Err(Ignored::Act),
    }
}

fn reviewed(root: String, review: &Review, text: Text, pull: Pull) -> Act {
    let verdict = match review.state.to_ascii_lowercase().as_str() {
        "approved" => Verdict::Approved,
        "changes_requested" => Verdict::Asked,
        _ => Verdict::Remarked,
    };
    let url = review.html_url.clone().unwrap_or_default();
    let commit = review.commit_id.clone();
    Act {
        root,
        key: format!("review:{}:{}", review.node_id, text.created),
        via: None,
        what: What::Reviewed { id: review.id, verdict, url, text, commit, pull },
    }
}

fn check_run(payload: &Payload, us: &Us, guid: &str) -> Result<Act, Ignored> {
    let check = payload.check_run.as_ref().ok_or_else(|| absent("check_run"))?;
    let ours = check.app.as_ref().is_some_and(|app| app.id == us.app);
    let pressed = |button: &str| {
        let run = check.external_id.as_deref().and_then(marker::run).ok_or(Ignored::Elsewhere)?;
        // GitHub gives a press no stamp. A redelivery keeps its id; a second press has another one.
        let key = format!("pressed:{}:{button}:{guid}", check.id);
        let what = What::Pressed { run: run.clone(), button: button.into(), stamp: key.clone() };
        Ok(Act { root: checks_root(&run), key, via: None, what })
    };
    match payload.action.as_deref() {
        Some("requested_action") if ours => {
            pressed(&payload.requested_action.as_ref().ok_or_else(|| absent("requested_action"))?.identifier)
        }
        Some("rerequested") if ours => pressed("retry"),
        Some("completed") if ours => Err(Ignored::Ours),
        Some("completed") => {
            let branch = check.check_suite.as_ref().and_then(|suite| suite.head_branch.as_deref());
            stirred(branch, "check-run", check.id, [check.conclusion.as_deref(), check.completed_at.as_deref()])
        }
        _ => Err(Ignored::Act),
    }
}

fn check_suite(payload: &Payload, us: &Us, _guid: &str) -> Result<Act, Ignored> {
    let suite = payload.check_suite.as_ref().ok_or_else(|| absent("check_suite"))?;
    if suite.app.as_ref().is_some_and(|app| app.id == us.app) {
        return Err(Ignored::Ours);
    }
    match payload.action.as_deref() {
        Some("completed") => {
            let stamp = [suite.conclusion.as_deref(), suite.updated_at.as_deref()];
            stirred(suite.head_branch.as_deref(), "check-suite", suite.id, stamp)
        }
        _ => Err(Ignored::Act),
    }
}

fn workflow_run(payload: &Payload, _us: &Us, _guid: &str) -> Result<Act, Ignored> {
    let run = payload.workflow_run.as_ref().ok_or_else(|| absent("workflow_run"))?;
    match payload.action.as_deref() {
        Some("completed") => {
            let attempt = run.run_attempt.unwrap_or(1).to_string();
            let stamp = [run.conclusion.as_deref(), Some(run.updated_at.as_deref().unwrap_or(&attempt))];
            stirred(run.head_branch.as_deref(), "workflow-run", run.id, stamp)
        }
        _ => Err(Ignored::Act),
    }
}

fn status(payload: &Payload, _us: &Us, _guid: &str) -> Result<Act, Ignored> {
    if payload.state.as_deref() == Some("pending") {
        return Err(Ignored::Act);
    }
    let branches = payload.branches.iter().flatten();
    let branch = branches.map(|branch| branch.name.as_str()).find(|branch| marker::branch(branch).is_some());
    let stamp = [payload.state.as_deref(), payload.updated_at.as_deref()];
    stirred(branch, "status", payload.id.unwrap_or_default(), stamp)
}

fn stirred(branch: Option<&str>, kind: &str, id: u64, stamp: [Option<&str>; 2]) -> Result<Act, Ignored> {
    let run = branch.and_then(marker::branch).ok_or(Ignored::Elsewhere)?;
    let key = format!("stirred:{kind}:{id}:{}", stamp.map(Option::unwrap_or_default).join(":"));
    let what = What::Stirred { run: run.clone(), stamp: key.clone() };
    Ok(Act { root: checks_root(&run), key, via: None, what })
}

/// Deliveries about a run's checks are in no conversation; they keep their order among themselves.
fn checks_root(run: &RunId) -> String {
    format!("checks:{run}")
}

fn wrote(root: String, node: &str, spot: Spot, text: Text, edited: bool, pull: Option<Pull>, via: Option<u64>) -> Act {
    // Two edits within a second share a stamp, and a title is as much edited as a body.
    let digest = Digest::of(format!("{}\0{}", text.title.as_deref().unwrap_or_default(), text.body).as_bytes());
    let key = format!("wrote:{node}:{}:{}", text.updated, digest.short());
    Act { root, key, via, what: What::Wrote { spot, text, edited, pull } }
}

fn erased(root: String, node: &str, spot: Spot) -> Act {
    Act { root, key: format!("erased:{node}"), via: None, what: What::Erased { spot } }
}

fn how_key(how: Handing) -> &'static str {
    match how {
        Handing::Label => "labelled",
        Handing::Assignment => "assigned",
    }
}

fn leaving_key(how: Leaving) -> &'static str {
    match how {
        Leaving::Closed => "closed",
        Leaving::Label => "unlabelled",
        Leaving::Assignment => "unassigned",
    }
}

fn text_of(comment: &Comment) -> Text {
    Text {
        title: None,
        body: comment.body.clone().unwrap_or_default(),
        created: comment.created_at.clone(),
        updated: comment.updated_at.clone(),
    }
}

fn review_text(review: &Review) -> Text {
    let created = review.submitted_at.clone().unwrap_or_default();
    let updated = review.updated_at.clone().unwrap_or_else(|| created.clone());
    Text { title: None, body: review.body.clone().unwrap_or_default(), created, updated }
}

fn pull_of(issue: &Issue) -> Pull {
    let marked = issue.body.as_deref().and_then(marker::change);
    let run = marked.or_else(|| issue.head.as_ref().and_then(|head| marker::branch(&head.name)));
    Pull { number: issue.number, run }
}

/// Whether the words mention us, or did before they were changed.
fn for_us(text: &Text, changes: Option<&payload::Changes>, us: &Us) -> bool {
    let before = changes.and_then(|changes| changes.body.as_ref()?.from.as_deref());
    mention::is_in(&text.body, &us.name) || before.is_some_and(|before| mention::is_in(before, &us.name))
}

/// Whether a comment without a mention is a word to the run that opened the pull request.
fn steers(text: &str, pull: Option<&Pull>) -> bool {
    pull.is_some_and(|pull| pull.run.is_some()) && press::read(text).is_some()
}

fn is_us(account: &User, us: &Us) -> bool {
    let named = account.login.strip_suffix("[bot]").is_some_and(|name| name.eq_ignore_ascii_case(&us.name));
    named && account.kind.as_deref() == Some("Bot")
}

/// Whether the issue was given to us, by label or by assignment: then its words are a request of ours.
fn is_handed(issue: &Issue, us: &Us) -> bool {
    issue.labels.iter().flatten().any(|label| is_ours(label, us))
        || issue.assignees.iter().flatten().any(|assignee| stands_for_us(assignee, us))
}

fn is_ours(label: &Label, us: &Us) -> bool {
    us.label.as_ref().is_some_and(|ours| label.name.eq_ignore_ascii_case(ours))
}

fn stands_for_us(account: &User, us: &Us) -> bool {
    match &us.assignee {
        Some(login) => account.login.eq_ignore_ascii_case(login),
        None => is_us(account, us),
    }
}

fn absent(field: &str) -> Ignored {
    Ignored::Unreadable(format!("it has no `{field}`"))
}
