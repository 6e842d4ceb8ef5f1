//! Opening an app's home, and stopping an agent.

use serde_json::{Value, json};

use crate::app::Installed;
use crate::error::Error;
use crate::ids::{ChannelId, Ts, UserId};
use crate::session::Status;
use crate::state::State;
use crate::world::World;

impl World {
    /// Somebody opens the home tab of an app.
    ///
    /// # Errors
    ///
    /// When there is no such person.
    pub async fn open_home(&self, user: &UserId, app: &Installed) -> Result<(), Error> {
        self.open_tab(user, app, "home").await
    }

    /// Somebody opens the conversation with an app.
    ///
    /// # Errors
    ///
    /// When there is no such person.
    pub async fn open_messages(&self, user: &UserId, app: &Installed) -> Result<(), Error> {
        self.open_tab(user, app, "messages").await
    }

    /// Somebody presses Stop beside an agent's session.
    ///
    /// # Errors
    ///
    /// When no session in that thread is processing: there is no Stop then.
    pub async fn stop(&self, user: &UserId, channel: &ChannelId, thread: &Ts) -> Result<(), Error> {
        self.act(|state| state.stop(user, channel, thread)).await
    }

    async fn open_tab(&self, user: &UserId, app: &Installed, tab: &str) -> Result<(), Error> {
        self.act(|state| {
            state.user(user)?;
            let channel = state.direct(user, &app.user, &app.team);
            let at = state.stamp();
            let mut event = json!({
                "type": "app_home_opened", "user": user.0, "channel": channel.0, "tab": tab, "event_ts": at.0,
            });
            let mut homes = state.views.values();
            let home = homes.find(|view| view.is_home() && &view.user == user && view.app == app.app);
            if let Some(home) = home.filter(|_| tab == "home") {
                event["view"] = home.json(&Value::Null);
            }
            state.tell_one(&app.app, &app.team, "app_home_opened", event);
            Ok(())
        })
        .await
    }
}

impl State {
    fn stop(&mut self, user: &UserId, channel: &ChannelId, thread: &Ts) -> Result<(), Error> {
        self.may_speak(user, channel)?;
        let at = self.stamp();
        let streaming: Vec<String> = self
            .channel(channel)?
            .messages
            .values()
            .filter(|message| message.root() == thread && message.stream.as_ref().is_some_and(|stream| stream.open))
            .map(|message| message.ts.0.clone())
            .collect();
        let mut sessions = self.sessions.iter_mut();
        let session = sessions.find(|session| {
            &session.channel == channel && &session.thread == thread && session.status() == Status::Processing
        });
        let session = session.ok_or_else(|| Error::not_allowed("no agent is working in this thread"))?;
        session.stopping = true;
        let app = session.app.clone();
        let installed = self.installed_for(&app, channel).ok_or_else(|| Error::unknown("app", &app))?;
        let event = json!({
            "type": "agent_session_stopped",
            "channel": channel.0,
            "thread_ts": thread.0,
            "streaming_message_ts": streaming,
            "user": user.0,
            "event_ts": at.0,
        });
        self.tell_one(&app, &installed.team, "agent_session_stopped", event);
        Ok(())
    }
}
