//! What one person is told alone, again and again. Not told on GitHub: what is for one person is a comment there that
//! everybody reads, so that the same words are said to the same person once in a thread. What that comes to is in the
//! stories of `strangers`.

use expect_test::expect;
use signalbox_domain::identity::Permission;
use signalbox_domain::post::Action;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;

use super::World;
use super::stories::acts::{after, built, review, told, wrote};

const CHANGE: &str = "the price should say $12";

#[tokio::test]
async fn a_stranger_steers_nobodys_run() {
    let world = World::default();
    world.script("build", vec![after(60, vec![])]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.reply(&thread, "Eve", "now: make it $0").await;
    world.press(&thread, "Eve", "Stop").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Eve", "mute").await;
    world.reply(&thread, "Eve", "make it $0").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "status").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 1 min
            ▸ Check      not needed
            ▸ Review     not needed
            ▸ Open       not needed
            1 min · $0.11 of $8
        Eve: now: make it $0
        Signalbox (only Eve): Only people of this team can steer this run.
        Signalbox (only Eve): Only people of this team can press that.
        Signalbox: Nothing needed to be changed (the agent changed nothing and did not say why).
            acme/website · plan → build · 1 min · $0.11 · run:1
        Eve: mute
        Eve: make it $0
        Signalbox (only Eve): Only people of this team can ask me for something.
        Signalbox (only Eve): Only people of this team can ask me for something.
        Ana: status
        Signalbox: Nothing needed to be changed (the agent changed nothing and did not say why).
            acme/website · plan → build · 1 min · $0.11 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

async fn delivered(world: &World) -> ThreadId {
    world.script("build", vec![built(), wrote("<p>$12 a month</p>\n", "Monthly")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    thread
}

#[tokio::test]
async fn an_edit_while_it_is_asked_asks_about_the_new_words() {
    let world = World::default();
    world.forge.ask_who();
    let thread = world.ask("web", "Ana", CHANGE).await;
    world.pass(Span::minutes(1)).await;
    world.edit(&thread, &MessageId(thread.root.clone()), "the price should say $13").await;
    world.pass(Span::minutes(1)).await;
    world.link(&thread, "Ana", Permission::Write).await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana (edited): the price should say $13  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            2 min · $0.56 of $8
        Signalbox: I waited to learn who Ana is where the code lives — the request was edited
        Signalbox (only Ana): To work for you there I need to know your account where the code lives. This takes a minute, once.
            [Link my account]
        Signalbox: I've read your edit and begin with it.
        Signalbox: Ana linked their account; going on.
        Signalbox (only Ana): To work for you there I need to know your account where the code lives. This takes a minute, once.
            [Link my account]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 2 min · $0.56 · run:1
            [View change request]
    "#]].assert_eq(&world.transcript(&thread).await);
    assert_eq!(told(&world, "plan", "$13"), [true]);
}

#[tokio::test]
async fn pressed_twice_it_is_resolved_once() {
    let world = World::default();
    let thread = delivered(&world).await;
    world.review(&thread, "Max", review("7", "Say: a month.")).await;
    world.settle().await;
    let old = world.run(&thread).await.map(|run| run.id);
    for (number, who) in ["Bo", "Ana", "Ana"].into_iter().enumerate() {
        let action = Action::Resolve { review: "7".into() };
        let fact = signalbox_domain::event::Fact::Pressed { action, by: world.person(who) };
        // The button is the old run's, whichever is the latest by now.
        world.deliver(&thread, old.clone(), format!("pressed:{number}"), fact).await;
        world.pass(Span::minutes(number as u64 * 5)).await;
    }
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
            0 s · $0.56 of $8
        Signalbox: Max reviewed the change request; Bo has them resolved.
            [View review]
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:2
            [View change request]
        Signalbox (only Ana): That is decided already; nothing changed.
        Signalbox (only Ana): That is decided already; nothing changed.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.store.runs(10).await.expect("memory").len(), 2);
}
