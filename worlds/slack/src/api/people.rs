//! Who is who: the caller, people, bots, workspaces.

use serde_json::{Value, json};

use crate::api::conversations::slice;
use crate::api::{Args, Caller, Fail, fail};
use crate::ids::UserId;
use crate::state::State;
use crate::team::{User, handle};

pub(super) fn api_test(_: &mut State, _: &Caller, args: &Args) -> Result<Value, Fail> {
    match args.text("error") {
        Some(error) => Err(fail(error)),
        None => Ok(json!({ "args": args.value() })),
    }
}

pub(super) fn auth_test(state: &mut State, caller: &Caller, _: &Args) -> Result<Value, Fail> {
    let team = state.teams.get(&caller.team).ok_or_else(|| fail("invalid_auth"))?;
    let name = state.users.get(&caller.user).map(|user| handle(&user.name));
    Ok(json!({
        "url": team.url(&state.base),
        "team": team.name,
        "user": name,
        "team_id": caller.team.0,
        "user_id": caller.user.0,
        "bot_id": caller.bot.0,
        "is_enterprise_install": false,
    }))
}

pub(super) fn user(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let id = args.user("user")?;
    let user =
        state.users.get(&id).filter(|user| visible(state, caller, user)).ok_or_else(|| fail("user_not_found"))?;
    Ok(json!({ "user": user.json(&caller.team, email(state, caller)) }))
}

pub(super) fn users(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let all: Vec<&User> = state.users.values().filter(|user| user.team == caller.team).collect();
    let (page, next) = slice(&all, args)?;
    let email = email(state, caller);
    let members: Vec<Value> = page.iter().map(|user| user.json(&caller.team, email)).collect();
    Ok(json!({ "members": members, "cache_ts": state.now() / 1_000, "response_metadata": { "next_cursor": next } }))
}

pub(super) fn bot(state: &mut State, _: &Caller, args: &Args) -> Result<Value, Fail> {
    let id = args.text("bot").ok_or_else(|| fail("bot_not_found"))?;
    let found = state.installations.iter().find(|one| one.public.bot.0 == id);
    let one = found.ok_or_else(|| fail("bot_not_found"))?;
    let name = state.apps.get(&one.public.app).map(|app| app.spec.name.clone());
    Ok(json!({ "bot": {
        "id": id, "deleted": one.revoked, "name": name, "updated": 1_700_000_000, "app_id": one.public.app.0,
        "user_id": one.public.user.0, "icons": { "image_36": "", "image_48": "", "image_72": "" },
    } }))
}

pub(super) fn team(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let id = args.text("team").unwrap_or(&caller.team.0);
    let shares = |id: &str| {
        state
            .channels
            .values()
            .any(|place| place.members.contains(&caller.user) && (place.team.0 == id || place.shared.contains(id)))
    };
    let team = state.teams.get(id).filter(|team| team.id == caller.team || shares(id));
    let team = team.ok_or_else(|| fail("team_not_found"))?;
    Ok(
        json!({ "team": { "id": team.id.0, "name": team.name, "domain": team.domain, "email_domain": "", "url": team.url(&state.base) } }),
    )
}

/// People of the caller's workspace, and those from elsewhere it shares a channel with.
fn visible(state: &State, caller: &Caller, user: &User) -> bool {
    let meets =
        |id: &UserId| state.channels.values().any(|place| place.is_in(&caller.team) && place.members.contains(id));
    user.team == caller.team || meets(&user.id)
}

fn email(state: &State, caller: &Caller) -> bool {
    state.apps.get(&caller.app).is_some_and(|app| app.spec.scopes.contains("users:read.email"))
}
