//! Finding the place: named, remembered, asked for, never guessed.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;

#[tokio::test]
async fn an_ambiguous_repository_is_asked_for_and_chosen_by_button() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: Which repository is this about?
            • acme/api — the API
            • acme/website — the public website
            Ana can answer by button, or by writing repo:owner/name. I'll wait a day.
            [acme/api] [acme/website]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert!(world.press(&thread, "Ana", "acme/website").await);
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: Which repository is this about? — Ana chose acme/website
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            5 min · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 5 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_ambiguous_repository_is_answered_in_words() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "the website of course").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: Which repository is this about? — answered in words
        Ana: the website of course  ↪
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            5 min · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 5 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn only_the_person_who_asked_or_a_maintainer_chooses() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.press(&thread, "Bo", "acme/api").await;
    world.settle().await;
    let again = world.button(&thread, "acme/api").unwrap();
    world.press(&thread, "Max", "acme/website").await;
    world.settle().await;
    world.act(&thread, "Ana", again).await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: Which repository is this about? — Max chose acme/website
        Signalbox (only Bo): Only Ana or a maintainer can answer that.
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            5 min · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 5 min · $0.56 · run:1
            [View change request]
        Signalbox (only Ana): That question is over; nothing changed.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn what_somebody_else_says_meanwhile_is_no_answer() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Bo", "surely the api").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: Which repository is this about?
            • acme/api — the API
            • acme/website — the public website
            Ana can answer by button, or by writing repo:owner/name. I'll wait a day.
            [acme/api] [acme/website]
        Bo: surely the api  ↪
        Signalbox: Noted; I'll take it along from the start.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.press(&thread, "Ana", "acme/website").await;
    world.pass(Span::minutes(5)).await;
}

#[tokio::test]
async fn a_question_nobody_answers_ends_with_a_message() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::hours(25)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: Which repository is this about? — not asked any more
        Signalbox: Nobody said in time where this should go, so I stopped here.
            24 h · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn and_or_is_not_a_repository() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "say $12 and/or 12 USD, see example.com/docs, 10/12, TCP/IP").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "why").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: say $12 and/or 12 USD, see example.com/docs, 10/12, TCP/IP  ✅
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
        Ana: why
        Signalbox: I chose acme/website because it is what this room is about · router rules@1, rule room, 50 % sure
            • rules@1 said acme/website, 50 % sure: it is what this room is about
            What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
            The agent was given: AGENTS.md
            Decided by rules, not by a model. The whole record of it is kept as (digest).
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_repository_nobody_knows_is_asked_about() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $12 repo:acme/webiste").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12 repo:acme/webiste  🚫
        Signalbox: acme/webiste is not a repository I know. Did you mean one of these? — not asked any more
        Ana: stop
        Signalbox: Stopped by Ana before any work began.
            1 min · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_branch_that_does_not_exist_is_told() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $12 branch:spring").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12 branch:spring  ❌
        Signalbox: acme/website: failed.
        Signalbox: acme/website has no branch spring
            Nothing was changed. Once that is put right, press Retry.
            0 s · $0.00 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn the_thread_remembers_its_place() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12 repo:acme/website").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "now make it bold").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "why").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12 repo:acme/website  ✅
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
        Ana: now make it bold  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:2
            [View change request]
        Ana: why
        Signalbox: I chose acme/website because this thread worked there before · router rules@1, rule memory, 60 % sure
            • rules@1 said acme/website, 60 % sure: this thread worked there before
            What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
            The agent was given: AGENTS.md
            Decided by rules, not by a model. The whole record of it is kept as (digest).
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_empty_mention_gets_help() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "  ").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana:   ✅
        Signalbox: Tell me in a sentence what should change, or ask a question. For example:
            • the pricing page says $9, it should say $12
            • why does the sign-up form ask for a phone number?
            While I work: reply to add something, `now: …` to interrupt, `stop`, `status`, `why`, `plan`, `cost`, `approve`, `deny <reason>`, `retry`, `mute`, `verbose`.
    "#]].assert_eq(&world.transcript(&thread).await);
}
