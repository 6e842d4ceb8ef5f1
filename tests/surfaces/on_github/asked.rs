//! The ways of asking that only GitHub has.

use expect_test::expect;
use serde_json::json;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;

use super::World;

pub(super) const SITE: &str = "acme/website";

pub(super) fn thread(number: u64) -> ThreadId {
    ThreadId { chat: "github".into(), room: SITE.into(), root: number.to_string() }
}

async fn is_done(world: &World, number: u64) {
    world.hear(Span::minutes(5)).await;
    let transcript = world.transcript(&thread(number)).await;
    assert!(transcript.contains("acme/website: done."), "{transcript}");
    assert!(transcript.contains("Ready for review"), "{transcript}");
}

#[tokio::test]
async fn an_issue_that_mentions_us_is_a_request() {
    let world = World::default();
    let ana = world.vendor.person("Ana");
    let issue = ana.open_issue(SITE, "The price is wrong", "@signalbox it should say $12").unwrap();
    is_done(&world, issue).await;
    let asked = format!("{:?}", world.boxes.assignments().first().map(|told| &told.task));
    assert!(asked.contains("The price is wrong") && asked.contains("it should say $12"), "{asked}");
}

#[tokio::test]
async fn an_issue_that_gets_our_label_is_a_request() {
    let world = World::default();
    let issue = world.vendor.person("Eve").open_issue(SITE, "The price should say $12", "").unwrap();
    world.hear(Span::minutes(5)).await;
    assert_eq!(world.store.runs(10).await.unwrap().len(), 0, "nobody asked yet");
    world.vendor.person("Max").call("POST", SITE, "labels", json!({ "name": "signalbox", "color": "0e8a16" })).unwrap();
    world.vendor.person("Ana").label(SITE, issue, "signalbox").unwrap();
    is_done(&world, issue).await;
}

#[tokio::test]
async fn several_words_in_one_comment_are_heard_in_their_order() {
    let world = World::default();
    let issue = world.vendor.person("Ana").open_issue(SITE, "Prices", "They are wrong.").unwrap();
    let words = "@signalbox the price should say $12\n\n@signalbox cost";
    world.vendor.person("Ana").comment(SITE, issue, words).unwrap();
    is_done(&world, issue).await;
    assert_eq!(world.store.runs(10).await.unwrap().len(), 1);
    let transcript = world.transcript(&thread(issue)).await;
    assert!(transcript.matches("Signalbox: ").count() >= 3, "a status, an answer about the cost, an end: {transcript}");
}

#[tokio::test]
async fn an_edited_comment_does_only_what_it_changed() {
    let world = World::default();
    let ana = world.vendor.person("Ana");
    let issue = ana.open_issue(SITE, "Prices", "They are wrong.").unwrap();
    let words = "@signalbox the price should say $12";
    let comment = ana.comment(SITE, issue, words).unwrap();
    is_done(&world, issue).await;
    ana.edit_comment(SITE, comment, &format!("{words}\n\n@signalbox cost")).unwrap();
    world.hear(Span::minutes(5)).await;
    assert_eq!(world.store.runs(10).await.unwrap().len(), 1, "nothing is done twice");
    let ours = world.transcript(&thread(issue)).await.lines().filter(|line| line.starts_with("Signalbox")).count();
    expect!["3"].assert_eq(&ours.to_string());
}
