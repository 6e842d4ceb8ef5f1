//! More than the team runs at once.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;

use super::acts::{after, planned};

#[tokio::test]
async fn a_place_in_the_line_is_told_and_moves_up() {
    let world = World::with(|settings| settings.concurrent_runs = 1);
    world.script("plan", vec![after(60, planned("low"))]);
    let first = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(2)).await;
    world.ask("web", "Bo", "the FAQ should say $12").await;
    let third = world.ask("web", "Cy", "the footer should say $12").await;
    world.pass(Span::seconds(2)).await;
    expect![[r#"
        Cy: the footer should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            Queued, 2nd in line (the team runs 1 at once).
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&third).await);
    world.press(&first, "Ana", "Stop").await;
    world.pass(Span::seconds(30)).await;
    expect![[r#"
        Cy: the footer should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            Queued, 1st in line (the team runs 1 at once).
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&third).await);
    world.reply(&third, "Cy", "and make it bold").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Cy: the footer should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 1 min
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            2 min 4 s · $0.56 of $8
        Cy: and make it bold  ↪
        Signalbox: Noted; I'll take it along from the start.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 2 min 4 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&third).await);
}
