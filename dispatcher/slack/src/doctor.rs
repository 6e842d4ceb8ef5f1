//! What is wrong with an installation, in words that whoever set it up can act on.

mod ask;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use url::Url;

use crate::api::Method;
use crate::manifest::{Need, SHORTCUT, edge, needs};
use crate::settings::{Secret, Workspace};
use crate::slack::Slack;
use ask::{Answer, Ask};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub state: State,
    /// What was found.
    pub what: String,
    /// What to do about it, if something is to be done.
    pub remedy: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Good,
    /// It cannot be seen from here, or people can do without it.
    Doubtful,
    /// People will miss it.
    Wrong,
}

/// What doctor is given besides the settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visit<'a> {
    /// Where Slack reaches this installation; nothing if a socket is opened instead.
    pub address: Option<&'a Url>,
    /// A configuration token (`xoxe-…`), with which the app's own settings can be read. Without one, what has come so
    /// far is the evidence.
    pub config_token: Option<&'a Secret>,
}

/// How far clocks may be apart before it is worth a word; from [`WINDOW`] on Slack's requests are refused.
const APART: Span = Span::seconds(30);
const WINDOW: Span = Span::seconds(300);

/// Looks at everything. Nothing is changed; nothing is posted.
pub async fn doctor(slack: &Slack, visit: Visit<'_>) -> Vec<Finding> {
    let ask = match Ask::new(&slack.settings().api_url) {
        Ok(ask) => ask,
        Err(error) => return vec![wrong(error.to_string(), "Install the machine's certificates (ca-certificates).")],
    };
    let mut findings = way_in(slack, visit, &ask).await;
    if slack.settings().workspaces.is_empty() {
        let remedy = "Install the app in a workspace and put its bot token (xoxb-…) into the settings.";
        findings.push(wrong("No workspace is set up, so I hear nobody.", remedy));
    }
    for workspace in &slack.settings().workspaces {
        findings.extend(tokens(slack, workspace, &ask).await);
    }
    let needs = needs(&slack.settings().features);
    findings.extend(match visit.config_token {
        Some(token) => registered(slack, visit.address, token, &needs, &ask).await,
        None => evidence(slack, &needs).await,
    });
    findings
}

/// The workspace that a bot's token opens: its id and its name. Slack is asked once, without any settings yet.
pub async fn workspace_of(api_url: &str, token: &Secret) -> Result<(String, String), Error> {
    let answer = Ask::new(api_url)?.call("auth.test", token.expose(), &json!({})).await.map_err(Error::Unavailable)?;
    if let Some(refusal) = answer.refusal() {
        return Err(Error::rejected(format!("Slack does not take the token: {refusal}")));
    }
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((text("team_id"), text("team")))
}

/// Whether what Slack sends comes through.
async fn way_in(slack: &Slack, visit: Visit<'_>, ask: &Ask) -> Vec<Finding> {
    let settings = slack.settings();
    let secret = settings.signing_secrets.iter().find(|secret| !secret.expose().trim().is_empty());
    let basics = format!("Copy it from https://api.slack.com/apps/{}/general into the settings.", settings.app);
    let Some(address) = visit.address else {
        return vec![match &settings.app_token {
            None => wrong(
                "Slack has no address to reach me at, and no app-level token (xapp-…) is set to open a socket with.",
                &format!("Make one with the scope connections:write. {basics}"),
            ),
            Some(_) => match slack.0.api.post_as_app::<_, Value>(Method::OpenConnection, &json!({})).await {
                Ok(_) => good("Slack lets me open a socket."),
                Err(trouble) => {
                    wrong(trouble.to_string(), "Switch on Socket Mode in the app's settings, and check its token.")
                }
            },
        }];
    };
    let Some(secret) = secret else {
        return vec![wrong("No signing secret is set, so I refuse everything Slack sends.", &basics)];
    };
    let url = edge(address);
    vec![match ask.knock(&url, secret, slack.now()).await {
        Ok(Answer { status: 200, body, .. }) if body.get("challenge").is_some() => {
            good(format!("What is sent to {url} reaches me, signed with the secret that is set."))
        }
        Ok(Answer { status: 401, .. }) => wrong(
            format!("{url} is an installation with another signing secret, or with another clock."),
            "Check that the address leads to this installation, and that both use the same secret.",
        ),
        Ok(Answer { status: 503, .. }) => {
            wrong(format!("{url} has no signing secret."), "Set it where the dispatcher runs, and start it again.")
        }
        Ok(Answer { status, .. }) => wrong(
            format!("{url} answers with the status {status}; it is not me."),
            "Check the address, and that whatever is in front of me passes POST /hooks/slack on.",
        ),
        Err(why) => wrong(
            format!("{url} cannot be reached: {why}."),
            "Check that the dispatcher runs and that its address is public, or open a socket instead (Socket Mode).",
        ),
    }]
}

/// Whether a workspace's token holds, what it may do, and what time it is there.
async fn tokens(slack: &Slack, workspace: &Workspace, ask: &Ask) -> Vec<Finding> {
    let install = format!("https://api.slack.com/apps/{}/oauth", slack.settings().app);
    let team = &workspace.team;
    let answer = match ask.call("auth.test", workspace.bot_token.expose(), &json!({})).await {
        Ok(answer) => answer,
        Err(why) => return vec![wrong(format!("Slack cannot be reached: {why}."), "Check this machine's network.")],
    };
    if let Some(code) = answer.refusal() {
        let what = format!("The bot token of the workspace {team} does not hold ({code}).");
        return vec![wrong(
            what,
            &format!("Install the app again at {install} and put the new token into the settings."),
        )];
    }
    let mut findings = Vec::new();
    let actual = answer.body.get("team_id").and_then(Value::as_str).unwrap_or_default();
    findings.push(if actual == team {
        good(format!("The bot token of the workspace {team} holds."))
    } else {
        let what = format!("The bot token set for the workspace {team} belongs to the workspace {actual}.");
        wrong(what, &format!("Write {actual} in the settings, or use the token of {team}."))
    });
    findings.extend(answer.date.map(|theirs| clock(slack.now(), theirs)));
    let Some(scopes) = &answer.scopes else {
        let remedy = format!("Compare the scopes at {install} with those of the manifest (`signalbox setup slack`).");
        findings.push(doubtful(format!("Slack does not say what the token of {team} may do."), Some(remedy)));
        return findings;
    };
    findings.extend(lacking(team, scopes, &needs(&slack.settings().features), &install));
    findings
}

fn clock(ours: Time, theirs: Time) -> Finding {
    let apart = (ours - theirs).max(theirs - ours);
    let what = format!("This machine's clock is {} away from Slack's", apart.words());
    if apart >= WINDOW {
        wrong(format!("{what}, so I refuse everything Slack sends."), "Set the clock, and keep it set (NTP).")
    } else if apart >= APART {
        doubtful(
            format!("{what}. From 5 min on I refuse everything Slack sends."),
            Some("Keep the clock set (NTP).".into()),
        )
    } else {
        good("This machine's clock agrees with Slack's.")
    }
}

/// What cannot be done for want of a scope; one finding for what can.
fn lacking(team: &str, scopes: &BTreeSet<String>, needs: &[Need], install: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for need in needs {
        let missing: Vec<&str> = need.scopes.iter().copied().filter(|scope| !scopes.contains(*scope)).collect();
        if !missing.is_empty() {
            let what = format!("In {team} I cannot {}: the app lacks {}.", need.what, missing.join(", "));
            let remedy = format!("Add it under Bot Token Scopes at {install} and install the app again.");
            findings.push(if need.vital { wrong(what, &remedy) } else { doubtful(what, Some(remedy)) });
        }
    }
    if findings.is_empty() {
        findings.push(good(format!("In {team} I may do everything that is switched on.")));
    }
    findings
}

/// The app as it is registered, beside what is switched on.
async fn registered(slack: &Slack, address: Option<&Url>, token: &Secret, needs: &[Need], ask: &Ask) -> Vec<Finding> {
    let app = &slack.settings().app;
    let answer = match ask.call("apps.manifest.export", token.expose(), &json!({ "app_id": app })).await {
        Ok(answer) => answer,
        Err(why) => return vec![wrong(format!("Slack cannot be reached: {why}."), "Check this machine's network.")],
    };
    if let Some(code) = answer.refusal() {
        let what = format!("The app's settings could not be read ({code}).");
        let remedy = "Make a new configuration token at https://api.slack.com/apps; one holds for 12 hours.";
        return vec![doubtful(what, Some(remedy.into()))];
    }
    let manifest = answer.body.get("manifest").cloned().unwrap_or_default();
    compared(slack, address, &manifest, needs)
}

/// What is switched on and not registered.
fn compared(slack: &Slack, address: Option<&Url>, manifest: &Value, needs: &[Need]) -> Vec<Finding> {
    let place = format!("https://api.slack.com/apps/{}", slack.settings().app);
    let names = |path: &str, field: Option<&str>| -> BTreeSet<String> {
        let listed = manifest.pointer(path).and_then(Value::as_array).into_iter().flatten();
        let name =
            |one: &Value| field.map_or(Some(one), |field| one.get(field)).and_then(Value::as_str).map(Into::into);
        listed.filter_map(name).collect()
    };
    let mut findings = Vec::new();
    let events = names("/settings/event_subscriptions/bot_events", None);
    for need in needs {
        let missing: Vec<&str> = need.events.iter().copied().filter(|event| !events.contains(*event)).collect();
        if !missing.is_empty() {
            let what = format!("I cannot {}: the app is not subscribed to {}.", need.what, missing.join(", "));
            let remedy = format!("Add it under Subscribe to bot events at {place}/event-subscriptions and save.");
            findings.push(if need.vital { wrong(what, &remedy) } else { doubtful(what, Some(remedy)) });
        }
    }
    let features = &slack.settings().features;
    if let Some(command) = &features.command
        && !names("/features/slash_commands", Some("command")).contains(command)
    {
        let what = format!("The slash command {command} is not registered.");
        findings.push(doubtful(what, Some(format!("Add it at {place}/slash-commands."))));
    }
    if features.shortcut && !names("/features/shortcuts", Some("callback_id")).contains(SHORTCUT) {
        let remedy = format!("Add one on messages with the callback id {SHORTCUT} at {place}/interactive-messages.");
        findings.push(doubtful("The message shortcut is not registered.", Some(remedy)));
    }
    if let Some(address) = address {
        let url = edge(address);
        for (path, what, page) in [
            ("/settings/event_subscriptions/request_url", "events", "event-subscriptions"),
            ("/settings/interactivity/request_url", "buttons and forms", "interactive-messages"),
            ("/settings/interactivity/message_menu_options_url", "searches", "interactive-messages"),
        ] {
            if manifest.pointer(path).and_then(Value::as_str) != Some(&url) {
                let what = format!("Slack does not send {what} to {url}.");
                findings.push(wrong(what, &format!("Enter the address at {place}/{page}.")));
            }
        }
    }
    if findings.is_empty() {
        findings.push(good("The app is registered for everything that is switched on."));
    }
    findings
}

/// Without the app's own settings: what has come so far proves that Slack sends it.
async fn evidence(slack: &Slack, needs: &[Need]) -> Vec<Finding> {
    let seen: BTreeMap<String, Time> = match slack.0.ears.seen(slack.0.notes.as_ref()).await {
        Ok(seen) => seen,
        Err(error) => {
            let remedy = "Check the dispatcher's own storage.".to_owned();
            return vec![doubtful(format!("What Slack sent so far could not be read: {error}."), Some(remedy))];
        }
    };
    let mut findings = Vec::new();
    for need in needs.iter().filter(|need| !need.events.is_empty()) {
        // Nobody can be asked to be removed for a proof.
        let missing: Vec<&str> = need.events.iter().copied().filter(|event| !seen.contains_key(*event)).collect();
        if missing.is_empty() {
            findings.push(good(format!("I can {}: {} came.", need.what, need.events.join(", "))));
        } else if need.events.iter().all(|event| !matches!(*event, "app_uninstalled" | "tokens_revoked")) {
            let what = format!("I have not seen yet that I can {}: no {} has come.", need.what, missing.join(", no "));
            let remedy = format!(
                "Try it once. If still nothing comes, look whether it is listed under Subscribe to bot events at \
                 https://api.slack.com/apps/{}/event-subscriptions.",
                slack.settings().app
            );
            findings.push(doubtful(what, Some(remedy)));
        }
    }
    findings
}

fn good(what: impl Into<String>) -> Finding {
    Finding { state: State::Good, what: what.into(), remedy: None }
}

fn doubtful(what: impl Into<String>, remedy: Option<String>) -> Finding {
    Finding { state: State::Doubtful, what: what.into(), remedy }
}

fn wrong(what: impl Into<String>, remedy: &str) -> Finding {
    Finding { state: State::Wrong, what: what.into(), remedy: Some(remedy.into()) }
}

#[cfg(test)]
mod tests {
    use crate::settings::Features;

    use super::*;

    fn told(findings: &[Finding]) -> Vec<String> {
        let line = |finding: &Finding| format!("{:?}: {}", finding.state, finding.what);
        findings.iter().map(line).collect()
    }

    #[test]
    fn a_scope_that_is_missing_is_told_by_what_people_will_miss() {
        let needs = needs(&Features::default());
        let all: BTreeSet<String> =
            needs.iter().flat_map(|need| need.scopes).map(|scope| (*scope).to_owned()).collect();
        assert_eq!(told(&lacking("T1", &all, &needs, "")), ["Good: In T1 I may do everything that is switched on."]);
        let mut fewer = all.clone();
        fewer.remove("reactions:write");
        fewer.remove("files:read");
        assert_eq!(
            told(&lacking("T1", &fewer, &needs, "")),
            [
                "Wrong: In T1 I cannot mark how a request stands, and be stopped with ❌: the app lacks reactions:write.",
                "Doubtful: In T1 I cannot read files and images that come with a message: the app lacks files:read.",
            ]
        );
    }

    #[test]
    fn a_clock_that_is_apart_is_told_before_it_refuses_everything() {
        for (seconds, state) in [(0, State::Good), (29, State::Good), (31, State::Doubtful), (300, State::Wrong)] {
            for (ours, theirs) in [(10_000, 10_000 + seconds), (10_000 + seconds, 10_000)] {
                assert_eq!(clock(Time(ours * 1_000), Time(theirs * 1_000)).state, state, "{seconds} s");
            }
        }
    }
}
