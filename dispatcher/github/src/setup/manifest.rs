//! What the App needs for each feature, and the manifest that asks for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Something that Signalbox does on GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Reads repositories, opens pull requests, writes checks.
    Forge,
    /// Is mentioned in issues and their comments, labelled, assigned.
    Issues,
    /// Is mentioned on pull requests, and hears of reviews.
    PullRequests,
    /// Watches checks of its pull requests, and reads the logs of those that fail.
    Checks,
    /// Changes workflow files, where a person approves it.
    Workflows,
}

/// What a feature needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Permissions, by GitHub's name: `read` or `write`.
    pub permissions: BTreeMap<&'static str, &'static str>,
    /// Events that have to be subscribed.
    pub events: BTreeSet<&'static str>,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 5] = [Self::Forge, Self::Issues, Self::PullRequests, Self::Checks, Self::Workflows];

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Forge => "opening pull requests",
            Self::Issues => "being asked in issues",
            Self::PullRequests => "being asked on pull requests",
            Self::Checks => "watching checks",
            Self::Workflows => "changing workflow files",
        }
    }

    /// What it needs: the table.
    pub fn needs(self) -> Needs {
        let (permissions, events): (&[_], &[_]) = match self {
            Self::Forge => (
                &[("metadata", "read"), ("contents", "write"), ("pull_requests", "write"), ("checks", "write")],
                &["check_run"],
            ),
            Self::Issues => (&[("metadata", "read"), ("issues", "write")], &["issues", "issue_comment"]),
            Self::PullRequests => (
                &[("metadata", "read"), ("pull_requests", "write"), ("issues", "write")],
                &["issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment"],
            ),
            Self::Checks => (
                &[("metadata", "read"), ("checks", "write"), ("statuses", "read"), ("actions", "read")],
                &["check_run", "check_suite", "status", "workflow_run"],
            ),
            Self::Workflows => (&[("metadata", "read"), ("workflows", "write")], &[]),
        };
        Needs { permissions: permissions.iter().copied().collect(), events: events.iter().copied().collect() }
    }
}

/// What all of the features need together.
pub(crate) fn needs(features: &BTreeSet<Feature>) -> Needs {
    let mut all = Needs::default();
    for feature in features {
        let Needs { permissions, events } = feature.needs();
        for (name, level) in permissions {
            let had = all.permissions.entry(name).or_insert(level);
            if level == "write" {
                *had = level;
            }
        }
        all.events.extend(events);
    }
    all
}

/// The manifest of an App that has what the features need and nothing else. `public_url` is where this Signalbox is
/// reached, without a slash at its end; without one, its webhook is listed by GitHub and fetched from there. `redirect`
/// is where the person comes back to with the App's keys.
pub fn manifest(features: &BTreeSet<Feature>, name: &str, public_url: Option<&str>, redirect: &str) -> Value {
    let Needs { permissions, events } = needs(features);
    // An App whose webhook has no address lists no deliveries; this one leads nowhere, by RFC 2606.
    let base = public_url.unwrap_or("https://signalbox.invalid");
    let mut manifest = json!({
        "name": name,
        "url": public_url.unwrap_or("https://github.com"),
        "hook_attributes": { "url": format!("{base}{}", crate::edge::PATH), "active": true },
        "redirect_url": redirect,
        "description": "Asks Signalbox for work from issues and pull requests.",
        "public": false,
        "default_permissions": permissions,
        "default_events": events,
    });
    if let Some(base) = public_url {
        manifest["callback_urls"] = json!([format!("{base}{}", crate::account::LINK)]);
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_asks_for_what_is_on_and_nothing_else() {
        let features = BTreeSet::from([Feature::Forge, Feature::Issues]);
        let made =
            manifest(&features, "Signalbox of Acme", Some("https://box.acme.example"), "http://127.0.0.1:1/back");
        assert_eq!(
            made["default_permissions"],
            json!({ "checks": "write", "contents": "write", "issues": "write", "metadata": "read",
                    "pull_requests": "write" })
        );
        assert_eq!(made["default_events"], json!(["check_run", "issue_comment", "issues"]));
        assert_eq!(made["hook_attributes"]["url"], json!("https://box.acme.example/hooks/github"));
        assert_eq!(made["callback_urls"], json!(["https://box.acme.example/link/github"]));
        assert_eq!(made["public"], json!(false));
    }

    #[test]
    fn every_event_that_is_read_is_subscribed_and_every_other_is_not() {
        let all = needs(&Feature::ALL.into());
        let read: BTreeSet<&str> = crate::decode::READ.into();
        assert_eq!(all.events, read);
    }

    #[test]
    fn the_greater_of_two_permissions_is_asked_for() {
        let both = needs(&BTreeSet::from([Feature::Checks, Feature::Forge]));
        assert_eq!(both.permissions.get("checks"), Some(&"write"));
        assert_eq!(both.permissions.get("actions"), Some(&"read"));
    }
}
