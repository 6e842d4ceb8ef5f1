//! Who asks: what the forge lets somebody do counts, too, and it is asked once who they are there.

use super::World;
use expect_test::expect;
use signalbox_domain::devbox::End;
use signalbox_domain::identity::Permission;
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::boxes::Act;
use signalbox_world::fault::Fault;

use super::acts::{built, told};

const CHANGE: &str = "the price should say $12";

#[tokio::test]
async fn somebody_unknown_says_who_they_are_and_the_same_request_goes_on() {
    let world = World::default();
    world.forge.ask_who();
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: acme/website — waiting to learn who is asking.
            [Stop] [Why here?]
        Signalbox: I have yet to learn who Ana is where the code lives; I've told them privately how to say so, and go on by myself then. I'll wait a day.
        Signalbox (only Ana): To work for you there I need to know your account where the code lives. This takes a minute, once.
            [Link my account]
    "#]].assert_eq(&world.transcript(&thread).await);
    world.link(&thread, "Bo", Permission::Admin).await;
    world.pass(Span::minutes(1)).await;
    assert!(world.transcript(&thread).await.contains("waiting to learn who is asking"), "Bo is not Ana");
    world.link(&thread, "Ana", Permission::Write).await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            2 min · $0.56 of $8
        Signalbox: Ana linked their account; going on.
        Signalbox (only Ana): To work for you there I need to know your account where the code lives. This takes a minute, once.
            [Link my account]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 2 min · $0.56 · run:1
            [View change request]
    "#]].assert_eq(&world.transcript(&thread).await);
    let thread = world.ask("web", "Ana", "and bold").await;
    world.pass(Span::minutes(5)).await;
    assert!(!world.transcript(&thread).await.contains("account"), "it is asked once");
}

#[tokio::test]
async fn what_is_added_meanwhile_is_taken_along() {
    let world = World::default();
    world.forge.ask_who();
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "the FAQ, too").await;
    world.link(&thread, "Ana", Permission::Write).await;
    world.pass(Span::minutes(5)).await;
    assert_eq!(told(&world, "plan", "the FAQ, too"), [true]);
}

#[tokio::test]
async fn nobody_says_who_they_are() {
    let world = World::default();
    world.forge.ask_who();
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::hours(25)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: nobody answered.
        Signalbox: I waited to learn who Ana is where the code lives — not asked any more
        Signalbox (only Ana): To work for you there I need to know your account where the code lives. This takes a minute, once.
            [Link my account]
        Signalbox: Nobody said in time who is asking at the forge, so I stopped here.
            24 h · $0.00 · run:1
            [Retry]
    "#]].assert_eq(&world.transcript(&thread).await);
    world.link(&thread, "Ana", Permission::Write).await;
    world.settle().await;
    assert!(world.press(&thread, "Ana", "Retry").await);
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn a_stop_while_it_is_asked() {
    let world = World::default();
    world.forge.ask_who();
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: stopped.
        Signalbox: I waited to learn who Ana is where the code lives — not asked any more
        Signalbox (only Ana): To work for you there I need to know your account where the code lives. This takes a minute, once.
            [Link my account]
        Ana: stop
        Signalbox: Stopped by Ana before any work began.
            1 min · $0.00 · run:1
            [Retry]
    "#]].assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn the_forge_says_no() {
    let world = World::default();
    world.linked("Ana", Permission::Read);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: refused.
        Signalbox: Ana may not change acme/website, says the forge. Somebody who may can ask for it in this thread, or give them access there.
            0 s · $0.00 · run:1
    "#]].assert_eq(&world.transcript(&thread).await);
    let thread = world.ask("web", "Ana", "where does the price come from?").await;
    world.pass(Span::minutes(1)).await;
    assert!(world.transcript(&thread).await.contains("Because the law asks for it."), "reading is enough to ask");
}

#[tokio::test]
async fn not_known_is_not_allowed() {
    let world = World::default();
    world.linked("Ana", Permission::None);
    for _ in 0..3 {
        world.faults.fail_next("forge.permission", Fault::FailBefore(Error::unavailable("away")));
    }
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::seconds(2)).await;
    assert!(world.boxes.assignments().is_empty());
    world.pass(Span::minutes(1)).await;
    assert!(world.boxes.assignments().is_empty());
    assert!(world.transcript(&thread).await.contains("may not change acme/website, says the forge"));
}

#[tokio::test]
async fn whoever_resolves_a_review_is_asked_who_they_are() {
    let world = World::default();
    world.linked("Ana", Permission::Write);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(5)).await;
    world.review(&thread, "Max", super::acts::review("7", "Say: a month.")).await;
    world.settle().await;
    world.press(&thread, "Bo", "Resolve these").await;
    world.pass(Span::minutes(1)).await;
    world.link(&thread, "Bo", Permission::Write).await;
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
            • src/pricing.html:1 — Say: a month.
            [Resolve these] [Dismiss] [View review]
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Signalbox: Max reviewed the change request; Bo has them resolved.
            [View review]
        Signalbox: Bo linked their account; going on.
        Signalbox (only Bo): To work for you there I need to know your account where the code lives. This takes a minute, once.
            [Link my account]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:2
            [View change request]
    "#]].assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn whoever_tries_it_again_is_asked_who_they_are_and_must_be_allowed_it_themselves() {
    let world = World::default();
    world.linked("Ana", Permission::Write);
    let broken = Act::End(End::Broken { transient: false, detail: "the model's provider said no".into() });
    world.script("build", vec![vec![broken], built()]);
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(5)).await;
    let made = world.boxes.made();

    world.press(&thread, "Bo", "Retry").await;
    world.pass(Span::minutes(1)).await;
    let asked = world.transcript(&thread).await;
    assert!(asked.contains("(only Bo): To work for you there I need to know your account"), "{asked}");
    world.link(&thread, "Bo", Permission::Read).await;
    world.pass(Span::minutes(5)).await;
    let refused = world.transcript(&thread).await;
    assert!(refused.contains("Bo may not change acme/website, says the forge"), "{refused}");
    assert_eq!(world.boxes.made(), made, "nothing was started for Bo");

    // What Bo may not, Ana may: from the last good phase, as if Bo had never pressed.
    assert!(world.press(&thread, "Ana", "Retry").await);
    world.pass(Span::minutes(5)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Ready for review"), "{transcript}");
    assert_eq!(told(&world, "plan", CHANGE).len(), 1, "the plan is not made again");
}

#[tokio::test]
async fn what_a_handed_over_run_is_told_is_tried_only_for_who_may() {
    for permission in [Permission::Triage, Permission::Write] {
        let world = World::default();
        world.linked("Ana", Permission::Write);
        world.linked("Bo", permission);
        world.script("check", vec![super::acts::failed("1 of 12 checks failed")]);
        let thread = world.ask("web", "Ana", CHANGE).await;
        world.pass(Span::minutes(30)).await;
        let made = world.boxes.made();
        world.script("check", vec![vec![]]);
        world.reply(&thread, "Bo", "the test is wrong, mend that").await;
        world.pass(Span::minutes(5)).await;
        let transcript = world.transcript(&thread).await;
        if permission == Permission::Write {
            assert!(transcript.contains("Ready for review"), "{transcript}");
        } else {
            assert!(transcript.contains("Bo may not change acme/website"), "{transcript}");
            assert_eq!(world.boxes.made(), made, "{transcript}");
        }
    }
}

#[tokio::test]
async fn who_links_once_is_known_in_every_thread_of_theirs() {
    let world = World::default();
    world.forge.ask_who();
    let mut threads = Vec::new();
    for words in [CHANGE, "the FAQ should say $12"] {
        threads.push(world.ask("web", "Ana", words).await);
    }
    let other = world.ask("web", "Bo", "make it bold").await;
    world.pass(Span::minutes(1)).await;
    world.link_at_the_forge("Ana", Permission::Write).await;
    world.pass(Span::minutes(5)).await;
    for thread in &threads {
        let transcript = world.transcript(thread).await;
        assert!(transcript.contains("Ana linked their account; going on."), "{transcript}");
        assert!(transcript.contains("Ready for review"), "{transcript}");
    }
    assert!(world.transcript(&other).await.contains("waiting to learn who is asking"), "Bo is not Ana");
    world.press(&other, "Bo", "Stop").await;
    world.pass(Span::minutes(1)).await;
}
