//! Rounds of fixing: until it is good, or a person takes over.

use super::World;
use expect_test::expect;
use signalbox_domain::devbox::Proposal;
use signalbox_domain::time::Span;
use signalbox_world::boxes::Act;

use super::acts::{approved, built, failed, objected, planned, proposed, wrote};

#[tokio::test]
async fn a_check_that_fails_is_fixed_in_the_second_round() {
    let world = World::default();
    world.script("build", vec![wrote("<p>12$</p>\n", "Pricing"), built()]);
    world.script("check", vec![failed("1 check failed: 12$ is not a price"), vec![Act::Say("12 checks, 0 failed")]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s · 2nd round
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.96 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.96 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let prompts: Vec<String> = world.boxes.assignments().iter().map(|told| format!("{:?}", told.task)).collect();
    assert!(prompts.iter().any(|prompt| prompt.contains("12$ is not a price")));
}

#[tokio::test]
async fn a_review_asks_for_changes_and_then_approves() {
    let world = World::default();
    world.script("build", vec![built(), wrote("<p>$12 a month</p>\n", "Pricing: $12 a month")]);
    world.script("review", vec![objected("Say: a month."), approved()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s · 2nd round
            ▸ Open       done
            0 s · $1.01 of $8
        Signalbox: Ready for review: “Pricing: $12 a month”
            One file changed (+1 −1), all checks pass, reviewed twice.
            acme/website · plan → build → check → review · 0 s · $1.01 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_check_that_never_passes_is_handed_over_as_a_draft_that_says_so() {
    let world = World::default();
    world.script("check", vec![failed("1 check failed: it still says $9")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: acme/website: a person is needed.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      failed · 3rd round
            ▸ Review     not needed
            ▸ Open       done
            0 s · $1.31 of $8
        Signalbox: I could not finish this alone: Check still fails after 3 rounds.
            > 1 check failed: it still says $9
            One file changed (+1 −1). These checks fail: Check.
            Take the draft over, or reply here with what to try, and I'll go on from there.
            acme/website · plan → build → check · 0 s · $1.31 · run:1
            [View change request] [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    let change = &world.forge.changes()[0];
    assert!(change.change.draft);
    expect![[r#"
        **This is not finished.** Check still fails after 3 rounds. A person needs to take it from here.

        > 1 check failed: it still says $9

        Changes the price.

        Asked for by Ana:

        > the price should say $12

        <!-- signalbox run:1 -->
    "#]]
    .assert_eq(&change.body.replace(&change.run.0, "1"));
}

#[tokio::test]
async fn an_agent_that_needs_a_person_says_what_for_and_goes_on_with_the_answer() {
    let world = World::default();
    let blocked = Proposal::Blocked { needs: "which currency: dollars or euros?".into() };
    world.script("build", vec![proposed(blocked), built()]);
    let thread = world.ask("web", "Ana", "the price should say 12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say 12  ❓
        Signalbox: acme/website: a person is needed.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.14 of $8
        Signalbox: I need a person to go on: which currency: dollars or euros?
            Reply here with the answer, and I'll go on from there.
            acme/website · plan → build · 0 s · $0.14 · run:1
            [Retry]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.reply(&thread, "Ana", "dollars").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say 12  ✅
        Signalbox: acme/website: a person is needed.
            ▸ Plan       done · 0 s
            ▸ Build      not finished
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.14 of $8
        Signalbox: I need a person to go on: which currency: dollars or euros?
            Reply here with the answer, and I'll go on from there.
            acme/website · plan → build · 0 s · $0.14 · run:1
            [Retry]
        Ana: dollars  ↪
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            0 s · $0.45 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 0 s · $0.45 · run:2
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_output_of_the_wrong_form_is_asked_for_again() {
    let world = World::default();
    let wrong = vec![Act::Handoff("plan.md", "Change it."), Act::Output(serde_json::json!({ "risk": "none" }))];
    world.script("plan", vec![wrong, planned("low")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.settle().await;
    expect![[r#"
        Ana: the price should say $12  ⏳
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       trying again soon: its result was not in the right form
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.00 of $8
            [Stop] [Why here?]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            30 s · $0.56 of $8
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 30 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_output_that_stays_of_the_wrong_form_fails() {
    let world = World::default();
    world.script("plan", vec![vec![Act::Handoff("plan.md", "Change it.")]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(30)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Plan       failed
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            1 min · $0.00 of $8
        Signalbox: Plan failed: its agent kept giving its result in a form that cannot be read.
            acme/website · plan · 1 min · $0.00 · run:1
            [Retry] [Details]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
