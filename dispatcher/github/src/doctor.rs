//! What is wrong between us and GitHub, in words that whoever administers it can act on.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use signalbox_domain::time::{Span, Time};

use crate::app::{Github, Trouble};
use crate::catch_up;
use crate::setup::{Feature, Needs, needs};

/// How far our clock may be from GitHub's: it takes no key that is signed more than a minute ahead.
const SKEW: Span = Span::seconds(30);
/// The most installations that are looked at.
const INSTALLATIONS: usize = 100;
/// How far back deliveries are looked at.
const BACK: Span = Span::hours(24);

/// What should be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// What is switched on.
    pub features: BTreeSet<Feature>,
    /// Where GitHub reaches us, without a slash at its end; `None`: it cannot, and its webhooks are fetched.
    pub public_url: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As it should be.
    Fine,
    /// It works, and could be better.
    Odd,
    /// Something does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// What is so.
    pub what: String,
    /// What to do about it; empty where nothing has to be done.
    pub then: String,
}

#[derive(Deserialize)]
struct App {
    slug: String,
    html_url: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<String>,
}

#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    secret: Option<String>,
}

#[derive(Deserialize)]
struct Installation {
    account: Account,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    #[serde(default)]
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

/// Looks at everything, the worst first. GitHub is only read.
pub async fn examine(github: &Github, expected: &Expected) -> Vec<Finding> {
    let mut found = Vec::new();
    let app: App = match ask(github, "/app").await {
        Ok(app) => app,
        Err(trouble) => {
            found.push(broken(
                format!("GitHub does not know us: {}", trouble.error),
                "Check that the App's id and its private key belong together and that this machine's clock is right; a \
                 new key can be made on the App's settings page.",
            ));
            return found;
        }
    };
    clock(github, &mut found).await;
    named(github, &app, &mut found);
    granted(&app, expected, &mut found);
    hook(github, &app, expected, &mut found).await;
    delivered(github, expected, &mut found).await;
    installed(github, &app, expected, &mut found).await;
    found.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    found
}

async fn ask<T: serde::de::DeserializeOwned>(github: &Github, path: &str) -> Result<T, Trouble> {
    github.app()?.get(path).await
}

async fn clock(github: &Github, found: &mut Vec<Finding>) {
    let asked = async { github.app()?.date("/app").await };
    let Ok(Some(date)) = asked.await else { return };
    let Ok(theirs) = chrono::DateTime::parse_from_rfc2822(&date) else { return };
    let theirs = Time(u64::try_from(theirs.timestamp_millis()).unwrap_or_default());
    let ours = github.now();
    let apart = (ours - theirs).0.max((theirs - ours).0);
    if apart > SKEW.0 {
        found.push(broken(
            format!("This machine's clock is {} away from GitHub's.", Span(apart).words()),
            "Set the clock by a time server; GitHub takes no key that is signed at the wrong time.",
        ));
    } else {
        found.push(fine("This machine's clock agrees with GitHub's."));
    }
}

fn named(github: &Github, app: &App, found: &mut Vec<Finding>) {
    let mention = &github.settings().mention;
    if mention.eq_ignore_ascii_case(&app.slug) {
        found.push(fine(format!("People mention it as @{}.", app.slug)));
    } else {
        found.push(broken(
            format!("It listens for @{mention}, but the App is called {}.", app.slug),
            format!("Set the name it is mentioned by to {}, or it will not know its own comments.", app.slug),
        ));
    }
}

/// Whether the App has what each feature needs: the same table that the manifest is made of.
fn granted(app: &App, expected: &Expected, found: &mut Vec<Finding>) {
    for feature in &expected.features {
        let Needs { permissions, events } = feature.needs();
        let less = lacking(&app.permissions, &permissions);
        if !less.is_empty() {
            found.push(broken(
                format!("The App lacks permissions for {}: {}.", feature.words(), less.join(", ")),
                format!("Grant them under {}/permissions; then every installation has to accept them.", settings(app)),
            ));
        }
        let deaf: Vec<&str> =
            events.iter().copied().filter(|event| !app.events.iter().any(|has| has == event)).collect();
        if !deaf.is_empty() {
            found.push(broken(
                format!("The App does not hear of what {} needs: {}.", feature.words(), deaf.join(", ")),
                format!("Subscribe to these events under {}/permissions.", settings(app)),
            ));
        }
        if less.is_empty() && deaf.is_empty() {
            found.push(fine(format!("The App has what {} needs.", feature.words())));
        }
    }
    let all = needs(&expected.features);
    let more: Vec<String> = app
        .permissions
        .iter()
        .filter(|(name, level)| match all.permissions.get(name.as_str()) {
            Some(&needed) => needed == "read" && *level != "read",
            None => true,
        })
        .map(|(name, level)| format!("{name} ({level})"))
        .collect();
    if !more.is_empty() {
        found.push(odd(
            format!("The App may do more than it needs: {}.", more.join(", ")),
            format!("Take these away under {}/permissions.", settings(app)),
        ));
    }
}

async fn hook(github: &Github, app: &App, expected: &Expected, found: &mut Vec<Finding>) {
    let hook: Hook = match ask(github, "/app/hook/config").await {
        Ok(hook) => hook,
        Err(trouble) => {
            found.push(broken(
                format!("The App's webhook cannot be looked at: {}", trouble.error),
                format!("Look at {} whether the webhook is active.", settings(app)),
            ));
            return;
        }
    };
    let url = hook.url.unwrap_or_default();
    let Some(base) = &expected.public_url else {
        found.push(match url.is_empty() {
            true => broken(
                "The App's webhook has no address, so GitHub lists nothing that could be fetched.",
                format!("Switch the webhook on under {}, with any address.", settings(app)),
            ),
            false => fine("There is no public address: GitHub's webhooks are fetched."),
        });
        return;
    };
    let wanted = format!("{base}{}", crate::edge::PATH);
    if url != wanted {
        found.push(broken(
            format!("GitHub sends its webhooks to {}, not to us.", if url.is_empty() { "nowhere" } else { &url }),
            format!("Set the webhook's address to {wanted} under {}.", settings(app)),
        ));
    }
    if hook.content_type.as_deref() != Some("json") {
        found.push(broken(
            "GitHub sends its webhooks as a form, which is not read.",
            format!("Set the webhook's content type to application/json under {}.", settings(app)),
        ));
    }
    if github.settings().webhook_secrets.is_empty() || hook.secret.is_none_or(|secret| secret.is_empty()) {
        found.push(broken(
            "The webhook's secret is not set on both sides, so every webhook is refused.",
            format!("Set the same secret here and under {}.", settings(app)),
        ));
    }
}

/// Whether what GitHub sends arrives. Where it is fetched, nothing is meant to.
async fn delivered(github: &Github, expected: &Expected, found: &mut Vec<Finding>) {
    let now = github.now();
    let listed = match catch_up::listed(github, Time((now - Time(BACK.0)).0), now).await {
        Ok(listed) => listed,
        Err(error) => {
            found.push(odd(format!("GitHub's list of webhooks cannot be read: {error}"), ""));
            return;
        }
    };
    let failed = |listed: &catch_up::Listed| !(200..300).contains(&listed.status_code);
    let missed = listed.iter().filter(|listed| failed(listed)).count();
    if listed.is_empty() {
        found.push(odd(
            "GitHub sent no webhook in the last day.",
            "Write a comment somewhere the App is installed, and look again.",
        ));
    } else if expected.public_url.is_none() || github.settings().webhook_secrets.is_empty() {
        found.push(fine(format!("GitHub lists {} webhooks of the last day.", listed.len())));
    } else if let Some(newest) = listed.first().filter(|newest| failed(newest)) {
        let how = match newest.status_code {
            0 => "nobody answered".to_owned(),
            code => format!("it was answered with {code}"),
        };
        found.push(broken(
            format!("GitHub's newest webhook failed: {how}. {missed} of the last day's {} did.", listed.len()),
            "Look at Recent deliveries on the App's settings page; what was missed is asked for again by itself.",
        ));
    } else {
        found.push(fine(format!(
            "GitHub's webhooks arrive: {} in the last day, {missed} of them not at first.",
            listed.len()
        )));
    }
}

async fn installed(github: &Github, app: &App, expected: &Expected, found: &mut Vec<Finding>) {
    let asked = async { github.app()?.all::<Installation>("/app/installations", "", INSTALLATIONS).await };
    let installations = match asked.await {
        Ok(installations) => installations,
        Err(trouble) => {
            found.push(broken(format!("The App's installations cannot be listed: {}", trouble.error), ""));
            return;
        }
    };
    if installations.is_empty() {
        found.push(broken(
            "The App is installed nowhere, so it can work on nothing.",
            format!("Install it at {}/installations/new.", app.html_url),
        ));
        return;
    }
    let wanted = needs(&expected.features).permissions;
    for installation in &installations {
        let at = &installation.account.login;
        if installation.suspended_at.is_some() {
            found.push(odd(
                format!("The installation at {at} is suspended."),
                format!("Somebody of {at} can resume it at {}.", installation.html_url),
            ));
            continue;
        }
        let less = lacking(&installation.permissions, &wanted);
        if !less.is_empty() {
            found.push(broken(
                format!("{at} has not accepted what the App asks for: {}.", less.join(", ")),
                format!("Somebody who administers {at} accepts it at {}.", installation.html_url),
            ));
        }
    }
    match github.listed().await {
        Ok(repositories) if repositories.is_empty() => {
            found.push(broken("The App may see no repository.", "Add repositories to one of its installations."))
        }
        Ok(repositories) => found.push(fine(format!(
            "It may work on {} repositories in {} installations.",
            repositories.len(),
            installations.len()
        ))),
        Err(error) => found.push(broken(format!("The repositories cannot be listed: {error}"), "")),
    }
}

/// What is granted too little of.
fn lacking(granted: &BTreeMap<String, String>, needed: &BTreeMap<&'static str, &'static str>) -> Vec<String> {
    let enough = |name: &str, level: &str| match granted.get(name).map(String::as_str) {
        Some("write" | "admin") => true,
        Some(has) => has == level,
        None => false,
    };
    let less = needed.iter().filter(|(name, level)| !enough(name, level));
    less.map(|(name, level)| format!("{} ({level})", name.replace('_', " "))).collect()
}

/// Where the App is set up, for whoever owns it.
fn settings(app: &App) -> String {
    format!("{} (App settings)", app.html_url)
}

fn fine(what: impl Into<String>) -> Finding {
    Finding { weight: Weight::Fine, what: what.into(), then: String::new() }
}

fn odd(what: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding { weight: Weight::Odd, what: what.into(), then: then.into() }
}

fn broken(what: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding { weight: Weight::Broken, what: what.into(), then: then.into() }
}
