//! The app's manifest, computed from what is switched on: one table says which feature needs which events and scopes.

use serde_json::{Map, Value, json};
use url::Url;

use crate::settings::Features;

/// Where the edge is, below the installation's address.
pub const PATH: &str = "/hooks/slack";
/// The name of the message shortcut, as it comes back.
pub(crate) const SHORTCUT: &str = "signalbox:ask";

/// Something the app does, and what Slack has to grant for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What people have of it, completing "I can …".
    pub what: &'static str,
    /// The events it is told by, as they are subscribed to.
    pub events: &'static [&'static str],
    /// The scopes of the app's token.
    pub scopes: &'static [&'static str],
    /// Whether people cannot do without it.
    pub vital: bool,
}

const MENTIONS: Need = Need {
    what: "answer when somebody mentions me in a channel",
    events: &["app_mention"],
    scopes: &["app_mentions:read", "chat:write", "users:read"],
    vital: true,
};
const THREADS: Need = Need {
    what: "hear replies, edits and deletions in threads, and read up on them after an outage",
    events: &["message.channels", "message.groups"],
    scopes: &["channels:history", "channels:read", "groups:history", "groups:read"],
    vital: true,
};
const REACTIONS: Need = Need {
    what: "mark how a request stands, and be stopped with ❌",
    events: &["reaction_added"],
    scopes: &["reactions:read", "reactions:write"],
    vital: true,
};
const REMOVAL: Need = Need {
    what: "notice that I was removed from the workspace",
    events: &["app_uninstalled", "tokens_revoked"],
    scopes: &[],
    vital: false,
};
const LONG: Need = Need { what: "give long results as a file", events: &[], scopes: &["files:write"], vital: false };
const COMMAND: Need = Need { what: "be asked with a slash command", events: &[], scopes: &["commands"], vital: false };
const SHORTCUTS: Need =
    Need { what: "be asked from a message's menu", events: &[], scopes: &["commands"], vital: false };
const EMOJI: Need = Need {
    what: "be asked with an emoji",
    events: &["reaction_added"],
    scopes: &["reactions:read", "channels:history", "groups:history"],
    vital: false,
};
const DIRECT: Need = Need {
    what: "be talked to in direct messages",
    events: &["message.im", "message.mpim"],
    scopes: &["im:history", "im:read", "im:write", "mpim:history", "mpim:read"],
    vital: false,
};
const FILES: Need =
    Need { what: "read files and images that come with a message", events: &[], scopes: &["files:read"], vital: false };
const HOME: Need =
    Need { what: "show a Home with your runs and defaults", events: &["app_home_opened"], scopes: &[], vital: false };
const AGENT: Need = Need {
    what: "show Slack's own progress and Stop",
    events: &["agent_session_stopped"],
    scopes: &["assistant:write", "chat:write"],
    vital: false,
};

/// What the features that are on need.
pub fn needs(features: &Features) -> Vec<Need> {
    let mut needs = vec![MENTIONS, THREADS, REACTIONS, REMOVAL, LONG];
    let on = [
        (features.command.is_some(), COMMAND),
        (features.shortcut, SHORTCUTS),
        (features.emoji.is_some(), EMOJI),
        (features.direct, DIRECT),
        (features.files, FILES),
        (features.home, HOME),
        (features.agent, AGENT),
    ];
    needs.extend(on.into_iter().filter(|(on, _)| *on).map(|(_, need)| need));
    needs
}

/// The manifest of an app called `name`. `address` is where Slack reaches this installation (`https://…`, without a
/// path); nothing means that it does not, and a socket is opened instead.
pub fn manifest(features: &Features, name: &str, address: Option<&Url>) -> Value {
    let needs = needs(features);
    let url = address.map(edge);
    let mut settings = json!({
        "event_subscriptions": { "bot_events": each(needs.iter().flat_map(|need| need.events)) },
        "interactivity": { "is_enabled": true },
        "org_deploy_enabled": false,
        "socket_mode_enabled": url.is_none(),
        "token_rotation_enabled": false,
    });
    if let Some(url) = &url {
        settings["event_subscriptions"]["request_url"] = json!(url);
        settings["interactivity"]["request_url"] = json!(url);
        settings["interactivity"]["message_menu_options_url"] = json!(url);
    }
    json!({
        "_metadata": { "major_version": 1 },
        "display_information": {
            "name": short(name, 35),
            "description": "Takes a request in a thread and brings it back as a reviewed change.",
            "background_color": "#1b3a4b",
        },
        "features": parts(features, name, url.as_ref()),
        "oauth_config": { "scopes": { "bot": each(needs.iter().flat_map(|need| need.scopes)) } },
        "settings": settings,
    })
}

/// The one link to open: Slack shows the manifest filled in, and makes the app at the press of a button.
pub fn link(manifest: &Value) -> String {
    let filled = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("new_app", "1")
        .append_pair("manifest_json", &manifest.to_string())
        .finish();
    format!("https://api.slack.com/apps?{filled}")
}

/// Where Slack sends everything.
pub(crate) fn edge(address: &Url) -> String {
    format!("{}{PATH}", address.as_str().trim_end_matches('/'))
}

fn parts(features: &Features, name: &str, url: Option<&String>) -> Value {
    let mut parts = Map::new();
    parts.insert(
        "app_home".into(),
        json!({
            "home_tab_enabled": features.home,
            "messages_tab_enabled": features.direct,
            "messages_tab_read_only_enabled": false,
        }),
    );
    parts.insert("bot_user".into(), json!({ "display_name": short(name, 80), "always_online": true }));
    if features.agent {
        let view = json!({
            "agent_description": "Say what should change and where. I plan it, build it, check it and open a draft.",
            "suggested_prompts": [
                { "title": "What can you do?", "message": "help" },
                { "title": "What am I waiting for?", "message": "list" },
            ],
        });
        parts.insert("agent_view".into(), view);
    }
    if features.shortcut {
        let shortcut = json!({
            "name": short(&format!("Ask {name}"), 24),
            "type": "message",
            "callback_id": SHORTCUT,
            "description": "Takes this message as a request.",
        });
        parts.insert("shortcuts".into(), json!([shortcut]));
    }
    if let Some(command) = &features.command {
        let mut command = json!({
            "command": command,
            "description": "Ask for a change, or for help",
            "usage_hint": "the pricing page says $9, it should say $12",
            "should_escape": true,
        });
        if let Some(url) = url {
            command["url"] = json!(url);
        }
        parts.insert("slash_commands".into(), json!([command]));
    }
    Value::Object(parts)
}

/// Each once, in the order of the alphabet: the same features give the same manifest.
fn each<'a>(names: impl Iterator<Item = &'a &'static str>) -> Vec<&'static str> {
    let names: std::collections::BTreeSet<&'static str> = names.copied().collect();
    names.into_iter().collect()
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use slack_morphism::prelude::SlackAppManifest;

    use super::*;

    fn bare() -> Features {
        Features { command: None, shortcut: false, emoji: None, direct: false, files: false, home: false, agent: false }
    }

    fn listed(manifest: &Value, path: &str) -> Vec<String> {
        let names = manifest.pointer(path).and_then(Value::as_array).into_iter().flatten();
        names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
    }

    #[test]
    fn a_feature_that_is_off_asks_for_nothing() {
        let manifest = manifest(&bare(), "Signalbox", None);
        let events = listed(&manifest, "/settings/event_subscriptions/bot_events");
        let scopes = listed(&manifest, "/oauth_config/scopes/bot");
        for absent in ["message.im", "app_home_opened", "agent_session_stopped"] {
            assert!(!events.iter().any(|event| event == absent), "{absent}");
        }
        for absent in ["commands", "im:history", "files:read", "assistant:write"] {
            assert!(!scopes.iter().any(|scope| scope == absent), "{absent}");
        }
        for part in ["agent_view", "shortcuts", "slash_commands"] {
            assert!(manifest["features"].get(part).is_none(), "{part}");
        }
    }

    #[test]
    fn every_feature_that_is_on_has_its_events_and_scopes_once() {
        let features = Features::default();
        let manifest = manifest(&features, "Signalbox", None);
        let events = listed(&manifest, "/settings/event_subscriptions/bot_events");
        let scopes = listed(&manifest, "/oauth_config/scopes/bot");
        for need in needs(&features) {
            for event in need.events {
                assert_eq!(events.iter().filter(|one| one == event).count(), 1, "{event}: {}", need.what);
            }
            for scope in need.scopes {
                assert_eq!(scopes.iter().filter(|one| one == scope).count(), 1, "{scope}: {}", need.what);
            }
        }
    }

    #[test]
    fn every_address_is_the_edge_or_a_socket_is_opened() {
        let address = Url::parse("https://box.acme.test/").unwrap();
        let reached = manifest(&Features::default(), "Signalbox", Some(&address));
        for path in [
            "/settings/event_subscriptions/request_url",
            "/settings/interactivity/request_url",
            "/settings/interactivity/message_menu_options_url",
            "/features/slash_commands/0/url",
        ] {
            assert_eq!(reached.pointer(path), Some(&json!("https://box.acme.test/hooks/slack")), "{path}");
        }
        assert_eq!(reached["settings"]["socket_mode_enabled"], json!(false));
        let socket = manifest(&Features::default(), "Signalbox", None);
        assert_eq!(socket["settings"]["socket_mode_enabled"], json!(true));
        assert!(!socket.to_string().contains("url"), "{socket}");
    }

    #[test]
    fn the_link_carries_the_whole_manifest() {
        let manifest = manifest(&Features::default(), "Signal & Box", None);
        let link = Url::parse(&link(&manifest)).unwrap();
        let carried = link.query_pairs().find(|(name, _)| name == "manifest_json").unwrap().1.into_owned();
        assert_eq!(serde_json::from_str::<Value>(&carried).unwrap(), manifest);
        assert!(link.as_str().starts_with("https://api.slack.com/apps?new_app=1&manifest_json="));
    }

    #[test]
    fn the_manifest_is_one_that_the_vendors_client_reads() {
        let address = Url::parse("https://box.acme.test").unwrap();
        for features in [bare(), Features::default()] {
            let manifest = manifest(&features, &"a long name ".repeat(20), Some(&address));
            serde_json::from_value::<SlackAppManifest>(manifest.clone()).unwrap();
            assert!(manifest["display_information"]["name"].as_str().unwrap().chars().count() <= 35);
        }
    }
}
