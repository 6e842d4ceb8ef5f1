//! Where a thread is: said in the change request that came of it.

use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::World;
use signalbox_world::fault::Fault;

#[tokio::test]
async fn a_change_request_says_where_it_was_asked_for_before_its_hidden_line() {
    let world = World::default();
    world.chat.open_at("https://chat.example");
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    let body = world.forge.changes()[0].body.clone();
    let (said, hidden) = body.rsplit_once("<!-- signalbox ").expect("a hidden line");
    assert!(said.contains(&format!("Asked for here: <https://chat.example/web/{}>", thread.root)), "{body}");
    assert!(hidden.ends_with("-->\n") || hidden.ends_with("-->"), "{body}");
}

#[tokio::test]
async fn a_chat_that_cannot_say_where_it_is_keeps_no_change_request_from_being_opened() {
    let world = World::default();
    world.chat.open_at("https://chat.example");
    world.faults.fail_next("chat.link", Fault::FailBefore(Error::unavailable("the chat is down")));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    assert!(!world.forge.changes()[0].body.contains("Asked for here"));
    assert!(world.transcript(&thread).await.contains("Ready for review"));
}
