//! What a prefetcher may fetch: what its manifest declares, of that what the operator allows, of that what belongs to
//! the event. A denial says which of the three said no.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::Repository;
use signalbox_ports::plugins::Fetch;
use url::Url;

use crate::limits::SEARCH;

/// One thing a manifest declares that its plugin fetches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "fetch", rename_all = "kebab-case")]
pub enum Capability {
    /// The conversation.
    // Braces, or serde would let it have keys that it does not have.
    Thread {},
    /// Files.
    File {
        /// Whose.
        repository: Whose,
        /// Which, as patterns: `docs/*.md`, `**/AGENTS.md`, `**`.
        paths: Vec<String>,
    },
    /// The names of files below folders.
    Folder {
        /// Whose.
        repository: Whose,
        /// Which folders, as patterns; the root is empty.
        paths: Vec<String>,
    },
    /// Change requests.
    Change {
        /// Whose.
        repository: Whose,
    },
    /// Issues and change requests as people wrote them.
    Issue {
        /// Whose.
        repository: Whose,
    },
    /// Open review threads of change requests.
    Remarks {
        /// Whose.
        repository: Whose,
    },
    /// Failed checks, with the ends of their logs.
    Checks {
        /// Whose.
        repository: Whose,
    },
    /// Searches in files.
    Search {
        /// Whose.
        repository: Whose,
    },
    /// The commits that touched files.
    History {
        /// Whose.
        repository: Whose,
        /// Which files, as patterns.
        paths: Vec<String>,
    },
    /// Pages.
    Http {
        /// Of which hosts: `docs.example.com`, `*.example.com`, `*`.
        hosts: Vec<String>,
    },
}

/// Whose files or change requests a capability is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whose {
    /// Those of the event's own repository.
    #[serde(rename = "{place}")]
    Place,
    /// Those of every repository Signalbox knows, as far as the operator allows.
    #[serde(rename = "known")]
    Known,
}

/// What the operator allows, whatever manifests declare. Nothing, by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Hosts that pages may be fetched from: `docs.example.com`, `*.example.com`.
    pub hosts: Vec<String>,
    /// Whether a request about one repository may read others: whoever may ask about one may then see the others.
    pub other_repositories: bool,
}

/// What the event is about.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// Its repository.
    pub place: Option<&'a Repository>,
    /// The repositories Signalbox knows.
    pub known: &'a [Repository],
}

/// Whether a fetch may be made; if not, who said no and why.
pub fn check(fetch: &Fetch, declared: &[Capability], policy: &Policy, bounds: Bounds<'_>) -> Result<(), String> {
    well_formed(fetch)?;
    let mut refusal = manifest_says_no(fetch);
    for capability in declared {
        match covers(capability, fetch) {
            Some(Whose::Place) => match bounds.place {
                Some(place) if Some(place) == fetch.repository() => return Ok(()),
                Some(place) => {
                    refusal = format!(
                        "the manifest says no: it declares the event's own repository only, and that is {place}"
                    );
                }
                None => refusal = "the event says no: it is about no repository".to_string(),
            },
            Some(Whose::Known) => return within(fetch, policy, bounds),
            None => {}
        }
    }
    Err(refusal)
}

/// Whether a capability is about such a fetch, and whose it would have to be.
fn covers(capability: &Capability, fetch: &Fetch) -> Option<Whose> {
    let path_in = |patterns: &[String], path: &str| patterns.iter().any(|it| fast_glob::glob_match(it, path));
    match (capability, fetch) {
        // The conversation is the event's own; so is what it says of hosts.
        (Capability::Thread {}, Fetch::Thread { .. }) => Some(Whose::Known),
        (Capability::File { repository, paths }, Fetch::File { path, .. })
        | (Capability::Folder { repository, paths }, Fetch::List { folder: path, .. }) => {
            path_in(paths, path).then_some(*repository)
        }
        (Capability::History { repository, paths }, Fetch::History { path, .. }) => {
            path_in(paths, path).then_some(*repository)
        }
        (Capability::Change { repository }, Fetch::Change { .. })
        | (Capability::Issue { repository }, Fetch::Issue { .. })
        | (Capability::Remarks { repository }, Fetch::Remarks { .. })
        | (Capability::Checks { repository }, Fetch::Checks { .. })
        | (Capability::Search { repository }, Fetch::Search { .. }) => Some(*repository),
        (Capability::Http { hosts }, Fetch::Http { url }) => host_in(hosts, url).then_some(Whose::Known),
        (
            Capability::Thread {}
            | Capability::File { .. }
            | Capability::Folder { .. }
            | Capability::Change { .. }
            | Capability::Issue { .. }
            | Capability::Remarks { .. }
            | Capability::Checks { .. }
            | Capability::Search { .. }
            | Capability::History { .. }
            | Capability::Http { .. },
            _,
        ) => None,
    }
}

/// Whether the operator and the event allow a fetch that the manifest declares.
fn within(fetch: &Fetch, policy: &Policy, bounds: Bounds<'_>) -> Result<(), String> {
    match fetch {
        Fetch::Thread { .. } => Ok(()),
        Fetch::File { repository, .. }
        | Fetch::List { repository, .. }
        | Fetch::Change { repository, .. }
        | Fetch::Issue { repository, .. }
        | Fetch::Remarks { repository, .. }
        | Fetch::Checks { repository, .. }
        | Fetch::Search { repository, .. }
        | Fetch::History { repository, .. } => {
            if bounds.place == Some(repository) {
                return Ok(());
            }
            if !bounds.known.contains(repository) {
                return Err(format!("the event says no: {repository} is not a repository Signalbox knows"));
            }
            if !policy.other_repositories {
                return Err(format!(
                    "the operator says no: a request may not read {repository}, which it is not about"
                ));
            }
            Ok(())
        }
        Fetch::Http { url } => match host_in(&policy.hosts, url) {
            true => Ok(()),
            false => Err("the operator says no: its host is not on the list of hosts to read from".to_string()),
        },
    }
}

/// Paths stay in the repository, addresses are plain web addresses. No manifest and no policy can widen this.
fn well_formed(fetch: &Fetch) -> Result<(), String> {
    match fetch {
        Fetch::Thread { .. }
        | Fetch::Change { .. }
        | Fetch::Issue { .. }
        | Fetch::Remarks { .. }
        | Fetch::Checks { .. } => Ok(()),
        Fetch::Search { words, .. } => match words.trim().is_empty() || words.len() > SEARCH {
            true => Err(format!("the host says no: a search has words, at most {SEARCH} bytes")),
            false => Ok(()),
        },
        Fetch::File { path, .. } if path.is_empty() => Err("the host says no: a file has a path".to_string()),
        Fetch::File { path, .. } | Fetch::List { folder: path, .. } | Fetch::History { path, .. } => {
            let leaves = path.split('/').any(|part| matches!(part, ".." | "." | ".git"))
                || path.starts_with('/')
                || path.contains(['\\', '\0'])
                || path.contains("//");
            match leaves {
                true => Err("the host says no: it is not a path within a repository".to_string()),
                false => Ok(()),
            }
        }
        Fetch::Http { url } => match Url::parse(url) {
            Ok(it)
                // What the parser drops (line breaks, tabs) is a header to whoever does not.
                if !url.contains(|c: char| c.is_control() || c.is_whitespace())
                    && matches!(it.scheme(), "http" | "https")
                    && matches!(it.host(), Some(url::Host::Domain(_)))
                    && it.username().is_empty()
                    && it.password().is_none()
                    && it.port().is_none() =>
            {
                Ok(())
            }
            Ok(_) | Err(_) => {
                Err("the host says no: only http and https, by name, without a port or a user".to_string())
            }
        },
    }
}

fn host_in(patterns: &[String], url: &str) -> bool {
    let Some(host) = Url::parse(url).ok().and_then(|it| it.host_str().map(str::to_lowercase)) else { return false };
    patterns.iter().any(|pattern| match pattern.strip_prefix("*.") {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1),
        None => pattern == "*" || *pattern == host,
    })
}

fn manifest_says_no(fetch: &Fetch) -> String {
    let what = match fetch {
        Fetch::Thread { .. } => "the conversation".to_string(),
        Fetch::File { path, .. } => format!("the file {path}"),
        Fetch::List { folder, .. } => format!("the folder {folder:?}"),
        Fetch::Change { .. } => "change requests".to_string(),
        Fetch::Issue { .. } => "issues".to_string(),
        Fetch::Remarks { .. } => "review threads".to_string(),
        Fetch::Checks { .. } => "checks".to_string(),
        Fetch::Search { .. } => "searches".to_string(),
        Fetch::History { path, .. } => format!("the history of {path}"),
        Fetch::Http { .. } => "pages of that host".to_string(),
    };
    format!("the manifest says no: none of its [[capabilities]] covers {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(repository: &str, path: &str) -> Fetch {
        Fetch::File { repository: repository.into(), path: path.into() }
    }

    fn http(url: &str) -> Fetch {
        Fetch::Http { url: url.into() }
    }

    fn files(repository: Whose, path: &str) -> Capability {
        Capability::File { repository, paths: vec![path.into()] }
    }

    fn checked(fetch: &Fetch, declared: Capability, policy: Policy) -> String {
        let known = ["acme/website".into(), "acme/billing".into()];
        let bounds = Bounds { place: Some(&known[0]), known: &known };
        check(fetch, &[declared], &policy, bounds).err().unwrap_or_else(|| "yes".to_string())
    }

    #[test]
    fn a_denial_says_who_said_no() {
        let open = Policy { other_repositories: true, ..Policy::default() };
        for (fetch, declared, policy, says) in [
            (file("acme/website", "AGENTS.md"), files(Whose::Place, "*.md"), Policy::default(), "yes"),
            (
                file("acme/website", "src/AGENTS.md"),
                files(Whose::Place, "*.md"),
                Policy::default(),
                "the manifest says no",
            ),
            (file("acme/billing", "AGENTS.md"), files(Whose::Place, "*.md"), open.clone(), "the manifest says no"),
            (file("acme/billing", "AGENTS.md"), files(Whose::Known, "*.md"), Policy::default(), "the operator says no"),
            (file("acme/billing", "AGENTS.md"), files(Whose::Known, "*.md"), open.clone(), "yes"),
            (file("other/thing", "AGENTS.md"), files(Whose::Known, "*.md"), open, "the event says no"),
            (Fetch::Thread { limit: 9 }, files(Whose::Known, "**"), Policy::default(), "the manifest says no"),
            (Fetch::Thread { limit: 9 }, Capability::Thread {}, Policy::default(), "yes"),
        ] {
            let said = checked(&fetch, declared, policy);
            assert!(said.starts_with(says), "{fetch:?}: {said}");
        }
    }

    #[test]
    fn no_path_leaves_the_repository() {
        for path in ["../x", "a/../../x", "/etc/passwd", "a\\b", ".git/config", "a//b", "./a", ""] {
            let said = checked(&file("acme/website", path), files(Whose::Place, "**"), Policy::default());
            assert!(said.starts_with("the host says no"), "{path}: {said}");
        }
    }

    #[test]
    fn a_search_has_words_and_not_too_many() {
        let says = |words: String| {
            let fetch = Fetch::Search { repository: "acme/website".into(), words };
            checked(&fetch, Capability::Search { repository: Whose::Place }, Policy::default())
        };
        assert_eq!(says("x".repeat(SEARCH)), "yes");
        for words in ["x".repeat(SEARCH + 1), String::new(), "  ".to_string()] {
            assert_eq!(says(words), "the host says no: a search has words, at most 256 bytes");
        }
    }

    #[test]
    fn pages_are_read_by_name_from_listed_hosts_only() {
        let policy = Policy { hosts: vec!["docs.example.com".into(), "*.example.org".into()], ..Policy::default() };
        for (url, says) in [
            ("https://docs.example.com/a", "yes"),
            ("http://a.b.example.org/", "yes"),
            ("https://example.org/", "the operator says no"),
            ("https://evilexample.org/", "the operator says no"),
            ("https://example.com/", "the operator says no"),
            ("https://user@docs.example.com/", "the host says no"),
            ("https://docs.example.com:8080/", "the host says no"),
            ("http://169.254.169.254/latest", "the host says no"),
            ("http://0x7f.1/", "the host says no"),
            ("http://[::1]/", "the host says no"),
            ("file:///etc/passwd", "the host says no"),
            ("docs.example.com", "the host says no"),
        ] {
            let said = checked(&http(url), Capability::Http { hosts: vec!["*".into()] }, policy.clone());
            assert!(said.starts_with(says), "{url}: {said}");
        }
    }
}
