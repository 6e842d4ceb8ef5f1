//! What people set for themselves, where a chat lets them.

use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_ports::chat::Usual;
use signalbox_world::{World, person};

#[tokio::test]
async fn a_request_goes_where_the_person_usually_works_and_tells_as_much_as_they_want() {
    let world = World::default();
    let usual = Usual { repository: Some("acme/api".into()), verbose: true };
    world.chat.set(&person("Ana"), usual);
    let thread = world.ask("lobby", "Ana", "rename the main function").await;
    world.pass(Span::minutes(1)).await;
    let told = world.transcript(&thread).await;
    assert!(told.contains("acme/api: done."), "{told}");
    expect![[r#"
        Signalbox: Plan has begun.
        Signalbox: Build has begun.
        Signalbox: Check has begun.
        Signalbox: Review has begun."#]]
    .assert_eq(&told.lines().filter(|line| line.contains("has begun")).collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn what_the_room_is_about_is_nearer_than_what_a_person_set() {
    let world = World::default();
    let usual = Usual { repository: Some("acme/api".into()), verbose: false };
    world.chat.set(&person("Ana"), usual);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    let told = world.transcript(&thread).await;
    assert!(told.contains("acme/website: done."), "{told}");
}
