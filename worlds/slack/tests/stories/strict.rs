//! What Slack refuses.

use serde_json::json;
use signalbox_world_slack::{AppSpec, Limits, Ts};

use crate::scene::{Scene, section};

#[tokio::test]
async fn tokens_scopes_and_methods_are_checked_first() {
    let scene =
        Scene::with(AppSpec::everything("signalbox").without_scope("reactions:write").without_agent(), Limits::Metered)
            .await;
    let ts = scene.world.say(&scene.ana, &scene.web, "hello").await.unwrap();
    let react = json!({ "channel": scene.web.0, "timestamp": ts.0, "name": "eyes" });
    let answer = scene.call("reactions.add", react).await;
    assert_eq!((&answer["error"], &answer["needed"]), (&json!("missing_scope"), &json!("reactions:write")));
    let as_whom = |token: &'static str| scene.call_as(token, "auth.test", json!({}));
    assert_eq!(as_whom("xoxb-wrong").await.unwrap().1["error"], "invalid_auth");
    assert_eq!(as_whom("").await.unwrap().1["error"], "not_authed");
    assert_eq!(
        scene.call_as(&scene.registered.app_token, "auth.test", json!({})).await.unwrap().1["error"],
        "not_allowed_token_type"
    );
    assert_eq!(scene.refused("chat.shout", json!({})).await, "unknown_method");
    let status = json!({ "status": "processing", "channel_id": scene.web.0, "thread_ts": ts.0 });
    assert_eq!(scene.refused("agents.sessions.setStatus", status).await, "not_authorized");
    scene.world.uninstall(&scene.bot).await;
    assert_eq!(scene.refused("auth.test", json!({})).await, "account_inactive");
    assert_eq!(scene.world.meters().refused["missing_scope"], 1);
    assert_eq!(scene.world.refusals()[0].method, "reactions.add");
}

#[tokio::test]
async fn messages_have_limits_that_are_told_and_one_that_is_not() {
    let scene = Scene::new().await;
    let post = |text: String, blocks: serde_json::Value| {
        scene.call("chat.postMessage", json!({ "channel": scene.web.0, "text": text, "blocks": blocks }))
    };
    let long = post("é".repeat(40_001), json!([])).await;
    assert_eq!((&long["ok"], &long["warning"]), (&json!(true), &json!("message_truncated")));
    assert_eq!(long["message"]["text"].as_str().unwrap().chars().count(), 40_000);
    let wrong = post("t".into(), json!([section(&"x".repeat(3_001))])).await;
    assert_eq!(wrong["error"], "invalid_blocks");
    assert!(wrong["errors"][0].as_str().unwrap().contains("/blocks/0/text/text"), "{wrong}");
    let kept = post("a &lt; b & c".into(), json!([])).await;
    assert_eq!(kept["message"]["text"], "a &lt; b &amp; c");
    let many = json!((0..5).map(|_| section(&"x".repeat(2_000))).collect::<Vec<_>>());
    assert_eq!(post("t".into(), many).await["error"], "msg_blocks_too_long");
    assert_eq!(post(" ".into(), json!([])).await["error"], "no_text");
    let typo = json!({ "channel": scene.web.0, "text": "t", "thread-ts": "1" });
    assert_eq!(scene.refused("chat.postMessage", typo).await, "invalid_arguments");
    let metadata = json!({ "channel": scene.web.0, "text": "t", "metadata": { "event_type": "x" } });
    assert_eq!(scene.refused("chat.postMessage", metadata).await, "invalid_metadata_format");
    let markdown = json!({ "channel": scene.web.0, "text": "t", "markdown_text": "**t**" });
    assert_eq!(scene.refused("chat.postMessage", markdown).await, "markdown_text_conflict");
}

#[tokio::test]
async fn what_is_not_there_or_not_ours_is_said_so() {
    let scene = Scene::new().await;
    let theirs = scene.world.say(&scene.ana, &scene.web, "mine").await.unwrap();
    let ours = scene.posts(json!({ "text": "ours" })).await;
    let update = |ts: &str| json!({ "channel": scene.web.0, "ts": ts, "text": "new" });
    assert_eq!(scene.refused("chat.update", update(&theirs)).await, "cant_update_message");
    assert_eq!(scene.refused("chat.update", update("1.2")).await, "message_not_found");
    scene.done("chat.update", update(&ours)).await;
    let delete = |ts: &str| json!({ "channel": scene.web.0, "ts": ts });
    assert_eq!(scene.refused("chat.delete", delete(&theirs)).await, "cant_delete_message");
    scene.done("chat.delete", delete(&ours)).await;
    assert_eq!(scene.refused("chat.delete", delete(&ours)).await, "message_not_found");
    let react = |name: &str| json!({ "channel": scene.web.0, "timestamp": theirs.0, "name": name });
    scene.done("reactions.add", react("eyes")).await;
    assert_eq!(scene.refused("reactions.add", react("eyes")).await, "already_reacted");
    assert_eq!(scene.refused("reactions.remove", react("x")).await, "no_reaction");
    assert_eq!(scene.refused("reactions.add", react("no_such_emoji")).await, "invalid_name");
    let post = |channel: &str, thread: Option<&str>| json!({ "channel": channel, "text": "t", "thread_ts": thread });
    assert_eq!(scene.refused("chat.postMessage", post("C000", None)).await, "channel_not_found");
    assert_eq!(scene.refused("chat.postMessage", post(&scene.web, Some("1.2"))).await, "thread_not_found");
    let hidden = scene.world.private_channel(&scene.team, "ops", &[&scene.ana]);
    assert_eq!(scene.refused("chat.postMessage", post(&hidden, None)).await, "channel_not_found");
    let elsewhere = scene.world.channel(&scene.team, "general", &[&scene.ana]);
    let history = scene.read("conversations.history", &format!("channel={elsewhere}")).await;
    assert_eq!(history["error"], "not_in_channel");
    scene.world.archive(&scene.web, true);
    assert_eq!(scene.refused("chat.postMessage", post(&scene.web, None)).await, "is_archived");
    assert_eq!(scene.world.message(&scene.web, &Ts(ours)).unwrap().edits, ["ours"]);
}
