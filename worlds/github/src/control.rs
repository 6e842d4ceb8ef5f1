//! The world's own addresses, below `/_world`: a page to play with, and JSON for scripts.
//!
//! | | |
//! |---|---|
//! | `GET /` | the page |
//! | `GET /_world/app` | the app's numbers and secrets |
//! | `GET /_world/overview` | accounts, repositories, their issues and pull requests, installations |
//! | `GET /_world/conversations/{owner}/{repo}/{number}` | one of them, with all that was said |
//! | `GET /_world/checks/{owner}/{repo}` | the check runs |
//! | `GET /_world/deliveries`, `/_world/tokens`, `/_world/meters` | what was sent, minted, counted |
//! | `POST /_world/act` | `{as, method, path, body}`: a call of the REST API by a person |
//! | `POST /_world/users` | `{login, organization?, owner?}` |
//! | `POST /_world/repositories` | `{name, files?: {path: text}, private?}` |
//! | `POST /_world/collaborators` | `{repository, login, role}` |
//! | `POST /_world/installations` | `{account, repositories?: [name]}`; `{id, suspended}` |
//! | `POST /_world/push` | `{as, repository, branch, message?, files: {path: text or null}}` |
//! | `POST /_world/ci` | `{repository, script}`; `{finish: run}` |
//! | `POST /_world/token` | `{login}`: a person's token |
//! | `POST /_world/hook` | `{url}`: where the app's webhooks go |
//! | `POST /_world/outage`, `/_world/limits` | `{on}` |

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::call::{Body, Refusal, Reply, Request};
use crate::ci::Ci;
use crate::world::{Inner, World};
use crate::{Error, Role, show};

/// Answers below `/_world`, and the page at `/`.
pub(crate) fn serve(inner: &Arc<Inner>, request: &Request) -> Reply {
    let world = World::of(inner);
    let path = request.path.trim_start_matches("/_world").trim_matches('/');
    let parts: Vec<_> = path.split('/').collect();
    let answer = match (request.method.as_str(), parts.as_slice()) {
        ("GET", [""]) => return Reply::raw("text/html; charset=utf-8", include_bytes!("page.html").to_vec()),
        ("GET", ["logs", job]) => return log(inner, job),
        ("GET", parts) => read(&world, parts),
        ("POST", [what]) => {
            // A page of somebody else cannot send this type without being asked first.
            if !request.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
                return Refusal::new(415, "send it as application/json").reply();
            }
            match serde_json::from_slice(&request.body) {
                Ok(body) => act(&world, what, &body),
                Err(error) => return Refusal::new(400, format!("this is no JSON: {error}")).reply(),
            }
        }
        _ => None,
    };
    match answer {
        Some(Ok(body)) => Reply::json(200, body),
        Some(Err(Error::Refused { status, message })) => Refusal::new(status, message).reply(),
        Some(Err(error)) => Refusal::new(500, error.to_string()).reply(),
        None => crate::server::not_there(),
    }
}

type Answer = Option<Result<Value, Error>>;

fn shown(value: impl Serialize) -> Answer {
    Some(serde_json::to_value(value).map_err(|error| Error::Machine(error.into())))
}

fn read(world: &World, parts: &[&str]) -> Answer {
    match parts {
        ["app"] => {
            let app = world.app();
            shown(json!({
                "id": app.id, "slug": app.slug, "client_id": app.client_id, "client_secret": app.client_secret,
                "webhook_secret": app.webhook_secret, "private_key": app.private_key, "url": world.url(),
            }))
        }
        ["overview"] => shown(overview(world)),
        ["conversations", owner, name, number] => {
            let number = number.parse().ok()?;
            shown(world.conversation(&format!("{owner}/{name}"), number)?)
        }
        ["checks", owner, name] => shown(world.checks(&format!("{owner}/{name}"), None)),
        ["deliveries"] => shown(world.deliveries()),
        ["tokens"] => shown(world.tokens()),
        ["meters"] => shown(world.meters()),
        _ => None,
    }
}

fn overview(world: &World) -> Value {
    let state = world.inner.state();
    let repositories: Vec<_> = state
        .repositories
        .values()
        .map(|found| {
            let issues: Vec<_> = found
                .issues
                .values()
                .map(|issue| {
                    json!({"number": issue.number, "title": issue.title, "open": issue.open, "pull": issue.pull.is_some()})
                })
                .collect();
            json!({"name": state.full_name(found), "private": found.private, "issues": issues})
        })
        .collect();
    let accounts: Vec<_> = state.accounts.values().map(|account| &account.login).collect();
    let installations = state.installations.values().map(|one| show::installation(&state, world.url(), one));
    let runs: Vec<_> = state
        .runs
        .values()
        .map(|run| json!({"id": run.id, "status": run.status, "conclusion": run.conclusion}))
        .collect();
    json!({"accounts": accounts, "repositories": repositories, "installations": installations.collect::<Vec<_>>(), "runs": runs})
}

fn act(world: &World, what: &str, body: &Value) -> Answer {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let flag = |name: &str| body[name].as_bool().unwrap_or_default();
    let done = || Ok(json!({"done": true}));
    let who = if text("as").is_empty() { "ana" } else { text("as") };
    Some(match what {
        "act" => world.rest(who, text("method"), text("path"), body["body"].clone()),
        "users" => {
            let id = world.user(text("login"));
            if !text("organization").is_empty() {
                world.member(text("organization"), text("login"), flag("owner"), true);
            }
            Ok(json!({"id": id}))
        }
        "repositories" => {
            let files = files(body);
            let files: Vec<_> = files.iter().filter_map(|(path, text)| Some((*path, (*text)?))).collect();
            let made = world.repository(text("name"), &files);
            made.and_then(|id| world.private(text("name"), flag("private")).map(|()| json!({"id": id})))
        }
        "collaborators" => {
            let role = serde_json::from_value::<Option<Role>>(body["role"].clone());
            match role {
                Ok(role) => world.collaborator(text("repository"), text("login"), role).and_then(|()| done()),
                Err(error) => Err(Error::Refused { status: 422, message: error.to_string() }),
            }
        }
        "installations" => match body["id"].as_u64() {
            Some(id) => {
                world.suspend(id, flag("suspended"));
                done()
            }
            None => {
                let names = body["repositories"].as_array();
                let names: Option<Vec<_>> = names.map(|names| names.iter().filter_map(Value::as_str).collect());
                Ok(json!({"id": world.install(text("account"), names.as_deref())}))
            }
        },
        "push" => {
            let message = if text("message").is_empty() { "Change" } else { text("message") };
            let pushed = world.person(who).push(text("repository"), text("branch"), message, &files(body));
            pushed.map(|commit| json!({"commit": commit}))
        }
        "ci" => match body["finish"].as_u64() {
            Some(run) => {
                world.finish_ci(run);
                done()
            }
            None => match serde_json::from_value::<Ci>(body["script"].clone()) {
                Ok(script) => world.ci(text("repository"), script).and_then(|()| done()),
                Err(error) => Err(Error::Refused { status: 422, message: error.to_string() }),
            },
        },
        "token" => Ok(json!({"token": world.token_of(text("login"))})),
        "hook" => {
            world.hook(text("url"));
            done()
        }
        "outage" => {
            world.outage(flag("on"));
            done()
        }
        "limits" => {
            world.enforce_limits(flag("on"));
            done()
        }
        _ => return None,
    })
}

/// The files of a body: what each holds, or that it goes.
fn files(body: &Value) -> Vec<(&str, Option<&str>)> {
    let files = body["files"].as_object().into_iter().flatten();
    files.map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

fn log(world: &Inner, job: &str) -> Reply {
    let state = world.state();
    match job.parse().ok().and_then(|id: u64| state.jobs.get(&id)) {
        Some(job) => {
            let body = Body::Raw("text/plain; charset=utf-8", job.log.clone().into_bytes());
            Reply { status: 200, headers: Vec::new(), body }
        }
        None => crate::server::not_there(),
    }
}
