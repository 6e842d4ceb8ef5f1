//! Where a repository is: which installation opens it, and under which token of ours.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::Repository;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::forge::Known;

use super::call::{Caller, Who};
use super::trouble::Trouble;
use super::{Github, path};
use crate::settings::Secret;

/// How long an installation is believed to be a repository's.
const BELIEVED: Span = Span::minutes(10);
/// How long the list of repositories is believed.
const LISTED: Span = Span::minutes(5);
/// How long a token lives.
const LIFE: Span = Span::hours(1);
/// How long before its end a token of ours is used no longer.
const MARGIN: Span = Span::minutes(5);
/// The most installations one App is asked about.
const INSTALLATIONS: usize = 1_000;
/// The most repositories of one installation.
const REPOSITORIES: usize = 10_000;

/// A repository that we may call GitHub about.
pub(crate) struct Place {
    /// Its name.
    pub(crate) repository: Repository,
    /// Its installation.
    pub(crate) installation: u64,
    /// `/repos/owner/name`.
    pub(crate) path: String,
    /// Who asks about it.
    pub(crate) caller: Caller,
}

/// A token of an installation, as GitHub hands it out.
#[derive(Deserialize)]
pub(crate) struct Token {
    /// It.
    pub(crate) token: String,
    /// When it ends, `2026-11-21T00:00:00Z`.
    pub(crate) expires_at: String,
}

impl Token {
    /// When it ends. GitHub's tokens live for an hour, should it ever say so in another way.
    pub(crate) fn until(&self, now: Time) -> Time {
        read(&self.expires_at).unwrap_or(now + LIFE)
    }
}

/// Reads a time as GitHub writes it.
pub(crate) fn read(time: &str) -> Option<Time> {
    let at = chrono::DateTime::parse_from_rfc3339(time).ok()?.timestamp_millis();
    u64::try_from(at).ok().map(Time)
}

/// Which installation, narrowed to what.
#[derive(Serialize, Default)]
pub(crate) struct Narrowed<'a> {
    /// The one repository it opens; all of the installation's if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository_ids: Option<[u64; 1]>,
    /// What it may do there; all that the App may if there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) permissions: Option<std::collections::BTreeMap<&'a str, &'a str>>,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
    #[serde(default)]
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    full_name: String,
    #[serde(default)]
    description: Option<String>,
    default_branch: String,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    disabled: bool,
}

impl Github {
    /// The App itself.
    pub(crate) fn app(&self) -> Result<Caller, Error> {
        let token = self.0.key.proof(self.0.settings.app_id, self.now())?;
        Ok(Caller { github: self.clone(), who: Who::App, token })
    }

    /// One of its installations.
    pub(crate) async fn installation(&self, id: u64) -> Result<Caller, Error> {
        let kept = || {
            let now = self.now();
            self.known().tokens.get(&id).filter(|(_, until)| now < *until).map(|(token, _)| token.clone())
        };
        let token = match kept() {
            Some(token) => token,
            None => {
                // One makes it, and those who come meanwhile use it too.
                let _one = self.asking().await;
                match kept() {
                    Some(token) => token,
                    None => {
                        let now = self.now();
                        let made = self.token(id, &Narrowed::default()).await?;
                        let token = Secret::new(&made.token);
                        let until = Time(made.until(now).0.saturating_sub(MARGIN.0));
                        self.known().tokens.insert(id, (token.clone(), until));
                        token
                    }
                }
            }
        };
        Ok(Caller { github: self.clone(), who: Who::Installation(id), token })
    }

    /// The bearer of a token of an installation.
    pub(crate) fn bearer(&self, installation: u64, token: Secret) -> Caller {
        Caller { github: self.clone(), who: Who::Bearer(installation), token }
    }

    /// A person who signed in.
    pub(crate) fn person(&self, token: Secret) -> Caller {
        Caller { github: self.clone(), who: Who::Person, token }
    }

    /// Nobody, at the address where people and git go.
    pub(crate) fn web(&self) -> Caller {
        Caller { github: self.clone(), who: Who::Web, token: Secret::new("") }
    }

    /// Makes a token of an installation.
    pub(crate) async fn token(&self, installation: u64, narrowed: &Narrowed<'_>) -> Result<Token, Trouble> {
        self.app()?.make(&format!("/app/installations/{installation}/access_tokens"), narrowed).await
    }

    /// Where a repository is. One that no installation opens is [`Error::Rejected`].
    pub(crate) async fn place(&self, repository: &Repository) -> Result<Place, Error> {
        let path = path::of(repository)?;
        let kept = || {
            let now = self.now();
            self.known().installations.get(repository).filter(|(_, until)| now < *until).map(|(id, _)| *id)
        };
        let installation = match kept() {
            Some(id) => id,
            None => {
                let _one = self.asking().await;
                match kept() {
                    Some(id) => id,
                    None => {
                        let found: Result<Installation, Trouble> =
                            self.app()?.get(&format!("{path}/installation")).await;
                        let id = found.map_err(|trouble| trouble.or(|| absent(repository)))?.id;
                        self.known().installations.insert(repository.clone(), (id, self.now() + BELIEVED));
                        id
                    }
                }
            }
        };
        let caller = self.installation(installation).await.inspect_err(|_| {
            // The App may have been removed from there, and installed again.
            self.known().installations.remove(repository);
        })?;
        Ok(Place { repository: repository.clone(), installation, path, caller })
    }

    /// Every repository of every installation that can be worked on.
    pub(crate) async fn listed(&self) -> Result<Vec<Known>, Error> {
        let now = self.now();
        if let Some((listed, _)) = self.known().repositories.as_ref().filter(|(_, until)| now < *until) {
            return Ok(listed.clone());
        }
        let mut known = Vec::new();
        for installation in self.app()?.all::<Installation>("/app/installations", "", INSTALLATIONS).await? {
            if installation.suspended_at.is_some() {
                continue;
            }
            let caller = self.installation(installation.id).await?;
            let listed: Vec<Listed> = caller.all("/installation/repositories", "repositories", REPOSITORIES).await?;
            for found in listed.into_iter().filter(|found| !found.archived && !found.disabled) {
                let repository = Repository(found.full_name);
                self.known().installations.insert(repository.clone(), (installation.id, now + BELIEVED));
                known.push(Known {
                    repository,
                    description: found.description.unwrap_or_default(),
                    default_branch: found.default_branch,
                });
            }
        }
        self.known().repositories = Some((known.clone(), now + LISTED));
        Ok(known)
    }
}

/// What is said of a repository that no installation opens.
pub(crate) fn absent(repository: &Repository) -> String {
    format!(
        "there is no repository {repository} that Signalbox may work on; somebody who administers it can install the App there"
    )
}
