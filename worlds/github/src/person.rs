//! What people do, as GitHub's page lets them.

use serde_json::{Value, json};

use crate::state::Role;
use crate::{Error, World};

/// Somebody who acts. What they may not do is refused as GitHub refuses it.
#[derive(Clone, Debug)]
pub struct Person {
    world: World,
    login: String,
}

/// A pull request somebody opens.
#[derive(Clone, Debug, Default)]
pub struct NewPull<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its description.
    pub body: &'a str,
    /// The branch, or `owner:branch` of a fork.
    pub head: &'a str,
    /// The branch it goes to; `main` if it is empty.
    pub base: &'a str,
    /// Whether it is a draft.
    pub draft: bool,
}

/// How a review ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Fine.
    Approve,
    /// Not like this.
    RequestChanges,
    /// Neither.
    Comment,
}

/// What people react to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An issue or a pull request, by its number.
    Issue(u64),
    /// A comment.
    Comment(u64),
    /// A comment of a review.
    ReviewComment(u64),
}

impl Subject {
    fn path(self) -> String {
        match self {
            Self::Issue(number) => format!("issues/{number}/reactions"),
            Self::Comment(id) => format!("issues/comments/{id}/reactions"),
            Self::ReviewComment(id) => format!("pulls/comments/{id}/reactions"),
        }
    }
}

impl World {
    /// Somebody who acts; made if they are not there.
    pub fn person(&self, login: &str) -> Person {
        self.user(login);
        Person { world: self.clone(), login: login.to_owned() }
    }
}

impl Person {
    /// A call of the REST API in their name, below `/repos/<repository>/`.
    pub fn call(&self, method: &str, repository: &str, path: &str, body: Value) -> Result<Value, Error> {
        let path = if path.is_empty() { format!("/repos/{repository}") } else { format!("/repos/{repository}/{path}") };
        self.world.rest(&self.login, method, &path, body)
    }

    fn number(&self, method: &str, repository: &str, path: &str, body: Value, field: &str) -> Result<u64, Error> {
        Ok(self.call(method, repository, path, body)?[field].as_u64().unwrap_or_default())
    }

    /// Opens an issue; gives its number.
    pub fn open_issue(&self, repository: &str, title: &str, body: &str) -> Result<u64, Error> {
        self.number("POST", repository, "issues", json!({"title": title, "body": body}), "number")
    }

    /// Changes the description of an issue or a pull request.
    pub fn edit_issue(&self, repository: &str, number: u64, body: &str) -> Result<(), Error> {
        self.call("PATCH", repository, &format!("issues/{number}"), json!({"body": body})).map(drop)
    }

    /// Changes its title.
    pub fn retitle(&self, repository: &str, number: u64, title: &str) -> Result<(), Error> {
        self.call("PATCH", repository, &format!("issues/{number}"), json!({"title": title})).map(drop)
    }

    /// Closes an issue or a pull request.
    pub fn close(&self, repository: &str, number: u64) -> Result<(), Error> {
        self.call("PATCH", repository, &format!("issues/{number}"), json!({"state": "closed"})).map(drop)
    }

    /// Deletes an issue, as its repository's owners can on GitHub's page.
    pub fn delete_issue(&self, repository: &str, number: u64) -> Result<(), Error> {
        let actor = self.world.user(&self.login);
        let mut state = self.world.inner.state();
        let id = crate::ci::find(&state, repository)?;
        let missing = || Error::Refused { status: 404, message: format!("there is no issue {number}") };
        if state.role(state.repositories.get(&id).ok_or_else(missing)?, actor) < Some(Role::Admin) {
            return Err(Error::Refused { status: 403, message: format!("{} may not delete issues", self.login) });
        }
        self.world.inner.tell_issue(&state, id, number, "deleted", actor, json!({}));
        let found = state.repositories.get_mut(&id).and_then(|found| found.issues.remove(&number));
        found.map(drop).ok_or_else(missing)
    }

    /// Opens it again.
    pub fn reopen(&self, repository: &str, number: u64) -> Result<(), Error> {
        self.call("PATCH", repository, &format!("issues/{number}"), json!({"state": "open"})).map(drop)
    }

    /// Comments; gives the comment's number.
    pub fn comment(&self, repository: &str, number: u64, body: &str) -> Result<u64, Error> {
        self.number("POST", repository, &format!("issues/{number}/comments"), json!({"body": body}), "id")
    }

    /// Changes a comment.
    pub fn edit_comment(&self, repository: &str, comment: u64, body: &str) -> Result<(), Error> {
        self.call("PATCH", repository, &format!("issues/comments/{comment}"), json!({"body": body})).map(drop)
    }

    /// Deletes a comment.
    pub fn delete_comment(&self, repository: &str, comment: u64) -> Result<(), Error> {
        self.call("DELETE", repository, &format!("issues/comments/{comment}"), Value::Null).map(drop)
    }

    /// Reacts: `+1`, `-1`, `laugh`, `confused`, `heart`, `hooray`, `rocket`, `eyes`. Gives the reaction's number.
    pub fn react(&self, repository: &str, subject: Subject, content: &str) -> Result<u64, Error> {
        self.number("POST", repository, &subject.path(), json!({"content": content}), "id")
    }

    /// Takes a reaction back.
    pub fn unreact(&self, repository: &str, subject: Subject, reaction: u64) -> Result<(), Error> {
        self.call("DELETE", repository, &format!("{}/{reaction}", subject.path()), Value::Null).map(drop)
    }

    /// Puts a label on.
    pub fn label(&self, repository: &str, number: u64, label: &str) -> Result<(), Error> {
        self.call("POST", repository, &format!("issues/{number}/labels"), json!({"labels": [label]})).map(drop)
    }

    /// Takes a label off.
    pub fn unlabel(&self, repository: &str, number: u64, label: &str) -> Result<(), Error> {
        let label = crate::show::escaped(label);
        self.call("DELETE", repository, &format!("issues/{number}/labels/{label}"), Value::Null).map(drop)
    }

    /// Assigns somebody.
    pub fn assign(&self, repository: &str, number: u64, login: &str) -> Result<(), Error> {
        self.call("POST", repository, &format!("issues/{number}/assignees"), json!({"assignees": [login]})).map(drop)
    }

    /// Unassigns somebody.
    pub fn unassign(&self, repository: &str, number: u64, login: &str) -> Result<(), Error> {
        self.call("DELETE", repository, &format!("issues/{number}/assignees"), json!({"assignees": [login]})).map(drop)
    }

    /// Commits files (`None` removes one) to a branch and pushes; the branch is made from the default branch if it is not
    /// there. Gives the commit.
    pub fn push(
        &self,
        repository: &str,
        branch: &str,
        message: &str,
        files: &[(&str, Option<&str>)],
    ) -> Result<String, Error> {
        self.world.commit(&self.login, repository, branch, message, files)
    }

    /// Deletes a branch.
    pub fn delete_branch(&self, repository: &str, branch: &str) -> Result<(), Error> {
        self.call("DELETE", repository, &format!("git/refs/heads/{branch}"), Value::Null).map(drop)
    }

    /// Forks a repository; gives the fork's name.
    pub fn fork(&self, repository: &str) -> Result<String, Error> {
        let fork = self.call("POST", repository, "forks", json!({}))?;
        Ok(fork["full_name"].as_str().unwrap_or_default().to_owned())
    }

    /// Opens a pull request; gives its number.
    pub fn open_pull(&self, repository: &str, pull: &NewPull<'_>) -> Result<u64, Error> {
        let base = if pull.base.is_empty() { "main" } else { pull.base };
        let body =
            json!({"title": pull.title, "body": pull.body, "head": pull.head, "base": base, "draft": pull.draft});
        self.number("POST", repository, "pulls", body, "number")
    }

    /// Says that a draft is ready, or makes a draft of it again.
    pub fn ready(&self, repository: &str, number: u64, ready: bool) -> Result<(), Error> {
        let actor = self.world.user(&self.login);
        let mut state = self.world.inner.state();
        let id = crate::ci::find(&state, repository)?;
        let missing = || Error::Refused { status: 404, message: format!("there is no pull request {number}") };
        let issue =
            state.repositories.get_mut(&id).and_then(|found| found.issues.get_mut(&number)).ok_or_else(missing)?;
        issue.pull.as_mut().ok_or_else(missing)?.draft = !ready;
        let action = if ready { "ready_for_review" } else { "converted_to_draft" };
        self.world.inner.tell_issue(&state, id, number, action, actor, json!({}));
        Ok(())
    }

    /// Merges a pull request; gives the commit.
    pub fn merge(&self, repository: &str, number: u64) -> Result<String, Error> {
        let merged = self.call("PUT", repository, &format!("pulls/{number}/merge"), json!({}))?;
        Ok(merged["sha"].as_str().unwrap_or_default().to_owned())
    }

    /// Reviews, with comments on lines of files. Gives the review's number.
    pub fn review(
        &self,
        repository: &str,
        number: u64,
        verdict: Verdict,
        body: &str,
        comments: &[(&str, u64, &str)],
    ) -> Result<u64, Error> {
        let event = match verdict {
            Verdict::Approve => "APPROVE",
            Verdict::RequestChanges => "REQUEST_CHANGES",
            Verdict::Comment => "COMMENT",
        };
        let comments: Vec<_> = comments
            .iter()
            .map(|(path, line, body)| json!({"path": path, "line": line, "side": "RIGHT", "body": body}))
            .collect();
        let review = json!({"event": event, "body": body, "comments": comments});
        self.number("POST", repository, &format!("pulls/{number}/reviews"), review, "id")
    }

    /// Dismisses a review.
    pub fn dismiss(&self, repository: &str, number: u64, review: u64, why: &str) -> Result<(), Error> {
        let path = format!("pulls/{number}/reviews/{review}/dismissals");
        self.call("PUT", repository, &path, json!({"message": why})).map(drop)
    }

    /// Comments on a line of a file in a pull request; gives the comment's number.
    pub fn review_comment(
        &self,
        repository: &str,
        number: u64,
        path: &str,
        line: u64,
        body: &str,
    ) -> Result<u64, Error> {
        let pull = self.call("GET", repository, &format!("pulls/{number}"), Value::Null)?;
        let body = json!({"path": path, "line": line, "side": "RIGHT", "body": body, "commit_id": pull["head"]["sha"]});
        self.number("POST", repository, &format!("pulls/{number}/comments"), body, "id")
    }

    /// Answers a comment of a review; gives the answer's number.
    pub fn answer_review_comment(&self, repository: &str, number: u64, comment: u64, body: &str) -> Result<u64, Error> {
        self.number(
            "POST",
            repository,
            &format!("pulls/{number}/comments/{comment}/replies"),
            json!({"body": body}),
            "id",
        )
    }

    /// Resolves the thread that a comment of a review began.
    pub fn resolve(&self, comment: u64) -> Result<(), Error> {
        let mutation = "mutation($thread:ID!){resolveReviewThread(input:{threadId:$thread}){thread{isResolved}}}";
        let body = json!({"query": mutation, "variables": {"thread": format!("PRRT_{comment}")}});
        self.world.rest(&self.login, "POST", "/graphql", body).map(drop)
    }

    /// Changes a comment of a review.
    pub fn edit_review_comment(&self, repository: &str, comment: u64, body: &str) -> Result<(), Error> {
        self.call("PATCH", repository, &format!("pulls/comments/{comment}"), json!({"body": body})).map(drop)
    }

    /// Deletes a comment of a review.
    pub fn delete_review_comment(&self, repository: &str, comment: u64) -> Result<(), Error> {
        self.call("DELETE", repository, &format!("pulls/comments/{comment}"), Value::Null).map(drop)
    }

    /// Asks somebody for a review.
    pub fn request_review(&self, repository: &str, number: u64, login: &str) -> Result<(), Error> {
        let body = json!({"reviewers": [login]});
        self.call("POST", repository, &format!("pulls/{number}/requested_reviewers"), body).map(drop)
    }

    /// Approves a workflow run that waits for it.
    pub fn approve_run(&self, repository: &str, run: u64) -> Result<(), Error> {
        self.call("POST", repository, &format!("actions/runs/{run}/approve"), Value::Null).map(drop)
    }

    /// Presses a button of a check run: its app is told.
    pub fn press(&self, repository: &str, check: u64, identifier: &str) -> Result<(), Error> {
        self.tell_owner(repository, check, "requested_action", json!({"requested_action": {"identifier": identifier}}))
    }

    /// Asks for a check run again: its app is told.
    pub fn rerun_check(&self, repository: &str, check: u64) -> Result<(), Error> {
        self.tell_owner(repository, check, "rerequested", json!({}))
    }

    fn tell_owner(&self, repository: &str, check: u64, action: &str, more: Value) -> Result<(), Error> {
        let actor = self.world.user(&self.login);
        let state = self.world.inner.state();
        let id = crate::ci::find(&state, repository)?;
        let found = state.checks.get(&check).filter(|found| found.repository == id);
        let missing = || Error::Refused { status: 404, message: format!("there is no check run {check}") };
        let to = crate::hook::To::App(found.ok_or_else(missing)?.app);
        self.world.inner.tell_check_to(&state, to, check, action, actor, more);
        Ok(())
    }

    /// Gives a repository another name.
    pub fn rename(&self, repository: &str, name: &str) -> Result<(), Error> {
        self.call("PATCH", repository, "", json!({"name": name})).map(drop)
    }

    /// Gives a repository to another account.
    pub fn transfer(&self, repository: &str, to: &str) -> Result<(), Error> {
        self.call("POST", repository, "transfer", json!({"new_owner": to})).map(drop)
    }

    /// Deletes a repository.
    pub fn delete_repository(&self, repository: &str) -> Result<(), Error> {
        self.call("DELETE", repository, "", Value::Null).map(drop)
    }
}
