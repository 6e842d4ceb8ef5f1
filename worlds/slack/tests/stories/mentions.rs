//! How what people say reaches an app, and what its answers look like.

use serde_json::json;
use signalbox_world_slack::{Arrives, Manner, Rule, Ts, Words};

use crate::scene::{Scene, buttons, section};

#[tokio::test]
async fn a_mention_in_a_channel_arrives_twice_signed_and_the_thread_reads_as_people_read_it() {
    let scene = Scene::new().await;
    let (world, app) = (&scene.world, &scene.app);
    let root = world.say(&scene.ana, &scene.web, "@signalbox the price is $9, <b> & it should be $12").await.unwrap();
    let heard = app.heard();
    assert_eq!(app.kinds(), ["app_mention", "message"]);
    assert!(heard.iter().all(|one| one.signed && one.timestamp == 1_700_000_000 && one.retry.is_none()));
    let (mention, message) = (&heard[0].body, &heard[1].body);
    assert_ne!(mention["event_id"], message["event_id"]);
    assert_eq!(mention["event"]["ts"], message["event"]["ts"]);
    let text = format!("<@{}> the price is $9, &lt;b&gt; &amp; it should be $12", scene.bot.user);
    assert_eq!(message["event"]["text"], text);
    assert_eq!(message["event"]["channel_type"], "channel");
    assert_eq!(message["authorizations"][0]["user_id"], scene.bot.user.0);

    scene.done("reactions.add", json!({ "channel": scene.web.0, "timestamp": root.0, "name": "eyes" })).await;
    let blocks =
        json!([section("Changing <https://example.com|acme/website> — a &lt; b"), buttons(&["Stop", "Why here?"])]);
    scene.posts(json!({ "thread_ts": root.0, "text": "Changing acme/website", "blocks": blocks })).await;
    let whisper =
        json!({ "channel": scene.web.0, "user": scene.ben.0, "text": "Only Ana may stop it.", "thread_ts": root.0 });
    scene.done("chat.postEphemeral", whisper).await;
    let expected = "Ana: @signalbox the price is $9, <b> & it should be $12\n    👀\n\
                    signalbox: Changing acme/website (https://example.com) — a < b\n    [Stop] [Why here?]\n\
                    signalbox (only to Ben): Only Ana may stop it.\n";
    assert_eq!(world.transcript(&scene.web, &root).unwrap(), expected);
}

#[tokio::test]
async fn inside_a_thread_a_mention_may_arrive_only_as_message_or_only_as_mention() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ben, &scene.web, "the build is red").await.unwrap();
    assert_eq!(scene.app.kinds(), ["message"]);
    let words = |arrives| Words::new("@signalbox fix it").in_thread(&root).arriving(arrives);
    scene.world.post_words(&scene.ana, &scene.web, words(Arrives::Message)).await.unwrap();
    assert_eq!(scene.app.last()["event"]["thread_ts"], root.0);
    assert_eq!(scene.app.kinds(), ["message"]);
    scene.world.post_words(&scene.ana, &scene.web, words(Arrives::Mention)).await.unwrap();
    assert_eq!(scene.app.kinds(), ["app_mention"]);
}

#[tokio::test]
async fn eleven_copies_have_eleven_event_ids_and_no_retry_header() {
    let scene = Scene::new().await;
    scene.world.rule(Rule::next("message", Manner::Copies { count: 11, fresh_ids: true }));
    scene.world.say(&scene.ana, &scene.web, "@signalbox hello").await.unwrap();
    let mut ids: Vec<String> = scene.app.heard().iter().map(|one| one.body["event_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 12, "eleven messages and one mention");
    assert!(scene.app.heard().iter().all(|one| one.retry.is_none() && one.signed));
}

#[tokio::test]
async fn a_direct_message_is_a_message_even_with_a_mention() {
    let scene = Scene::new().await;
    let direct = scene.world.direct(&scene.ana, &scene.bot);
    scene.world.say(&scene.ana, &direct, "@signalbox fix it").await.unwrap();
    assert_eq!(scene.app.last()["event"]["channel_type"], "im");
    assert_eq!(scene.app.kinds(), ["message"]);
    let posted = scene.done("chat.postMessage", json!({ "channel": scene.ana.0, "text": "hello" })).await;
    assert_eq!(posted["channel"], direct.0);
}

#[tokio::test]
async fn edits_deletions_and_reactions_are_told_with_what_was_before() {
    let scene = Scene::new().await;
    let (world, app) = (&scene.world, &scene.app);
    let ts = world.say(&scene.ana, &scene.web, "make it blue").await.unwrap();
    world.edit(&scene.ana, &scene.web, &ts, "make it green").await.unwrap();
    let changed = &app.last()["event"];
    assert_eq!(changed["message"]["text"], "make it green");
    assert_eq!(changed["message"]["edited"]["user"], scene.ana.0);
    assert_eq!(changed["previous_message"]["text"], "make it blue");
    world.react(&scene.ben, &scene.web, &ts, "x").await.unwrap();
    assert_eq!(app.last()["event"]["item"], json!({ "type": "message", "channel": scene.web.0, "ts": ts.0 }));
    world.unreact(&scene.ben, &scene.web, &ts, "x").await.unwrap();
    let seen = world.message(&scene.web, &ts).unwrap();
    assert_eq!((seen.text.as_str(), seen.edits.as_slice()), ("make it green", ["make it blue".to_owned()].as_slice()));
    world.delete(&scene.ana, &scene.web, &ts).await.unwrap();
    assert_eq!(app.last()["event"]["deleted_ts"], ts.0);
    let kinds = ["message", "message/message_changed", "reaction_added", "reaction_removed", "message/message_deleted"];
    assert_eq!(app.kinds(), kinds);
    assert!(world.edit(&scene.ben, &scene.web, &ts, "mine").await.is_err());
}

#[tokio::test]
async fn deleting_the_first_message_of_a_thread_leaves_a_tombstone_and_the_thread() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    let reply = scene.posts(json!({ "thread_ts": root.0, "text": "on it" })).await;
    scene.world.delete(&scene.ana, &scene.web, &root).await.unwrap();
    assert_eq!(scene.app.last()["event"]["message"]["subtype"], "tombstone");
    assert_eq!(scene.app.kinds(), ["message/message_changed"]);
    let answer = scene.read("conversations.replies", &format!("channel={}&ts={root}", scene.web)).await;
    assert_eq!(answer["messages"][0]["subtype"], "tombstone");
    assert_eq!(answer["messages"][1]["ts"], reply);
    scene.posts(json!({ "thread_ts": root.0, "text": "still here" })).await;
}

#[tokio::test]
async fn a_forwarded_message_and_a_file_come_with_what_they_are() {
    let scene = Scene::new().await;
    let secret = scene.world.private_channel(&scene.team, "ops", &[&scene.ana]);
    let there = scene.world.say(&scene.ana, &secret, "the pager went off").await.unwrap();
    assert!(scene.app.kinds().is_empty(), "an app hears only where it is");
    let words =
        Words::new("@signalbox look at this").forwarding(&secret, &there).with_file("log.txt", "text/plain", b"boom");
    let ts = scene.world.post_words(&scene.ana, &scene.web, words).await.unwrap();
    let event = scene.app.last()["event"].clone();
    assert_eq!(event["subtype"], "file_share");
    assert_eq!(event["attachments"][0]["is_share"], true);
    assert_eq!(event["attachments"][0]["text"], "the pager went off");
    assert_eq!(event["files"][0]["size"], 4);
    let url = event["files"][0]["url_private"].as_str().unwrap();
    assert_eq!(scene.get(url).await, "boom");
    let stranger = tokio::task::spawn_blocking({
        let url = url.to_owned();
        move || ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap()
    });
    assert!(stranger.await.unwrap().contains("Sign in"));
    let seen = scene.world.message(&scene.web, &Ts(ts.0)).unwrap();
    assert_eq!(seen.text, "@signalbox look at this\n> Ana: the pager went off");
    assert_eq!(seen.files, ["log.txt"]);
}

#[tokio::test]
async fn another_bot_talks_with_a_bot_id_and_our_own_words_come_back_to_us() {
    let scene = Scene::new().await;
    let other = scene.world.app(signalbox_world_slack::AppSpec::everything("deploybot"));
    let other = scene.world.install(&other.id, &scene.team).unwrap();
    scene.world.join(&scene.web, &other.user);
    scene.world.bot_says(&other, &scene.web, Words::new("@signalbox deployed")).await.unwrap();
    assert_eq!(scene.app.last()["event"]["bot_id"], other.bot.0);
    assert_eq!(scene.app.kinds(), ["app_mention", "message"]);
    scene.done("chat.postMessage", json!({ "channel": scene.web.0, "text": "thanks" })).await;
    scene.world.settle().await;
    assert_eq!(scene.app.last()["event"]["bot_id"], scene.bot.bot.0);
}
