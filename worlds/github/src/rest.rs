//! The REST API, one file per noun. Every function answers one address of [the table](crate::route).

pub(crate) mod actions;
pub(crate) mod app;
pub(crate) mod check;
pub(crate) mod comment;
pub(crate) mod content;
pub(crate) mod git;
pub(crate) mod graphql;
pub(crate) mod issue;
pub(crate) mod label;
pub(crate) mod oauth;
pub(crate) mod pull;
pub(crate) mod reaction;
pub(crate) mod remark;
pub(crate) mod repo;
pub(crate) mod review;
pub(crate) mod search;
pub(crate) mod user;

use crate::call::{Call, Refusal};
use crate::state::{Issue, Pull, Repository, Role, State};

/// The longest body of an issue, a comment or a review, in characters.
const BODY_CHARACTERS: usize = 65_536;

/// A body that GitHub takes.
fn body_fits(resource: &str, body: Option<&str>) -> Result<(), Refusal> {
    match body {
        Some(body) if body.chars().count() > BODY_CHARACTERS => {
            let message = format!("body is too long (maximum is {BODY_CHARACTERS} characters)");
            Err(Refusal::invalid(resource, "body", "custom", message))
        }
        Some(_) | None => Ok(()),
    }
}

/// A body that is there and says something.
fn said(call: &Call<'_>, resource: &str) -> Result<String, Refusal> {
    let body = call.required(resource, "body")?;
    if body.trim().is_empty() {
        return Err(Refusal::invalid(resource, "body", "custom", "body can't be blank"));
    }
    body_fits(resource, Some(&body))?;
    Ok(body)
}

/// GitHub knows no conditional writes.
fn unconditional(call: &Call<'_>) -> Result<(), Refusal> {
    match call.request.header("if-match").or_else(|| call.request.header("if-unmodified-since")) {
        Some(_) => Err(Refusal::new(
            400,
            "Conditional request headers are not allowed in unsafe requests unless supported by the endpoint",
        )),
        None => Ok(()),
    }
}

/// The issue or pull request of that number.
fn issue_of(repository: &Repository, number: u64) -> Result<&Issue, Refusal> {
    repository.issues.get(&number).ok_or_else(Refusal::not_found)
}

/// The pull request of that number.
fn pull_of(repository: &Repository, number: u64) -> Result<(&Issue, &Pull), Refusal> {
    let issue = issue_of(repository, number)?;
    issue.pull.as_ref().map(|pull| (issue, pull)).ok_or_else(Refusal::not_found)
}

/// The same, to change it.
fn issue_mut(state: &mut State, repository: u64, number: u64) -> Result<&mut Issue, Refusal> {
    let found = state.repositories.get_mut(&repository).ok_or_else(Refusal::not_found)?;
    found.issues.get_mut(&number).ok_or_else(Refusal::not_found)
}

/// Only its author, an app as itself, or whoever may write there changes what somebody said.
fn may_change(state: &State, repository: &Repository, author: u64, actor: u64, app: bool) -> Result<(), Refusal> {
    if author == actor || app || state.role(repository, actor) >= Some(Role::Write) {
        return Ok(());
    }
    Err(Refusal::new(403, "Must have admin rights to Repository."))
}
