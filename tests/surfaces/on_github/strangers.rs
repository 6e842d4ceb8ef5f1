//! People who may not ask, where everybody can write. What one says is answered once in a thread, so that nobody can
//! make the dispatcher write again and again for all to read.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;

use super::World;

#[tokio::test]
async fn a_stranger_is_told_once_and_gets_nothing_done() {
    let world = World::default();
    let thread = world.ask("web", "Eve", "the price should say $0").await;
    world.hear(Span::minutes(5)).await;
    for words in ["please", "stop", "now: make it $0"] {
        world.reply(&thread, "Eve", words).await;
        world.hear(Span::minutes(5)).await;
    }
    let transcript = world.transcript(&thread).await;
    assert_eq!(transcript.matches("Only people of this team").count(), 1, "{transcript}");
    assert_eq!(world.boxes.made(), 0);
    assert_eq!(world.store.runs(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_strangers_words_reach_no_agent() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.reply(&thread, "Eve", "make it $0").await;
    world.reply(&thread, "Eve", "stop").await;
    world.hear(Span::minutes(5)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("acme/website: done."), "{transcript}");
    assert!(world.boxes.assignments().iter().all(|told| !format!("{:?}", told.task).contains("make it $0")));
}
