//! Our own words: help, status, why, plan, cost, mute, verbose.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;

use super::acts::{after, built};

#[tokio::test]
async fn status_plan_cost_and_why_are_answered_while_it_works() {
    let world = World::default();
    world.script("build", vec![after(60, built())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    for word in ["status", "Plan!", "cost", "why", "retry"] {
        world.reply(&thread, "Ana", word).await;
        world.settle().await;
    }
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
        Ana: status
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Build      working …
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            10 s · $0.11 of $8
        Ana: Plan!
        Signalbox: The plan:
            > Change $9 to $12 on two pages.
        Ana: cost
        Signalbox: $0.11 of $8 · 1 model turn · 36,666 tokens read, 7,333 written
        Ana: why
        Signalbox: I chose acme/website because it is what this room is about · router rules@1, rule room, 50 % sure
            • rules@1 said acme/website, 50 % sure: it is what this room is about
            What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
            The agent was given: AGENTS.md
            Decided by rules, not by a model. The whole record of it is kept as (digest).
        Ana: retry
        Signalbox: It is still at work; there is nothing to try again yet.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(5)).await;
}

#[tokio::test]
async fn words_are_answered_after_the_end() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    for word in ["status", "cost", "plan", "stop", "approve", "retry", "help"] {
        world.reply(&thread, "Ana", word).await;
        world.settle().await;
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
        Ana: status
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
        Ana: cost
        Signalbox: $0.56 of $8 · 3 model turns · 186,665 tokens read, 37,332 written
        Ana: plan
        Signalbox: The plan:
            > Change $9 to $12 on two pages.
        Ana: stop
        Signalbox: It is over already; nothing to stop.
        Ana: approve
        Signalbox: Nothing waits for a decision here.
        Ana: retry
        Signalbox: There is nothing to try again here. Reply with what should be different, and I'll begin anew.
        Ana: help
        Signalbox: Tell me in a sentence what should change, or ask a question. For example:
            • the pricing page says $9, it should say $12 repo:acme/website
            • why does the sign-up form ask for a phone number?
            While I work: reply to add something, `now: …` to interrupt, `stop`, `status`, `why`, `plan`, `cost`, `approve`, `deny <reason>`, `retry`, `mute`, `verbose`.
    "#]].assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn words_where_nothing_was_asked_say_so() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "why").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "status").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: why  ✅
        Signalbox: Nothing has been asked for in this thread yet.
            Say `help` to see what I can do.
        Ana: status
        Signalbox: Nothing has been asked for in this thread yet.
            Say `help` to see what I can do.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn why_after_a_question_tells_who_chose() {
    let world = World::default();
    let thread = world.ask("lobby", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "why").await;
    world.pass(Span::minutes(1)).await;
    world.press(&thread, "Ana", "acme/api").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Ana", "why?").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: Which repository is this about? — Ana chose acme/api
        Ana: why
        Signalbox: I asked: Which repository is this about?
            It is not answered yet.
            • rules@1 wanted to ask, 30 % sure: Which repository is this about?
            What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
            Decided by rules, not by a model. The whole record of it is kept as (digest).
        Signalbox: acme/api: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            2 min · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −0), all checks pass, reviewed once.
            acme/api · plan → build → check → review · 2 min · $0.56 · run:1
            [View change request]
        Ana: why?
        Signalbox: I asked: Which repository is this about?
            Ana chose acme/api.
            • rules@1 wanted to ask, 30 % sure: Which repository is this about?
            What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
            The agent was given: nothing besides your words
            Decided by rules, not by a model. The whole record of it is kept as (digest).
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_muted_thread_hears_only_the_end() {
    let world = World::default();
    world.boxes.boot(Span::seconds(20));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(2)).await;
    world.reply(&thread, "Ana", "mute").await;
    world.pass(Span::seconds(30)).await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       starting a devbox …
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.00 of $8
            [Stop] [Why here?]
        Ana: mute
        Signalbox: I'll only say what needs a person, and how it ends.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "now the FAQ").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min 20 s · $0.56 of $8
        Ana: mute
        Signalbox: I'll only say what needs a person, and how it ends.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min 20 s · $0.56 · run:1
            [View change request]
        Ana: now the FAQ  ✅
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min 20 s · $0.56 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_verbose_thread_hears_of_every_phase_until_it_is_quiet_again() {
    let world = World::default();
    world.script("build", vec![after(60, built())]);
    world.boxes.boot(Span::seconds(20));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(2)).await;
    world.reply(&thread, "Ana", "verbose").await;
    world.pass(Span::seconds(60)).await;
    world.reply(&thread, "Ana", "quiet").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 1 min
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            2 min 20 s · $0.56 of $8
        Ana: verbose
        Signalbox: I'll say when each phase begins.
        Signalbox: Plan has begun.
        Signalbox: Build has begun.
        Ana: quiet
        Signalbox: I'll keep to the one status message, what needs a person, and how it ends.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 2 min 20 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn talk_that_is_not_for_us_is_left_alone() {
    let world = World::default();
    world.script("build", vec![after(60, built())]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    world.chatter(&thread, "Bo", "stop it, Ana :)").await;
    world.chatter(&thread, "Bo", "stop").await;
    world.reply(&thread, "Ana", "aside Bo, it is nearly done").await;
    world.pass(Span::minutes(5)).await;
    world.chatter(&thread, "Bo", "thanks").await;
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
        Bo: stop it, Ana :)
        Bo: stop
        Ana: aside Bo, it is nearly done
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
        Bo: thanks
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
