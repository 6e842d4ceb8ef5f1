//! Reading what was said, page by page.

use serde_json::{Value, json};

use crate::scene::Scene;

fn texts(answer: &Value) -> Vec<String> {
    answer["messages"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_history_is_read_newest_first_and_a_thread_oldest_first_and_neither_loses_a_message_between_pages() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "root").await.unwrap();
    for n in 0..7 {
        let metadata = json!({ "event_type": "signalbox", "event_payload": { "effect": n.to_string() } });
        scene.posts(json!({ "thread_ts": root.0, "text": format!("reply {n}"), "metadata": metadata })).await;
    }
    scene.world.say(&scene.ben, &scene.web, "another").await.unwrap();
    let mut cursor = String::new();
    let mut read = Vec::new();
    loop {
        let query = format!("channel={}&ts={root}&limit=3&include_all_metadata=true&cursor={cursor}", scene.web);
        let page = scene.read("conversations.replies", &query).await;
        read.extend(page["messages"].as_array().unwrap().clone());
        cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
        assert_eq!(page["has_more"], !cursor.is_empty());
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(read.len(), 8);
    assert_eq!(read[0]["reply_count"], 7);
    assert_eq!(read[7]["metadata"]["event_payload"]["effect"], "6");
    let plain = scene.read("conversations.replies", &format!("channel={}&ts={root}", scene.web)).await;
    assert!(plain["messages"][1]["metadata"].is_null(), "metadata is told only to who asks");
    let history = scene.read("conversations.history", &format!("channel={}&limit=1", scene.web)).await;
    assert_eq!(texts(&history), ["another"]);
    let next = history["response_metadata"]["next_cursor"].as_str().unwrap();
    let history = scene.read("conversations.history", &format!("channel={}&limit=1&cursor={next}", scene.web)).await;
    assert_eq!(texts(&history), ["root"]);
    let since = scene.read("conversations.history", &format!("channel={}&oldest={root}", scene.web)).await;
    assert_eq!(texts(&since), ["another"]);
    let since =
        scene.read("conversations.history", &format!("channel={}&oldest={root}&inclusive=true", scene.web)).await;
    assert_eq!(texts(&since), ["another", "root"]);
}

#[tokio::test]
async fn a_form_a_query_and_json_say_the_same() {
    let scene = Scene::new().await;
    scene.world.set_topic(&scene.web, "repo:acme/website");
    let by_query = scene.read("conversations.info", &format!("channel={}", scene.web)).await;
    let by_json = scene.done("conversations.info", json!({ "channel": scene.web.0 })).await;
    assert_eq!(by_query, by_json);
    assert_eq!(by_json["channel"]["topic"]["value"], "repo:acme/website");
    let url = format!("{}/chat.postMessage", scene.world.api_url());
    let form = [
        ("channel", scene.web.0.clone()),
        ("blocks", json!([{ "type": "divider" }]).to_string()),
        ("token", scene.bot.token.clone()),
    ];
    let answer = tokio::task::spawn_blocking(move || {
        ureq::post(&url).send_form(form).unwrap().body_mut().read_to_string().unwrap()
    });
    let answer: Value = serde_json::from_str(&answer.await.unwrap()).unwrap();
    assert_eq!(answer["ok"], true, "{answer}");
}

#[tokio::test]
async fn lists_come_in_pages_too() {
    let scene = Scene::new().await;
    for n in 0..5 {
        scene.world.channel(&scene.team, &format!("c{n}"), &[]);
    }
    let page = scene.read("conversations.list", "limit=4").await;
    assert_eq!(page["channels"].as_array().unwrap().len(), 4);
    let next = page["response_metadata"]["next_cursor"].as_str().unwrap();
    let page = scene.read("conversations.list", &format!("limit=4&cursor={next}")).await;
    assert_eq!(page["channels"].as_array().unwrap().len(), 2);
    assert_eq!(page["response_metadata"]["next_cursor"], "");
    let members = scene.read("conversations.members", &format!("channel={}", scene.web)).await;
    assert_eq!(members["members"].as_array().unwrap().len(), 3);
    let users = scene.read("users.list", "").await;
    assert_eq!(users["members"].as_array().unwrap().len(), 3);
}
