//! `GET /_world/…`: what there is to see.

use serde_json::{Value, json};

use crate::control::Fields;
use crate::error::Error;
use crate::ids::{AppId, ChannelId, Ts, UserId};
use crate::seen::{Screen, Seen};
use crate::team::Kind;
use crate::world::World;

/// Shows what `verb` asks for.
pub(super) fn read(world: &World, verb: &str, fields: &Fields) -> Result<Value, Error> {
    match verb {
        "state" => Ok(state(world)),
        "history" => {
            let channel: ChannelId = fields.need("channel")?;
            let seen = world.history(&channel)?;
            Ok(json!({ "messages": seen.iter().map(message).collect::<Vec<_>>() }))
        }
        "thread" => {
            let (channel, ts): (ChannelId, Ts) = (fields.need("channel")?, fields.need("ts")?);
            let seen = world.thread(&channel, &ts)?;
            let session = world.session(&channel, &ts).map(|session| {
                json!({ "status": session.status().word(), "title": session.title, "stopping": session.stopping })
            });
            let messages: Vec<Value> = seen.iter().map(message).collect();
            Ok(json!({ "messages": messages, "session": session, "typing": world.typing(&channel, &ts) }))
        }
        "transcript" => {
            let (channel, ts): (ChannelId, Ts) = (fields.need("channel")?, fields.need("ts")?);
            Ok(json!({ "transcript": world.transcript(&channel, &ts)? }))
        }
        "home" => {
            let (user, app): (UserId, AppId) = (fields.need("user")?, fields.need("app")?);
            Ok(json!({ "home": world.home(&user, &app).as_ref().map(screen) }))
        }
        "modals" => {
            let user: UserId = fields.need("user")?;
            Ok(json!({ "modals": world.modals(&user).iter().map(screen).collect::<Vec<_>>() }))
        }
        "meters" => Ok(meters(world)),
        "refusals" => Ok(refusals(world)),
        "deliveries" => Ok(deliveries(world)),
        other => Err(Error::unknown("thing to read", other)),
    }
}

fn state(world: &World) -> Value {
    let state = world.state();
    let teams: Vec<Value> = state
        .teams
        .values()
        .map(|team| {
            let users = state.users.values().filter(|user| user.team == team.id);
            let users = users.map(|user| json!({ "id": user.id.0, "name": user.name, "kind": kind(user.kind) }));
            let channels = state.channels.values().filter(|channel| channel.is_in(&team.id)).map(|channel| {
                let members: Vec<&str> = channel.members.iter().map(|user| user.0.as_str()).collect();
                json!({
                    "id": channel.id.0, "name": channel.name, "kind": channel.sort.listed_as(),
                    "topic": channel.topic, "members": members,
                })
            });
            let apps = state.installations.iter().filter(|one| one.public.team == team.id && !one.revoked);
            let apps = apps.filter_map(|one| {
                let app = state.apps.get(&one.public.app)?;
                Some(json!({
                    "id": app.id.0, "name": app.spec.name, "user": one.public.user.0, "bot": one.public.bot.0,
                    "token": one.public.token, "app_token": app.app_token,
                    "signing_secret": app.spec.signing_secret, "url": app.urls.events,
                    "socket_mode": app.spec.socket_mode, "commands": app.spec.commands,
                    "shortcuts": app.spec.shortcuts,
                }))
            });
            json!({
                "id": team.id.0, "name": team.name, "users": users.collect::<Vec<_>>(),
                "channels": channels.collect::<Vec<_>>(), "apps": apps.collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "url": state.base, "api_url": format!("{}/api", state.base), "now": state.now(), "teams": teams })
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Member => "member",
        Kind::Admin => "admin",
        Kind::Guest => "guest",
        Kind::OneChannelGuest => "one_channel_guest",
        Kind::Gone => "gone",
        Kind::Bot => "bot",
    }
}

fn message(seen: &Seen) -> Value {
    let reactions = seen.reactions.iter().map(|(emoji, users)| json!({ "emoji": emoji, "count": users.len() }));
    json!({
        "ts": seen.ts.0, "thread": seen.thread.as_ref().map(|ts| &ts.0), "user": seen.user.0, "who": seen.who,
        "by_app": seen.by_app, "text": seen.text, "blocks": seen.blocks, "buttons": seen.buttons,
        "reactions": reactions.collect::<Vec<_>>(), "edits": seen.edits,
        "only_for": seen.only_for.as_ref().map(|user| &user.0), "deleted": seen.deleted,
        "streaming": seen.streaming, "files": seen.files,
    })
}

fn screen(screen: &Screen) -> Value {
    json!({
        "id": screen.id.0, "title": screen.title, "text": screen.text, "buttons": screen.buttons, "body": screen.body,
    })
}

fn meters(world: &World) -> Value {
    let meters = world.meters();
    json!({
        "calls": meters.calls, "over": meters.over, "early": meters.early, "refused": meters.refused,
        "faults": meters.faults, "messages": meters.messages,
    })
}

fn refusals(world: &World) -> Value {
    let refusals = world.refusals();
    let refusals = refusals.iter().map(|one| {
        json!({
            "at": one.at, "app": one.app.as_ref().map(|app| &app.0), "method": one.method, "error": one.error,
            "details": one.details, "arguments": one.arguments,
        })
    });
    json!({ "refusals": refusals.collect::<Vec<_>>() })
}

fn deliveries(world: &World) -> Value {
    let deliveries = world.deliveries();
    let deliveries = deliveries.iter().map(|one| {
        let attempts = one.attempts.iter();
        let attempts = attempts.map(|one| json!({ "at": one.at, "status": one.status, "failure": one.failure }));
        json!({
            "app": one.app.0, "kind": one.kind, "body": one.body, "taken": one.taken(),
            "attempts": attempts.collect::<Vec<_>>(),
        })
    });
    json!({ "deliveries": deliveries.collect::<Vec<_>>() })
}
