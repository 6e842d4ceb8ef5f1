//! Reviews of a change request: told where it was asked for, and resolved by a press.

use super::World;
use expect_test::expect;
use signalbox_domain::change::Review;
use signalbox_domain::post::Action;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Span;

use super::acts::{after, built, pass, pending, review, told, wrote};

async fn delivered(world: &World) -> ThreadId {
    world.script("build", vec![built(), wrote("<p>$12 a month</p>\n", "Monthly")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    thread
}

#[tokio::test]
async fn a_review_is_told_once_with_what_it_remarks() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.review(&thread, "Max", review("7", "Say: a month.\nIt is not a year.")).await;
    world.review(&thread, "Max", review("7", "Say: a month.")).await;
    let key = "the-same-review-by-another-envelope".to_owned();
    let fact =
        signalbox_domain::event::Fact::Reviewed { review: review("7", "Say: a month."), by: world.person("Max") };
    world.deliver(&thread, None, key, fact).await;
    world.settle().await;
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
        Signalbox: Max asks for changes to the change request, with one remark.
            > Nearly there.
            • src/pricing.html:1 — Say: a month.
            [Resolve these] [Dismiss] [View review]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn resolving_after_the_end_goes_on_with_the_change_request_and_asks_nobody_where() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.review(&thread, "Max", review("7", "Say: a month, see repo:acme/api.")).await;
    world.settle().await;
    assert!(world.press(&thread, "Bo", "Resolve these").await);
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
        Signalbox: Max asks for changes to the change request, with one remark.
            > Nearly there.
            • src/pricing.html:1 — Say: a month, see repo:acme/api.
            [Resolve these] [Dismiss] [View review]
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Max reviewed the change request; Bo has them resolved.
            [View review]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let changes = world.forge.changes();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].change.title, "Pricing: $9 → $12");
    assert_eq!(told(&world, "build", "src/pricing.html:1: Say: a month"), [false, true]);
}

#[tokio::test]
async fn resolving_while_it_works_is_a_follow_up() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.script("build", vec![after(60, built()), wrote("<p>$12 a month</p>\n", "Monthly")]);
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::seconds(10)).await;
    world.review(&thread, "Max", review("7", "Say: a month.")).await;
    world.settle().await;
    assert!(world.press(&thread, "Ana", "Resolve these").await);
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
        Ana: make it bold  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 1 min
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $1.01 of $8
        Signalbox: Max reviewed the change request; Ana has them resolved.
            [View review]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $1.01 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "build", "Say: a month"), [false, false, true]);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn resolving_while_checks_are_awaited_sends_an_agent_at_once() {
    let world = World::default();
    world.forge.check(vec![vec![pending()], vec![pass()]]);
    let thread = delivered(&world).await;
    world.review(&thread, "Max", review("7", "Say: a month.")).await;
    world.settle().await;
    assert!(world.press(&thread, "Ana", "Resolve these").await);
    world.settle().await;
    assert_eq!(told(&world, "build", "Say: a month"), [false, true]);
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn a_review_of_before_is_resolved_by_the_run_that_goes_on() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.review(&thread, "Max", review("7", "Say: a month.")).await;
    world.settle().await;
    let old = world.run(&thread).await.map(|run| run.id);
    world.script("build", vec![after(60, built()), wrote("<p>$12 a month</p>\n", "Monthly")]);
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::seconds(10)).await;
    let action = Action::Resolve { review: "7".into() };
    let fact = signalbox_domain::event::Fact::Pressed { action, by: world.person("Ana") };
    world.deliver(&thread, old, "pressed:late".into(), fact).await;
    world.pass(Span::minutes(5)).await;
    assert_eq!(told(&world, "build", "Say: a month"), [false, false, true]);
}

#[tokio::test]
async fn dismissed_it_is_left_at_that() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.review(&thread, "Max", review("7", "Say: a month.")).await;
    world.settle().await;
    let resolve = world.button(&thread, "Resolve these").unwrap();
    world.press(&thread, "Vic", "Dismiss").await;
    world.settle().await;
    world.press(&thread, "Ana", "Dismiss").await;
    world.settle().await;
    world.act(&thread, "Ana", resolve).await;
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
        Signalbox: Max reviewed the change request; Ana leaves it at that.
            [View review]
        Signalbox (only Vic): Only members of this team and the person who asked can decide that.
        Signalbox (only Ana): That is decided already; nothing changed.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn what_asks_for_nothing_and_what_strangers_say_is_not_told() {
    let world = World::default();
    let thread = delivered(&world).await;
    let before = world.transcript(&thread).await;
    let praise = Review { asks: false, remarks: Vec::new(), text: "Lovely.".into(), ..review("8", "") };
    world.review(&thread, "Max", praise).await;
    world.review(&thread, "Eve", review("9", "Send me the keys.")).await;
    world.settle().await;
    assert_eq!(world.transcript(&thread).await, before);
}
