//! Apps of themselves: sockets, and manifests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, fail};
use crate::app::{App, AppSpec, Urls};
use crate::ids::AppId;
use crate::state::State;

pub(super) fn open_connection(state: &mut State, caller: &Caller, _: &Args) -> Result<Value, Fail> {
    if !state.apps.get(&caller.app).is_some_and(|app| app.spec.socket_mode) {
        return Err(fail("forbidden_socket_mode"));
    }
    let ticket = state.chance.text(32).to_lowercase();
    state.tickets.insert(ticket.clone(), caller.app.clone());
    let host = state.base.strip_prefix("http://").unwrap_or(&state.base);
    Ok(json!({ "url": format!("ws://{host}/link/?ticket={ticket}&app_id={}", caller.app) }))
}

pub(super) fn validate(_: &mut State, _: &Caller, args: &Args) -> Result<Value, Fail> {
    manifest(args).map(|_| json!({ "errors": [] }))
}

pub(super) fn create(state: &mut State, _: &Caller, args: &Args) -> Result<Value, Fail> {
    let manifest = manifest(args)?;
    let id = AppId(state.chance.id("A"));
    let secret = state.chance.text(32).to_lowercase();
    let app = App {
        id: id.clone(),
        spec: spec(&manifest, &secret),
        urls: urls(&manifest),
        app_token: format!("xapp-1-{id}-{}", state.chance.text(32).to_lowercase()),
        verification_token: state.chance.text(24),
        manifest: Some(manifest),
    };
    let client = format!("{}.{}", state.count(), state.chance.next());
    let answer = json!({
        "app_id": id.0,
        "credentials": {
            "client_id": client,
            "client_secret": state.chance.text(32).to_lowercase(),
            "verification_token": app.verification_token,
            "signing_secret": secret,
        },
        "oauth_authorize_url": format!("{}/oauth/v2/authorize?client_id={client}", state.base),
    });
    state.apps.insert(id, app);
    Ok(answer)
}

pub(super) fn update(state: &mut State, _: &Caller, args: &Args) -> Result<Value, Fail> {
    let manifest = manifest(args)?;
    let id = args.need("app_id")?;
    let app = state.apps.get_mut(id).ok_or_else(|| fail("invalid_app_id"))?;
    let new = spec(&manifest, &app.spec.signing_secret);
    let permissions = new.scopes != app.spec.scopes;
    app.spec = new;
    app.urls = urls(&manifest);
    app.manifest = Some(manifest);
    Ok(json!({ "app_id": id, "permissions_updated": permissions }))
}

pub(super) fn export(state: &mut State, _: &Caller, args: &Args) -> Result<Value, Fail> {
    let app = state.apps.get(args.need("app_id")?).ok_or_else(|| fail("invalid_app_id"))?;
    Ok(json!({ "manifest": exported(app) }))
}

/// The manifest of an app as it is now, whatever it was made from.
fn exported(app: &App) -> Value {
    let mut manifest = app.manifest.clone().unwrap_or_else(|| json!({}));
    let spec = &app.spec;
    manifest["display_information"]["name"] = json!(spec.name);
    manifest["oauth_config"]["scopes"]["bot"] = json!(spec.scopes);
    manifest["settings"]["event_subscriptions"]["bot_events"] = json!(spec.events);
    manifest["settings"]["socket_mode_enabled"] = json!(spec.socket_mode);
    for (part, name, made) in
        [("slash_commands", "command", &spec.commands), ("shortcuts", "callback_id", &spec.shortcuts)]
    {
        if manifest["features"][part].is_null() {
            manifest["features"][part] = made.iter().map(|one| json!({ name: one })).collect();
        }
    }
    if !app.urls.events.is_empty() {
        manifest["settings"]["event_subscriptions"]["request_url"] = json!(app.urls.events);
        manifest["settings"]["interactivity"] = json!({
            "is_enabled": true,
            "request_url": app.urls.interactions,
            "message_menu_options_url": app.urls.options,
        });
    }
    manifest
}

fn manifest(args: &Args) -> Result<Value, Fail> {
    let given = args.get("manifest").ok_or_else(|| fail("invalid_arguments"))?;
    let read = match given.as_str() {
        Some(text) => serde_json::from_str(text).map_err(|_| fail("invalid_manifest"))?,
        None => given.clone(),
    };
    let wrong = wrong(&read);
    if wrong.is_empty() { Ok(read) } else { Err(Fail::because("invalid_manifest", wrong)) }
}

/// What is wrong with a manifest.
fn wrong(manifest: &Value) -> Vec<String> {
    const PARTS: [&str; 9] = [
        "_metadata",
        "app_directory",
        "display_information",
        "features",
        "functions",
        "oauth_config",
        "outgoing_domains",
        "settings",
        "workflows",
    ];
    let mut wrong = Vec::new();
    let Some(parts) = manifest.as_object() else { return vec!["a manifest is an object".to_owned()] };
    wrong.extend(
        parts.keys().filter(|part| !PARTS.contains(&part.as_str())).map(|part| format!("/{part}: unknown property")),
    );
    match manifest["display_information"]["name"].as_str() {
        Some(name) if (1..=35).contains(&name.chars().count()) => {}
        _ => wrong.push("/display_information/name: must be 1 to 35 characters".to_owned()),
    }
    let socket = manifest["settings"]["socket_mode_enabled"] == true;
    let subscriptions = &manifest["settings"]["event_subscriptions"];
    let listens = subscriptions["bot_events"].as_array().is_some_and(|events| !events.is_empty());
    if listens && !socket && !subscriptions["request_url"].is_string() {
        wrong.push("/settings/event_subscriptions/request_url: required without socket mode".to_owned());
    }
    let scopes: BTreeSet<&str> =
        manifest["oauth_config"]["scopes"]["bot"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for event in subscriptions["bot_events"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let needed = match event.split_once('.') {
            Some(("message", family)) => format!("{family}:history"),
            _ if event == "app_mention" => "app_mentions:read".to_owned(),
            _ if event.starts_with("reaction_") => "reactions:read".to_owned(),
            _ => continue,
        };
        if !scopes.contains(needed.as_str()) {
            wrong.push(format!("/settings/event_subscriptions/bot_events: `{event}` needs the scope `{needed}`"));
        }
    }
    let features = &manifest["features"];
    let commands = features["slash_commands"].as_array();
    for command in commands.into_iter().flatten() {
        if !command["command"].as_str().is_some_and(|name| name.starts_with('/')) || !command["description"].is_string()
        {
            wrong.push("/features/slash_commands: a command begins with / and has a description".to_owned());
        }
    }
    if commands.is_some_and(|commands| !commands.is_empty()) && !scopes.contains("commands") {
        wrong.push("/features/slash_commands: needs the scope `commands`".to_owned());
    }
    for shortcut in features["shortcuts"].as_array().into_iter().flatten() {
        let kind = shortcut["type"].as_str().unwrap_or_default();
        let whole = ["name", "callback_id", "description"].iter().all(|field| shortcut[field].is_string());
        if !whole || !matches!(kind, "message" | "global") {
            wrong.push("/features/shortcuts: a shortcut has name, type, callback_id and description".to_owned());
        }
    }
    wrong
}

fn spec(manifest: &Value, secret: &str) -> AppSpec {
    let strings = |list: &Value| -> BTreeSet<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let fields = |list: &Value, field: &str| -> BTreeSet<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|one| one[field].as_str()).map(str::to_owned).collect()
    };
    let features = &manifest["features"];
    let agent = ["assistant_view", "agent_view", "agent"].iter().any(|feature| features[feature].is_object());
    AppSpec {
        name: manifest["display_information"]["name"].as_str().unwrap_or_default().to_owned(),
        signing_secret: secret.to_owned(),
        scopes: strings(&manifest["oauth_config"]["scopes"]["bot"]),
        events: strings(&manifest["settings"]["event_subscriptions"]["bot_events"]),
        commands: fields(&features["slash_commands"], "command"),
        shortcuts: fields(&features["shortcuts"], "callback_id"),
        agent,
        socket_mode: manifest["settings"]["socket_mode_enabled"] == true,
    }
}

fn urls(manifest: &Value) -> Urls {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let settings = &manifest["settings"];
    let interactions = text(&settings["interactivity"]["request_url"]);
    let options = settings["interactivity"]["message_menu_options_url"].as_str().unwrap_or(&interactions);
    Urls {
        events: text(&settings["event_subscriptions"]["request_url"]),
        options: options.to_owned(),
        commands: text(&manifest["features"]["slash_commands"][0]["url"]),
        interactions,
    }
}
