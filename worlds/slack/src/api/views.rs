//! Modals and home tabs: opened, stacked, changed.

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, fail};
use crate::blocks;
use crate::ids::{UserId, ViewId};
use crate::state::{State, Trigger};
use crate::view::View;

/// A trigger is good for so long, in milliseconds.
const TRIGGER: u64 = 3_000;
/// So many modals stack.
const MAX_STACK: usize = 3;

pub(super) fn open(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let body = body(state, args, "modal")?;
    let trigger = trigger(state, caller, args)?;
    let id = ViewId(state.chance.id("V"));
    // A new modal replaces whatever was open.
    for view in state.views.values_mut().filter(|view| view.user == trigger.user && !view.is_home()) {
        view.open = false;
    }
    Ok(keep(state, caller, id.clone(), trigger.user, body, None, id))
}

pub(super) fn push(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let body = body(state, args, "modal")?;
    let trigger = trigger(state, caller, args)?;
    let below = trigger.view.as_ref().and_then(|id| state.views.get(id)).filter(|view| view.open && !view.is_home());
    let below = below.cloned().ok_or_else(|| fail("invalid_trigger_id"))?;
    let stack = state.views.values().filter(|view| view.open && view.root == below.root).count();
    if stack >= MAX_STACK {
        return Err(fail("push_limit_reached"));
    }
    let id = ViewId(state.chance.id("V"));
    Ok(keep(state, caller, id, trigger.user, body, Some(below.id), below.root))
}

pub(super) fn publish(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let user = UserId::from(args.need("user_id")?);
    if !state.users.contains_key(&user) {
        return Err(fail("user_not_found"));
    }
    let body = body(state, args, "home")?;
    let home = state.views.values().find(|view| view.is_home() && view.user == user && view.app == caller.app);
    if let Some(home) = home.map(|view| view.id.clone()) {
        return change(state, &home, args, body);
    }
    let id = ViewId(state.chance.id("V"));
    Ok(keep(state, caller, id.clone(), user, body, None, id))
}

pub(super) fn update(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let body = body(state, args, "")?;
    let wanted = |view: &&View| match (args.text("view_id"), args.text("external_id")) {
        (Some(id), _) => view.id.0 == id,
        (None, Some(external)) => view.body["external_id"] == external,
        (None, None) => false,
    };
    let found = state.views.values().find(wanted).filter(|view| view.app == caller.app && view.open);
    let found = found.ok_or_else(|| fail("not_found"))?;
    if found.body["type"] != body["type"] {
        return Err(Fail::because("invalid_arguments", vec!["a view keeps its type".to_owned()]));
    }
    let id = found.id.clone();
    change(state, &id, args, body)
}

fn change(state: &mut State, id: &ViewId, args: &Args, body: Value) -> Result<Value, Fail> {
    let hash = state.chance.text(16);
    let view = state.views.get_mut(id).ok_or_else(|| fail("not_found"))?;
    if args.text("hash").is_some_and(|hash| hash != view.hash) {
        return Err(fail("hash_conflict"));
    }
    view.body = body;
    view.hash = hash;
    Ok(json!({ "view": view.json(&Value::Null) }))
}

fn keep(
    state: &mut State,
    caller: &Caller,
    id: ViewId,
    user: UserId,
    body: Value,
    previous: Option<ViewId>,
    root: ViewId,
) -> Value {
    let view = View {
        id: id.clone(),
        app: caller.app.clone(),
        bot: caller.bot.clone(),
        team: caller.team.clone(),
        user,
        body,
        hash: state.chance.text(16),
        previous,
        root,
        open: true,
    };
    let told = view.json(&Value::Null);
    state.views.insert(id, view);
    json!({ "view": told })
}

fn body(state: &mut State, args: &Args, kind: &str) -> Result<Value, Fail> {
    let view = args
        .get("view")
        .ok_or_else(|| Fail::because("invalid_arguments", vec!["missing required field: view".to_owned()]))?;
    let body = blocks::view(view, &mut state.chance).map_err(|why| Fail::because("invalid_arguments", why))?;
    if !kind.is_empty() && body["type"] != kind {
        return Err(Fail::because("invalid_arguments", vec![format!("the view must be of type `{kind}`")]));
    }
    Ok(body)
}

fn trigger(state: &mut State, caller: &Caller, args: &Args) -> Result<Trigger, Fail> {
    let id = args.need("trigger_id")?;
    let now = state.now();
    let found = state.triggers.get_mut(id).filter(|trigger| trigger.app == caller.app && trigger.team == caller.team);
    let trigger = found.ok_or_else(|| fail("invalid_trigger_id"))?;
    if trigger.at + TRIGGER < now {
        return Err(fail("expired_trigger_id"));
    }
    if trigger.used {
        return Err(fail("exchanged_trigger_id"));
    }
    trigger.used = true;
    Ok(trigger.clone())
}
