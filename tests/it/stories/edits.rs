//! Messages that are changed or deleted.

use super::World;
use expect_test::expect;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_world::fault::Fault;

use super::acts::{after, built, planned};

fn request(thread: &ThreadId) -> MessageId {
    MessageId(thread.root.clone())
}

fn prompts(world: &World) -> String {
    world.boxes.assignments().iter().map(|assignment| format!("{:?}\n", assignment.task)).collect()
}

#[tokio::test]
async fn an_edit_before_the_start_replaces_the_request_and_goes_where_it_says() {
    let world = World::default();
    world.faults.fail_next("forge.head", Fault::FailBefore(Error::unavailable("down")));
    let thread = world.ask("web", "Ana", "the price should say $21").await;
    world.settle().await;
    world.edit(&thread, &request(&thread), "the price should say $12 repo:acme/api").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana (edited): the price should say $12 repo:acme/api  ✅
        Signalbox: acme/api: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 s · $0.56 of $8
        Signalbox: I've read your edit and begin with it.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −0), all checks pass, reviewed once.
            acme/api · plan → build → check → review · 1 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert!(!prompts(&world).contains("$21"));
}

#[tokio::test]
async fn an_edit_while_the_place_is_asked_for_answers_it() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.edit(&thread, &request(&thread), "the price on the website should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana (edited): the price on the website should say $12  ✅
        Signalbox: Which repository is this about? — the request was edited
        Signalbox: I've read your edit and begin with it.
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_edit_while_it_works_is_a_correction() {
    let world = World::default();
    world.script("plan", vec![after(60, planned("low"))]);
    let thread = world.ask("web", "Ana", "the price should say $21").await;
    world.pass(Span::seconds(10)).await;
    world.edit(&thread, &request(&thread), "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana (edited): the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 1 min
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Signalbox: I've read your edit and pass it on at the next step.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert!(prompts(&world).contains("Ana corrects"));
}

#[tokio::test]
async fn an_edit_after_the_end_is_answered_with_what_to_do() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $21").await;
    world.pass(Span::minutes(5)).await;
    world.edit(&thread, &request(&thread), "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana (edited): the price should say $12  ✅
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
        Signalbox: That run is over. Reply here with what should be different, and I'll begin anew.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_deleted_request_stops_the_run() {
    let world = World::default();
    world.script("build", vec![after(60, built())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.delete(&thread, "Ana", &request(&thread)).await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: (deleted)
        Signalbox: acme/website: stopped.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            12 s · $0.11 of $8
        Signalbox: Ana deleted the request, so I stopped.
            acme/website · plan → build · 12 s · $0.11 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_follow_up_is_edited_and_another_deleted_before_an_agent_read_them() {
    let world = World::default();
    world.script("plan", vec![after(60, planned("low"))]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    let faq = world.reply(&thread, "Ana", "also the FQA").await;
    let footer = world.reply(&thread, "Ana", "and the footer").await;
    world.edit(&thread, &faq, "also the FAQ").await;
    world.delete(&thread, "Ana", &footer).await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 1 min
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Ana (edited): also the FAQ  ↪
        Ana: (deleted)
        Signalbox: I'll pass that on at the next step. (Begin with `now:` to interrupt instead.)
        Signalbox: I've read your edit and pass that on instead.
        Signalbox: Taken back: no agent hears of it.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let prompts = prompts(&world);
    assert!(prompts.contains("also the FAQ") && !prompts.contains("FQA") && !prompts.contains("footer"));
    assert_eq!(world.boxes.made(), 4, "what was withdrawn is no reason to build again");
}

#[tokio::test]
async fn a_follow_up_is_edited_and_deleted_after_an_agent_read_it() {
    let world = World::default();
    world.script("plan", vec![after(20, planned("low"))]);
    world.script("build", vec![after(60, built())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    let faq = world.reply(&thread, "Ana", "also the FQA").await;
    world.pass(Span::seconds(30)).await;
    world.edit(&thread, &faq, "also the FAQ").await;
    world.delete(&thread, "Ana", &faq).await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 20 s
            ▸ Build      done · 1 min
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min 20 s · $0.56 of $8
        Ana (edited): (deleted)
        Signalbox: I'll pass that on at the next step. (Begin with `now:` to interrupt instead.)
        Signalbox: I've read your edit and pass it on at the next step.
        Signalbox: An agent has read that already. Say what should happen instead.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min 20 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
