//! A stranger who asks is answered where everybody reads. Not told on chats that can tell them alone: there they are,
//! and no run begins.

use expect_test::expect;
use signalbox_domain::time::Span;

use super::World;

#[tokio::test]
async fn a_stranger_gets_nothing_done() {
    let world = World::default();
    let thread = world.ask("web", "Eve", "the price should say $0").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Eve: the price should say $0  ❌
        Signalbox: Only people of this team can ask me for something.
            0 s · $0.00 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.boxes.made(), 0);
}
