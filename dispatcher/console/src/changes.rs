//! Change requests on the dashboard: the list, and one with its description, checks and diff.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use signalbox_domain::change::Change;
use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::talk::Role;
use signalbox_domain::time::Time;

use crate::access::Viewer;
use crate::console::Trouble;
use crate::diff;
use crate::encode::clean;
use crate::routes::{Limit, at_least};
use crate::views::{ChangeState, Changes, Views};

/// The most change requests that are listed.
const MAX_CHANGES: usize = 100;
/// The most of a diff that is shown, in bytes.
const MAX_DIFF: usize = 1024 * 1024;

pub(crate) fn routes(views: Views) -> Router {
    Router::new()
        .route("/api/changes", get(list))
        .route("/api/changes/{owner}/{name}/{number}", get(page))
        .route("/api/changes/{owner}/{name}/{number}/merge", post(merge))
        .route("/api/changes/{owner}/{name}/{number}/close", post(close))
        .with_state(views)
}

/// The page of a change request, below wherever the console is: what its [`Change::url`] ends in.
pub fn path(repository: &Repository, number: u64) -> String {
    format!("/changes/{repository}/{number}")
}

async fn list(State(views): State<Views>, limit: Query<Limit>) -> Result<Json<Value>, Trouble> {
    let Some(changes) = &views.changes else {
        return Ok(Json(json!({ "changes": [], "elsewhere": true })));
    };
    let listed = changes.list(Limit::within(&limit, MAX_CHANGES)).await?;
    let listed: Vec<Value> = listed.iter().map(|it| view(&it.change, it.state, it.opened)).collect();
    Ok(Json(json!({ "changes": listed, "elsewhere": false })))
}

async fn page(
    State(views): State<Views>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Result<Json<Value>, Trouble> {
    let repository = Repository(format!("{owner}/{name}"));
    let missing = || Trouble::Missing(format!("there is no change request {number} in {repository}"));
    let shown = changes(&views)?.show(&repository, number, MAX_DIFF).await?.ok_or_else(missing)?;
    let mut page = view(&shown.change, shown.state, shown.opened);
    let checks = shown.checks.iter();
    let checks: Vec<Value> = checks
        .map(|check| json!({ "name": clean(&check.name), "passed": check.passed, "summary": clean(&check.summary) }))
        .collect();
    page["base"] = json!(clean(&shown.base));
    page["branch"] = json!(clean(&shown.branch));
    page["description"] = json!(clean(&shown.description));
    page["checks"] = json!(checks);
    let mut files = diff::files(&shown.diff);
    // What agents hand to each other comes after what was asked for.
    files.sort_by_key(|file| file.path.starts_with(".signalbox/runs/"));
    page["files"] = json!(files);
    Ok(Json(page))
}

#[derive(Deserialize)]
struct Seen {
    /// What was looked at.
    head: Commit,
}

async fn merge(
    State(views): State<Views>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    body: Result<Json<Seen>, JsonRejection>,
) -> Result<Json<Value>, Trouble> {
    at_least(&me, Role::Maintainer, "merge")?;
    let Json(Seen { head }) = body?;
    changes(&views)?.merge(&Repository(format!("{owner}/{name}")), number, &head, &me).await?;
    Ok(Json(json!({})))
}

async fn close(
    State(views): State<Views>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Result<Json<Value>, Trouble> {
    at_least(&me, Role::Member, "close a change request")?;
    changes(&views)?.close(&Repository(format!("{owner}/{name}")), number, &me).await?;
    Ok(Json(json!({})))
}

fn changes(views: &Views) -> Result<&dyn Changes, Trouble> {
    views.changes.as_deref().ok_or_else(|| Trouble::Missing("change requests are on the forge's own pages".into()))
}

fn view(change: &Change, state: ChangeState, opened: Time) -> Value {
    json!({
        "repository": clean(&change.repository.0),
        "number": change.number,
        "title": clean(&change.title),
        "head": change.head,
        "draft": change.draft,
        "diff": change.diff,
        "state": state,
        "opened": opened,
        "path": path(&change.repository, change.number),
    })
}
