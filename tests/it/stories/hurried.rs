//! What is shown for a second. Not told on chats whose messages are edited at a pace: there, the next thing is shown.

use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::fault::Fault;

use super::World;

#[tokio::test]
async fn stopped_while_the_context_is_gathered() {
    let world = World::default();
    // Asked once for the route, then for the context.
    world.faults.fail_next("chat.room", Fault::Pass);
    world.faults.fail_next("chat.room", Fault::FailBefore(Error::unavailable("down")));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.settle().await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            Gathering the context …
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.press(&thread, "Ana", "Stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
        Signalbox: Stopped by Ana before any work began.
            0 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
