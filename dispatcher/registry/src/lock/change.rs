//! What can become of a lock: each change is one decision of somebody, and leaves it in order.

use signalbox_domain::id::Digest;

use crate::artifact::Artifact;
use crate::ask::Ask;
use crate::error::Error;

use super::{Entry, Granted, Lock};

/// What became of a newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Updated {
    /// These bytes were here already.
    Same,
    /// It is here, as granted as the one before.
    Done {
        /// The version before.
        from: String,
        /// The version now.
        to: String,
    },
    /// It asks for more than was granted. The one before stays until somebody has granted it.
    Waits {
        /// What more, in words.
        beyond: Vec<String>,
    },
}

impl Lock {
    /// Takes in a plugin that is not here yet.
    pub fn add(&mut self, entry: Entry) -> Result<(), Error> {
        match self.plugins.binary_search_by(|it| it.id.cmp(&entry.id)) {
            Ok(_) => Err(Error::refused(format!(
                "{} is here already; `signalbox plugin update {}` takes another version of it",
                entry.id, entry.id
            ))),
            Err(place) => {
                self.plugins.insert(place, entry.sealed());
                Ok(())
            }
        }
    }

    /// Grants a plugin what it asks for, or what the version of it that waits asks for: that one then takes its place.
    pub fn grant(&mut self, id: &str, artifact: &Artifact, by: &str, at: &str) -> Result<(), Error> {
        let ask = Ask::of(artifact)?;
        let (by, at) = (by.to_string(), at.to_string());
        self.change(id, |mut entry| {
            let granted = Some(Granted { by, at, ask });
            Ok(match entry.waiting.take() {
                Some(waiting) => {
                    let next = Entry { granted, ..*waiting };
                    next.admits(artifact)?;
                    next.in_place_of(entry)
                }
                None => {
                    let entry = Entry { granted, ..entry };
                    entry.admits(artifact)?;
                    entry
                }
            })
        })
    }

    /// Lets a plugin be asked: everywhere, or in some rooms first; or only beside the decision.
    pub fn enable(&mut self, id: &str, settings: Digest, rooms: Vec<String>, shadow: bool) -> Result<(), Error> {
        self.change(id, |entry| match entry.granted {
            Some(_) => Ok(Entry { enabled: true, settings: Some(settings), rooms, shadow, ..entry }),
            None => Err(Error::refused(format!(
                "{id} was granted nothing yet. Read what it asks for, and allow it: signalbox plugin grant {id}"
            ))),
        })
    }

    /// No longer lets a plugin be asked. What it was granted stays granted.
    pub fn disable(&mut self, id: &str) -> Result<(), Error> {
        self.change(id, |entry| Ok(Entry { enabled: false, ..entry }))
    }

    /// No longer asks a plugin that came with this program; or asks it again.
    pub fn leave_out(&mut self, shipped: &str, out: bool) {
        match out {
            true => self.left_out.insert(shipped.to_string()),
            false => self.left_out.remove(shipped),
        };
    }

    /// Takes another version in. It is used at once if it asks for no more than was granted; else it waits.
    pub fn update(&mut self, id: &str, next: Entry, artifact: &Artifact) -> Result<Updated, Error> {
        let now = self.get(id)?.clone();
        if next.id != id {
            return Err(Error::refused(format!("it is {}, not {id}; take it in by itself", next.id)));
        }
        if (&next.manifest, &next.component) == (&now.manifest, &now.component) {
            self.change(id, |entry| Ok(Entry { source: next.source, signed_by: next.signed_by, ..entry }))?;
            return Ok(Updated::Same);
        }
        if !next.source.is_folder() && next.version == now.version {
            return Err(Error::refused(format!(
                "{} {} was published again with other bytes. A version never changes: ask whoever published it, and \
                 take the next version",
                id, next.version
            )));
        }
        if numbers(&next.version) < numbers(&now.version) {
            return Err(Error::refused(format!(
                "{id} {} is older than {}, which is here. `signalbox plugin rollback {id}` goes back",
                next.version, now.version
            )));
        }
        let ask = Ask::of(artifact)?;
        let Some(granted) = &now.granted else {
            let done = Updated::Done { from: now.version.clone(), to: next.version.clone() };
            self.change(id, |entry| Ok(next.in_place_of(entry)))?;
            return Ok(done);
        };
        let beyond = ask.beyond(&granted.ask);
        if !beyond.is_empty() {
            self.change(id, |entry| Ok(Entry { waiting: Some(Box::new(next.sealed())), ..entry }))?;
            return Ok(Updated::Waits { beyond });
        }
        // What it asks less for is no longer granted.
        let next = Entry { granted: Some(Granted { ask, ..granted.clone() }), ..next };
        next.admits(artifact)?;
        let done = Updated::Done { from: now.version.clone(), to: next.version.clone() };
        self.change(id, |entry| Ok(next.in_place_of(entry)))?;
        Ok(done)
    }

    /// Goes back to the version that was here before, with what that one was granted; the one of now is then the one
    /// before.
    pub fn rollback(&mut self, id: &str) -> Result<(), Error> {
        self.change(id, |mut entry| match entry.previous.take() {
            Some(previous) => {
                // Where it was asked then: what was only tried since is let in nowhere by going back.
                let (shadow, rooms) = (previous.shadow, previous.rooms.clone());
                Ok(Entry { shadow, rooms, ..previous.in_place_of(entry) })
            }
            None => Err(Error::refused(format!(
                "there was no version of {id} before {}; `signalbox plugin disable {id}` no longer asks it",
                entry.version
            ))),
        })
    }

    /// Keeps the digest of a plugin's compiled file for that machine and engine.
    pub fn compiled(&mut self, id: &str, target: &str, digest: Digest) -> Result<(), Error> {
        self.change(id, |mut entry| {
            entry.compiled.insert(target.to_string(), digest);
            Ok(entry)
        })
    }

    /// Takes a plugin out.
    pub fn remove(&mut self, id: &str) -> Result<(), Error> {
        self.get(id)?;
        self.plugins.retain(|entry| entry.id != id);
        Ok(())
    }

    fn change(&mut self, id: &str, decide: impl FnOnce(Entry) -> Result<Entry, Error>) -> Result<(), Error> {
        let now = self.get(id)?.clone();
        let then = decide(now)?.sealed();
        if let Some(entry) = self.plugins.iter_mut().find(|entry| entry.id == id) {
            *entry = then;
        }
        Ok(())
    }
}

impl Entry {
    /// This version where that one was, asked as that one was asked.
    fn in_place_of(self, before: Self) -> Self {
        let (enabled, shadow, rooms) = (before.enabled, before.shadow, before.rooms.clone());
        let settings = before.settings.clone();
        let before = Self { previous: None, waiting: None, ..before }.sealed();
        Self { enabled, shadow, rooms, settings, waiting: None, previous: Some(Box::new(before)), ..self }
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|it| it.parse().ok()).collect()
}
