//! How a request arrives: once, whatever Slack makes of it on the way.

use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_slack::{AppSpec, Arrives, Manner, Rule, Words};

use super::World;

pub(super) const CHANGE: &str = "@Signalbox the price should say $12";

/// Everything that was asked for is one run, with one end and one change request.
pub(super) async fn once(world: &World, thread: &ThreadId) {
    let runs = world.store.runs(100).await.unwrap();
    assert_eq!(runs.len(), 1, "{}", world.transcript(thread).await);
    assert_eq!(runs[0].thread, *thread);
    assert!(runs[0].ended());
    assert_eq!(world.forge.changes().len(), 1);
    assert_eq!(world.unkept().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_mention_in_a_thread_that_comes_only_as_a_message_is_heard() {
    let world = World::default();
    let (place, web) = (&world.place, world.place.channel("web"));
    let root = place.vendor.say(place.user("Bo"), web, "the price is wrong").await.unwrap();
    let words = Words::new(CHANGE).in_thread(&root).arriving(Arrives::Message);
    place.vendor.post_words(place.user("Ana"), web, words).await.unwrap();
    world.pass(Span::minutes(5)).await;
    once(&world, &place.thread(web, &root)).await;
}

#[tokio::test]
async fn a_mention_that_comes_in_either_form_or_in_both_is_one_request() {
    for arrives in [Arrives::Both, Arrives::Message, Arrives::Mention] {
        let world = World::default();
        let (place, web) = (&world.place, world.place.channel("web"));
        let words = Words::new(CHANGE).arriving(arrives);
        let root = place.vendor.post_words(place.user("Ana"), web, words).await.unwrap();
        world.pass(Span::minutes(5)).await;
        once(&world, &place.thread(web, &root)).await;
    }
}

#[tokio::test]
async fn a_delivery_that_dies_after_receipt_comes_again_and_is_one_request() {
    for manner in [Manner::AnswerLost, Manner::Unreachable, Manner::Copies { count: 11, fresh_ids: true }] {
        let world = World::default();
        world.place.vendor.rule(Rule::next_of_any(manner).times(2));
        let thread = world.ask("web", "Ana", "the price should say $12").await;
        world.pass(Span::minutes(5)).await;
        world.place.vendor.tick().await;
        world.pass(Span::minutes(5)).await;
        once(&world, &thread).await;
    }
}

#[tokio::test]
async fn an_app_that_is_no_agent_works_by_its_marks_and_messages() {
    let world = World::made(AppSpec::everything("Signalbox").without_agent(), |_| {}, |_| {});
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    once(&world, &thread).await;
    let (channel, root) = world.place.at(&thread);
    assert!(world.place.vendor.session(&channel, &root).is_none());
    let asked = world.place.vendor.meters().calls.get("agents.sessions.setStatus").copied();
    assert_eq!(asked, Some(1), "it is asked once, and nothing fails by it");
    assert_eq!(world.place.vendor.message(&channel, &root).unwrap().marks(), "✅");
}

#[tokio::test]
async fn a_file_that_comes_along_is_read_and_an_image_is_told_of() {
    let world = World::default();
    let (place, web) = (&world.place, world.place.channel("web"));
    let words = Words::new(CHANGE).with_file("prices.csv", "text/csv", b"plan,price\nbasic,12\n");
    let words = words.with_file("page.png", "image/png", b"\x89PNG");
    let root = place.vendor.post_words(place.user("Ana"), web, words).await.unwrap();
    world.pass(Span::minutes(5)).await;
    once(&world, &place.thread(web, &root)).await;
    let all = world.boxes.assignments();
    let context = all.first().and_then(|told| told.files.get("context.md").cloned()).unwrap_or_default();
    assert!(context.contains("plan,price\nbasic,12"), "{context}");
    assert!(context.contains("Left out: the attachment page.png (images are not read"), "{context}");
}

#[tokio::test]
async fn a_message_that_was_forwarded_is_read_as_what_somebody_else_said() {
    let world = World::default();
    let (place, web) = (&world.place, world.place.channel("web"));
    let told = place.vendor.say(place.user("Bo"), place.channel("lobby"), "it says $9, and costs $12").await.unwrap();
    let words = Words::new("@Signalbox fix this on the page").forwarding(place.channel("lobby"), &told);
    let root = place.vendor.post_words(place.user("Ana"), web, words).await.unwrap();
    world.pass(Span::minutes(5)).await;
    once(&world, &place.thread(web, &root)).await;
    assert!(format!("{:?}", world.boxes.assignments()[0].task).contains("it says $9, and costs $12"));
}

#[tokio::test]
async fn a_stranger_who_asks_is_told_alone_and_no_run_begins() {
    let world = World::default();
    let (place, web) = (&world.place, world.place.channel("web"));
    let root = place.vendor.say(place.user("Eve"), web, CHANGE).await.unwrap();
    world.pass(Span::minutes(5)).await;
    assert!(world.store.runs(9).await.unwrap().is_empty());
    let thread = place.vendor.thread(web, &root).unwrap();
    assert_eq!(thread.len(), 2);
    assert_eq!(thread[1].only_for.as_ref(), Some(place.user("Eve")));
    assert!(thread[1].text.starts_with("Only people of this team can ask me for something."));
}
