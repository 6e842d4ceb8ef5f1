//! Slack's own pages: the app's home, and the form of what somebody set for themselves.

mod defaults;
mod form;
mod home;

use serde::{Deserialize, Serialize};
use slack_morphism::blocks::SlackView;

use crate::api::{Method, Room, Trouble};
use crate::people::person_id;
use crate::{CHAT, Slack};

pub use defaults::Defaults;
pub(crate) use form::{FORM, REPOSITORY, VERBOSITY};
pub(crate) use home::SETTINGS;

/// The most runs that are shown on somebody's home.
const RUNS: usize = 10;

#[derive(Serialize)]
struct Publish<'a> {
    user_id: &'a str,
    view: &'a SlackView,
}

#[derive(Serialize)]
struct Open<'a> {
    trigger_id: &'a str,
    view: &'a SlackView,
}

#[derive(Deserialize)]
struct Done {}

impl Slack {
    /// Shows somebody their home as it is now. Doing it again shows it again.
    pub(crate) async fn show_home(&self, team: &str, user: &str) -> Result<(), Trouble> {
        let person = person_id(team, user);
        let board = &self.0.board;
        let shown = home::Home {
            runs: board.runs(&person, RUNS).await?,
            spend: board.spend(&person).await?,
            link: board.link(&person).await?,
            defaults: self.defaults(team, user).await?,
        };
        let view = home::view(&shown, self.0.settings.console_url.as_deref());
        let Done {} =
            self.0.api.post(Method::PublishView, &Room::new(team, ""), &Publish { user_id: user, view: &view }).await?;
        Ok(())
    }

    /// Opens the form of what somebody set for themselves. `trigger` is good for three seconds, and once.
    pub(crate) async fn open_form(&self, team: &str, user: &str, trigger: &str) -> Result<(), Trouble> {
        let view = form::view(&self.defaults(team, user).await?);
        let Done {} =
            self.0.api.post(Method::OpenView, &Room::new(team, ""), &Open { trigger_id: trigger, view: &view }).await?;
        Ok(())
    }

    /// What somebody set for themselves: where their requests go if nothing else says so, and how much they are told.
    pub async fn defaults_of(&self, person: &str) -> Result<Defaults, signalbox_ports::Error> {
        let id = person.strip_prefix(CHAT).and_then(|rest| rest.strip_prefix(':')).and_then(|id| id.split_once('/'));
        match id {
            Some((team, user)) => self.defaults(team, user).await,
            None => Ok(Defaults::default()),
        }
    }
}
