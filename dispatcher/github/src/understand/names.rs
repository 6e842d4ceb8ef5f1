//! A repository that has another name than it had: what was begun under the old one goes on there.

use signalbox_domain::id::Repository;
use signalbox_domain::talk::ThreadId;
use signalbox_ports::Error;
use signalbox_ports::store::Subject;

use crate::chat::Comments;
use crate::decode::received::Received;

/// The most names of one repository that are remembered, the newest.
const NAMES: usize = 8;

/// Where something happened, as our own records call it.
pub(super) enum Here {
    /// In this thread.
    In(ThreadId),
    /// Under a name that was another repository's, in whose thread a run is still at work.
    Taken,
}

impl Comments {
    /// The thread that is meant by what was received in `thread`: of a repository that was renamed, the one that a run was
    /// begun in, by whatever name. `received` is then of that name too.
    pub(super) async fn here(&self, thread: &ThreadId, received: &mut Received) -> Result<Here, Error> {
        let here = || Ok(Here::In(thread.clone()));
        let Some(id) = received.repository_id else { return here() };
        let now = received.repository.as_str().to_lowercase();
        let known = self.github.known().names.contains_key(&(id, received.repository.clone()));
        if !known && self.holder(&now, id).await?.is_some() {
            let run = self.store.load(&Subject::Thread(thread.clone())).await?;
            if run.is_some_and(|run| !run.ended()) {
                return Ok(Here::Taken);
            }
            self.hold(&now, id).await?;
        }
        for name in self.names(id, &received.repository).await? {
            let old = ThreadId { room: name.clone(), ..thread.clone() };
            if self.store.load(&Subject::Thread(old.clone())).await?.is_some() {
                received.repository = Repository(name);
                return Ok(Here::In(old));
            }
        }
        here()
    }

    /// Whether both are names of one repository.
    pub(super) async fn is_same(&self, one: &Repository, other: &Repository, id: Option<u64>) -> Result<bool, Error> {
        if one.0.eq_ignore_ascii_case(&other.0) {
            return Ok(true);
        }
        let Some(id) = id else { return Ok(false) };
        let names = self.names(id, other).await?;
        Ok(names.iter().any(|name| name.eq_ignore_ascii_case(&one.0)))
    }

    /// The other names that a repository had, the oldest first. Its name now is kept beside them.
    async fn names(&self, id: u64, now: &Repository) -> Result<Vec<String>, Error> {
        if let Some(names) = self.github.known().names.get(&(id, now.clone())) {
            return Ok(names.clone());
        }
        let key = format!("github/names/{id}");
        let note = self.github.notes().get(&key).await?;
        let version = note.as_ref().map_or(0, |note| note.version);
        let mut names: Vec<String> =
            note.map(|note| note.value.lines().map(str::to_owned).collect()).unwrap_or_default();
        if !names.contains(&now.0) {
            names.push(now.0.clone());
            let spare = names.len().saturating_sub(NAMES);
            names.drain(..spare);
            self.github.notes().put(&key, &names.join("\n"), version).await?;
            self.hold(&now.0.to_lowercase(), id).await?;
            self.github.known().names.retain(|(other, _), _| *other != id);
        }
        names.retain(|name| *name != now.0);
        self.github.known().names.insert((id, now.clone()), names.clone());
        Ok(names)
    }

    /// Which other repository a name is known as.
    async fn holder(&self, name: &str, id: u64) -> Result<Option<u64>, Error> {
        let note = self.github.notes().get(&named(name)).await?;
        Ok(note.and_then(|note| note.value.parse().ok()).filter(|holder| *holder != id))
    }

    /// From now on the name is this repository's.
    async fn hold(&self, name: &str, id: u64) -> Result<(), Error> {
        let note = self.github.notes().get(&named(name)).await?;
        if note.as_ref().is_some_and(|note| note.value == id.to_string()) {
            return Ok(());
        }
        self.github.notes().put(&named(name), &id.to_string(), note.map_or(0, |note| note.version)).await.map(drop)
    }
}

fn named(name: &str) -> String {
    format!("github/named/{name}")
}
