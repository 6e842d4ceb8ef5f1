//! Apps: themselves, their installations, tokens and deliveries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::auth::{KEY, random};
use crate::call::{Answer, Body, Call, Caller, Refusal, Reply};
use crate::hook::Sent;
use crate::show;
use crate::state::{Holder, Installation, State, Token};
use crate::time::stamp;

/// An installation's token is good for an hour.
const TOKEN_MS: u64 = 3_600_000;
/// Deliveries are listed, and can be sent again, for three days.
const KEPT_MS: u64 = 3 * 24 * 3_600_000;

fn me(call: &Call<'_>) -> Result<u64, Refusal> {
    match &call.caller {
        Caller::App(id) => Ok(*id),
        Caller::Nobody | Caller::Installation { .. } | Caller::Person(_) => Err(Refusal::not_found()),
    }
}

fn mine<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Installation, Refusal> {
    let (id, app) = (call.number("installation_id")?, me(call)?);
    state.installations.get(&id).filter(|found| found.app == app).ok_or_else(Refusal::not_found)
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let id = me(call)?;
    let mut shown = show::app_with(&state, call.world.base(), Some(id));
    let count = state.installations.values().filter(|found| found.app == id).count();
    shown["installations_count"] = count.into();
    Ok(Reply::json(200, shown))
}

pub(crate) fn installations(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let app = me(call)?;
    let found = state.installations.values().filter(|found| found.app == app);
    Ok(call.page(found.map(|found| show::installation(&state, call.world.base(), found)).collect()))
}

pub(crate) fn installation(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = mine(call, &state)?;
    Ok(Reply::json(200, show::installation(&state, call.world.base(), found)))
}

pub(crate) fn of_repository(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let repository = call.repository(&state)?;
    let found = state.installed(me(call)?, repository).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, show::installation(&state, call.world.base(), found)))
}

pub(crate) fn mint(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let found = mine(call, &state)?.clone();
    if found.suspended.is_some() {
        return Err(Refusal::new(403, "This installation has been suspended"));
    }
    let repositories = narrowed_to(call, &state, &found)?;
    let permissions = permitted(call, &found)?;
    let expires = call.now + TOKEN_MS;
    let text = format!("ghs_{}", random(36));
    let mut shown = json!({
        "token": text,
        "expires_at": stamp(expires),
        "permissions": permissions,
        "repository_selection": if repositories.is_none() && found.repositories.is_none() { "all" } else { "selected" },
    });
    if let Some(some) = &repositories {
        let list = some.iter().filter_map(|id| state.repositories.get(id));
        shown["repositories"] = list.map(|found| show::repository(&state, call.world.base(), found)).collect();
    }
    let of = Holder::Installation { id: found.id, repositories, permissions };
    let token = Token { text: text.clone(), of, minted: call.now, expires: Some(expires), revoked: None, uses: 0 };
    state.tokens.insert(text, token);
    Ok(Reply::json(201, shown))
}

/// The repositories a token is asked for. `None`: all of the installation's.
fn narrowed_to(call: &Call<'_>, state: &State, found: &Installation) -> Result<Option<BTreeSet<u64>>, Refusal> {
    let names = call.texts("repositories");
    let ids = call.body.get("repository_ids").and_then(Value::as_array);
    if names.is_none() && ids.is_none() {
        return Ok(None);
    }
    let refused = || {
        Refusal::new(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    };
    let covered: Vec<_> = state.repositories.values().filter(|repository| found.covers(repository)).collect();
    let mut some = BTreeSet::new();
    for name in names.unwrap_or_default() {
        let hit = covered.iter().find(|repository| repository.name.eq_ignore_ascii_case(&name)).ok_or_else(refused)?;
        some.insert(hit.id);
    }
    for id in ids.into_iter().flatten() {
        let hit = covered.iter().find(|repository| Some(repository.id) == id.as_u64()).ok_or_else(refused)?;
        some.insert(hit.id);
    }
    Ok(Some(some))
}

/// The permissions a token is asked for; never more than the installation has.
fn permitted(call: &Call<'_>, found: &Installation) -> Result<BTreeMap<String, String>, Refusal> {
    let Some(asked) = call.body.get("permissions").and_then(Value::as_object) else {
        return Ok(found.permissions.clone());
    };
    let rank = |level: &str| match level {
        "read" => 1,
        "write" => 2,
        "admin" => 3,
        _ => 0,
    };
    let mut permissions = BTreeMap::new();
    for (name, level) in asked {
        let level = level.as_str().unwrap_or_default();
        let has = found.permissions.get(name).map_or(0, |level| rank(level));
        if rank(level) == 0 || rank(level) > has {
            return Err(Refusal::new(422, "The permissions requested are not granted to this installation."));
        }
        permissions.insert(name.clone(), level.to_owned());
    }
    permissions.insert("metadata".into(), "read".into());
    Ok(permissions)
}

pub(crate) fn revoke(call: &Call<'_>) -> Answer {
    if let Caller::Installation { token, .. } = &call.caller
        && let Some(found) = call.world.state().tokens.get_mut(token)
    {
        found.revoked = Some(call.now);
    }
    Ok(Reply::empty())
}

pub(crate) fn repositories(call: &Call<'_>) -> Answer {
    let Caller::Installation { id, repositories, .. } = &call.caller else { return Err(Refusal::not_found()) };
    let state = call.world.state();
    let installation = state.installations.get(id).ok_or_else(Refusal::not_found)?;
    let found = state.repositories.values().filter(|repository| installation.covers(repository));
    let found = found.filter(|repository| repositories.as_ref().is_none_or(|some| some.contains(&repository.id)));
    let shown = found.map(|found| show::repository(&state, call.world.base(), found)).collect();
    let mut reply = call.counted("repositories", shown);
    if let Body::Json(body) = &mut reply.body {
        body["repository_selection"] = if installation.repositories.is_none() { "all" } else { "selected" }.into();
    }
    Ok(reply)
}

fn config(call: &Call<'_>, state: &State) -> Answer {
    let app = state.apps.get(&me(call)?).ok_or_else(Refusal::not_found)?;
    let url = app.hook.clone().unwrap_or_default();
    Ok(Reply::json(200, json!({"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url})))
}

pub(crate) fn hook(call: &Call<'_>) -> Answer {
    config(call, &call.world.state())
}

pub(crate) fn set_hook(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let app = state.apps.get_mut(&me(call)?).ok_or_else(Refusal::not_found)?;
    if let Some(url) = call.owned("url") {
        app.hook = Some(url);
    }
    if let Some(secret) = call.owned("secret") {
        app.webhook_secret = secret;
    }
    config(call, &state)
}

fn item(sent: &Sent) -> Value {
    json!({
        "id": sent.id,
        "guid": sent.guid,
        "delivered_at": stamp(sent.at),
        "redelivery": sent.redelivery,
        "duration": (sent.seconds * 100.0).round() / 100.0,
        "status": sent.status,
        "status_code": sent.code,
        "event": sent.event,
        "action": sent.action,
        "installation_id": sent.installation,
        "repository_id": sent.repository,
        "throttled_at": Value::Null,
    })
}

/// The deliveries, newest first. The cursor is the number of the last one that was seen.
pub(crate) fn deliveries(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let app = me(call)?;
    let size = call.asked("per_page").and_then(|text| text.parse().ok()).unwrap_or(30_usize).clamp(1, 100);
    let before = match call.asked("cursor") {
        Some(cursor) => {
            let number = cursor.strip_prefix("v1_").and_then(|number| number.parse::<u64>().ok());
            number.ok_or_else(|| Refusal::new(422, "Invalid cursor"))?
        }
        None => u64::MAX,
    };
    let wanted = |sent: &&Sent| match call.asked("status") {
        Some("success") => sent.code < 400,
        Some("failure") => sent.code >= 400,
        Some(_) | None => true,
    };
    let mut found: Vec<_> = state
        .sent
        .range(..before)
        .rev()
        .map(|(_, sent)| sent)
        .filter(|sent| sent.app == app && sent.at + KEPT_MS > call.now)
        .filter(wanted)
        .take(size + 1)
        .collect();
    let more = found.len() > size;
    found.truncate(size);
    let mut reply = Reply::json(200, found.iter().map(|sent| item(sent)).collect());
    if let (true, Some(last)) = (more, found.last()) {
        let url = format!("{}/app/hook/deliveries?per_page={size}&cursor=v1_{}", call.world.base(), last.id);
        reply.headers.push(("link", format!("<{url}>; rel=\"next\"")));
    }
    Ok(reply)
}

fn sent<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Sent, Refusal> {
    let (id, app) = (call.number("delivery_id")?, me(call)?);
    let kept = |sent: &&Sent| sent.app == app && sent.at + KEPT_MS > call.now;
    state.sent.get(&id).filter(kept).ok_or_else(Refusal::not_found)
}

pub(crate) fn delivery(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let sent = sent(call, &state)?;
    let mut shown = item(sent);
    shown["url"] = sent.url.as_str().into();
    shown["request"] = json!({"headers": sent.request, "payload": *sent.payload});
    shown["response"] = json!({"headers": sent.response, "payload": sent.answer});
    Ok(Reply::json(200, shown))
}

pub(crate) fn redeliver(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    call.world.again(sent(call, &state)?);
    Ok(Reply::json(202, json!({})))
}

pub(crate) fn convert(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let id = state.manifests.remove(call.param("code")).ok_or_else(Refusal::not_found)?;
    let mut shown = show::app_with(&state, call.world.base(), Some(id));
    let app = state.apps.get(&id).ok_or_else(Refusal::not_found)?;
    shown["client_secret"] = app.client_secret.as_str().into();
    shown["webhook_secret"] = app.webhook_secret.as_str().into();
    shown["pem"] = KEY.into();
    Ok(Reply::json(201, shown))
}
