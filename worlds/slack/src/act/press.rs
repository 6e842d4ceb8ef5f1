//! Pressing buttons, picking options, searching in selects: on messages and in views.

use serde_json::{Value, json};

use crate::act::pick::{self, Found};
use crate::app::Installed;
use crate::edge::{Outgoing, Payload};
use crate::error::Error;
use crate::ids::{ChannelId, Ts, UserId, ViewId};
use crate::message::Author;
use crate::state::{ResponseUrl, State};
use crate::world::World;

/// What is pressed on.
#[derive(Clone, Copy, Debug)]
enum On<'a> {
    Message(&'a ChannelId, &'a Ts),
    View(&'a ViewId),
}

impl World {
    /// Somebody presses a button of a message, by what is written on it or by its action id.
    ///
    /// # Errors
    ///
    /// When there is no such message or button, or the app does not answer.
    pub async fn press(&self, user: &UserId, channel: &ChannelId, ts: &Ts, button: &str) -> Result<(), Error> {
        self.interact(user, On::Message(channel, ts), button, None).await
    }

    /// Somebody picks an option in a select or menu of a message.
    ///
    /// # Errors
    ///
    /// When there is no such message, select or option, or the app does not answer.
    pub async fn pick(
        &self,
        user: &UserId,
        channel: &ChannelId,
        ts: &Ts,
        select: &str,
        option: &str,
    ) -> Result<(), Error> {
        self.interact(user, On::Message(channel, ts), select, Some(option)).await
    }

    /// Somebody presses a button of a modal or home tab.
    ///
    /// # Errors
    ///
    /// When there is no such view or button, or the app does not answer.
    pub async fn press_in_view(&self, user: &UserId, view: &ViewId, button: &str) -> Result<(), Error> {
        self.interact(user, On::View(view), button, None).await
    }

    /// Somebody picks an option in a select of a modal or home tab.
    ///
    /// # Errors
    ///
    /// When there is no such view, select or option, or the app does not answer.
    pub async fn pick_in_view(&self, user: &UserId, view: &ViewId, select: &str, option: &str) -> Result<(), Error> {
        self.interact(user, On::View(view), select, Some(option)).await
    }

    /// Somebody types into a select with search on a message; gives the options it shows, as text and value.
    ///
    /// # Errors
    ///
    /// When there is no such select, or the app does not answer with options.
    pub async fn search(
        &self,
        user: &UserId,
        channel: &ChannelId,
        ts: &Ts,
        select: &str,
        typed: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        self.suggest(user, On::Message(channel, ts), select, typed).await
    }

    /// Somebody types into a select with search of a view.
    ///
    /// # Errors
    ///
    /// When there is no such select, or the app does not answer with options.
    pub async fn search_in_view(
        &self,
        user: &UserId,
        view: &ViewId,
        select: &str,
        typed: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        self.suggest(user, On::View(view), select, typed).await
    }

    async fn interact(&self, user: &UserId, on: On<'_>, name: &str, option: Option<&str>) -> Result<(), Error> {
        let outgoing = {
            let mut state = self.state();
            let (installed, found) = state.found(user, on, name)?;
            let mut action = json!({
                "type": found.kind(),
                "action_id": found.action_id(),
                "block_id": found.block_id,
                "action_ts": state.stamp().0,
            });
            if let Some(option) = option {
                let filled = found.filled(option).map_err(Error::NotAllowed)?;
                for (field, value) in filled.as_object().into_iter().flatten() {
                    action[field] = value.clone();
                }
            } else {
                for field in ["text", "value", "url"] {
                    if !found.element[field].is_null() {
                        action[field] = found.element[field].clone();
                    }
                }
            }
            let mut payload = state.pressed("block_actions", &installed, user, on);
            payload["actions"] = json!([action]);
            let payload = Payload::Interactive(payload);
            Outgoing { app: installed.app, payload, record: None }
        };
        self.ask(outgoing).await.map(|_| ())
    }

    async fn suggest(
        &self,
        user: &UserId,
        on: On<'_>,
        select: &str,
        typed: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let outgoing = {
            let mut state = self.state();
            let (installed, found) = state.found(user, on, select)?;
            if !found.kind().contains("external") {
                return Err(Error::not_allowed(format!("`{select}` has no search")));
            }
            let least = found.element["min_query_length"].as_u64().unwrap_or(3);
            if (typed.chars().count() as u64) < least {
                return Ok(Vec::new());
            }
            let mut payload = state.pressed("block_suggestion", &installed, user, on);
            if let Some(fields) = payload.as_object_mut() {
                for absent in ["trigger_id", "response_url", "state"] {
                    fields.remove(absent);
                }
            }
            payload["action_id"] = json!(found.action_id());
            payload["block_id"] = json!(found.block_id);
            payload["value"] = json!(typed);
            let payload = Payload::Suggestion(payload);
            Outgoing { app: installed.app, payload, record: None }
        };
        let answer = self.ask(outgoing).await?;
        options(&answer).ok_or_else(|| Error::Unanswered(format!("options were asked for, {answer} was answered")))
    }
}

impl State {
    /// The thing called `name`, and whose it is.
    fn found(&self, user: &UserId, on: On<'_>, name: &str) -> Result<(Installed, Found), Error> {
        let (blocks, installed) = match on {
            On::Message(channel, ts) => {
                self.may_speak(user, channel)?;
                let message = self.message(channel, ts)?;
                if message.only_for.as_ref().is_some_and(|only| only != user) {
                    return Err(Error::unknown("message", ts));
                }
                let Author::App { app, .. } = &message.author else {
                    return Err(Error::not_allowed("only messages of apps have buttons"));
                };
                let installed = self.installed_for(app, channel).ok_or_else(|| Error::unknown("app", app))?;
                (message.content.blocks.clone(), installed)
            }
            On::View(id) => {
                let view = self.views.get(id).filter(|view| view.open && &view.user == user);
                let view = view.ok_or_else(|| Error::unknown("view", id))?;
                let installed = self.installation(&view.app, &view.team).map(|one| one.public.clone());
                let blocks = view.body["blocks"].as_array().cloned().unwrap_or_default();
                (blocks, installed.ok_or_else(|| Error::unknown("app", &view.app))?)
            }
        };
        let found = pick::find(&blocks, name).map_err(Error::NotAllowed)?;
        Ok((installed, found))
    }

    /// An interaction of `kind` with what was pressed on.
    fn pressed(&mut self, kind: &str, installed: &Installed, user: &UserId, on: On<'_>) -> Value {
        let mut payload = self.interaction(kind, &installed.app, &installed.team, user);
        match on {
            On::Message(channel, ts) => {
                let now = self.now();
                let Ok(message) = self.message(channel, ts) else { return payload };
                let thread = message.thread.clone();
                let ephemeral = message.only_for.is_some();
                let url = ResponseUrl {
                    app: installed.app.clone(),
                    team: installed.team.clone(),
                    channel: channel.clone(),
                    user: user.clone(),
                    message: Some(ts.clone()),
                    thread: thread.clone(),
                    at: now,
                    uses: 0,
                };
                if !ephemeral && let Some(place) = self.channels.get(channel) {
                    // Slack shows an app its ephemeral message by name only.
                    payload["message"] = self
                        .message(channel, ts)
                        .map_or(Value::Null, |message| self.message_json(place, message, true));
                }
                payload["container"] = json!({
                    "type": "message", "message_ts": ts.0, "channel_id": channel.0, "is_ephemeral": ephemeral,
                });
                if let Some(root) = thread {
                    payload["container"]["thread_ts"] = json!(root.0);
                }
                payload["channel"] = self.channel_json(channel);
                payload["trigger_id"] = json!(self.trigger(&installed.app, &installed.team, user, None));
                payload["response_url"] = json!(self.response_url(url));
                payload["state"] = json!({ "values": {} });
            }
            On::View(id) => {
                payload["container"] = json!({ "type": "view", "view_id": id.0 });
                payload["view"] = self.views.get(id).map_or(Value::Null, |view| view.json(&Value::Null));
                let trigger = self.trigger(&installed.app, &installed.team, user, Some(id.clone()));
                payload["trigger_id"] = json!(trigger);
            }
        }
        payload
    }
}

fn options(answer: &Value) -> Option<Vec<(String, String)>> {
    let groups = answer["option_groups"].as_array();
    let listed: Vec<&Value> = match groups {
        Some(groups) => groups.iter().flat_map(|group| group["options"].as_array().into_iter().flatten()).collect(),
        None => answer["options"].as_array()?.iter().collect(),
    };
    // Slack shows a hundred, and refuses texts and values that are too long.
    if listed.len() > 100 {
        return None;
    }
    let read = listed.into_iter().map(|option| {
        let text = option["text"]["text"].as_str().filter(|text| text.chars().count() <= 75)?;
        let value = option["value"].as_str().filter(|value| value.chars().count() <= 150)?;
        Some((text.to_owned(), value.to_owned()))
    });
    read.collect()
}
