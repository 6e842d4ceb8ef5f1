//! People who talk, review and react, and what the app sees of it.

use serde_json::{Value, json};
use signalbox_world_github::{Fault, NewPull, Subject, Verdict};

use crate::client::Stage;

#[test]
fn comments_are_found_on_every_page() {
    let stage = Stage::new();
    let ana = stage.world.person("ana");
    let number = ana.open_issue("acme/website", "Prices", "wrong").unwrap();
    for index in 0..45 {
        ana.comment("acme/website", number, &format!("comment {index}")).unwrap();
    }
    let token = stage.minted(Value::Null);
    let mut next = Some(format!("/repos/acme/website/issues/{number}/comments?per_page=20"));
    let mut bodies = Vec::new();
    while let Some(path) = next.take() {
        let page = token.get(&path);
        bodies.extend(page.body.as_array().unwrap().iter().map(|one| one["body"].as_str().unwrap().to_owned()));
        let links = page.header("link").unwrap_or_default().split(", ").map(str::to_owned).collect::<Vec<_>>();
        let link = links.iter().find(|link| link.ends_with("rel=\"next\""));
        next = link.map(|link| link.trim_start_matches('<').split('>').next().unwrap().to_owned());
    }
    let expected: Vec<_> = (0..45).map(|index| format!("comment {index}")).collect();
    assert_eq!(bodies, expected);
}

#[test]
fn a_conversation_remembers_what_was_said_before() {
    let stage = Stage::new();
    let ana = stage.world.person("ana");
    let number = ana.open_issue("acme/website", "Prices", "$9").unwrap();
    let token = stage.minted(Value::Null);
    let comment = token.post(&format!("/repos/acme/website/issues/{number}/comments"), json!({"body": "Planning"}));
    let path = format!("/repos/acme/website/issues/comments/{}", comment.body["id"]);
    assert_eq!(comment.body["performed_via_github_app"]["slug"], "signalbox");
    assert_eq!(token.patch(&path, json!({"body": "Building"})).status, 200);
    ana.react("acme/website", Subject::Comment(comment.body["id"].as_u64().unwrap()), "eyes").unwrap();
    let gone = ana.comment("acme/website", number, "oops").unwrap();
    ana.delete_comment("acme/website", gone).unwrap();
    let read = stage.world.conversation("acme/website", number).unwrap();
    let shown: Vec<_> = read.shown().iter().map(|said| (said.by.as_str(), said.body.as_str())).collect();
    assert_eq!(shown, [("signalbox[bot]", "Building")]);
    assert_eq!(read.comments[0].edits[0].was, "Planning");
    assert_eq!(read.comments[0].reactions, [("ana".to_owned(), "eyes".to_owned())]);
    assert!(read.comments[1].deleted);
}

#[test]
fn what_is_too_long_or_conditional_is_refused_for_good() {
    let stage = Stage::new();
    let number = stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    let token = stage.minted(Value::Null);
    let comments = format!("/repos/acme/website/issues/{number}/comments");
    assert_eq!(token.post(&comments, json!({"body": "é".repeat(65_537)})).status, 422);
    let fits = token.post(&comments, json!({"body": "é".repeat(65_536)}));
    assert_eq!(fits.status, 201);
    assert_eq!(token.post(&comments, json!({"body": ""})).status, 422);
    assert_eq!(token.post(&comments, json!({})).status, 422);
    let path = format!("/repos/acme/website/issues/comments/{}", fits.body["id"]);
    let conditional = token.call("PATCH", &path, json!({"body": "x"}), &[("if-match", "\"1\"")]).unwrap();
    assert_eq!(conditional.status, 400);
    let refused: Vec<_> = stage.world.meters().refused.iter().map(|one| one.status).collect();
    assert_eq!(refused, [422, 422, 422, 400]);
}

#[test]
fn reacting_twice_is_reacting_once() {
    let stage = Stage::new();
    let number = stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    let token = stage.minted(Value::Null);
    let path = format!("/repos/acme/website/issues/{number}/reactions");
    let (first, second) =
        (token.post(&path, json!({"content": "eyes"})), token.post(&path, json!({"content": "eyes"})));
    assert_eq!((first.status, second.status, first.body["id"] == second.body["id"]), (201, 200, true));
    assert_eq!(token.delete(&format!("{path}/{}", first.body["id"])).status, 204);
    assert_eq!(token.get(&path).body, json!([]));
}

#[test]
fn a_review_with_comments_is_answered() {
    let stage = Stage::new();
    let ana = stage.world.person("ana");
    ana.push("acme/website", "prices", "Raise", &[("src/pricing.html", Some("<p>$12</p>\n"))]).unwrap();
    let pull = NewPull { title: "Prices", head: "prices", ..Default::default() };
    let number = ana.open_pull("acme/website", &pull).unwrap();
    let bo = stage.world.person("bo");
    bo.review("acme/website", number, Verdict::RequestChanges, "Hm", &[("src/pricing.html", 1, "why not $11?")])
        .unwrap();
    let token = stage.minted(Value::Null);
    let comments = token.get(&format!("/repos/acme/website/pulls/{number}/comments"));
    let first = &comments.body[0];
    assert_eq!((&first["path"], &first["user"]["login"]), (&json!("src/pricing.html"), &json!("bo")));
    let path = format!("/repos/acme/website/pulls/{number}/comments/{}/replies", first["id"]);
    assert_eq!(token.post(&path, json!({"body": "done"})).body["in_reply_to_id"], first["id"]);
    assert!(bo.review_comment("acme/website", number, "not/there", 1, "x").is_err());
    let own = ana.review("acme/website", number, Verdict::Approve, "me", &[]);
    assert!(own.unwrap_err().to_string().contains("own pull request"));
    let read = stage.world.conversation("acme/website", number).unwrap();
    let said: Vec<_> = read.review_comments.iter().map(|(_, said)| said.body.as_str()).collect();
    assert_eq!(said, ["why not $11?", "done"]);
}

#[test]
fn an_effect_can_happen_without_its_answer() {
    let stage = Stage::new();
    let number = stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    let token = stage.minted(Value::Null);
    let mut faults = vec![Fault::After, Fault::Before, Fault::StatusAfter(502), Fault::Status(503)].into_iter();
    stage.world.trouble(move |_| faults.next().unwrap_or(Fault::Pass));
    let path = format!("/repos/acme/website/issues/{number}/comments");
    let said = |body: &str| token.call("POST", &path, json!({"body": body}), &[]).map(|answer| answer.status).ok();
    assert_eq!(
        (said("one"), said("two"), said("three"), said("four"), said("five")),
        (None, None, Some(502), Some(503), Some(201))
    );
    let read = stage.world.conversation("acme/website", number).unwrap();
    let bodies: Vec<_> = read.comments.iter().map(|said| said.body.as_str()).collect();
    assert_eq!(bodies, ["one", "three", "five"]);
    assert_eq!(stage.world.meters().faults, 4);
}
