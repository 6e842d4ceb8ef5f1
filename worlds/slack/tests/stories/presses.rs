//! Buttons, selects with search, shortcuts and slash commands, and the answers to them.

use serde_json::{Value, json};
use signalbox_world_slack::{AppSpec, Limits, Ts};

use crate::scene::{Scene, buttons, section};

async fn answer(url: &Value, body: Value) -> u16 {
    let url = url.as_str().unwrap().to_owned();
    tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
        agent.post(&url).send_json(body).unwrap().status().as_u16()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_button_is_pressed_and_answered_privately_and_instead_of_itself() {
    let scene = Scene::new().await;
    let ts = Ts(scene
        .posts(json!({ "text": "Approve?", "blocks": [section("Approve?"), buttons(&["Approve", "Deny"])] }))
        .await);
    scene.world.press(&scene.ben, &scene.web, &ts, "Deny").await.unwrap();
    let pressed = scene.app.last();
    assert_eq!(pressed["type"], "block_actions");
    assert_eq!(pressed["user"]["id"], scene.ben.0);
    let action = &pressed["actions"][0];
    assert_eq!(
        (&action["action_id"], &action["block_id"], &action["value"]),
        (&json!("deny"), &json!("buttons"), &json!("worth Deny"))
    );
    assert_eq!(pressed["message"]["ts"], ts.0);
    assert_eq!(pressed["container"]["message_ts"], ts.0);
    let url = &pressed["response_url"];
    assert_eq!(
        answer(url, json!({ "text": "You may not.", "response_type": "ephemeral", "replace_original": false })).await,
        200
    );
    assert_eq!(answer(url, json!({ "text": "Denied by Ben", "replace_original": true })).await, 200);
    let history = scene.world.history(&scene.web).unwrap();
    assert_eq!((history[0].text.as_str(), history[0].buttons.len()), ("Denied by Ben", 0));
    assert_eq!((history[1].text.as_str(), history[1].only_for.as_ref()), ("You may not.", Some(&scene.ben)));
    let gone = scene.world.press(&scene.ben, &scene.web, &ts, "Deny").await;
    assert!(gone.unwrap_err().to_string().contains("there is no `Deny` to press"));
    scene.advance(31 * 60_000);
    assert_eq!(answer(url, json!({ "text": "late" })).await, 404);
}

#[tokio::test]
async fn a_press_the_app_does_not_take_is_seen_by_the_person_and_not_sent_again() {
    let scene = Scene::new().await;
    let ts = Ts(scene.posts(json!({ "text": "t", "blocks": [buttons(&["Stop"])] })).await);
    scene.app.answer(500, Value::Null);
    assert!(scene.world.press(&scene.ana, &scene.web, &ts, "Stop").await.is_err());
    scene.advance(600_000);
    scene.world.tick().await;
    assert_eq!(scene.app.kinds(), ["block_actions"]);
}

#[tokio::test]
async fn a_select_with_search_asks_the_app_for_options() {
    let scene = Scene::new().await;
    let select = json!({ "type": "external_select", "action_id": "repo", "min_query_length": 1,
        "placeholder": { "type": "plain_text", "text": "Search" } });
    let ts =
        Ts(scene.posts(json!({ "text": "Where?", "blocks": [{ "type": "actions", "elements": [select] }] })).await);
    let option = |name: &str| json!({ "text": { "type": "plain_text", "text": name }, "value": name });
    scene.app.answer(200, json!({ "options": [option("acme/website"), option("acme/web-kit")] }));
    let found = scene.world.search(&scene.ana, &scene.web, &ts, "Search", "web").await.unwrap();
    assert_eq!(scene.app.last()["value"], "web");
    assert_eq!(found[0].0, "acme/website");
    scene.world.pick(&scene.ana, &scene.web, &ts, "Search", "acme/website").await.unwrap();
    assert_eq!(scene.app.last()["actions"][0]["selected_option"]["value"], "acme/website");
    assert_eq!(scene.app.kinds(), ["block_suggestion", "block_actions"]);
}

#[tokio::test]
async fn a_slash_command_is_answered_at_once_and_a_shortcut_carries_the_message() {
    let scene = Scene::with(AppSpec::everything("signalbox").with_shortcut("fix_this"), Limits::Metered).await;
    scene.app.answer(200, json!({ "text": "Nothing runs here.", "response_type": "ephemeral" }));
    let ts = scene.world.slash(&scene.ana, &scene.web, "/signalbox", "list").await.unwrap().unwrap();
    let command = scene.app.last();
    assert_eq!((&command["command"], &command["text"]), (&json!("/signalbox"), &json!("list")));
    let seen = scene.world.message(&scene.web, &ts).unwrap();
    assert_eq!((seen.text.as_str(), seen.only_for), ("Nothing runs here.", Some(scene.ana.clone())));
    assert_eq!(scene.world.slash(&scene.ana, &scene.web, "/signalbox", "help").await.unwrap(), None);
    let said = scene.world.say(&scene.ben, &scene.web, "the footer is broken").await.unwrap();
    scene.world.message_shortcut(&scene.ana, &scene.web, &said, "fix_this").await.unwrap();
    assert_eq!(scene.app.last()["message"]["text"], "the footer is broken");
    assert_eq!(scene.app.last()["type"], "message_action");
    scene.world.shortcut(&scene.ana, "fix_this").await.unwrap();
    assert_eq!(scene.app.last()["type"], "shortcut");
    assert!(scene.world.shortcut(&scene.ana, "nothing").await.is_err());
}

#[tokio::test]
async fn an_app_uploads_a_file_in_three_steps() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "@signalbox log?").await.unwrap();
    let told = scene.done("files.getUploadURLExternal", json!({ "filename": "out.txt", "length": 5 })).await;
    let url = told["upload_url"].as_str().unwrap().to_owned();
    tokio::task::spawn_blocking(move || ureq::post(&url).send("hello").unwrap()).await.unwrap();
    let file = json!([{ "id": told["file_id"], "title": "Output" }]);
    let complete =
        json!({ "files": file, "channel_id": scene.web.0, "thread_ts": root.0, "initial_comment": "All of it" });
    scene.done("files.completeUploadExternal", complete).await;
    let seen = &scene.world.thread(&scene.web, &root).unwrap()[1];
    assert_eq!((seen.text.as_str(), seen.files.as_slice()), ("All of it", ["out.txt".to_owned()].as_slice()));
    assert_eq!(scene.world.file("out.txt").unwrap(), b"hello");
    let info = scene.read("files.info", &format!("file={}", told["file_id"].as_str().unwrap())).await;
    assert_eq!(info["file"]["title"], "Output");
}
