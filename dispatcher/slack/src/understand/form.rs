//! Our forms and our Home: what was filled in, and what is shown.

use signalbox_domain::event::Fact;
use signalbox_domain::id::Repository;
use signalbox_domain::post::{Action, Post};
use signalbox_domain::talk::Role;
use signalbox_ports::chat::Understood;

use super::{Hearing, nothing, reason};
use crate::api::Trouble;
use crate::decode::Submitted;
use crate::encode::Press;
use crate::views::{Defaults, FORM, REPOSITORY, VERBOSITY};

/// What Slack says when a form may not be opened any more.
const LATE: &[&str] = &["expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged"];

impl Hearing<'_> {
    /// A form that was sent off.
    pub(super) async fn submitted(&self, submitted: &Submitted) -> Result<Understood, Trouble> {
        match submitted.form.as_str() {
            reason::FORM => self.denied(submitted).await,
            FORM => self.set(submitted).await,
            _ => Ok(nothing("the form is none of ours, or of a version before")),
        }
    }

    /// The reason why somebody denies what a gate shows.
    async fn denied(&self, submitted: &Submitted) -> Result<Understood, Trouble> {
        let press = Press::read(&submitted.along, self.slack.0.notes.as_ref()).await?;
        let denial = press.and_then(|press| Some((denial(&press, submitted)?, press)));
        let Some((action, press)) = denial else { return Ok(nothing("the form is of a version before")) };
        let by = self.person_now(&submitted.user).await?;
        let id = self.key("pressed", &["deny", &submitted.view, &submitted.hash]);
        Ok(self.fact(id, press.thread(), Some(press.run), Fact::Pressed { action, by }))
    }

    /// What somebody set for themselves.
    async fn set(&self, submitted: &Submitted) -> Result<Understood, Trouble> {
        let user = &submitted.user;
        if self.person_now(user).await?.role == Role::Outsider {
            return Ok(nothing("they are not of this team"));
        }
        let value = |name: &str| submitted.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let defaults = Defaults {
            repository: value(REPOSITORY).map(Repository::from),
            verbose: value(VERBOSITY) == Some("verbose"),
        };
        self.slack.set_defaults(&self.room.team, user, &defaults).await?;
        self.home(user).await?;
        Ok(nothing("their defaults are kept"))
    }

    /// Our Home, opened: it shows their runs, their defaults and what they spent.
    pub(super) async fn home(&self, user: &str) -> Result<Understood, Trouble> {
        if !self.slack.settings().features.home {
            return Ok(nothing("our Home is switched off"));
        }
        if self.person(user).await?.role == Role::Outsider {
            return Ok(nothing("they are not of this team"));
        }
        self.slack.show_home(&self.room.team, user).await?;
        Ok(nothing("our Home is shown"))
    }

    /// Their defaults, as a form. Slack lets it be opened for some seconds after the press.
    pub(super) async fn open_settings(&self, user: &str, trigger: Option<&str>) -> Result<Understood, Trouble> {
        let opened = match trigger {
            Some(trigger) => match self.slack.open_form(&self.room.team, user, trigger).await {
                Err(trouble) if trouble.is(LATE) => false,
                opened => opened.map(|()| true)?,
            },
            None => false,
        };
        if !opened {
            self.tell(user, None, &Post::line("That took too long. Open the settings again, please.")).await?;
        }
        Ok(nothing(if opened { "the settings are shown" } else { "the settings could not be shown in time" }))
    }
}

fn denial(press: &Press, submitted: &Submitted) -> Option<Action> {
    let Action::Deny { phase, digest, .. } = &press.action else { return None };
    let reason = submitted.values.get(reason::REASON).map(|reason| reason.trim().to_owned()).unwrap_or_default();
    Some(Action::Deny { phase: phase.clone(), digest: digest.clone(), reason })
}
