//! `POST /_world/…`: what people do.

use serde_json::{Value, json};

use crate::act::{Arrives, Submitted, Words};
use crate::app::Installed;
use crate::control::Fields;
use crate::error::Error;
use crate::ids::{AppId, ChannelId, TeamId, Ts, UserId, ViewId};
use crate::world::World;

/// Does what `verb` says.
pub(super) async fn act(world: &World, verb: &str, fields: &Fields) -> Result<Value, Error> {
    match verb {
        "tick" => {
            world.tick().await;
            return Ok(json!({}));
        }
        "release" => {
            world.release().await;
            return Ok(json!({}));
        }
        "verify_url" => {
            world.verify_url(&fields.need("app")?).await?;
            return Ok(json!({}));
        }
        "uninstall" => {
            world.uninstall(&installed(world, fields)?).await;
            return Ok(json!({}));
        }
        _ => {}
    }
    let user: UserId = fields.need("user")?;
    match verb {
        "say" => say(world, &user, fields).await,
        "direct" => Ok(json!({ "channel": world.direct(&user, &installed(world, fields)?).0 })),
        "open_home" => world.open_home(&user, &installed(world, fields)?).await.map(|()| json!({})),
        "shortcut" => world.shortcut(&user, &fields.need::<String>("callback")?).await.map(|()| json!({})),
        "slash" => {
            let (channel, command): (ChannelId, String) = (fields.need("channel")?, fields.need("command")?);
            let ts = world.slash(&user, &channel, &command, fields.text("text")).await?;
            Ok(json!({ "ts": ts.map(|ts| ts.0) }))
        }
        "stop" => {
            let (channel, thread): (ChannelId, Ts) = (fields.need("channel")?, fields.need("thread")?);
            world.stop(&user, &channel, &thread).await.map(|()| json!({}))
        }
        "submit" | "close" | "press_in_view" | "search_in_view" => in_view(world, verb, &user, fields).await,
        _ => on_message(world, verb, &user, fields).await,
    }
}

async fn say(world: &World, user: &UserId, fields: &Fields) -> Result<Value, Error> {
    let mut words = Words::new(fields.text("text"));
    if let Some(thread) = fields.get::<Ts>("thread") {
        words = words.in_thread(&thread);
    }
    if let (Some(channel), Some(ts)) = (fields.get::<ChannelId>("forward_channel"), fields.get::<Ts>("forward_ts")) {
        words = words.forwarding(&channel, &ts);
    }
    if let Some(name) = fields.get::<String>("file_name") {
        let mime = fields.get::<String>("file_type").unwrap_or_else(|| "text/plain".to_owned());
        words = words.with_file(&name, &mime, fields.text("file_text").as_bytes());
    }
    words = words.arriving(match fields.text("arrives") {
        "" | "both" => Arrives::Both,
        "message" => Arrives::Message,
        "mention" => Arrives::Mention,
        other => return Err(Error::unknown("way to arrive", other)),
    });
    let ts = world.post_words(user, &fields.need("channel")?, words).await?;
    Ok(json!({ "ts": ts.0 }))
}

async fn on_message(world: &World, verb: &str, user: &UserId, fields: &Fields) -> Result<Value, Error> {
    let known = ["edit", "delete", "react", "unreact", "press", "search", "message_shortcut"];
    if !known.contains(&verb) {
        return Err(Error::unknown("verb", verb));
    }
    let (channel, ts): (ChannelId, Ts) = (fields.need("channel")?, fields.need("ts")?);
    match verb {
        "edit" => world.edit(user, &channel, &ts, fields.text("text")).await?,
        "delete" => world.delete(user, &channel, &ts).await?,
        "react" => world.react(user, &channel, &ts, &fields.need::<String>("emoji")?).await?,
        "unreact" => world.unreact(user, &channel, &ts, &fields.need::<String>("emoji")?).await?,
        "press" => {
            let button: String = fields.need("button")?;
            match fields.get::<String>("option") {
                Some(option) => world.pick(user, &channel, &ts, &button, &option).await?,
                None => world.press(user, &channel, &ts, &button).await?,
            }
        }
        "search" => {
            let select: String = fields.need("button")?;
            return Ok(options(world.search(user, &channel, &ts, &select, fields.text("text")).await?));
        }
        _ => world.message_shortcut(user, &channel, &ts, &fields.need::<String>("callback")?).await?,
    }
    Ok(json!({}))
}

async fn in_view(world: &World, verb: &str, user: &UserId, fields: &Fields) -> Result<Value, Error> {
    let view: ViewId = fields.need("view")?;
    match verb {
        "close" => world.close(user, &view).await.map(|()| json!({})),
        "press_in_view" => {
            let button: String = fields.need("button")?;
            match fields.get::<String>("option") {
                Some(option) => world.pick_in_view(user, &view, &button, &option).await?,
                None => world.press_in_view(user, &view, &button).await?,
            }
            Ok(json!({}))
        }
        "search_in_view" => {
            let select: String = fields.need("button")?;
            Ok(options(world.search_in_view(user, &view, &select, fields.text("text")).await?))
        }
        _ => {
            let given = fields.0["values"].as_object().into_iter().flatten();
            let given: Vec<(&str, &str)> =
                given.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())).collect();
            Ok(match world.submit(user, &view, &given).await? {
                Submitted::Closed => json!({ "became": "closed" }),
                Submitted::Cleared => json!({ "became": "cleared" }),
                Submitted::Errors(errors) => json!({ "became": "errors", "errors": errors }),
                Submitted::Updated(view) => json!({ "became": "updated", "view": view.0 }),
                Submitted::Pushed(view) => json!({ "became": "pushed", "view": view.0 }),
            })
        }
    }
}

fn options(found: Vec<(String, String)>) -> Value {
    let found = found.into_iter().map(|(text, value)| json!({ "text": text, "value": value }));
    json!({ "options": found.collect::<Vec<_>>() })
}

/// The installation that is meant: of `app`, in `team` when it is said.
fn installed(world: &World, fields: &Fields) -> Result<Installed, Error> {
    let app: AppId = fields.need("app")?;
    let team: Option<TeamId> = fields.get("team");
    let state = world.state();
    let mut all = state.installations.iter().filter(|one| !one.revoked && one.public.app == app);
    let found = all.find(|one| team.as_ref().is_none_or(|team| team == &one.public.team));
    found.map(|one| one.public.clone()).ok_or_else(|| Error::unknown("app", &app))
}
