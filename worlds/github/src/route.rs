//! The table of the REST API: every address, whom it answers, and who answers.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::call::{Answer, Body, Call, Caller, Refusal, Reply, Request};
use crate::rest::{
    actions, app, check, comment, content, git, graphql, issue, label, oauth, pull, reaction, remark, repo, review,
    search, user,
};
use crate::state::Role;
use crate::world::{Inner, lock};

/// One address.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// As in GitHub's description of its API.
    pub(crate) template: &'static str,
    pub(crate) needs: Needs,
    /// Whether it counts as making content.
    pub(crate) content: bool,
    answer: fn(&Call<'_>) -> Answer,
}

/// Whom an address answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs {
    /// Everybody.
    Nothing,
    /// An app with its JWT.
    App,
    /// An installation with its token.
    Installation,
    /// A person with a token.
    Person,
    /// An installation or a person, with a token.
    Anybody,
    /// Installations with one of these permissions, and people with this role, in the repository of the address.
    Repository(&'static [(&'static str, Level)], Role),
}

/// How much of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Read,
    Write,
}

const fn route(method: &'static str, template: &'static str, needs: Needs, answer: fn(&Call<'_>) -> Answer) -> Route {
    Route { method, template, needs, content: false, answer }
}

const fn making(method: &'static str, template: &'static str, needs: Needs, answer: fn(&Call<'_>) -> Answer) -> Route {
    Route { method, template, needs, content: true, answer }
}

const METADATA: Needs = Needs::Repository(&[("metadata", Level::Read)], Role::Read);
const READ_CODE: Needs = Needs::Repository(&[("contents", Level::Read)], Role::Read);
const WRITE_CODE: Needs = Needs::Repository(&[("contents", Level::Write)], Role::Write);
const READ_TALK: Needs = Needs::Repository(&[("issues", Level::Read), ("pull_requests", Level::Read)], Role::Read);
const TALK: Needs = Needs::Repository(&[("issues", Level::Write), ("pull_requests", Level::Write)], Role::Read);
const SORT: Needs = Needs::Repository(&[("issues", Level::Write), ("pull_requests", Level::Write)], Role::Triage);
const READ_PULLS: Needs = Needs::Repository(&[("pull_requests", Level::Read)], Role::Read);
const WRITE_PULLS: Needs = Needs::Repository(&[("pull_requests", Level::Write)], Role::Read);
const READ_CHECKS: Needs = Needs::Repository(&[("checks", Level::Read)], Role::Read);
const WRITE_CHECKS: Needs = Needs::Repository(&[("checks", Level::Write)], Role::Write);
const READ_ACTIONS: Needs = Needs::Repository(&[("actions", Level::Read)], Role::Read);
const WRITE_ACTIONS: Needs = Needs::Repository(&[("actions", Level::Write)], Role::Write);
const READ_STATUSES: Needs = Needs::Repository(&[("statuses", Level::Read), ("contents", Level::Read)], Role::Read);
const WRITE_STATUSES: Needs = Needs::Repository(&[("statuses", Level::Write)], Role::Write);
const ADMINISTER: Needs = Needs::Repository(&[("administration", Level::Write)], Role::Admin);

static ROUTES: &[Route] = &[
    // Searches, and the other API
    route("GET", "/search/code", Needs::Installation, search::code),
    route("POST", "/graphql", Needs::Anybody, graphql::answer),
    // Apps
    route("GET", "/app", Needs::App, app::get),
    route("GET", "/app/installations", Needs::App, app::installations),
    route("GET", "/app/installations/{installation_id}", Needs::App, app::installation),
    route("POST", "/app/installations/{installation_id}/access_tokens", Needs::App, app::mint),
    route("GET", "/app/hook/config", Needs::App, app::hook),
    route("PATCH", "/app/hook/config", Needs::App, app::set_hook),
    route("GET", "/app/hook/deliveries", Needs::App, app::deliveries),
    route("GET", "/app/hook/deliveries/{delivery_id}", Needs::App, app::delivery),
    route("POST", "/app/hook/deliveries/{delivery_id}/attempts", Needs::App, app::redeliver),
    route("POST", "/app-manifests/{code}/conversions", Needs::Nothing, app::convert),
    route("GET", "/repos/{owner}/{repo}/installation", Needs::App, app::of_repository),
    route("DELETE", "/installation/token", Needs::Installation, app::revoke),
    route("GET", "/installation/repositories", Needs::Installation, app::repositories),
    // People
    route("GET", "/user", Needs::Person, user::me),
    route("GET", "/users/{username}", Needs::Nothing, user::named),
    route("GET", "/user/{account_id}", Needs::Nothing, user::numbered),
    route("GET", "/rate_limit", Needs::Nothing, user::rate_limit),
    route("GET", "/meta", Needs::Nothing, user::meta),
    route("GET", "/login/oauth/authorize", Needs::Nothing, oauth::authorize),
    route("POST", "/login/oauth/access_token", Needs::Nothing, oauth::token),
    // Repositories
    route("GET", "/repos/{owner}/{repo}", METADATA, repo::get),
    route("PATCH", "/repos/{owner}/{repo}", ADMINISTER, repo::update),
    route("DELETE", "/repos/{owner}/{repo}", ADMINISTER, repo::delete),
    making("POST", "/repos/{owner}/{repo}/forks", METADATA, repo::fork),
    route("POST", "/repos/{owner}/{repo}/transfer", ADMINISTER, repo::transfer),
    route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", METADATA, repo::permission),
    route("GET", "/repos/{owner}/{repo}/branches", READ_CODE, git::branches),
    route("GET", "/repos/{owner}/{repo}/branches/{branch}", READ_CODE, git::branch),
    route("GET", "/repos/{owner}/{repo}/git/ref/{ref}", READ_CODE, git::reference),
    route("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}", READ_CODE, git::matching),
    making("POST", "/repos/{owner}/{repo}/git/refs", WRITE_CODE, git::create),
    route("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}", WRITE_CODE, git::update),
    route("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", WRITE_CODE, git::delete),
    route("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", READ_CODE, content::tree),
    route("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", READ_CODE, content::blob),
    route("GET", "/repos/{owner}/{repo}/contents/{path}", READ_CODE, content::get),
    making("PUT", "/repos/{owner}/{repo}/contents/{path}", WRITE_CODE, content::put),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", READ_CHECKS, check::of_commit),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", READ_CHECKS, check::suites),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/status", READ_STATUSES, check::combined),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", READ_STATUSES, check::statuses),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}", READ_CODE, git::commit),
    route("GET", "/repos/{owner}/{repo}/commits", READ_CODE, git::commits),
    route("GET", "/repos/{owner}/{repo}/compare/{basehead}", READ_CODE, git::compare),
    // Issues
    route("GET", "/repos/{owner}/{repo}/issues", READ_TALK, issue::list),
    making(
        "POST",
        "/repos/{owner}/{repo}/issues",
        Needs::Repository(&[("issues", Level::Write)], Role::Read),
        issue::create,
    ),
    route("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", READ_TALK, comment::get),
    making("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", TALK, comment::update),
    route("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", TALK, comment::delete),
    route("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", READ_TALK, reaction::list),
    making("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", TALK, reaction::create),
    route(
        "DELETE",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}",
        TALK,
        reaction::delete,
    ),
    route("GET", "/repos/{owner}/{repo}/issues/{issue_number}", READ_TALK, issue::get),
    route("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", TALK, issue::update),
    route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", READ_TALK, comment::list),
    making("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", TALK, comment::create),
    route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", READ_TALK, reaction::list),
    making("POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", TALK, reaction::create),
    route("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/reactions/{reaction_id}", TALK, reaction::delete),
    route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", READ_TALK, label::of_issue),
    making("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", SORT, label::add),
    making("PUT", "/repos/{owner}/{repo}/issues/{issue_number}/labels", SORT, label::set),
    route("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", SORT, label::remove),
    making("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", SORT, issue::assign),
    route("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", SORT, issue::unassign),
    route("GET", "/repos/{owner}/{repo}/labels", READ_TALK, label::list),
    making("POST", "/repos/{owner}/{repo}/labels", SORT, label::create),
    // Pull requests
    route("GET", "/repos/{owner}/{repo}/pulls", READ_PULLS, pull::list),
    making("POST", "/repos/{owner}/{repo}/pulls", WRITE_PULLS, pull::create),
    route("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", READ_PULLS, remark::get),
    making("PATCH", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", WRITE_PULLS, remark::update),
    route("DELETE", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", WRITE_PULLS, remark::delete),
    route("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions", READ_PULLS, reaction::list),
    making("POST", "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions", WRITE_PULLS, reaction::create),
    route(
        "DELETE",
        "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions/{reaction_id}",
        WRITE_PULLS,
        reaction::delete,
    ),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", READ_PULLS, pull::get),
    route("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", WRITE_PULLS, pull::update),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", READ_PULLS, pull::files),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", READ_PULLS, pull::commits),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", READ_PULLS, pull::merged),
    making("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", WRITE_CODE, pull::merge),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", READ_PULLS, review::list),
    making("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", WRITE_PULLS, review::create),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", READ_PULLS, review::get),
    route("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", WRITE_PULLS, review::update),
    route(
        "PUT",
        "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals",
        WRITE_PULLS,
        review::dismiss,
    ),
    route(
        "GET",
        "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments",
        READ_PULLS,
        remark::of_review,
    ),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", READ_PULLS, remark::list),
    making("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", WRITE_PULLS, remark::create),
    making(
        "POST",
        "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies",
        WRITE_PULLS,
        remark::answer,
    ),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", READ_PULLS, review::requested),
    making("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", WRITE_PULLS, review::request),
    route("DELETE", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", WRITE_PULLS, review::unrequest),
    // Checks
    making("POST", "/repos/{owner}/{repo}/check-runs", WRITE_CHECKS, check::create),
    route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", READ_CHECKS, check::get),
    route("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", WRITE_CHECKS, check::update),
    route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", READ_CHECKS, check::annotations),
    route("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}", READ_CHECKS, check::suite),
    route("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs", READ_CHECKS, check::of_suite),
    making("POST", "/repos/{owner}/{repo}/statuses/{sha}", WRITE_STATUSES, check::create_status),
    route("GET", "/repos/{owner}/{repo}/actions/runs", READ_ACTIONS, actions::runs),
    route("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", READ_ACTIONS, actions::run),
    route("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", READ_ACTIONS, actions::jobs),
    route("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/approve", WRITE_ACTIONS, actions::approve),
    route("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}", READ_ACTIONS, actions::job),
    route("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs", READ_ACTIONS, actions::logs),
];

/// Whether an operation of GitHub's description is served here.
pub(crate) fn serves(method: &str, template: &str) -> bool {
    ROUTES.iter().any(|route| route.method == method && route.template == template)
}

/// What the path of a request gives for the names in its template.
pub(crate) type Params = BTreeMap<&'static str, String>;

/// The address of a request.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Params)> {
    let parts: Vec<_> = path.trim_matches('/').split('/').collect();
    ROUTES.iter().filter(|route| route.method == method).find_map(|route| {
        let template: Vec<_> = route.template.trim_matches('/').split('/').collect();
        let mut params = Params::new();
        fits(&template, &parts, &mut params).then_some((route, params))
    })
}

/// Branches and paths hold slashes; everything else is one part.
fn fits(template: &[&'static str], parts: &[&str], params: &mut Params) -> bool {
    let Some((first, template)) = template.split_first() else { return parts.is_empty() };
    let Some(name) = first.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return parts.split_first().is_some_and(|(part, parts)| part == first && fits(template, parts, params));
    };
    let wide = matches!(name, "path" | "ref" | "branch" | "basehead" | "name");
    let most = if wide { parts.len() } else { parts.len().min(1) };
    // The top folder of a repository is the path of no parts.
    let least = usize::from(name != "path");
    for taken in least..=most {
        let mut inner = params.clone();
        if fits(template, &parts[taken..], &mut inner) {
            let text = parts[..taken].join("/");
            inner.insert(name, percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned());
            *params = inner;
            return true;
        }
    }
    false
}

impl Inner {
    /// Answers a call of the REST API by somebody who is known.
    pub(crate) fn rest(&self, caller: Caller, request: &Request) -> Reply {
        let Some((route, params)) = find(&request.method, &request.path) else {
            return match self.moved(request) {
                Some(reply) => reply,
                None => crate::server::not_there(),
            };
        };
        if let Some(reply) = self.moved(request) {
            return reply;
        }
        let body = if request.body.is_empty() {
            Ok(Value::Null)
        } else if request.header("content-type").is_some_and(|kind| kind.contains("form-urlencoded")) {
            let pairs = form_urlencoded::parse(&request.body);
            Ok(pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect())
        } else {
            serde_json::from_slice(&request.body)
        };
        let Ok(body) = body else { return Refusal::new(400, "Problems parsing JSON").reply() };
        let query = form_urlencoded::parse(request.query.as_bytes());
        let query: BTreeMap<_, _> = query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        if let Some(description) = &self.description {
            let breaches = description.request(route.method, route.template, &query, &body);
            lock(&self.meters).breaches.extend(breaches);
        }
        // Whoever receives a push looks at the branches before and after: nobody else moves them meanwhile.
        let moves = ["/git/refs", "/merge", "/contents/"].iter().any(|part| route.template.contains(part));
        let _one = (moves && route.method != "GET").then(|| lock(&self.pushing));
        let call = Call { world: self, caller, request, params, query, body, now: self.now() };
        let answer = permit(&call, route.needs).and_then(|()| (route.answer)(&call));
        let reply = answer.unwrap_or_else(Refusal::reply);
        if let (Some(description), Body::Json(shown)) = (&self.description, &reply.body) {
            let breaches = description.answer(route.method, route.template, reply.status, shown);
            lock(&self.meters).breaches.extend(breaches);
        }
        reply
    }

    /// A repository that has another name now is pointed to.
    fn moved(&self, request: &Request) -> Option<Reply> {
        let mut parts = request.path.trim_start_matches('/').splitn(4, '/');
        let (Some("repos"), Some(owner), Some(name)) = (parts.next(), parts.next(), parts.next()) else { return None };
        let rest = parts.next().map(|rest| format!("/{rest}")).unwrap_or_default();
        let state = self.state();
        if state.named(owner, name).is_some() {
            return None;
        }
        let id = state.moved.get(&format!("{owner}/{name}").to_lowercase())?;
        let full_name = state.full_name(state.repositories.get(id)?);
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let url = format!("{}/repos/{full_name}{rest}{query}", self.base());
        let mut reply = Refusal::new(if request.method == "GET" { 301 } else { 307 }, "Moved Permanently").reply();
        if let Body::Json(body) = &mut reply.body {
            body["url"] = url.as_str().into();
        }
        reply.headers.push(("location", url));
        Some(reply)
    }
}

/// Whether the caller may be answered there.
fn permit(call: &Call<'_>, needs: Needs) -> Result<(), Refusal> {
    let authentication = || Refusal::new(401, "Requires authentication");
    match (needs, &call.caller) {
        (Needs::Nothing, _) | (Needs::App, Caller::App(_)) | (Needs::Installation, Caller::Installation { .. }) => {
            Ok(())
        }
        (Needs::Person | Needs::Anybody, Caller::Person(_)) | (Needs::Anybody, Caller::Installation { .. }) => Ok(()),
        (Needs::App, Caller::Nobody | Caller::Person(_) | Caller::Installation { .. }) => {
            Err(Refusal::new(401, "A JSON web token could not be decoded"))
        }
        (Needs::Installation | Needs::Person | Needs::Anybody, Caller::Nobody) => Err(authentication()),
        (Needs::Anybody, Caller::App(_)) | (Needs::Installation, Caller::App(_) | Caller::Person(_)) => {
            Err(Refusal::new(
                403,
                "You must authenticate with an installation access token in order to perform this action.",
            ))
        }
        (Needs::Person, Caller::App(_) | Caller::Installation { .. }) => Err(Refusal::not_accessible()),
        (Needs::Repository(permissions, role), _) => in_repository(call, permissions, role),
    }
}

fn in_repository(call: &Call<'_>, permissions: &[(&str, Level)], role: Role) -> Result<(), Refusal> {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let reads = call.request.method == "GET";
    match &call.caller {
        Caller::App(_) => Err(Refusal::new(401, "Requires authentication")),
        Caller::Nobody if found.private => Err(Refusal::not_found()),
        Caller::Nobody if reads => Ok(()),
        Caller::Nobody => Err(Refusal::new(401, "Requires authentication")),
        Caller::Person(id) => match state.role(found, *id) {
            None => Err(Refusal::not_found()),
            Some(has) if has >= role => Ok(()),
            Some(_) if role == Role::Admin => Err(Refusal::new(403, "Must have admin rights to Repository.")),
            Some(_) => Err(Refusal::new(403, "Must have write access to the repository.")),
        },
        Caller::Installation { id, repositories, permissions: granted, .. } => {
            let covered = state.installations.get(id).is_some_and(|installation| installation.covers(found))
                && repositories.as_ref().is_none_or(|some| some.contains(&found.id));
            if !covered {
                return match (found.private, reads) {
                    (true, _) => Err(Refusal::not_found()),
                    (false, true) => Ok(()),
                    (false, false) => Err(Refusal::not_accessible()),
                };
            }
            let enough = |(name, level): &(&str, Level)| match granted.get(*name).map(String::as_str) {
                Some("write" | "admin") => true,
                Some("read") => *level == Level::Read,
                Some(_) | None => false,
            };
            // GitHub lets public things be read without; whoever relies on that fails on the first private repository.
            if permissions.iter().any(enough) { Ok(()) } else { Err(Refusal::not_accessible()) }
        }
    }
}
