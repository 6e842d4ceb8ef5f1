//! Linking an account: OAuth's web flow, in which everybody says yes at once.

use serde_json::json;

use crate::auth::random;
use crate::call::{Answer, Body, Call, Refusal, Reply};
use crate::state::{Holder, Token};

/// A user's token of an app is good for eight hours.
const TOKEN_MS: u64 = 8 * 3_600_000;

/// Where a browser is sent. `login` says who sits before it; they are sent back with a code at once.
pub(crate) fn authorize(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let client = call.asked("client_id").unwrap_or_default();
    let app =
        state.apps.values().find(|app| app.client_id == client).map(|app| app.id).ok_or_else(Refusal::not_found)?;
    let login = call.asked("login").unwrap_or_default();
    let who = state
        .account(login)
        .map(|account| account.id)
        .ok_or_else(|| Refusal::new(401, "Sign in: add &login=<a login> to this address"))?;
    let code = random(20).to_lowercase();
    state.grants.insert(code.clone(), (who, app));
    let back = call.asked("redirect_uri").unwrap_or_default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("code", &code).append_pair("state", call.asked("state").unwrap_or_default());
    let separator = if back.contains('?') { '&' } else { '?' };
    let location = format!("{back}{separator}{}", query.finish());
    Ok(Reply { status: 302, headers: vec![("location", location)], body: Body::Empty })
}

pub(crate) fn token(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let field = |name: &str| call.text(name).or_else(|| call.asked(name)).unwrap_or_default();
    let answer = |value: serde_json::Value| {
        if call.request.header("accept").is_some_and(|accept| accept.contains("json")) {
            return Reply::json(200, value);
        }
        let mut text = form_urlencoded::Serializer::new(String::new());
        for (name, value) in value.as_object().into_iter().flatten() {
            text.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        Reply::raw("application/x-www-form-urlencoded; charset=utf-8", text.finish().into_bytes())
    };
    let app = state.apps.values().find(|app| app.client_id == field("client_id"));
    let Some(app) = app.filter(|app| app.client_secret == field("client_secret")).map(|app| app.id) else {
        let why = "The client_id and/or client_secret passed are incorrect.";
        return Ok(answer(json!({"error": "incorrect_client_credentials", "error_description": why})));
    };
    let granted = state.grants.get(field("code")).copied().filter(|(_, of)| *of == app);
    let Some((who, _)) = granted else {
        let why = "The code passed is incorrect or expired.";
        return Ok(answer(json!({"error": "bad_verification_code", "error_description": why})));
    };
    state.grants.remove(field("code"));
    let text = format!("ghu_{}", random(36));
    let expires = Some(call.now + TOKEN_MS);
    let token =
        Token { text: text.clone(), of: Holder::Person(who), minted: call.now, expires, revoked: None, uses: 0 };
    state.tokens.insert(text.clone(), token);
    Ok(answer(json!({"access_token": text, "token_type": "bearer", "scope": "", "expires_in": TOKEN_MS / 1_000})))
}
