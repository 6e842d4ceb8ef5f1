//! Who people are to an app, in one workspace and across two.

use serde_json::{Value, json};
use signalbox_world_slack::Kind;

use crate::scene::Scene;

#[tokio::test]
async fn members_guests_bots_leavers_and_strangers_are_told_apart() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let guest = world.person_as(&scene.team, "Gil", Kind::OneChannelGuest);
    let gone = world.person_as(&scene.team, "Zoe", Kind::Gone);
    let partner = world.team("Partner");
    let outsider = world.person(&partner, "Olga");
    let scene = &scene;
    let info = |user: String| async move { scene.read("users.info", &format!("user={user}")).await };
    let flags = |answer: &Value| {
        let user = &answer["user"];
        ["is_restricted", "is_ultra_restricted", "deleted", "is_bot", "is_stranger"].map(|flag| user[flag] == true)
    };
    assert_eq!(info(outsider.0.clone()).await["error"], "user_not_found", "nobody of ours met her");
    world.share(&scene.web, &partner);
    world.join(&scene.web, &outsider);
    assert_eq!(flags(&info(scene.ana.0.clone()).await), [false, false, false, false, false]);
    assert_eq!(flags(&info(guest.0.clone()).await), [true, true, false, false, false]);
    assert_eq!(flags(&info(gone.0.clone()).await), [false, false, true, false, false]);
    assert_eq!(flags(&info(scene.bot.user.0.clone()).await), [false, false, false, true, false]);
    let stranger = info(outsider.0.clone()).await;
    assert_eq!(flags(&stranger), [false, false, false, false, true]);
    assert_eq!(stranger["user"]["team_id"], partner.0);
    world.say(&outsider, &scene.web, "@signalbox do it").await.unwrap();
    let event = scene.app.last();
    assert_eq!(event["event"]["user_team"], partner.0);
    assert_eq!(event["is_ext_shared_channel"], true);
    assert_eq!(event["team_id"], scene.team.0);
    assert!(world.say(&gone, &scene.web, "hello").await.is_err());
}

#[tokio::test]
async fn one_app_in_two_workspaces_has_a_token_and_a_face_in_each() {
    let scene = Scene::new().await;
    let other = scene.world.team("Other");
    let there = scene.world.install(&scene.registered.id, &other).unwrap();
    let uma = scene.world.person(&other, "Uma");
    let room = scene.world.channel(&other, "room", &[&uma, &there.user]);
    scene.world.say(&uma, &room, "@signalbox hello").await.unwrap();
    assert_eq!(scene.app.last()["team_id"], other.0);
    assert_eq!(scene.app.last()["api_app_id"], scene.registered.id.0);
    let post = json!({ "channel": room.0, "text": "hello" });
    assert_eq!(scene.refused("chat.postMessage", post.clone()).await, "channel_not_found");
    let answer = scene.call_as(&there.token, "chat.postMessage", post).await.unwrap().1;
    assert_eq!(answer["message"]["bot_id"], there.bot.0);
    let me = scene.call_as(&there.token, "auth.test", json!({})).await.unwrap().1;
    assert_eq!((&me["team_id"], &me["bot_id"]), (&json!(other.0), &json!(there.bot.0)));
}

#[tokio::test]
async fn an_agents_session_is_stopped_by_a_person_and_moves_on() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    assert!(scene.world.stop(&scene.ana, &scene.web, &root).await.is_err(), "nothing to stop yet");
    let status =
        |word: &str| json!({ "status": word, "channel_id": scene.web.0, "thread_ts": root.0, "title": "Fix it" });
    scene.done("agents.sessions.setStatus", status("processing")).await;
    scene.app.kinds();
    scene.world.stop(&scene.ana, &scene.web, &root).await.unwrap();
    let stopped = scene.app.last()["event"].clone();
    assert_eq!(stopped["type"], "agent_session_stopped");
    assert_eq!((&stopped["thread_ts"], &stopped["user"]), (&json!(root.0), &json!(scene.ana.0)));
    assert!(scene.world.session(&scene.web, &root).unwrap().stopping);
    scene.done("agents.sessions.setStatus", status("closed")).await;
    let session = scene.world.session(&scene.web, &root).unwrap();
    assert!(!session.stopping);
    let words: Vec<&str> = session.history.iter().map(|(_, status)| status.word()).collect();
    assert_eq!((session.title.as_str(), words.as_slice()), ("Fix it", ["processing", "closed"].as_slice()));
    assert_eq!(scene.refused("agents.sessions.setStatus", status("dreaming")).await, "invalid_status");
}

#[tokio::test]
async fn a_stream_grows_until_it_is_stopped_or_left_alone() {
    let scene = Scene::new().await;
    let direct = scene.world.direct(&scene.ana, &scene.bot);
    let root = scene.world.say(&scene.ana, &direct, "explain").await.unwrap();
    let start = json!({ "channel": direct.0, "thread_ts": root.0, "markdown_text": "It " });
    let ts = scene.done("chat.startStream", start.clone()).await["ts"].clone();
    let chunks = json!([
        { "type": "markdown_text", "text": "works." },
        { "type": "task_update", "id": "1", "title": "Read", "status": "in_progress" },
        { "type": "task_update", "id": "1", "title": "Read", "status": "complete" },
    ]);
    scene.done("chat.appendStream", json!({ "channel": direct.0, "ts": ts, "chunks": chunks })).await;
    let wrong = json!({ "channel": direct.0, "ts": ts, "chunks": [{ "type": "task_update", "id": "1" }] });
    assert_eq!(scene.refused("chat.appendStream", wrong).await, "invalid_chunks");
    assert!(scene.world.thread(&direct, &root).unwrap()[1].streaming);
    scene.done("chat.stopStream", json!({ "channel": direct.0, "ts": ts, "session_status": "active" })).await;
    let seen = &scene.world.thread(&direct, &root).unwrap()[1];
    assert_eq!((seen.streaming, seen.text.as_str()), (false, "It works.\n✓ Read"));
    let more = json!({ "channel": direct.0, "ts": ts, "markdown_text": "x" });
    assert_eq!(scene.refused("chat.appendStream", more).await, "message_not_in_streaming_state");
    let ts = scene.done("chat.startStream", start).await["ts"].clone();
    scene.advance(600_000);
    let more = json!({ "channel": direct.0, "ts": ts, "markdown_text": "x" });
    assert_eq!(scene.refused("chat.appendStream", more).await, "message_not_in_streaming_state");
    let in_channel = scene.world.say(&scene.ana, &scene.web, "explain").await.unwrap();
    let start = json!({ "channel": scene.web.0, "thread_ts": in_channel.0 });
    assert_eq!(scene.refused("chat.startStream", start).await, "missing_recipient_user_id");
}
