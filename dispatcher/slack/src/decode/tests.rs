use serde_json::json;

use super::*;

/// An event in the envelope that Slack puts around it.
fn envelope(event: Value) -> Value {
    json!({
        "token": "old", "team_id": "T1", "context_team_id": "T1", "api_app_id": "A1", "event": event,
        "type": "event_callback", "event_id": "Ev1", "event_time": 1700000000,
        "authorizations": [{ "enterprise_id": null, "team_id": "T1", "user_id": "UBOT", "is_bot": true }],
        "is_ext_shared_channel": false, "event_context": "4-x",
    })
}

fn heard_of(body: &Value) -> Heard {
    let meaning = decode(body).meaning;
    let Meaning::Heard(heard) = meaning else { panic!("{meaning:?} of {body}") };
    heard
}

fn line(body: &Value) -> String {
    let decoded = decode(body);
    let meaning = match decoded.meaning {
        Meaning::Challenge(challenge) => format!("challenge {challenge}"),
        Meaning::Suggest(suggestion) => format!("suggest {} for {:?}", suggestion.action, suggestion.typed),
        Meaning::Heard(heard) => format!("{} in {}", heard.id, heard.thread),
        Meaning::Ignored(why) => format!("ignored: {why}"),
    };
    format!("{}: {meaning}", decoded.kind)
}

fn message(more: Value) -> Value {
    let mut event = json!({
        "type": "message", "channel": "C1", "channel_type": "channel", "user": "UANA", "team": "T1",
        "text": "<@UBOT> fix it", "ts": "1700000000.000100", "event_ts": "1700000000.000100",
    });
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            event.as_object_mut().unwrap().remove(name);
        } else {
            event[name] = value.clone();
        }
    }
    event
}

fn press(more: Value) -> Value {
    let mut body = json!({
        "type": "block_actions", "team": { "id": "T1", "domain": "acme" }, "api_app_id": "A1",
        "user": { "id": "UANA", "username": "ana", "name": "ana", "team_id": "T1" },
        "container": { "type": "message", "message_ts": "1700000002.000100", "channel_id": "C1",
            "is_ephemeral": false, "thread_ts": "1700000000.000100" },
        "trigger_id": "12.34.ab", "channel": { "id": "C1", "name": "web" },
        "message": { "type": "message", "user": "UBOT", "ts": "1700000002.000100",
            "thread_ts": "1700000000.000100", "blocks": [] },
        "response_url": "https://hooks.slack.com/actions/x", "state": { "values": {} },
        "actions": [{ "type": "button", "action_id": "stop", "block_id": "b1", "value": "{}",
            "action_ts": "1700000003.000100" }],
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn every_kind_of_delivery_has_its_decision() {
    let home = json!({ "type": "app_home_opened", "user": "UANA", "channel": "D1", "tab": "home", "event_ts": "9.1" });
    let messages = json!({ "type": "app_home_opened", "user": "UANA", "channel": "D1", "tab": "messages" });
    let reacted = |user: &str| {
        json!({ "type": "reaction_added", "user": user, "reaction": "x", "item_user": "UANA", "event_ts": "9.2",
            "item": { "type": "message", "channel": "C1", "ts": "1.1" } })
    };
    let on_file = json!({ "type": "reaction_added", "user": "UANA", "reaction": "x",
        "item": { "type": "file", "file": "F1" }, "event_ts": "9.2" });
    let changed = |now: Value, before: Value| {
        json!({ "type": "message", "subtype": "message_changed", "hidden": true, "channel": "C1",
            "channel_type": "channel", "ts": "9.3", "event_ts": "9.3", "message": now, "previous_message": before })
    };
    let now = |text: &str, edited: &str| {
        json!({ "type": "message", "user": "UANA", "text": text, "ts": "1.1",
            "edited": { "user": "UANA", "ts": edited } })
    };
    let before = json!({ "type": "message", "user": "UANA", "text": "<@UBOT> a", "ts": "1.1" });
    let ours = json!({ "type": "message", "user": "UBOT", "bot_id": "B1", "app_id": "A1", "text": "a", "ts": "1.1",
        "edited": { "user": "B1", "ts": "9.9" } });
    let gone = |before: Value| {
        json!({ "type": "message", "subtype": "message_deleted", "hidden": true, "channel": "C1",
            "channel_type": "channel", "ts": "9.4", "deleted_ts": "1.1", "previous_message": before })
    };
    let emptied = json!({ "type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": "1.1",
        "thread_ts": "1.1", "hidden": true });
    let stop = json!({ "type": "agent_session_stopped", "channel": "C1", "thread_ts": "1.1", "user": "UANA",
        "event_ts": "9.5", "streaming_message_ts": [] });
    let mention = message(json!({ "type": "app_mention", "channel_type": null }));
    let bot = json!({ "user": "UOTHER", "bot_id": "B2", "app_id": "A2" });
    let alert = json!({ "subtype": "bot_message", "user": null, "bot_id": "B2" });

    let mut lines: Vec<String> = [
        json!({ "type": "url_verification", "token": "old", "challenge": "3eZbrw1a" }),
        json!({ "type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1518467820, "api_app_id": "A1" }),
        envelope(mention),
        envelope(message(json!({}))),
        envelope(message(json!({ "text": "nothing for anybody" }))),
        envelope(message(json!({ "text": "<@UELSE> look" }))),
        envelope(message(json!({ "text": "also the FAQ", "thread_ts": "1.1" }))),
        envelope(message(json!({ "text": "also the FAQ", "thread_ts": "1.1", "subtype": "thread_broadcast" }))),
        envelope(message(json!({ "subtype": "file_share" }))),
        envelope(message(json!({ "text": "hi", "channel": "D1", "channel_type": "im" }))),
        envelope(message(json!({ "text": "hi", "channel": "G1", "channel_type": "mpim" }))),
        envelope(message(json!({ "user": "UBOT", "bot_id": "B1", "app_id": "A1" }))),
        envelope(message(bot)),
        envelope(message(alert)),
        envelope(message(json!({ "subtype": "channel_join", "text": "<@UBOT> has joined the channel" }))),
        envelope(message(json!({ "subtype": "channel_topic" }))),
        envelope(message(json!({ "subtype": "huddle_thread" }))),
        envelope(message(json!({ "user": null }))),
        envelope(message(json!({ "ts": null }))),
        envelope(message(json!({ "channel": null }))),
        envelope(changed(now("<@UBOT> b", "9.31"), before.clone())),
        envelope(changed(now("<@UBOT> a", "9.31"), before.clone())),
        envelope(changed(before.clone(), before.clone())),
        envelope(changed(ours.clone(), ours.clone())),
        envelope(changed(emptied, before.clone())),
        envelope(gone(before)),
        envelope(gone(ours)),
        envelope(reacted("UANA")),
        envelope(reacted("UBOT")),
        envelope(on_file),
        envelope(json!({ "type": "reaction_removed", "user": "UANA", "reaction": "x" })),
        envelope(home),
        envelope(messages),
        envelope(stop),
        envelope(json!({ "type": "agent_session_stopped", "channel": "C1" })),
        envelope(json!({ "type": "app_uninstalled" })),
        envelope(json!({ "type": "tokens_revoked", "tokens": { "bot": ["UBOT"] } })),
        envelope(json!({ "type": "member_joined_channel", "user": "UBOT", "channel": "C1" })),
        envelope(json!({ "type": "channel_rename", "channel": { "id": "C1" } })),
        envelope(json!({ "type": "user_change", "user": { "id": "UANA" } })),
        envelope(json!({ "type": "file_shared", "file_id": "F1" })),
        envelope(json!({ "type": "link_shared", "links": [] })),
        envelope(json!({ "type": "assistant_thread_started" })),
        envelope(json!({ "type": "star_added" })),
        envelope(json!({ "no": "type" })),
        json!({ "type": "event_callback", "team_id": "T1" }),
        press(json!({})),
        press(json!({ "actions": [] })),
        press(json!({ "actions": [{ "type": "button", "action_id": "view", "url": "https://x.test" }] })),
        press(json!({ "type": "block_suggestion", "action_id": "where", "value": "web" })),
        press(json!({ "type": "view_closed" })),
        press(json!({ "type": "view_submission", "view": { "id": "V1", "hash": "156.h", "callback_id": "settings",
            "private_metadata": "", "state": { "values": {} } } })),
        press(json!({ "type": "view_submission", "view": {} })),
        press(json!({ "type": "message_action", "callback_id": "ask", "action_ts": "9.6", "message":
            { "type": "message", "user": "UBO", "ts": "1.2", "thread_ts": "1.1", "text": "it is broken" } })),
        press(json!({ "type": "message_action", "callback_id": "ask", "action_ts": "9.6", "message":
            { "type": "message", "subtype": "channel_join", "user": "UBO", "ts": "1.2" } })),
        press(json!({ "type": "shortcut", "callback_id": "settings", "action_ts": "9.7" })),
        press(json!({ "type": "dialog_submission" })),
        json!({ "type": "block_actions" }),
        json!({ "command": "/signalbox", "text": "help", "team_id": "T1", "channel_id": "C1", "user_id": "UANA",
            "trigger_id": "12.34.ab", "response_url": "https://hooks.slack.com/commands/x", "api_app_id": "A1" }),
        json!({ "command": "/signalbox" }),
        json!({}),
        json!([]),
        json!(null),
        json!("text"),
    ]
    .iter()
    .map(line)
    .collect();
    lines.push(String::new());
    expect_test::expect_file!["kinds.txt"].assert_eq(&lines.join("\n"));
}

#[test]
fn a_message_has_one_key_whatever_it_comes_in() {
    let first = heard_of(&envelope(message(json!({}))));
    let mut keys = std::collections::BTreeSet::new();
    for copy in 0..11 {
        let kind = if copy % 2 == 0 { "app_mention" } else { "message" };
        let mut body = envelope(message(json!({ "type": kind })));
        body["event_id"] = json!(format!("Ev{copy}"));
        body["event_time"] = json!(1_700_000_000 + copy);
        keys.insert(heard_of(&body).id);
    }
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), vec![first.id]);
}

#[test]
fn different_actions_have_different_keys() {
    let bodies = [
        envelope(message(json!({}))),
        envelope(message(json!({ "ts": "1700000000.000200" }))),
        envelope(message(json!({ "channel": "C2" }))),
        press(json!({})),
        press(json!({ "user": { "id": "UBO", "team_id": "T1" } })),
        press(json!({ "actions": [{ "type": "button", "action_id": "stop", "value": "{}", "action_ts": "2.2" }] })),
        press(json!({ "actions": [{ "type": "button", "action_id": "why", "value": "{}",
            "action_ts": "1700000003.000100" }] })),
    ];
    let keys: std::collections::BTreeSet<DeliveryId> = bodies.iter().map(|body| heard_of(body).id).collect();
    assert_eq!(keys.len(), bodies.len());
    let mut elsewhere = envelope(message(json!({})));
    for path in ["/context_team_id", "/team_id", "/authorizations/0/team_id"] {
        *elsewhere.pointer_mut(path).unwrap() = json!("T2");
    }
    assert!(!keys.contains(&heard_of(&elsewhere).id), "the same channel and time in another workspace");
}

#[test]
fn the_message_read_back_later_is_the_message_of_the_event() {
    let event = message(json!({ "text": "also the FAQ", "thread_ts": "1.1", "client_msg_id": "x" }));
    let from_event = heard_of(&envelope(event.clone()));
    let read_back = message::heard("T1", "C1", message::said(&event).unwrap());
    assert_eq!(read_back, from_event);
}

#[test]
fn what_is_kept_is_read_back() {
    for body in [
        envelope(message(json!({}))),
        press(json!({})),
        envelope(json!({ "type": "app_home_opened", "user": "UANA", "tab": "home" })),
    ] {
        let heard = heard_of(&body);
        let what = heard.what.clone();
        let Fact::Received { what: kept } = heard.delivery(Time(7)).event.fact else { panic!() };
        assert_eq!(read(&kept), Some(what));
        assert!(!kept.to_string().contains("hooks.slack.com"), "an address that can be answered is not kept: {kept}");
    }
    assert_eq!(read(&json!({ "v": 2, "what": "home", "user": "U1" })), None);
    assert_eq!(read(&json!({ "what": "home", "user": "U1" })), None);
}

#[test]
fn the_first_version_ever_written_is_read() {
    let kept = include_str!("what-1.json");
    let kept: Vec<Value> = serde_json::from_str(kept).unwrap();
    for one in kept {
        let what = read(&one).unwrap_or_else(|| panic!("{one} cannot be read any more"));
        assert_eq!(what::written(&what), one);
    }
}

#[test]
fn files_and_forwarded_messages_come_along_and_what_is_too_long_is_cut_and_said() {
    let long = "ä".repeat(message::MAX_TEXT + 5);
    let body = envelope(message(json!({
        "subtype": "file_share",
        "files": [
            { "id": "F1", "name": "shot.png", "mimetype": "image/png", "size": 1234, "mode": "hosted" },
            { "id": "F2", "mode": "hidden_by_limit" },
            { "name": "no id" },
        ],
        "attachments": [
            { "is_share": true, "author_name": "Bo", "text": "the site is down", "from_url": "https://x.test/p1" },
            { "from_url": "https://preview.test", "text": "a preview of a link", "title": "Preview" },
        ],
    })));
    let What::Said(said) = heard_of(&body).what else { panic!() };
    assert_eq!(said.files.len(), 2);
    assert_eq!((said.files[0].bytes, said.files[0].gone, said.files[1].gone), (1234, false, true));
    assert_eq!(said.quoted.len(), 1);
    assert_eq!(said.quoted[0].text, "the site is down");

    let quote = json!([{ "is_share": true, "text": "no room for this" }]);
    let body = envelope(message(json!({ "text": format!("<@UBOT>{long}"), "attachments": quote })));
    let What::Said(said) = heard_of(&body).what else { panic!() };
    assert!(said.text.ends_with("ä … (cut: 12 more characters)"));
    assert_eq!(said.quoted[0].text, " … (cut: 16 more characters)");
}

proptest::proptest! {
    #[test]
    fn nothing_that_can_be_written_breaks_it(
        kind in "[a-z_]{0,12}|event_callback|block_actions|view_submission|message_action",
        event in "message|app_mention|reaction_added|app_home_opened|agent_session_stopped|[a-z_]{0,8}",
        subtype in proptest::option::of("message_changed|message_deleted|bot_message|tombstone|[a-z]{0,5}"),
        text in ".{0,40}",
        wrong in proptest::sample::select(vec![json!(null), json!(7), json!([]), json!({}), json!("x"), json!(-1.5)]),
        place in proptest::sample::select(vec![
            "/event/channel", "/event/ts", "/event/user", "/event/text", "/event/message", "/event/files",
            "/team", "/user", "/actions", "/view", "/event", "/authorizations", "/message", "/event/item",
        ]),
    ) {
        let mut body = envelope(message(json!({
            "type": event, "subtype": subtype, "text": text, "item": { "channel": "C1", "ts": "1.1" },
            "message": { "ts": "1.1", "user": "U1", "text": text, "edited": { "ts": "2.2" } }, "files": [{}],
        })));
        for (name, value) in press(json!({})).as_object().unwrap() {
            body[name] = value.clone();
        }
        body["type"] = json!(kind);
        if let Some(at) = body.pointer_mut(place) {
            *at = wrong;
        }
        let first = decode(&body);
        proptest::prop_assert_eq!(first, decode(&body));
    }
}
