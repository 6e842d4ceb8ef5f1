//! Who may what.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;

use super::acts::{after, built};

#[tokio::test]
async fn a_viewer_who_asks_for_a_change_is_told_who_can() {
    let world = World::default();
    let thread = world.ask("web", "Vic", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Vic: the price should say $12  ❌
        Signalbox: acme/website: refused.
        Signalbox: Only a member can ask for this, and Vic is a viewer here. Ask a member of the team to ask for it in this thread.
            0 s · $0.00 · run:1
    "#]].assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.boxes.made(), 0);
}

#[tokio::test]
async fn a_viewer_does_not_add_to_somebody_elses_run() {
    let world = World::default();
    world.script("build", vec![after(60, built())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Vic", "make it $15").await;
    world.reply(&thread, "Vic", "status").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 1 min
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Vic: make it $15
        Vic: status
        Signalbox (only Vic): Only members of this team and the person who asked can add to this run.
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      working …
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            10 s · $0.11 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn the_same_message_delivered_eleven_times_is_one_run() {
    let world = World::default();
    let thread = world.ask_copied("web", "Ana", "the price should say $12", 11).await;
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
    assert_eq!(world.boxes.made(), 4);
}

#[tokio::test]
async fn two_threads_at_once_do_not_wait_for_each_other() {
    let world = World::default();
    world.script("build", vec![after(600, built()), built()]);
    let slow = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    let fast = world.ask("web", "Bo", "the FAQ should say $12").await;
    world.pass(Span::seconds(10)).await;
    expect![[r#"
        Bo: the FAQ should say $12  ✅
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
    .assert_eq(&world.transcript(&fast).await);
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      working …
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.11 of $8
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&slow).await);
    world.pass(Span::minutes(15)).await;
}
