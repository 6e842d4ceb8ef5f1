//! Where an import comes from, and what is there to be had.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use signalbox_domain::id::Repository;
use signalbox_ports::Error;

use crate::git::Failed;
use crate::names;

/// The owner of what is imported without one.
const OWNER: &str = "local";

/// Where an import comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Folder(PathBuf),
    Address(String),
}

impl Source {
    pub(crate) fn of(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if let Ok(folder) = Path::new(text).canonicalize() {
            return match folder.is_dir() {
                true => Ok(Self::Folder(folder)),
                false => Err(Error::rejected(format!("{text} is a file, not a folder with a git repository"))),
            };
        }
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        let short = text.split_once(':').is_some_and(|(host, _)| !host.contains('/') && host.contains('@'));
        match scheme {
            _ if text.starts_with('-') || text.contains(char::is_control) => {}
            Some("https" | "http" | "ssh" | "file") => return Ok(Self::Address(text.to_owned())),
            None if short => return Ok(Self::Address(text.to_owned())),
            Some(_) | None => {}
        }
        Err(Error::rejected(format!(
            "{text:?} is neither a folder on this machine nor a repository's address (https://…, ssh://… or user@host:path)"
        )))
    }

    pub(crate) fn name(&self, asked: Option<&str>) -> Result<Repository, Error> {
        let own = match self {
            Self::Folder(folder) => folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Address(address) => {
                address.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default().to_owned()
            }
        };
        let name = match asked {
            Some(name) if name.contains('/') => name.to_owned(),
            Some(name) => format!("{OWNER}/{name}"),
            None => match names::slug(&own) {
                name if name.is_empty() => {
                    return Err(Error::rejected(format!(
                        "{self} needs a name here, because {own:?} cannot be one: give one"
                    )));
                }
                name => format!("{OWNER}/{name}"),
            },
        };
        Ok(Repository(name))
    }

    pub(crate) fn argument(&self) -> OsString {
        match self {
            Self::Folder(folder) => folder.into(),
            Self::Address(address) => address.into(),
        }
    }

    /// What a person is told when the source cannot be read.
    pub(crate) fn explain(&self, failed: Failed) -> Error {
        let Failed::Exit { complaint, .. } = failed else { return failed.into() };
        let complaint = match self {
            Self::Folder(_) => complaint,
            Self::Address(address) => complaint.replace(address.as_str(), &self.to_string()),
        };
        let not_git = ["not a git repository", "does not appear to be a git repository"]
            .iter()
            .any(|words| complaint.contains(words));
        Error::rejected(match self {
            Self::Folder(_) if not_git => format!(
                "{self} is not a git repository: name the folder that holds `.git`, or make it one (`git init`, `git add .`, \
                 `git commit`) and import it again"
            ),
            Self::Folder(_) => format!("{self} could not be read: {complaint}"),
            Self::Address(_) => format!(
                "{self} could not be fetched: {complaint}. If it needs your credentials, clone it yourself and import the folder"
            ),
        })
    }
}

impl std::fmt::Display for Source {
    /// For people: an address without the credentials in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Address(address) => match address.split_once("://") {
                Some((scheme, rest)) => {
                    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                    let host = authority.rsplit('@').next().unwrap_or_default();
                    write!(f, "{scheme}://{host}/{path}")
                }
                None => f.write_str(address),
            },
        }
    }
}

/// What another repository says it has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Offered {
    head: Option<String>,
    detached: bool,
    pub(crate) branches: BTreeMap<String, String>,
}

impl Offered {
    /// Reads what `git ls-remote --symref` prints.
    pub(crate) fn read(text: &str) -> Self {
        let mut offered = Self::default();
        for (value, name) in text.lines().filter_map(|line| line.split_once('\t')) {
            match (value.strip_prefix("ref: refs/heads/"), name.strip_prefix("refs/heads/")) {
                (Some(branch), _) if name == "HEAD" => offered.head = Some(branch.to_owned()),
                (None, Some(branch)) => drop(offered.branches.insert(branch.to_owned(), value.to_owned())),
                (None, None) if name == "HEAD" => offered.detached = true,
                (Some(_) | None, _) => {}
            }
        }
        offered.detached &= offered.head.is_none();
        offered
    }

    /// Its default branch: the one that is checked out, or the one that is called so, or the only one.
    pub(crate) fn main(&self, source: &Source, notices: &mut Vec<String>) -> Result<String, Error> {
        if let Some(head) = self.head.as_ref().filter(|head| self.branches.contains_key(*head)) {
            return Ok(head.clone());
        }
        let usual = ["main", "master"].into_iter().find(|name| self.branches.contains_key(*name));
        let only = self.branches.keys().next().filter(|_| self.branches.len() == 1);
        match usual.or(only.map(String::as_str)) {
            Some(branch) => {
                let why = if self.detached {
                    "no branch is checked out there"
                } else {
                    "the branch checked out there has no commit"
                };
                notices.push(format!("{branch} is taken as the default branch, because {why}"));
                Ok(branch.to_owned())
            }
            None => Err(Error::rejected(format!(
                "{source} does not say which branch is the default one: check one out there (`git switch <branch>`) and \
                 import it again"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_repository_has_is_read_from_gits_words() {
        let offered = Offered::read(
            "ref: refs/heads/main\tHEAD\naa\tHEAD\naa\trefs/heads/main\nbb\trefs/heads/x/y\ncc\trefs/tags/v1\n",
        );
        assert_eq!(offered.head.as_deref(), Some("main"));
        assert!(!offered.detached);
        assert_eq!(offered.branches.len(), 2);
        assert!(Offered::read("aa\tHEAD\naa\trefs/heads/main\n").detached);
    }

    #[test]
    fn an_address_is_told_without_its_password() {
        let source = Source::of("https://ana:secret@example.com/acme/website.git").unwrap();
        assert_eq!(source.to_string(), "https://example.com/acme/website.git");
        assert_eq!(source.name(None).unwrap().0, "local/website");
        assert_eq!(source.name(Some("acme/site")).unwrap().0, "acme/site");
    }

    #[test]
    fn an_address_that_would_run_something_is_none() {
        for text in [
            "--upload-pack=touch /tmp/x",
            "ext::sh -c id",
            "-oProxyCommand=id@host:x",
            "git://example.com/x",
            "nowhere",
            "fd::1",
        ] {
            assert!(Source::of(text).is_err(), "{text}");
        }
    }
}
