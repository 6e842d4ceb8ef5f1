//! What people do.

mod amend;
mod command;
mod home;
mod pick;
mod press;
mod say;
mod view;

use serde_json::{Value, json};

use crate::app::Installed;
use crate::error::Error;
use crate::ids::{AppId, ChannelId, TeamId, UserId};
use crate::state::State;
use crate::team::{Kind, handle};

pub use say::{Arrives, Words};
pub use view::Submitted;

impl State {
    /// Fails unless `user` may speak in `channel`.
    pub(crate) fn may_speak(&self, user: &UserId, channel: &ChannelId) -> Result<(), Error> {
        let person = self.user(user)?;
        let place = self.channel(channel)?;
        if person.kind == Kind::Gone {
            return Err(Error::not_allowed(format!("{} left the workspace", person.name)));
        }
        if place.archived {
            return Err(Error::not_allowed(format!("#{} is archived", place.name)));
        }
        if !place.members.contains(user) {
            return Err(Error::not_allowed(format!("{} is not in #{}", person.name, place.name)));
        }
        if !place.is_in(&person.team) {
            return Err(Error::not_allowed(format!("#{} is not shared with {}'s workspace", place.name, person.name)));
        }
        Ok(())
    }

    /// Somebody as interactions name them.
    pub(crate) fn who_json(&self, user: &UserId) -> Value {
        let Some(user) = self.users.get(user) else { return json!({ "id": user.0 }) };
        let name = handle(&user.name);
        json!({ "id": user.id.0, "username": name, "name": name, "team_id": user.team.0 })
    }

    /// A workspace as interactions name it.
    pub(crate) fn team_json(&self, team: &TeamId) -> Value {
        let domain = self.teams.get(team).map(|team| team.domain.clone());
        json!({ "id": team.0, "domain": domain })
    }

    /// A channel as interactions name it.
    pub(crate) fn channel_json(&self, channel: &ChannelId) -> Value {
        let place = self.channels.get(channel);
        let name = place.map_or("", |place| match place.sort {
            crate::channel::Sort::Direct(..) => "directmessage",
            crate::channel::Sort::Public | crate::channel::Sort::Private | crate::channel::Sort::Group => &place.name,
        });
        json!({ "id": channel.0, "name": name })
    }

    /// What every interaction has.
    pub(crate) fn interaction(&self, kind: &str, app: &AppId, team: &TeamId, user: &UserId) -> Value {
        let token = self.apps.get(app).map(|app| app.verification_token.clone());
        json!({
            "type": kind,
            "token": token,
            "team": self.team_json(team),
            "user": self.who_json(user),
            "api_app_id": app.0,
            "enterprise": null,
            "is_enterprise_install": false,
        })
    }

    /// The installation of `app` that people in `channel` see: in the channel's own workspace, or where it is shared.
    pub(crate) fn installed_for(&self, app: &AppId, channel: &ChannelId) -> Option<Installed> {
        let place = self.channels.get(channel)?;
        let mut found = self.installations.iter();
        let one = found.find(|one| &one.public.app == app && !one.revoked && place.is_in(&one.public.team))?;
        Some(one.public.clone())
    }
}
