//! What a devbox may do here, and that it is over when we say so.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use signalbox_domain::id::{DevboxId, Repository};
use signalbox_domain::time::{Span, Time};
use signalbox_domain::workflow::Grant;
use signalbox_ports::Error;
use signalbox_ports::forge::Access;
use subtle::ConstantTimeEq as _;

use crate::{Forge, disk, names, now};

/// How long a token is good for, whatever happens to its devbox.
const LIFE: Span = Span::hours(24);
/// How long we remember that a devbox is over, so that nothing can be minted for it any more.
const MEMORY: Span = Span::hours(24 * 30);
/// The bytes of a token nobody can guess.
const SECRET: usize = 32;
/// What a token begins with, so that a scanner knows one.
const PREFIX: &str = "sbx_";
/// The hexadecimal digits of the place of a devbox's token.
const KEY: usize = 32;

/// What is kept of a devbox: never the token itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "token", rename_all = "snake_case")]
enum Kept {
    /// It has a token.
    Live {
        devbox: DevboxId,
        powers: Powers,
        /// SHA-256 of the secret part.
        hash: String,
        until: Time,
    },
    /// It is over. The repository is the one it had a token for.
    Ended { devbox: DevboxId, repository: Option<Repository>, at: Time },
}

/// What a token's bearer may do in one repository. Made by [`Forge::powers`] alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Powers {
    /// Where.
    pub(crate) repository: Repository,
    /// The one branch that may be pushed to, if any.
    pub(crate) push: Option<String>,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// It is none of ours.
    #[error("this token is not one of ours")]
    Unknown,
    /// Its devbox is over.
    #[error("this token has ended: its devbox is over")]
    Ended,
    /// Its time is up.
    #[error("this token has run out")]
    Late,
}

impl Forge {
    /// Makes a token for a devbox. The one it had, if it had one, ends.
    pub(crate) async fn grant(
        &self,
        devbox: &DevboxId,
        repository: &Repository,
        grant: &Grant,
        branch: &str,
    ) -> Result<Access, Error> {
        let place = self.there(repository)?;
        let url = format!("{}/git/{repository}.git", self.base_url);
        if !grant.reads() {
            return Ok(Access { url, token: None });
        }
        let push = if grant.writes() { Some(names::branch(branch)?.to_owned()) } else { None };
        if push.is_some() && self.about(&place)?.is_some_and(|about| about.default_branch == branch) {
            return Err(Error::rejected(format!(
                "{branch} is the default branch of {repository}: no devbox pushes to it"
            )));
        }
        let powers = Powers { repository: repository.clone(), push };
        let key = key(devbox);
        let file = self.kept(&key);
        let _held = disk::hold(self.tokens_lock()).await?;
        match disk::kept(&file)? {
            None => {}
            Some(Kept::Live { powers: had, .. }) if had == powers => {}
            Some(Kept::Live { .. }) => {
                return Err(Error::rejected(format!("the devbox {devbox} has a token with other powers already")));
            }
            Some(Kept::Ended { .. }) => {
                return Err(Error::rejected(format!("the devbox {devbox} is over: it gets no token any more")));
            }
        }
        let mut secret = [0; SECRET];
        getrandom::fill(&mut secret).map_err(Error::unavailable)?;
        let secret = BASE64_URL_SAFE_NO_PAD.encode(secret);
        let hash = hash(&secret);
        disk::keep(&file, &Kept::Live { devbox: devbox.clone(), powers, hash, until: now() + LIFE })?;
        Ok(Access { url, token: Some(format!("{PREFIX}{key}_{secret}")) })
    }

    /// What a token's bearer may do now.
    pub(crate) fn powers(&self, token: &str) -> Result<Result<Powers, Refused>, Error> {
        let Some((key, secret)) = token.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else {
            return Ok(Err(Refused::Unknown));
        };
        if key.len() != KEY || !key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Err(Refused::Unknown));
        }
        Ok(match disk::kept(&self.kept(key))? {
            None => Err(Refused::Unknown),
            Some(Kept::Ended { .. }) => Err(Refused::Ended),
            Some(Kept::Live { hash: expected, powers, until, .. }) => {
                if !bool::from(hash(secret).as_bytes().ct_eq(expected.as_bytes())) {
                    Err(Refused::Unknown)
                } else if until <= now() {
                    Err(Refused::Late)
                } else {
                    Ok(powers)
                }
            }
        })
    }

    /// Ends a devbox's token, and waits until nothing that was begun with it goes on: a push that passed its last check
    /// before this one was written holds the repository's lock until it is over; one that comes later is refused.
    pub(crate) async fn end(&self, devbox: &DevboxId) -> Result<(), Error> {
        let file = self.kept(&key(devbox));
        let held = disk::hold(self.tokens_lock()).await?;
        let had: Option<Kept> = disk::kept(&file)?;
        // Ending twice waits twice: the first may have been cut off before its wait. A devbox that never had a token is
        // over as well: a mint that comes late finds this.
        let repository = match had {
            Some(Kept::Ended { repository, .. }) => repository,
            Some(Kept::Live { powers, .. }) => self.bury(&file, devbox, Some(powers.repository))?,
            None => self.bury(&file, devbox, None)?,
        };
        drop(held);
        self.ended.send_modify(|count| *count += 1);
        if let Some(repository) = repository {
            drop(disk::hold(self.place(&repository)?.lock).await?);
        }
        Ok(())
    }

    /// Ends every token for a repository whose lock is held.
    pub(crate) async fn end_all(&self, repository: &Repository) -> Result<(), Error> {
        let _held = disk::hold(self.tokens_lock()).await?;
        for file in self.all_kept() {
            if let Some(Kept::Live { devbox, powers, .. }) = disk::kept(&file)?
                && powers.repository == *repository
            {
                self.bury(&file, &devbox, Some(powers.repository))?;
            }
        }
        self.ended.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Drops what need not be remembered any more.
    pub(crate) async fn forget(&self) -> Result<(), Error> {
        let _held = disk::hold(self.tokens_lock()).await?;
        disk::tidy(&self.folder.join(".tokens"));
        for file in self.all_kept() {
            let over = match disk::kept(&file)? {
                Some(Kept::Ended { at, .. }) => at,
                Some(Kept::Live { until, .. }) => until,
                None => continue,
            };
            if over + MEMORY <= now() {
                std::fs::remove_file(&file).map_err(Error::unavailable)?;
            }
        }
        Ok(())
    }

    /// Writes down that a devbox is over.
    fn bury(
        &self,
        file: &Path,
        devbox: &DevboxId,
        repository: Option<Repository>,
    ) -> Result<Option<Repository>, Error> {
        disk::keep(file, &Kept::Ended { devbox: devbox.clone(), repository: repository.clone(), at: now() })?;
        Ok(repository)
    }

    fn all_kept(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.join(".tokens")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
    }

    fn kept(&self, key: &str) -> PathBuf {
        self.folder.join(".tokens").join(format!("{key}.json"))
    }

    fn tokens_lock(&self) -> PathBuf {
        self.folder.join(".locks").join("tokens")
    }
}

/// Where a devbox's token is kept.
fn key(devbox: &DevboxId) -> String {
    hash(devbox.as_str())[..KEY].to_owned()
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
