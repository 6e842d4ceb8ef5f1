//! A world that is partly down for a while.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::fault::Fault;

fn down(world: &World, point: &'static str, calls: usize) {
    for _ in 0..calls {
        world.faults.fail_next(point, Fault::FailBefore(Error::unavailable("down")));
    }
}

#[tokio::test]
async fn a_chat_that_is_down_for_a_while_shows_everything_once_and_in_order() {
    let world = World::default();
    down(&world, "chat.say", 7);
    down(&world, "chat.mark", 3);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  👀
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.reply(&thread, "Ana", "status").await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Ana: status
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_chat_whose_answers_are_lost_says_nothing_twice() {
    let world = World::default();
    for _ in 0..5 {
        world.faults.fail_next("chat.say", Fault::FailAfter(Error::unavailable("the answer was lost")));
    }
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_forge_that_is_down_for_a_while_costs_time_only() {
    let world = World::default();
    for point in ["forge.repositories", "forge.head", "forge.mint", "forge.diff", "forge.open", "forge.revoke"] {
        down(&world, point, 3);
    }
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            40 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 40 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn a_machine_that_is_busy_for_a_while_costs_time_only() {
    let world = World::default();
    down(&world, "devbox.provision", 3);
    down(&world, "devbox.stop", 3);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            10 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 10 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.boxes.made(), 4);
}
