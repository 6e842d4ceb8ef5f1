//! Who somebody is: Slack's word for it, and what the team's settings make of that.

use serde::{Deserialize, Serialize};
use signalbox_domain::identity::Standing;
use signalbox_domain::talk::Person;

use crate::api::{Method, Room, Trouble};
use crate::{CHAT, Slack};

/// Ourselves, in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Us {
    /// As a user, `U…`: who is mentioned, and who our messages are by.
    pub(crate) user: String,
    /// As a bot, `B…`.
    pub(crate) bot: Option<String>,
}

/// Somebody, as Slack says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// What to call them.
    pub(crate) name: String,
    /// What they are to the workspace.
    pub(crate) standing: Standing,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Tested {
    user_id: String,
    bot_id: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    user: User,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    team_id: Option<String>,
    name: Option<String>,
    real_name: Option<String>,
    profile: Profile,
    enterprise_user: Option<Enterprise>,
    deleted: bool,
    is_bot: bool,
    is_restricted: bool,
    is_ultra_restricted: bool,
    is_stranger: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    display_name: Option<String>,
    real_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Enterprise {
    teams: Vec<String>,
}

impl Slack {
    /// Who we are in a workspace. Asked once.
    pub(crate) async fn us(&self, team: &str) -> Result<Us, Trouble> {
        let key = team.to_owned();
        if let Some(us) = self.0.memory.us.get(&key, self.now()) {
            return Ok(us);
        }
        let tested: Tested = self.0.api.post(Method::AuthTest, &Room::new(team, ""), &Nothing {}).await?;
        let us = Us { user: tested.user_id, bot: tested.bot_id };
        self.0.memory.us.put(key, us.clone(), self.now());
        Ok(us)
    }

    /// Somebody in a channel of a workspace, with the role the settings give them.
    pub(crate) async fn person(&self, team: &str, user: &str) -> Result<Person, Trouble> {
        let known = self.known(team, user).await?;
        let id = person_id(team, user);
        let role = self.0.settings.roles.role(&id, known.standing, None);
        Ok(Person { id, name: known.name, role })
    }

    /// What Slack says of somebody. Remembered for some minutes, so that who has left is soon nobody.
    pub(crate) async fn known(&self, team: &str, user: &str) -> Result<Known, Trouble> {
        let key = (team.to_owned(), user.to_owned());
        if let Some(known) = self.0.memory.people.get(&key, self.now()) {
            return Ok(known);
        }
        let answer: Result<Answer, Trouble> =
            self.0.api.get(Method::UserInfo, &Room::new(team, ""), &[("user", Some(user))]).await;
        let known = match answer {
            Ok(Answer { user: found }) => known(team, user, found),
            // Slack does not say who they are, so they are nobody of ours.
            Err(trouble) if trouble.is(&["user_not_found", "user_not_visible"]) => {
                Known { name: user.into(), standing: Standing::External }
            }
            Err(trouble) => return Err(trouble),
        };
        self.0.memory.people.put(key, known.clone(), self.now());
        Ok(known)
    }
}

/// The id of somebody, as everybody else knows it.
pub(crate) fn person_id(team: &str, user: &str) -> String {
    format!("{CHAT}:{team}/{user}")
}

fn known(team: &str, id: &str, user: User) -> Known {
    let own = user.team_id.as_deref().is_none_or(|theirs| theirs == team);
    let same = own || user.enterprise_user.is_some_and(|it| it.teams.iter().any(|one| one == team));
    let standing = match () {
        () if user.deleted => Standing::Gone,
        () if user.is_bot || id == "USLACKBOT" => Standing::Bot,
        () if user.is_stranger || !same => Standing::External,
        () if user.is_restricted || user.is_ultra_restricted => Standing::Guest,
        () => Standing::Member,
    };
    let names = [user.profile.display_name, user.profile.real_name, user.real_name, user.name];
    let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    Known { name: name.unwrap_or_else(|| id.into()), standing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_members_of_the_workspace_are_members() {
        for (user, standing) in [
            (json!({ "team_id": "T1" }), Standing::Member),
            (json!({}), Standing::Member),
            (json!({ "team_id": "T2" }), Standing::External),
            (json!({ "team_id": "T2", "enterprise_user": { "teams": ["T1", "T2"] } }), Standing::Member),
            (json!({ "team_id": "T1", "is_stranger": true }), Standing::External),
            (json!({ "team_id": "T1", "is_restricted": true }), Standing::Guest),
            (json!({ "team_id": "T1", "is_ultra_restricted": true }), Standing::Guest),
            (json!({ "team_id": "T1", "is_bot": true }), Standing::Bot),
            (json!({ "team_id": "T1", "deleted": true, "is_bot": true }), Standing::Gone),
        ] {
            let parsed: User = serde_json::from_value(user.clone()).unwrap();
            assert_eq!(known("T1", "U1", parsed).standing, standing, "{user}");
        }
        let slackbot = known("T1", "USLACKBOT", User::default());
        assert_eq!(slackbot.standing, Standing::Bot);
    }
}
