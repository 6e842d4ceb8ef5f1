//! Workspaces and the people in them.

use serde_json::{Value, json};

use crate::ids::{AppId, TeamId, UserId};

/// What somebody is in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A full member.
    Member,
    /// A full member who runs the workspace.
    Admin,
    /// A guest of several channels (`is_restricted`).
    Guest,
    /// A guest of one channel (`is_ultra_restricted`).
    OneChannelGuest,
    /// Somebody who left: deactivated.
    Gone,
    /// An app's user.
    Bot,
}

impl Kind {
    pub(crate) fn is_guest(self) -> bool {
        match self {
            Self::Guest | Self::OneChannelGuest => true,
            Self::Member | Self::Admin | Self::Gone | Self::Bot => false,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) name: String,
    pub(crate) domain: String,
}

impl Team {
    pub(crate) fn url(&self, base: &str) -> String {
        format!("{base}/team/{}/", self.domain)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    /// Their own workspace; elsewhere they are from outside.
    pub(crate) team: TeamId,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The app, where the user is one's.
    pub(crate) app: Option<AppId>,
}

impl User {
    /// The user as somebody in `seen_from` is told about them; a stranger shares a channel with `seen_from` only.
    pub(crate) fn json(&self, seen_from: &TeamId, email: bool) -> Value {
        let stranger = &self.team != seen_from;
        let mut profile = json!({
            "real_name": self.name,
            "real_name_normalized": self.name,
            "display_name": self.name,
            "display_name_normalized": self.name,
            "team": self.team.0,
        });
        if email && self.app.is_none() && !stranger {
            profile["email"] = json!(format!("{}@example.com", handle(&self.name)));
        }
        let mut user = json!({
            "id": self.id.0,
            "team_id": self.team.0,
            "name": handle(&self.name),
            "real_name": self.name,
            "deleted": self.kind == Kind::Gone,
            "profile": profile,
            "is_bot": self.kind == Kind::Bot,
            "is_app_user": false,
            "updated": 1_700_000_000,
        });
        if self.kind != Kind::Gone {
            user["is_admin"] = json!(self.kind == Kind::Admin);
            user["is_owner"] = json!(false);
            user["is_primary_owner"] = json!(false);
            user["is_restricted"] = json!(self.kind.is_guest());
            user["is_ultra_restricted"] = json!(self.kind == Kind::OneChannelGuest);
            user["tz"] = json!("Europe/Berlin");
            user["tz_label"] = json!("Central European Time");
            user["tz_offset"] = json!(3_600);
        }
        if stranger {
            user["is_stranger"] = json!(true);
        }
        user
    }
}

/// A name as it is mentioned: small letters, no spaces.
pub(crate) fn handle(name: &str) -> String {
    name.to_lowercase().replace(' ', ".")
}
