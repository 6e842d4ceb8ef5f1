//! The Web API: who may call what, how often, and the way of a call from its bytes to its answer.

mod agents;
mod apps;
mod args;
mod chat;
mod conversations;
mod files;
mod people;
mod reactions;
mod respond;
mod stream;
mod table;
mod views;

use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::ids::{AppId, BotId, TeamId, UserId};
use crate::limits::{Key, Tier};
use crate::meters::Refusal;
use crate::options::Limits;
use crate::state::State;

pub(crate) use args::{Args, parse};
pub(crate) use files::{download, upload};

/// Who calls: an app in a workspace.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) app: AppId,
    pub(crate) team: TeamId,
    pub(crate) user: UserId,
    pub(crate) bot: BotId,
}

/// Which kind of token a method wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// A bot token.
    Bot,
    /// An app-level token, with the app it is of.
    App,
    /// A token for managing apps.
    Config,
}

/// One method.
struct Method {
    name: &'static str,
    token: Token,
    /// What it needs whatever is asked; methods that need more, or one of several, look themselves.
    scope: &'static str,
    tier: Tier,
    /// The arguments it takes.
    takes: &'static [&'static str],
    run: fn(&mut State, &Caller, &Args) -> Result<Value, Fail>,
}

/// An `ok: false`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fail {
    pub(crate) error: String,
    details: Vec<String>,
    fields: Map<String, Value>,
}

impl Fail {
    fn because(error: &str, details: Vec<String>) -> Self {
        Self { error: error.to_owned(), details, fields: Map::new() }
    }

    fn json(&self) -> Value {
        let mut answer = json!({ "ok": false, "error": self.error });
        for (name, value) in &self.fields {
            answer[name] = value.clone();
        }
        if !self.details.is_empty() {
            answer["errors"] = json!(self.details);
            let messages: Vec<String> = self.details.iter().map(|detail| format!("[ERROR] {detail}")).collect();
            answer["response_metadata"] = json!({ "messages": messages });
        }
        answer
    }
}

fn fail(error: &str) -> Fail {
    Fail::because(error, Vec::new())
}

fn missing_scope(needed: &str, provided: impl Iterator<Item = String>) -> Fail {
    let mut fail = fail("missing_scope");
    let provided: Vec<String> = provided.collect();
    fail.fields.insert("needed".to_owned(), json!(needed));
    fail.fields.insert("provided".to_owned(), json!(provided.join(",")));
    fail
}

/// What is sent back for a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// 200 with this body.
    Said(Value),
    /// 429, to come again after so many seconds.
    Slower(u64),
    /// This status, and no sense.
    Broken(u16),
    /// Nothing: the connection breaks.
    Gone,
}

/// Answers one call.
pub(crate) fn call(state: &mut State, method: &str, bearer: Option<&str>, args: &Args) -> Answer {
    let Some(known) = table::METHODS.iter().find(|known| known.name == method) else {
        return refused(state, method, None, args, fail("unknown_method"));
    };
    *state.meters.calls.entry(method.to_owned()).or_default() += 1;
    let caller = match authenticate(state, known, bearer.or_else(|| args.text("token"))) {
        Ok(caller) => caller,
        Err(why) => return refused(state, method, None, args, why),
    };
    let fault = state.faults.draw(method, &mut state.chance);
    if let Some(fault) = &fault {
        *state.meters.faults.entry(fault.word().to_owned()).or_default() += 1;
    }
    let channel = if known.tier == Tier::PerChannel { args.text("channel").unwrap_or_default() } else { "" };
    let key =
        Key { app: caller.app.clone(), team: caller.team.clone(), method: known.name, channel: channel.to_owned() };
    if let Some(wait) = metered(state, &key, known.tier) {
        return Answer::Slower(wait);
    }
    match fault {
        Some(Fault::DropBefore) => return Answer::Gone,
        Some(Fault::ServerError) => return Answer::Broken(500),
        Some(Fault::RateLimited(seconds)) => {
            let now = state.now();
            state.buckets.tell(&key, now, seconds * 1_000);
            return Answer::Slower(seconds);
        }
        Some(Fault::Refused(error)) => return refused(state, method, Some(&caller), args, fail(&error)),
        Some(Fault::DropAfter | Fault::ServerErrorAfter) | None => {}
    }
    let done = run(state, known, &caller, args);
    match (done, fault) {
        (_, Some(Fault::DropAfter)) => Answer::Gone,
        (_, Some(Fault::ServerErrorAfter)) => Answer::Broken(503),
        (Ok(mut answer), _) => {
            answer["ok"] = json!(true);
            Answer::Said(answer)
        }
        (Err(why), _) => refused(state, method, Some(&caller), args, why),
    }
}

fn run(state: &mut State, method: &Method, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    if !method.scope.is_empty() {
        require(state, caller, method.scope)?;
    }
    let unknown: Vec<String> = args
        .names()
        .filter(|name| *name != "token" && !method.takes.contains(name))
        .map(|name| format!("unknown argument `{name}`"))
        .collect();
    if !unknown.is_empty() {
        return Err(Fail::because("invalid_arguments", unknown));
    }
    (method.run)(state, caller, args)
}

/// Fails unless the caller has `scope`.
fn require(state: &State, caller: &Caller, scope: &str) -> Result<(), Fail> {
    let scopes = state.apps.get(&caller.app).map(|app| &app.spec.scopes);
    if scopes.is_some_and(|scopes| scopes.contains(scope)) {
        return Ok(());
    }
    Err(missing_scope(scope, scopes.into_iter().flatten().cloned()))
}

/// What a bot's token may do, as every answer to it says.
pub(crate) fn scopes(state: &State, token: Option<&str>) -> Option<String> {
    let installed = state.installations.iter().find(|one| Some(one.public.token.as_str()) == token)?;
    let scopes = &state.apps.get(&installed.public.app)?.spec.scopes;
    Some(scopes.iter().map(String::as_str).collect::<Vec<_>>().join(","))
}

fn authenticate(state: &State, method: &Method, token: Option<&str>) -> Result<Caller, Fail> {
    let token = token.filter(|token| !token.is_empty()).ok_or_else(|| fail("not_authed"))?;
    let installed = state.installations.iter().find(|one| one.public.token == token);
    let app = state.apps.values().find(|app| app.app_token == token);
    match (method.token, installed, app) {
        (Token::Bot, Some(one), _) if one.revoked => Err(fail("account_inactive")),
        (Token::Bot, Some(one), _) => {
            let one = &one.public;
            Ok(Caller { app: one.app.clone(), team: one.team.clone(), user: one.user.clone(), bot: one.bot.clone() })
        }
        (Token::App, _, Some(app)) => Ok(caller_of(&app.id)),
        (Token::Config, _, _) if token == state.config_token => Ok(caller_of("")),
        (Token::Bot, None, Some(_)) | (Token::App, Some(_), None) | (Token::Config, _, _) => {
            Err(fail("not_allowed_token_type"))
        }
        (Token::Bot | Token::App, None, None) => Err(fail("invalid_auth")),
    }
}

fn caller_of(app: &str) -> Caller {
    Caller { app: app.into(), team: "".into(), user: "".into(), bot: "".into() }
}

/// Counts a call against its limit; gives the seconds to wait when it is refused.
fn metered(state: &mut State, key: &Key, tier: Tier) -> Option<u64> {
    let enforced = state.limits == Limits::Enforced;
    let now = state.now();
    let verdict = state.buckets.call(key, tier, now, enforced);
    if verdict.early {
        *state.meters.early.entry(key.method.to_owned()).or_default() += 1;
    }
    let wait = verdict.over?;
    *state.meters.over.entry(key.method.to_owned()).or_default() += 1;
    enforced.then(|| wait.div_ceil(1_000).max(1))
}

fn refused(state: &mut State, method: &str, caller: Option<&Caller>, args: &Args, why: Fail) -> Answer {
    *state.meters.refused.entry(why.error.clone()).or_default() += 1;
    let refusal = Refusal {
        at: state.now(),
        app: caller.map(|caller| caller.app.clone()),
        team: caller.map(|caller| caller.team.clone()),
        method: method.to_owned(),
        error: why.error.clone(),
        details: why.details.clone(),
        arguments: args.value(),
    };
    state.refusals.push(refusal);
    Answer::Said(why.json())
}
