//! What may be asked for in a room, whoever asks.

use super::World;
use expect_test::expect;
use signalbox_domain::talk::Role;
use signalbox_domain::time::Span;
use signalbox_engine::Room;

fn world(room: Room) -> World {
    World::with(|settings| {
        settings.rooms.insert("chat:lobby".into(), room);
    })
}

fn only(repository: &str) -> Room {
    Room { repositories: vec![repository.into()], ..Room::default() }
}

#[tokio::test]
async fn another_repository_is_refused_with_what_there_is() {
    let world = world(only("acme/web*"));
    let thread = world.ask("lobby", "Ana", "fix it repo:acme/api").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: fix it repo:acme/api  ❌
        Signalbox: acme/api: refused.
        Signalbox: acme/api cannot be worked on from this room; it has: acme/web*. Ask in another one.
            0 s · $0.00 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn nothing_is_offered_that_would_be_refused() {
    let world = world(only("acme/web*"));
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: Which repository is this about?
            • acme/website — the public website
            Ana can answer by button, or by writing repo:owner/name. I'll wait a day.
            [acme/website]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.press(&thread, "Ana", "acme/website").await;
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn where_everything_would_be_refused_nothing_is_asked() {
    let world = world(only("other/*"));
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/api cannot be worked on from this room; it has: other/*. Ask in another one.
            0 s · $0.00 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_room_for_answers_changes_nothing() {
    let world = world(Room { workflows: vec!["answer".into()], ..Room::default() });
    let thread = world.ask("lobby", "Ana", "the price should say $12 repo:acme/website").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12 repo:acme/website  ❌
        Signalbox: acme/website: refused.
        Signalbox: `build` cannot be asked for in this room; it has: answer.
            0 s · $0.00 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let thread = world.ask("lobby", "Ana", "why $12?").await;
    world.pass(Span::minutes(1)).await;
    assert!(world.transcript(&thread).await.contains("Because the law asks for it."));
}

#[tokio::test]
async fn a_room_for_maintainers_is_for_maintainers() {
    let world = world(Room { role: Some(Role::Maintainer), ..Room::default() });
    let thread = world.ask("lobby", "Ana", "the price should say $12 repo:acme/website").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12 repo:acme/website  ❌
        Signalbox: acme/website: refused.
        Signalbox: In this room only a maintainer can ask, and Ana is a member.
            0 s · $0.00 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.ask("lobby", "Max", "the price should say $12 repo:acme/website").await;
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
}
