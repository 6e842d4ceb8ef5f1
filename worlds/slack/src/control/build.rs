//! `POST /_world/…`: building the world, and making it go wrong.

use serde_json::{Value, json};

use crate::app::{AppSpec, Urls};
use crate::control::Fields;
use crate::edge::{Manner, Rule};
use crate::error::Error;
use crate::fault::Fault;
use crate::ids::{AppId, ChannelId, TeamId, UserId};
use crate::team::Kind;
use crate::world::World;

/// Does what `verb` builds; nothing when it builds nothing.
pub(super) fn build(world: &World, verb: &str, fields: &Fields) -> Option<Result<Value, Error>> {
    let done = match verb {
        "team" => Ok(json!({ "team": world.team(fields.text("name")).0 })),
        "person" => person(world, fields),
        "channel" => channel(world, fields),
        "join" => member(fields).map(|(channel, user)| {
            world.join(&channel, &user);
            json!({})
        }),
        "leave" => member(fields).map(|(channel, user)| {
            world.leave(&channel, &user);
            json!({})
        }),
        "topic" => fields.need::<ChannelId>("channel").map(|channel| {
            world.set_topic(&channel, fields.text("topic"));
            json!({})
        }),
        "app" => Ok(app(world, fields)),
        "point" => fields.need::<AppId>("app").map(|app| {
            world.point(&app, Urls::all(fields.text("url")));
            json!({})
        }),
        "install" => install(world, fields),
        "rule" => rule(world, fields),
        "outage" => {
            world.outage(fields.flag("on"));
            Ok(json!({}))
        }
        "fault" => fault(world, fields),
        "faults" => {
            world.faults(fields.number("permille", 0));
            Ok(json!({}))
        }
        "weather" => {
            world.weather(fields.number("permille", 0));
            Ok(json!({}))
        }
        "latency" => {
            world.latency(std::time::Duration::from_millis(fields.number("ms", 0).into()));
            Ok(json!({}))
        }
        _ => return None,
    };
    Some(done)
}

fn member(fields: &Fields) -> Result<(ChannelId, UserId), Error> {
    Ok((fields.need("channel")?, fields.need("user")?))
}

fn person(world: &World, fields: &Fields) -> Result<Value, Error> {
    let kind = match fields.text("kind") {
        "" | "member" => Kind::Member,
        "admin" => Kind::Admin,
        "guest" => Kind::Guest,
        "one_channel_guest" => Kind::OneChannelGuest,
        "gone" => Kind::Gone,
        other => return Err(Error::unknown("kind of person", other)),
    };
    let team: TeamId = fields.need("team")?;
    world.state().team(&team)?;
    Ok(json!({ "user": world.person_as(&team, &fields.need::<String>("name")?, kind).0 }))
}

fn channel(world: &World, fields: &Fields) -> Result<Value, Error> {
    let team: TeamId = fields.need("team")?;
    world.state().team(&team)?;
    let members: Vec<UserId> = fields.words("members").into_iter().map(UserId).collect();
    let members: Vec<&UserId> = members.iter().collect();
    let name: String = fields.need("name")?;
    let channel = if fields.flag("private") {
        world.private_channel(&team, &name, &members)
    } else {
        world.channel(&team, &name, &members)
    };
    Ok(json!({ "channel": channel.0 }))
}

fn app(world: &World, fields: &Fields) -> Value {
    let mut spec = AppSpec::everything(fields.get::<String>("name").as_deref().unwrap_or("signalbox"));
    if let Some(secret) = fields.get("signing_secret") {
        spec.signing_secret = secret;
    }
    spec.socket_mode = fields.flag("socket_mode");
    spec.agent = !fields.flag("no_agent");
    spec.commands.extend(fields.words("commands"));
    spec.shortcuts.extend(fields.words("shortcuts"));
    for scope in fields.words("without_scopes") {
        spec.scopes.remove(&scope);
    }
    for event in fields.words("without_events") {
        spec.events.remove(&event);
    }
    let registered = world.app(spec);
    if let Some(url) = fields.get::<String>("url") {
        world.point(&registered.id, Urls::all(&url));
    }
    json!({
        "app": registered.id.0,
        "signing_secret": registered.signing_secret,
        "app_token": registered.app_token,
    })
}

fn install(world: &World, fields: &Fields) -> Result<Value, Error> {
    let one = world.install(&fields.need("app")?, &fields.need("team")?)?;
    Ok(json!({ "token": one.token, "user": one.user.0, "bot": one.bot.0 }))
}

fn rule(world: &World, fields: &Fields) -> Result<Value, Error> {
    let manner = match fields.text("manner") {
        "lost" => Manner::Lost,
        "copies" => Manner::Copies { count: fields.number("count", 11), fresh_ids: !fields.flag("same_id") },
        "answer_lost" => Manner::AnswerLost,
        "unreachable" => Manner::Unreachable,
        "held" => Manner::Held,
        "forged" => Manner::Forged,
        "old" => Manner::Old(fields.number("seconds", 301).into()),
        other => return Err(Error::unknown("manner", other)),
    };
    world.rule(Rule { kind: fields.get("kind"), times: fields.number("times", 1), manner });
    Ok(json!({}))
}

fn fault(world: &World, fields: &Fields) -> Result<Value, Error> {
    let fault = match fields.text("fault") {
        "drop_before" => Fault::DropBefore,
        "drop_after" => Fault::DropAfter,
        "server_error" => Fault::ServerError,
        "server_error_after" => Fault::ServerErrorAfter,
        "rate_limited" => Fault::RateLimited(fields.number("seconds", 5).into()),
        "refused" => Fault::Refused(fields.need("error")?),
        other => return Err(Error::unknown("fault", other)),
    };
    let method: Option<String> = fields.get("method");
    world.fault(method.as_deref(), fault, fields.number("times", 1));
    Ok(json!({}))
}
