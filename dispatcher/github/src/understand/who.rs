//! Who somebody is to us: by their immutable id, by what GitHub lets them do, and never by a name.

use signalbox_domain::id::Repository;
use signalbox_domain::identity::Standing;
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_ports::Error;

use crate::chat::Comments;
use crate::decode::received::Account;

/// How many requests of programs a thread takes in a row before a person has to speak: enough to ask, too few for two
/// programs to talk to each other.
const HOPS: u32 = 1;

impl Comments {
    /// The person, with the role that settings and the forge give them there. What cannot be found out is an error,
    /// never a role.
    pub(crate) async fn person(&self, repository: &Repository, account: &Account) -> Result<Person, Error> {
        let id = account.person_id();
        let name = account.login.clone();
        let settings = self.github.settings();
        if account.bot || account.via.is_some() {
            // Somebody's words that an App wrote are that App's: it has to be known by both.
            let listed = settings.bots.get(&account.id).copied();
            let role = match listed {
                Some(app) if account.via == Some(app) => settings.roles.role(&id, Standing::Bot, None),
                Some(_) | None => Role::Outsider,
            };
            return Ok(Person { id, name, role });
        }
        let place = self.github.place(repository).await?;
        let permission = self.github.allows(&place, &id).await?;
        Ok(Person { role: settings.roles.role(&id, Standing::Member, Some(permission)), id, name })
    }

    /// Whether it is still this program's turn in the thread: two that answer each other are cut. `act` names what it
    /// did, so that asking again about the same answers the same.
    pub(super) async fn may_hop(&self, thread: &ThreadId, act: &str) -> Result<bool, Error> {
        let key = hops_key(thread);
        let note = self.github.notes().get(&key).await?;
        let version = note.as_ref().map_or(0, |note| note.version);
        let before = note.map(|note| note.value).unwrap_or_default();
        let mut acts: Vec<&str> = before.lines().filter(|line| !line.is_empty()).collect();
        if acts.contains(&act) {
            return Ok(true);
        }
        if acts.len() >= HOPS as usize {
            return Ok(false);
        }
        acts.push(act);
        self.github.notes().put(&key, &acts.join("\n"), version).await?;
        Ok(true)
    }

    /// A person spoke in the thread: programs have their turn again.
    pub(super) async fn spoken(&self, thread: &ThreadId) -> Result<(), Error> {
        let key = hops_key(thread);
        if let Some(note) = self.github.notes().get(&key).await?.filter(|note| !note.value.is_empty()) {
            self.github.notes().put(&key, "", note.version).await?;
        }
        Ok(())
    }

    /// Whether an outsider is told, this time, that they may not: once in a thread. `act` is what they did.
    pub(super) async fn may_refuse(&self, thread: &ThreadId, person: &Person, act: &str) -> Result<bool, Error> {
        let key = format!("github/refused/{}/{}/{}", thread.room, thread.root, person.id);
        if let Some(note) = self.github.notes().get(&key).await? {
            return Ok(note.value == act);
        }
        self.github.notes().put(&key, act, 0).await?;
        Ok(true)
    }
}

fn hops_key(thread: &ThreadId) -> String {
    format!("github/hops/{}/{}", thread.room, thread.root)
}
