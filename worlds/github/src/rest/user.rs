//! People, and what GitHub says of itself.

use serde_json::json;

use crate::call::{Answer, Call, Caller, Refusal, Reply};
use crate::meters::CALLS_PER_HOUR;
use crate::show;
use crate::world::lock;

pub(crate) fn me(call: &Call<'_>) -> Answer {
    let Caller::Person(id) = &call.caller else { return Err(Refusal::new(401, "Requires authentication")) };
    let state = call.world.state();
    let account = state.accounts.get(id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, show::profile(&state, call.world.base(), account)))
}

pub(crate) fn named(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let account = state.account(call.param("username")).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, show::profile(&state, call.world.base(), account)))
}

pub(crate) fn numbered(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let account = state.accounts.get(&call.number("account_id")?).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, show::profile(&state, call.world.base(), account)))
}

pub(crate) fn rate_limit(call: &Call<'_>) -> Answer {
    let who = match &call.caller {
        Caller::Nobody => "nobody".to_owned(),
        Caller::App(id) => format!("app {id}"),
        Caller::Installation { id, .. } => format!("installation {id}"),
        Caller::Person(id) => format!("account {id}"),
    };
    let all = lock(&call.world.used);
    let (used, reset) = all.get(&who).map_or((0, call.now), |used| (used.calls(), used.reset(call.now)));
    let left = CALLS_PER_HOUR.saturating_sub(used);
    let core = json!({"limit": CALLS_PER_HOUR, "remaining": left, "reset": reset / 1_000, "used": used});
    let search = json!({"limit": 30, "remaining": 30, "reset": call.now / 1_000, "used": 0});
    Ok(Reply::json(200, json!({"resources": {"core": core, "search": search}, "rate": core})))
}

pub(crate) fn meta(_: &Call<'_>) -> Answer {
    let hooks = ["127.0.0.1/32"];
    Ok(Reply::json(
        200,
        json!({"verifiable_password_authentication": false, "hooks": hooks, "api": hooks, "git": hooks}),
    ))
}
