//! The home tab and modals.

use serde_json::{Value, json};
use signalbox_world_slack::Submitted;

use crate::scene::{Scene, buttons, section};

fn modal(title: &str) -> Value {
    let option = |name: &str| json!({ "text": { "type": "plain_text", "text": name }, "value": name.to_lowercase() });
    json!({
        "type": "modal",
        "callback_id": "settings",
        "title": { "type": "plain_text", "text": title },
        "submit": { "type": "plain_text", "text": "Save" },
        "blocks": [
            { "type": "input", "block_id": "repo", "label": { "type": "plain_text", "text": "Repository" },
              "element": { "type": "plain_text_input", "action_id": "value" } },
            { "type": "input", "block_id": "model", "optional": true, "label": { "type": "plain_text", "text": "Model" },
              "element": { "type": "static_select", "action_id": "value", "options": [option("Fast"), option("Good")] } },
        ],
    })
}

#[tokio::test]
async fn a_home_tab_is_published_opens_a_modal_and_the_modal_is_filled_in() {
    let scene = Scene::new().await;
    let world = &scene.world;
    world.open_home(&scene.ana, &scene.bot).await.unwrap();
    assert_eq!(scene.app.last()["event"]["tab"], "home");
    let home = json!({ "type": "home", "blocks": [section("My runs: none"), buttons(&["Settings"])] });
    scene.done("views.publish", json!({ "user_id": scene.ana.0, "view": home })).await;
    let home = world.home(&scene.ana, &scene.registered.id).unwrap();
    assert_eq!(home.text, "My runs: none\n[Settings]");
    world.press_in_view(&scene.ana, &home.id, "Settings").await.unwrap();
    let trigger = scene.app.last()["trigger_id"].clone();
    scene.done("views.open", json!({ "trigger_id": trigger, "view": modal("Settings") })).await;
    let again = json!({ "trigger_id": trigger, "view": modal("Settings") });
    assert_eq!(scene.refused("views.open", again).await, "exchanged_trigger_id");
    let open = world.modals(&scene.ana).pop().unwrap();
    assert_eq!(open.title, "Settings");
    let empty = world.submit(&scene.ana, &open.id, &[("Model", "Good")]).await;
    assert!(empty.unwrap_err().to_string().contains("`Repository` must be filled in"));
    scene.app.answer(200, json!({ "response_action": "errors", "errors": { "repo": "There is no such repository." } }));
    let filled = [("Repository", "acme/webbsite"), ("Model", "Good")];
    let submitted = world.submit(&scene.ana, &open.id, &filled).await.unwrap();
    assert_eq!(submitted, Submitted::Errors([("repo".to_owned(), "There is no such repository.".to_owned())].into()));
    let values = scene.app.last()["view"]["state"]["values"].clone();
    assert_eq!(values["repo"]["value"]["value"], "acme/webbsite");
    assert_eq!(values["model"]["value"]["selected_option"]["value"], "good");
    assert_eq!(world.submit(&scene.ana, &open.id, &filled).await.unwrap(), Submitted::Closed);
    assert!(world.modals(&scene.ana).is_empty());
}

#[tokio::test]
async fn triggers_are_short_and_hashes_and_views_are_checked() {
    let scene = Scene::new().await;
    let home = json!({ "type": "home", "blocks": [buttons(&["Settings"])] });
    let hash =
        scene.done("views.publish", json!({ "user_id": scene.ana.0, "view": home })).await["view"]["hash"].clone();
    scene.done("views.publish", json!({ "user_id": scene.ana.0, "view": home, "hash": hash })).await;
    let stale = json!({ "user_id": scene.ana.0, "view": home, "hash": hash });
    assert_eq!(scene.refused("views.publish", stale).await, "hash_conflict");
    let home = scene.world.home(&scene.ana, &scene.registered.id).unwrap();
    scene.world.press_in_view(&scene.ana, &home.id, "Settings").await.unwrap();
    let trigger = scene.app.last()["trigger_id"].clone();
    let long = modal("A title that is a good deal too long");
    assert_eq!(scene.refused("views.open", json!({ "trigger_id": trigger, "view": long })).await, "invalid_arguments");
    scene.advance(3_001);
    assert_eq!(
        scene.refused("views.open", json!({ "trigger_id": trigger, "view": modal("S") })).await,
        "expired_trigger_id"
    );
}
