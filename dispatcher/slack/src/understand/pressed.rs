//! Buttons, the search for a repository, and Slack's own Stop.

use signalbox_domain::event::Fact;
use signalbox_domain::id::Repository;
use signalbox_domain::post::{Action, Post};
use signalbox_domain::route::Target;
use signalbox_domain::talk::Role;
use signalbox_ports::Error;
use signalbox_ports::chat::Understood;

use super::{Hearing, nothing};
use crate::api::Trouble;
use crate::decode::{Pressed, Stopped};
use crate::encode::{Press, SEARCH};
use crate::views;

/// How many repositories are looked at for the one that was chosen.
const MAX_FOUND: usize = 20;

impl Hearing<'_> {
    /// A button that was pressed, or an option that was chosen.
    pub(super) async fn pressed(&self, pressed: &Pressed) -> Result<Understood, Trouble> {
        if pressed.action == views::SETTINGS {
            return self.open_settings(&pressed.user, pressed.trigger.as_deref()).await;
        }
        let Some(press) = self.press(pressed).await? else {
            return Ok(nothing("the button is none of ours, or of a version before"));
        };
        // A gate is also shown in direct messages, so that the button may be elsewhere: in the same workspace, though.
        let team = press.room.split('/').next().unwrap_or_default();
        if team != self.room.team {
            return Ok(nothing("the button is of another workspace"));
        }
        let action = match (&press.action, pressed.action == SEARCH) {
            (Action::Choose { target }, true) => match self.found(&pressed.value, target).await? {
                Some(target) => Action::Choose { target },
                None => {
                    let words = "I do not know that repository any more. Search again, or write repo:owner/name.";
                    self.tell(&pressed.user, pressed.message.as_deref(), &Post::line(words)).await?;
                    return Ok(nothing("the repository that was chosen is not known"));
                }
            },
            (_, true) => return Ok(nothing("there was nothing to choose where it was chosen")),
            (action, false) => action.clone(),
        };
        let by = self.person_now(&pressed.user).await?;
        // Whoever may not decide is told so by the run; only who may is asked why.
        if let (Action::Deny { reason, .. }, Some(trigger)) = (&action, &pressed.trigger)
            && reason.is_empty()
            && by.role >= Role::Member
            && self.ask_reason(trigger, &press).await?
        {
            return Ok(nothing("asked for the reason first"));
        }
        let place = pressed.message.as_deref().unwrap_or_default();
        let id = self.key("pressed", &[place, &pressed.action, &pressed.user, &pressed.pressed]);
        Ok(self.fact(id, press.thread(), Some(press.run.clone()), Fact::Pressed { action, by }))
    }

    /// What the button says; for the search, what the buttons beside it say.
    async fn press(&self, pressed: &Pressed) -> Result<Option<Press>, Error> {
        let notes = self.slack.0.notes.as_ref();
        match (pressed.action == SEARCH, &pressed.beside) {
            (true, Some(beside)) => Press::read(beside, notes).await,
            (true, None) => Ok(None),
            (false, _) => Press::read(&pressed.value, notes).await,
        }
    }

    /// The place that was searched for, if it is one we know: the workflow is that of the question.
    async fn found(&self, name: &str, asked: &Target) -> Result<Option<Target>, Error> {
        let found = self.slack.0.board.repositories(name, MAX_FOUND).await?;
        let known = found.iter().any(|repository| repository.as_str() == name);
        Ok(known.then(|| Target { repository: Some(Repository::from(name)), branch: None, ..asked.clone() }))
    }

    /// Slack's own Stop.
    pub(super) async fn stopped(&self, stopped: &Stopped) -> Result<Understood, Trouble> {
        let Some(user) = &stopped.user else { return Ok(nothing("Slack does not say who pressed Stop")) };
        let by = self.person_now(user).await?;
        let id = self.key("pressed", &[&self.thread.root, "stop", user, &stopped.event]);
        Ok(self.fact(id, self.thread.clone(), None, Fact::Pressed { action: Action::Stop, by }))
    }
}
