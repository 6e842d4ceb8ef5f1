//! It goes well.

use super::World;
use expect_test::expect;
use signalbox_domain::devbox::Proposal;
use signalbox_domain::time::Span;

use super::acts::{after, approved, built, planned, proposed};

#[tokio::test]
async fn a_sentence_becomes_a_reviewed_draft_change_request() {
    let world = World::default();
    world.script("plan", vec![after(40, planned("low"))]);
    world.script("build", vec![after(120, built())]);
    world.script("review", vec![after(50, approved())]);
    let thread = world.ask("web", "Ana", "the pricing page says $9, it should say $12").await;
    world.pass(Span::minutes(10)).await;
    expect![[r#"
        Ana: the pricing page says $9, it should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 40 s
            ▸ Build      done · 2 min
            ▸ Check      done · 0 s
            ▸ Review     done · 50 s
            ▸ Open       done
            3 min 30 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 3 min 30 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let change = &world.forge.changes()[0];
    assert!(change.change.draft);
    expect![[r#"
        Changes the price.

        Asked for by Ana:

        > the pricing page says $9, it should say $12

        <!-- signalbox run:1 -->
    "#]]
    .assert_eq(&change.body.replace(&change.run.0, "1"));
}

#[tokio::test]
async fn the_status_message_is_edited_in_place_while_it_works() {
    let world = World::default();
    world.script("build", vec![[built(), after(60, vec![])].concat()]);
    let thread = world.ask("web", "Ana", "the pricing page says $9, it should say $12").await;
    world.pass(Span::seconds(30)).await;
    expect![[r#"
        Ana: the pricing page says $9, it should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      editing src/pricing.html …
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.51 of $8
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(1)).await;
}

#[tokio::test]
async fn a_question_is_answered_without_a_repository() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "why does the sign-up form ask for a phone number?").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: why does the sign-up form ask for a phone number?  ✅
        Signalbox: This is over: done.
            ▸ Answer     done · 0 s
            0 s · $0.02 of $2
        Signalbox: > Because the law asks for it.
            answer · 0 s · $0.02 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_question_in_a_room_with_a_repository_is_answered_from_it() {
    let world = World::default();
    let thread = world.ask("web", "Vic", "where does the price come from?").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Vic: where does the price come from?  ✅
        Signalbox: acme/website: done.
            ▸ Answer     done · 0 s
            0 s · $0.02 of $2
        Signalbox: > Because the law asks for it.
            acme/website · answer · 0 s · $0.02 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn what_was_not_done_is_told() {
    let world = World::default();
    let partial = Proposal::ChangeRequest {
        title: "Pricing: $9 → $12".into(),
        body: "Changes the price.".into(),
        not_done: "the PDF price list is not in this repository".into(),
    };
    world.script("build", vec![[built(), proposed(partial)].concat()]);
    let thread = world.ask("web", "Ana", "the price is $12 now, everywhere").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price is $12 now, everywhere  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.59 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            Not done: the PDF price list is not in this repository
            acme/website · plan → build → check → review · 0 s · $0.59 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_agent_that_finds_nothing_to_change_delivers_nothing() {
    let world = World::default();
    let nothing = Proposal::NoChangeNeeded { reason: "the page says $12 already".into() };
    world.script("build", vec![proposed(nothing)]);
    let thread = world.ask("web", "Ana", "the pricing page says $9, it should say $12").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the pricing page says $9, it should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      not needed
            ▸ Review     not needed
            ▸ Open       not needed
            0 s · $0.14 of $8
        Signalbox: Nothing needed to be changed: the page says $12 already
            acme/website · plan → build · 0 s · $0.14 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert!(world.forge.changes().is_empty());
}

#[tokio::test]
async fn an_agent_that_ends_well_and_changed_nothing_delivers_nothing() {
    let world = World::default();
    world.script("build", vec![vec![]]);
    let thread = world.ask("web", "Ana", "the pricing page says $9, it should say $12").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the pricing page says $9, it should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      not needed
            ▸ Review     not needed
            ▸ Open       not needed
            0 s · $0.11 of $8
        Signalbox: Nothing needed to be changed (the agent changed nothing and did not say why).
            acme/website · plan → build · 0 s · $0.11 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert!(world.forge.changes().is_empty());
}

#[tokio::test]
async fn an_agent_that_ends_without_an_answer_has_not_answered() {
    let world = World::default();
    world.script("answer", vec![vec![]]);
    let thread = world.ask("lobby", "Ana", "why does the sign-up form ask for a phone number?").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: why does the sign-up form ask for a phone number?  ❌
        Signalbox: This is over: failed.
            ▸ Answer     failed
            0 s · $0.00 of $2
        Signalbox: The agent finished without an answer.
            answer · 0 s · $0.00 · run:1
            [Retry] [Details]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
