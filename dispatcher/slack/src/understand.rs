//! What somebody did on Slack, as facts: who they are, what it is about, which run hears of it.
//!
//! The edge kept it without asking anybody; here Slack is asked. Everything may be done twice: the facts' keys are made
//! of what was done, and what is posted on the way is found again.

mod command;
mod form;
mod message;
mod ours;
mod pressed;
mod reacted;
mod reason;
mod tell;

use serde_json::Value;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, RunId};
use signalbox_domain::identity::Standing;
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::Understood;

use crate::api::{Room, Trouble};
use crate::decode::{self, Author, What};
use crate::people::person_id;
use crate::slack::Slack;

pub(crate) use ours::Ours;
pub(crate) use reacted::{STOP, SWEPT};

/// What somebody who may not is told, and nobody else.
const STRANGER: &str = "Only people of this team can ask me for something. Ask one of them to ask me for you.";

/// What something means that the edge kept.
pub(crate) async fn understand(slack: &Slack, thread: &ThreadId, at: Time, what: &Value) -> Result<Understood, Error> {
    let Some(what) = decode::read(what) else {
        return Ok(nothing("it was kept by a version of Signalbox that this one does not know"));
    };
    let room = Room::of(thread)?;
    if slack.settings().workspace(&room.team).is_none() {
        return Ok(nothing("its workspace is not in the settings"));
    }
    let hearing = Hearing { slack, thread, room, at };
    let understood = match what {
        What::Said(said) => hearing.said(&said).await,
        What::Edited(edited) => hearing.edited(&edited).await,
        What::Deleted(deleted) => hearing.deleted(&deleted).await,
        What::Reacted(reacted) => hearing.reacted(&reacted).await,
        What::Shortcut(shortcut) => hearing.shortcut(&shortcut).await,
        What::Pressed(pressed) => hearing.pressed(&pressed).await,
        What::Stopped(stopped) => hearing.stopped(&stopped).await,
        What::Submitted(submitted) => hearing.submitted(&submitted).await,
        What::Commanded(commanded) => hearing.commanded(&commanded).await,
        What::Home(home) => hearing.home(&home.user).await,
    };
    Ok(understood?)
}

/// One thing that is being understood.
struct Hearing<'a> {
    slack: &'a Slack,
    thread: &'a ThreadId,
    room: Room,
    at: Time,
}

fn nothing(why: impl Into<String>) -> Understood {
    Understood::Nothing(why.into())
}

impl Hearing<'_> {
    /// One fact.
    fn fact(&self, id: DeliveryId, thread: ThreadId, run: Option<RunId>, fact: Fact) -> Understood {
        Understood::Deliveries(vec![Delivery { thread, run, event: Event { id, at: self.at, fact } }])
    }

    /// The key of a fact.
    fn key(&self, intent: &str, of: &[&str]) -> DeliveryId {
        DeliveryId(format!("{intent}:{}:{}:{}", self.thread.chat, self.thread.room, of.join(":")))
    }

    /// A user, with the role that the settings give them.
    async fn person(&self, user: &str) -> Result<Person, Trouble> {
        self.slack.person(&self.room.team, user).await
    }

    /// A user as they are at this moment: what is decided is not decided by who they were.
    async fn person_now(&self, user: &str) -> Result<Person, Trouble> {
        self.slack.0.memory.people.forget(&(self.room.team.clone(), user.to_owned()));
        self.person(user).await
    }

    /// Whoever wrote a message. A program is known by its own id (`B…`) or by its user's, and may do nothing unless one
    /// of them is listed; one that writes in a person's name has that person's name and not their role.
    async fn author(&self, author: &Author) -> Result<Person, Trouble> {
        let team = &self.room.team;
        let roles = &self.slack.settings().roles;
        let Some(bot) = &author.bot else {
            return match &author.user {
                Some(user) => self.person(user).await,
                None => Ok(Person { id: person_id(team, "nobody"), name: "somebody".into(), role: Role::Outsider }),
            };
        };
        let id = person_id(team, bot);
        let mut role = roles.role(&id, Standing::Bot, None);
        let mut name = bot.clone();
        if let Some(user) = &author.user {
            let known = self.slack.known(team, user).await?;
            name = known.name;
            if known.standing == Standing::Bot {
                role = role.max(roles.role(&person_id(team, user), Standing::Bot, None));
            }
        }
        Ok(Person { id, name, role })
    }
}
