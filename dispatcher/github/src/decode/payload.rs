//! GitHub's JSON, as far as it is read. What a kind does not carry is absent; what may be null is.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Payload {
    pub action: Option<String>,
    pub sender: Option<User>,
    pub repository: Option<Repository>,
    pub issue: Option<Issue>,
    pub comment: Option<Comment>,
    pub pull_request: Option<Issue>,
    pub review: Option<Review>,
    pub label: Option<Label>,
    pub assignee: Option<User>,
    pub changes: Option<Changes>,
    pub check_run: Option<CheckRun>,
    pub check_suite: Option<CheckSuite>,
    pub workflow_run: Option<WorkflowRun>,
    pub requested_action: Option<RequestedAction>,
    // Of a status, at the top.
    pub id: Option<u64>,
    pub state: Option<String>,
    pub updated_at: Option<String>,
    pub branches: Option<Vec<Branch>>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub id: u64,
    pub login: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub id: Option<u64>,
    pub full_name: String,
}

/// An issue or a pull request.
#[derive(Deserialize)]
pub(super) struct Issue {
    pub node_id: String,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub user: Option<User>,
    pub created_at: String,
    pub updated_at: String,
    pub performed_via_github_app: Option<App>,
    pub labels: Option<Vec<Label>>,
    pub assignees: Option<Vec<User>>,
    /// Present on an issue that is a pull request.
    pub pull_request: Option<serde_json::Value>,
    /// Present on a pull request.
    pub head: Option<Head>,
    /// Of a pull request: whether it was merged.
    pub merged: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(rename = "ref")]
    pub name: String,
}

#[derive(Deserialize)]
pub(super) struct App {
    pub id: u64,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub id: u64,
    pub node_id: String,
    pub body: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    pub performed_via_github_app: Option<App>,
    pub user: Option<User>,
    pub path: Option<String>,
    pub line: Option<u64>,
    pub original_line: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Review {
    pub id: u64,
    pub node_id: String,
    pub body: Option<String>,
    pub state: String,
    pub html_url: Option<String>,
    pub commit_id: Option<String>,
    pub submitted_at: Option<String>,
    pub updated_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Label {
    pub id: u64,
    pub name: String,
}

#[derive(Deserialize)]
pub(super) struct Changes {
    pub body: Option<Change>,
}

#[derive(Deserialize)]
pub(super) struct Change {
    pub from: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CheckRun {
    pub id: u64,
    pub external_id: Option<String>,
    pub conclusion: Option<String>,
    pub completed_at: Option<String>,
    pub app: Option<App>,
    pub check_suite: Option<HeadBranch>,
}

#[derive(Deserialize)]
pub(super) struct HeadBranch {
    pub head_branch: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CheckSuite {
    pub id: u64,
    pub head_branch: Option<String>,
    pub conclusion: Option<String>,
    pub updated_at: Option<String>,
    pub app: Option<App>,
}

#[derive(Deserialize)]
pub(super) struct WorkflowRun {
    pub id: u64,
    pub head_branch: Option<String>,
    pub conclusion: Option<String>,
    pub updated_at: Option<String>,
    pub run_attempt: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct RequestedAction {
    pub identifier: String,
}

#[derive(Deserialize)]
pub(super) struct Branch {
    pub name: String,
}
