//! Slash commands and shortcuts.

use serde_json::{Value, json};

use crate::app::Installed;
use crate::edge::{Outgoing, Payload};
use crate::error::Error;
use crate::ids::{AppId, ChannelId, Ts, UserId};
use crate::state::{ResponseUrl, State};
use crate::world::World;

impl World {
    /// Somebody types a slash command: `/signalbox`, then `text`. Gives the message the app answers with, if it does.
    ///
    /// # Errors
    ///
    /// When nobody knows the command there, or the app does not answer.
    pub async fn slash(
        &self,
        user: &UserId,
        channel: &ChannelId,
        command: &str,
        text: &str,
    ) -> Result<Option<Ts>, Error> {
        let (outgoing, url) = {
            let mut state = self.state();
            state.may_speak(user, channel)?;
            let knows = |state: &State, app: &AppId| {
                let spec = state.apps.get(app).map(|app| &app.spec);
                spec.is_some_and(|spec| spec.commands.contains(command) && spec.scopes.contains("commands"))
            };
            let place = state.channel(channel)?;
            let installed = state
                .installations
                .iter()
                .find(|one| !one.revoked && place.is_in(&one.public.team) && knows(&state, &one.public.app));
            let installed = installed.map(|one| one.public.clone());
            let installed = installed.ok_or_else(|| Error::unknown("command", command))?;
            let url = state.url_for(&installed, channel, user, None, None);
            let form = state.command_form(&installed, user, channel, command, text, &url);
            let payload = Payload::Command(form);
            (Outgoing { app: installed.app, payload, record: None }, url)
        };
        let answer = self.ask(outgoing).await?;
        if answer.is_null() || (answer["text"].is_null() && answer["blocks"].is_null()) {
            return Ok(None);
        }
        let answered =
            self.act(|state| state.respond(url.rsplit_once("/actions/").map_or("", |(_, key)| key), &answer));
        answered.await.map_err(|fail| Error::Unanswered(format!("Slack refused the answer: {}", fail.error)))
    }

    /// Somebody picks a message shortcut from the menu of a message.
    ///
    /// # Errors
    ///
    /// When the app has no such shortcut, or does not answer.
    pub async fn message_shortcut(
        &self,
        user: &UserId,
        channel: &ChannelId,
        ts: &Ts,
        callback: &str,
    ) -> Result<(), Error> {
        let outgoing = {
            let mut state = self.state();
            state.may_speak(user, channel)?;
            state.message(channel, ts)?;
            let installed = state.with_shortcut(callback, |installed| {
                state.channels.get(channel).is_some_and(|place| place.is_in(&installed.team))
            })?;
            let thread = state.message(channel, ts)?.thread.clone();
            let url = state.url_for(&installed, channel, user, Some(ts.clone()), thread);
            let mut payload = state.interaction("message_action", &installed.app, &installed.team, user);
            let place = state.channel(channel)?;
            payload["message"] = state.message_json(place, state.message(channel, ts)?, true);
            payload["message_ts"] = json!(ts.0);
            payload["callback_id"] = json!(callback);
            payload["channel"] = state.channel_json(channel);
            payload["response_url"] = json!(url);
            payload["trigger_id"] = json!(state.trigger(&installed.app, &installed.team, user, None));
            payload["action_ts"] = json!(state.stamp().0);
            let payload = Payload::Interactive(payload);
            Outgoing { app: installed.app, payload, record: None }
        };
        self.ask(outgoing).await.map(|_| ())
    }

    /// Somebody picks a shortcut from the launcher.
    ///
    /// # Errors
    ///
    /// When no app of their workspace has it, or it does not answer.
    pub async fn shortcut(&self, user: &UserId, callback: &str) -> Result<(), Error> {
        let outgoing = {
            let mut state = self.state();
            let team = state.user(user)?.team.clone();
            let installed = state.with_shortcut(callback, |installed| installed.team == team)?;
            let mut payload = state.interaction("shortcut", &installed.app, &installed.team, user);
            payload["callback_id"] = json!(callback);
            payload["trigger_id"] = json!(state.trigger(&installed.app, &installed.team, user, None));
            payload["action_ts"] = json!(state.stamp().0);
            let payload = Payload::Interactive(payload);
            Outgoing { app: installed.app, payload, record: None }
        };
        self.ask(outgoing).await.map(|_| ())
    }
}

impl State {
    fn url_for(
        &mut self,
        installed: &Installed,
        channel: &ChannelId,
        user: &UserId,
        message: Option<Ts>,
        thread: Option<Ts>,
    ) -> String {
        let url = ResponseUrl {
            app: installed.app.clone(),
            team: installed.team.clone(),
            channel: channel.clone(),
            user: user.clone(),
            message,
            thread,
            at: self.now(),
            uses: 0,
        };
        self.response_url(url)
    }

    fn command_form(
        &mut self,
        installed: &Installed,
        user: &UserId,
        channel: &ChannelId,
        command: &str,
        text: &str,
        url: &str,
    ) -> Vec<(String, String)> {
        let trigger = self.trigger(&installed.app, &installed.team, user, None);
        let text = self.composed(channel, text).text;
        let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let who = self.who_json(user);
        let token = self.apps.get(&installed.app).map(|app| app.verification_token.clone()).unwrap_or_default();
        [
            ("token", token),
            ("team_id", installed.team.0.clone()),
            ("team_domain", string(&self.team_json(&installed.team)["domain"])),
            ("channel_id", channel.0.clone()),
            ("channel_name", string(&self.channel_json(channel)["name"])),
            ("user_id", user.0.clone()),
            ("user_name", string(&who["username"])),
            ("command", command.to_owned()),
            ("text", text),
            ("api_app_id", installed.app.0.clone()),
            ("is_enterprise_install", "false".to_owned()),
            ("response_url", url.to_owned()),
            ("trigger_id", trigger),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn with_shortcut(&self, callback: &str, fits: impl Fn(&Installed) -> bool) -> Result<Installed, Error> {
        let found = self.installations.iter().find(|one| {
            let spec = self.apps.get(&one.public.app).map(|app| &app.spec);
            !one.revoked && fits(&one.public) && spec.is_some_and(|spec| spec.shortcuts.contains(callback))
        });
        found.map(|one| one.public.clone()).ok_or_else(|| Error::unknown("shortcut", callback))
    }
}
