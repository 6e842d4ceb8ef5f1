//! What a devbox may do on GitHub, and that it is over when we say so.
//!
//! A devbox's tokens are kept sealed in the notes, so that whichever process ends the devbox can end them. A token whose
//! making was cut off before it could be kept is known to nobody, and ends by itself within the hour.

pub(crate) mod seal;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signalbox_domain::id::{DevboxId, Repository};
use signalbox_domain::time::{Span, Time};
use signalbox_domain::workflow::{Access as Level, Grant};
use signalbox_ports::Error;
use signalbox_ports::forge::Access;

use crate::app::{Github, Narrowed, Place, Trouble};
use crate::forge::named;
use crate::settings::Secret;

/// A token with less than this left is no answer to being asked for one: a new one is made.
const FRESH: Span = Span::minutes(30);
/// How long after its end a token is not ended again, whatever the clocks say.
const OVER: Span = Span::minutes(10);
/// How often ending a devbox is tried against somebody who is making a token for it.
const TRIES: u32 = 5;
/// What the key that seals tokens is for.
const PURPOSE: &str = "tokens of devboxes";

/// What is kept of a devbox.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "devbox", rename_all = "snake_case")]
enum Kept {
    /// It has tokens.
    Live { powers: Powers, tokens: Vec<Sealed> },
    /// It is over; these tokens of it may not have been ended yet.
    Ended { at: Time, installation: u64, tokens: Vec<Sealed> },
}

/// What the bearer may do, in one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Powers {
    repository: Repository,
    installation: u64,
    permissions: BTreeMap<String, Level>,
    branch: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sealed {
    sealed: String,
    until: Time,
}

impl Github {
    /// A token for a devbox: one repository and the grant's permissions. GitHub narrows no token to a branch; what was
    /// pushed is looked at before anything is made of it, and workflows need a permission of their own.
    pub(crate) async fn grant(
        &self,
        devbox: &DevboxId,
        repository: &Repository,
        grant: &Grant,
        branch: &str,
    ) -> Result<Access, Error> {
        let place = self.place(repository).await?;
        let url = format!("{}/{repository}.git", self.settings().web_url);
        if !grant.reads() {
            return Ok(Access { url, token: None });
        }
        let (id, default) = self.about(&place).await?;
        if grant.writes() && named(branch)? == default {
            return Err(Error::rejected(format!(
                "{branch} is the default branch of {repository}: no devbox pushes to it"
            )));
        }
        let powers = Powers {
            repository: repository.clone(),
            installation: place.installation,
            permissions: grant.permissions.iter().map(|(name, level)| (name.replace('-', "_"), *level)).collect(),
            branch: branch.to_owned(),
        };
        let now = self.now();
        let (mut tokens, version) = match self.kept(devbox).await? {
            None => (Vec::new(), 0),
            Some((Kept::Live { powers: had, tokens }, version)) if had == powers => (tokens, version),
            Some((Kept::Live { .. }, _)) => {
                return Err(Error::rejected(format!("the devbox {devbox} has a token with other powers already")));
            }
            Some((Kept::Ended { .. }, _)) => {
                return Err(Error::rejected(format!("the devbox {devbox} is over: it gets no token any more")));
            }
        };
        let fresh = tokens.last().filter(|last| last.until - now >= FRESH).and_then(|last| self.unsealed(devbox, last));
        if let Some(token) = fresh {
            return Ok(Access { url, token: Some(token.expose().to_owned()) });
        }
        let (token, until) = self.narrow(&place, id, &powers.permissions).await?;
        tokens.retain(|token| now - token.until < OVER);
        tokens.push(Sealed { sealed: seal::seal(&self.sealing_key(PURPOSE), devbox.as_str(), &token)?, until });
        match self.keep(devbox, &Kept::Live { powers, tokens }, version).await {
            Ok(()) => Ok(Access { url, token: Some(token.expose().to_owned()) }),
            Err(error) => {
                // Nobody knows of it; if this fails too, it ends by itself.
                let _ = self.end_token(place.installation, token).await;
                Err(match error {
                    Error::Conflict => Error::unavailable(format!("another token was made or ended for {devbox}")),
                    Error::Later { .. } | Error::Unavailable(_) | Error::Rejected(_) => error,
                })
            }
        }
    }

    /// Ends every token of a devbox. First it is written down that the devbox is over, so that a token that is being
    /// made meanwhile finds that and ends too.
    pub(crate) async fn end(&self, devbox: &DevboxId) -> Result<(), Error> {
        let mut tries = 0;
        let (installation, tokens, version) = loop {
            let (kept, version) = match self.kept(devbox).await? {
                None => (Kept::Ended { at: self.now(), installation: 0, tokens: Vec::new() }, 0),
                Some((Kept::Live { powers, tokens }, version)) => {
                    (Kept::Ended { at: self.now(), installation: powers.installation, tokens }, version)
                }
                Some((Kept::Ended { tokens, installation, .. }, version)) => break (installation, tokens, version),
            };
            tries += 1;
            match self.keep(devbox, &kept, version).await {
                Ok(()) => {}
                Err(Error::Conflict) if tries < TRIES => {}
                Err(Error::Conflict) => return Err(Error::unavailable(format!("tokens of {devbox} keep being made"))),
                Err(error @ (Error::Later { .. } | Error::Unavailable(_) | Error::Rejected(_))) => return Err(error),
            }
        };
        if tokens.is_empty() {
            return Ok(());
        }
        for sealed in &tokens {
            if self.now() - sealed.until < OVER
                && let Some(token) = self.unsealed(devbox, sealed)
            {
                self.end_token(installation, token).await?;
            }
        }
        let over = Kept::Ended { at: self.now(), installation, tokens: Vec::new() };
        match self.keep(devbox, &over, version).await {
            // Somebody else ended it too.
            Ok(()) | Err(Error::Conflict) => Ok(()),
            Err(error @ (Error::Later { .. } | Error::Unavailable(_) | Error::Rejected(_))) => Err(error),
        }
    }

    /// Makes a token narrowed to one repository and these permissions.
    async fn narrow(
        &self,
        place: &Place,
        repository: u64,
        permissions: &BTreeMap<String, Level>,
    ) -> Result<(Secret, Time), Error> {
        let level = |level: &Level| match level {
            Level::Read => "read",
            Level::Write => "write",
        };
        let permissions = permissions.iter().map(|(name, given)| (name.as_str(), level(given))).collect();
        let narrowed = Narrowed { repository_ids: Some([repository]), permissions: Some(permissions) };
        let now = self.now();
        let made = self.token(place.installation, &narrowed).await.map_err(|trouble| match trouble.status {
            Some(http::StatusCode::UNPROCESSABLE_ENTITY) => Error::rejected(format!(
                "the App may not give a phase what its workflow grants it in {}: {}",
                place.repository, trouble.words
            )),
            Some(_) | None => trouble.error,
        })?;
        Ok((Secret::new(&made.token), made.until(now)))
    }

    /// Ends a token. One that has ended already is no trouble.
    async fn end_token(&self, installation: u64, token: Secret) -> Result<(), Trouble> {
        match self.bearer(installation, token).delete("/installation/token").await {
            Err(trouble) if !trouble.is(http::StatusCode::UNAUTHORIZED) => Err(trouble),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn unsealed(&self, devbox: &DevboxId, token: &Sealed) -> Option<Secret> {
        let opened = seal::open(&self.sealing_key(PURPOSE), devbox.as_str(), &token.sealed);
        if opened.is_none() {
            tracing::warn!(%devbox, "a token was sealed by another key of the App: it ends by itself within the hour");
        }
        opened
    }

    async fn kept(&self, devbox: &DevboxId) -> Result<Option<(Kept, u64)>, Error> {
        let Some(note) = self.notes().get(&key(devbox)).await? else { return Ok(None) };
        let kept = serde_json::from_str(&note.value)
            .map_err(|error| Error::rejected(format!("what is kept of the devbox {devbox} cannot be read: {error}")))?;
        Ok(Some((kept, note.version)))
    }

    async fn keep(&self, devbox: &DevboxId, kept: &Kept, version: u64) -> Result<(), Error> {
        let value = serde_json::to_string(kept).map_err(Error::rejected)?;
        self.notes().put(&key(devbox), &value, version).await.map(|_| ())
    }
}

/// Where a devbox is kept.
fn key(devbox: &DevboxId) -> String {
    format!("github/devbox/{devbox}")
}
