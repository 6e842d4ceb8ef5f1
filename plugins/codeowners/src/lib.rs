//! Knows whose a path is, and what somebody looks after, by the repositories' own CODEOWNERS.
//!
//! A line for `src/invoices/` says that there is such a thing in that repository; a line for everything (`*`) says
//! nothing, and neither does a path that several repositories speak of: those are asked about, below the room's default.

#[cfg(target_family = "wasm")]
mod component;

mod mention;
mod owners;

use serde::Deserialize;
use signalbox_plugin::router::{Candidate, Claim, Outcome, Place, Question};
use signalbox_plugin::{Event, PluginError};

use crate::owners::Owners;

/// No settings: the repositories say themselves whose they are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// A path that one repository speaks of: surer than the room's default, less sure than the conversation.
const PATH: u16 = 650;
/// A team that looks after one repository.
const TEAM: u16 = 640;
/// A person who does: they may be spoken to about anything, so it is less than the room's default.
const PERSON: u16 = 560;
/// Several repositories.
const SEVERAL: u16 = 540;
/// How many are offered.
const OFFERED: usize = 5;

/// A repository that something mentioned belongs to.
struct Found<'a> {
    repository: &'a str,
    matched: Vec<String>,
    reason: String,
}

/// Claims the repository of what is mentioned; asks where that belongs to several.
pub fn route(event: &Event, _: &Config) -> Result<Outcome, PluginError> {
    let mentions = mention::read(&event.text);
    if mentions.paths.is_empty() && mentions.people.is_empty() {
        return Ok(Outcome::Pass("the request mentions no path and nobody".to_string()));
    }
    let known =
        || event.repositories.iter().filter_map(|it| Some((it.name.as_str(), Owners::read(it.owners.as_deref()?))));
    let by_path = gather(known().flat_map(|(name, owners)| {
        let of =
            |path: &String| Some((name, path.clone(), format!("{path} is under {}", pattern(name, &owners, path)?)));
        mentions.paths.iter().filter_map(of).collect::<Vec<_>>()
    }));
    let by_owner = gather(known().flat_map(|(name, owners)| {
        let of = |owner: &String| {
            owners.names(owner).then(|| (name, owner.clone(), format!("{owner} looks after parts of {name}")))
        };
        mentions.people.iter().filter_map(of).collect::<Vec<_>>()
    }));
    let (found, rule, score) = match by_path.is_empty() {
        false => (by_path, "path", PATH),
        true => {
            let team = by_owner.iter().any(|found| found.matched.iter().any(|it| it.contains('/')));
            (by_owner, "owner", if team { TEAM } else { PERSON })
        }
    };
    Ok(match found.as_slice() {
        [] => Outcome::Pass("no repository's CODEOWNERS speaks of what the request mentions".to_string()),
        [only] => Outcome::Claim(Claim {
            workflow: None,
            place: Place::Repository(only.repository.to_string()),
            branch: None,
            inputs: Vec::new(),
            score,
            reason: only.reason.clone(),
            rule: rule.to_string(),
            matched: only.matched.clone(),
        }),
        several => Outcome::Ask(Question {
            text: "What you mention belongs to several repositories. Which one is this for?".to_string(),
            candidates: several.iter().take(OFFERED).map(candidate).collect(),
            score: SEVERAL,
        }),
    })
}

/// The line that speaks of a path, which may begin with the repository's own name.
fn pattern(repository: &str, owners: &Owners<'_>, path: &str) -> Option<String> {
    let bare = repository.rsplit('/').next().unwrap_or_default();
    let inside = path.strip_prefix(bare).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
    let pattern = owners.of(inside)?;
    Some(format!("{pattern} in the CODEOWNERS of {repository}"))
}

/// One entry a repository.
fn gather<'a>(all: impl Iterator<Item = (&'a str, String, String)>) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for (repository, matched, reason) in all {
        match found.iter_mut().find(|it| it.repository == repository) {
            Some(known) => known.matched.push(matched),
            None => found.push(Found { repository, matched: vec![matched], reason }),
        }
    }
    found
}

fn candidate(found: &Found<'_>) -> Candidate {
    let place = Place::Repository(found.repository.to_string());
    Candidate { workflow: None, place, reason: found.reason.clone() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_router("cases", super::route);
    }

    #[test]
    fn no_text_is_too_odd() {
        signalbox_plugin::testing::check_odd_texts("cases", |event| {
            super::route(event, &super::Config::default()).unwrap();
        });
    }
}
