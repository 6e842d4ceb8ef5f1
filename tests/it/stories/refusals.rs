//! What is not allowed, whoever asks.

use super::World;
use expect_test::expect;
use signalbox_domain::devbox::{End, Proposal};
use signalbox_domain::time::Span;
use signalbox_world::boxes::Act;

use super::acts::{built, planned};

#[tokio::test]
async fn a_protected_path_is_not_touched() {
    let world = World::default();
    world.script("build", vec![[built(), vec![Act::Write(".github/workflows/ci.yml", "on: push\n")]].concat()]);
    let thread = world.ask("web", "Ana", "run the tests on every push").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: run the tests on every push  ❌
        Signalbox: acme/website: refused.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       failed
            0 s · $0.56 of $8
        Signalbox: The change request was refused: it touches .github/workflows/ci.yml, which is protected (.github/**); a person has to make that change.
            The work so far is kept; no change request was opened.
            Reply here with what should be different, and I'll go on from there.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
    "#]].assert_eq(&world.transcript(&thread).await);
    assert!(world.forge.changes().is_empty());
}

#[tokio::test]
async fn what_was_refused_is_left_out_once_a_person_says_so() {
    let world = World::default();
    let protected = Act::Write(".github/workflows/ci.yml", "on: push\n");
    let without = vec![Act::Remove(".github/workflows/ci.yml")];
    world.script("build", vec![[built(), vec![protected]].concat(), [built(), without].concat()]);
    let thread = world.ask("web", "Ana", "the price should say $12, and run the tests on every push").await;
    world.pass(Span::minutes(5)).await;
    world.reply(&thread, "Ana", "leave the tests out, then").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12, and run the tests on every push  ✅
        Signalbox: acme/website: refused.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       failed
            0 s · $0.56 of $8
        Signalbox: The change request was refused: it touches .github/workflows/ci.yml, which is protected (.github/**); a person has to make that change.
            The work so far is kept; no change request was opened.
            Reply here with what should be different, and I'll go on from there.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
        Ana: leave the tests out, then  ↪
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
    "#]].assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn a_symbolic_link_is_not_followed() {
    let world = World::default();
    world.script("build", vec![[built(), vec![Act::Link("src/secrets", "/etc")]].concat()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: refused.
            ▸ Plan       done · 0 s
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       failed
            0 s · $0.56 of $8
        Signalbox: The change request was refused: it adds or changes src/secrets, a symbolic link or submodule; a person has to make that change.
            The work so far is kept; no change request was opened.
            Reply here with what should be different, and I'll go on from there.
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
    "#]].assert_eq(&world.transcript(&thread).await);
    assert!(world.forge.changes().is_empty());
}

#[tokio::test]
async fn a_proposal_the_phase_is_not_granted_is_refused_and_told() {
    let world = World::default();
    let sly = Proposal::ChangeRequest { title: "Mine".into(), body: String::new(), not_done: String::new() };
    world.script("plan", vec![[planned("low"), vec![Act::Propose(sly)]].concat()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
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
            Refused: Plan proposed a change request, which it is not granted
            acme/website · plan → build → check → review · 0 s · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_change_that_may_not_leave_its_box_is_made_again_without_what_is_wrong_with_it() {
    let world = World::default();
    let reason = "it touches Cargo.lock, which says where dependencies come from; a person has to make that change, or \
                  the workflow has to allow it";
    let refused = vec![Act::End(End::Refused { reason: reason.into() })];
    world.script("build", vec![refused.clone(), built()]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
    let told = world.boxes.assignments();
    let prompts: Vec<String> = told.iter().map(|told| format!("{:?}", told.task)).collect();
    let trailers = &told[1].checkout.as_ref().unwrap().trailers;
    assert_eq!(trailers[2..], ["Signalbox-Intent: the price should say $12", "Signalbox-Risk: low"]);
    assert!(prompts[2].contains("The change was refused: it touches Cargo.lock"), "{}", prompts[2]);
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

    let world = World::default();
    world.script("build", vec![refused]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: refused.
            ▸ Plan       done · 0 s
            ▸ Build      failed
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            1 min · $0.11 of $8
        Signalbox: Build changed what it may not: it touches Cargo.lock, which says where dependencies come from; a person has to make that change, or the workflow has to allow it.
            Reply here with what should be different, and I'll go on from there.
            acme/website · plan → build · 1 min · $0.11 · run:1
    "#]].assert_eq(&world.transcript(&thread).await);
    assert!(world.forge.changes().is_empty());
}
