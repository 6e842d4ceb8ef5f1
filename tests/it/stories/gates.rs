//! Gates: a person decides exactly what was shown, once.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_world::boxes::Act;

use super::acts::{objected, planned};

fn risky() -> World {
    let world = World::default();
    world.script("plan", vec![planned("high")]);
    world
}

/// A workflow whose gate another than the person who asked has to pass.
const FOUR_EYES: &str = "name: build
description: Builds what two people want.
phases:
  build:
    agent: { use: default, prompt: prompts/do.md }
    permissions: { contents: write }
  agree:
    label: Agree
    needs: [build]
    gate: { kind: approve, binds: [head], roles: [member], not_requester: true, expires: 2h, remind: 30m }
  open:
    label: Open
    needs: [agree]
    forge: open_change_request
    outputs: { change_request: { max: 1, draft: true } }
";

fn four_eyes() -> World {
    World::with(|settings| {
        settings.workflows.insert("build/workflow.yaml".into(), FOUR_EYES.into());
        settings.workflows.insert("build/prompts/do.md".into(), "{{ request }}\n{{ outputs_guide }}\n".into());
    })
}

#[tokio::test]
async fn approved_by_a_maintainer_it_goes_on() {
    let world = risky();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: Changing acme/website: I'll plan, build, check and review it, then open a draft change request.
            ▸ Plan       done · 0 s
            ▸ Approve    waits for a person, 24 h left
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            0 s · $0.11 of $8
            [Stop] [Why here?]
        Signalbox: May I go on with acme/website?
            Plan:
            > Change $9 to $12 on two pages.
            If you approve, build begins. If you deny, nothing more is done.
            Any maintainer can decide, by button or by writing approve or deny · 24 h left · exactly this: (digest)
            [Approve] [Deny]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.press(&thread, "Max", "Approve").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Approve    done
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Signalbox: May I go on with acme/website? — approved by Max
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn denied_with_a_reason_it_ends() {
    let world = risky();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Max", "deny legal has to see it first").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: denied.
            ▸ Plan       done · 0 s
            ▸ Approve    denied
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            1 min · $0.11 of $8
        Signalbox: May I go on with acme/website? — denied by Max
        Max: deny legal has to see it first
        Signalbox: Max said no, so nothing more was done:
            > legal has to see it first
            acme/website · plan · 1 min · $0.11 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn not_approve_yet_approves_nothing() {
    let world = risky();
    let thread = world.ask("web", "Max", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.reply(&thread, "Max", "looks fine but don't approve yet").await;
    world.pass(Span::minutes(1)).await;
    assert_eq!(world.boxes.made(), 1);
    world.reply(&thread, "Max", "approve").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Max: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Approve    done
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            2 min · $0.56 of $8
        Signalbox: May I go on with acme/website? — approved by Max
        Max: looks fine but don't approve yet  ↪
        Signalbox: Noted; it goes along once this is approved.
        Max: approve
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 2 min · $0.56 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn pressed_by_somebody_who_may_not_it_stays_open() {
    let world = risky();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    world.press(&thread, "Ana", "Approve").await;
    world.press(&thread, "Bo", "Deny").await;
    world.pass(Span::minutes(1)).await;
    assert_eq!(world.boxes.made(), 1);
    world.press(&thread, "Max", "Deny").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: denied.
            ▸ Plan       done · 0 s
            ▸ Approve    denied
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            2 min · $0.11 of $8
        Signalbox: May I go on with acme/website? — denied by Max
        Signalbox (only Ana): Only a maintainer can decide that.
        Signalbox (only Bo): Only a maintainer can decide that.
        Signalbox: Max said no, so nothing more was done.
            acme/website · plan · 2 min · $0.11 · run:1
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn pressed_twice_it_counts_once() {
    let world = risky();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    let approve = world.button(&thread, "Approve").unwrap();
    world.act(&thread, "Max", approve.clone()).await;
    world.act(&thread, "Max", approve.clone()).await;
    world.pass(Span::minutes(5)).await;
    world.act(&thread, "Max", approve).await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Plan       done · 0 s
            ▸ Approve    done
            ▸ Build      done · 0 s
            ▸ Check      done · 0 s
            ▸ Review     done · 0 s
            ▸ Open       done
            1 min · $0.56 of $8
        Signalbox: May I go on with acme/website? — approved by Max
        Signalbox (only Max): That is decided already, or it has changed since; nothing changed.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1), all checks pass, reviewed once.
            acme/website · plan → build → check → review · 1 min · $0.56 · run:1
            [View change request]
        Signalbox (only Max): That is decided already, or the run is over; nothing changed.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    assert_eq!(world.boxes.made(), 4);
}

#[tokio::test]
async fn nobody_decides_and_it_expires() {
    let world = risky();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    let approve = world.button(&thread, "Approve").unwrap();
    world.pass(Span::hours(25)).await;
    world.act(&thread, "Max", approve).await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  🚫
        Signalbox: acme/website: nobody answered.
            ▸ Plan       done · 0 s
            ▸ Approve    —
            ▸ Build      —
            ▸ Check      —
            ▸ Review     —
            ▸ Open       —
            24 h · $0.11 of $8
        Signalbox: May I go on with acme/website? — not asked any more
        Signalbox: This still waits for somebody to approve or deny it (20 h left); Ana asked for it.
        Signalbox: Nobody said in time whether I may go on, so I stopped here.
            Done so far: plan. Retry goes on with approve.
            acme/website · plan · 24 h · $0.11 · run:1
            [Retry]
        Signalbox (only Max): That is decided already, or the run is over; nothing changed.
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn the_person_who_asked_does_not_decide_where_two_have_to() {
    let world = four_eyes();
    let thread = world.ask("web", "Max", "the price should say $12").await;
    world.pass(Span::minutes(40)).await;
    world.press(&thread, "Max", "Approve").await;
    world.pass(Span::minutes(1)).await;
    assert!(world.forge.changes().is_empty());
    world.press(&thread, "Bo", "Approve").await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Max: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Build      done · 0 s
            ▸ Agree      done
            ▸ Open       done
            41 min · $0.40 of $8
        Signalbox: May I go on with acme/website? — approved by Bo
        Signalbox: This still waits for somebody to approve or deny it (1 h 30 min left); Max asked for it.
        Signalbox (only Max): The person who asked cannot decide that; somebody else has to.
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1). No checks ran.
            acme/website · build · 41 min · $0.40 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn an_approval_counts_for_what_was_shown_and_nothing_else() {
    let world = four_eyes();
    let work = |page| vec![Act::Write("src/pricing.html", page)];
    world.script("build", vec![work("<p>$12</p>\n"), work("<p><b>$12</b></p>\n")]);
    for _ in 0..3 {
        let down = signalbox_ports::Error::unavailable("down");
        world.faults.fail_next("forge.open", signalbox_world::fault::Fault::FailBefore(down));
    }
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(1)).await;
    let first = world.button(&thread, "Approve").unwrap();
    world.act(&thread, "Bo", first.clone()).await;
    world.settle().await;
    world.reply(&thread, "Ana", "make it bold").await;
    world.pass(Span::minutes(1)).await;
    world.act(&thread, "Bo", first).await;
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: Changing acme/website: I'll build it, then open a draft change request.
            ▸ Build      done · 0 s
            ▸ Agree      waits for a person, 2 h left
            ▸ Open       —
            1 min 7 s · $0.00 of $8
            [Stop] [Why here?]
        Signalbox: May I go on with acme/website? — approved by Bo
        Ana: make it bold  ↪
        Signalbox: I'll pass that on at the next step.
        Signalbox: May I go on with acme/website?
            If you approve, a draft change request is opened. If you deny, nothing more is done.
            Any member, but not the person who asked, can decide, by button or by writing approve or deny · 2 h left · exactly this: (digest)
            [Approve] [Deny]
        Signalbox (only Bo): That is decided already, or it has changed since; nothing changed.
    "#]].assert_eq(&world.transcript(&thread).await);
    world.press(&thread, "Bo", "Approve").await;
    world.pass(Span::minutes(5)).await;
    assert!(world.transcript(&thread).await.contains("Ready for review"));
}

/// A workflow that asks a person once its rounds are used up.
const PAUSES: &str = "name: build
description: Builds what a reviewer likes.
phases:
  build:
    agent: { use: default, prompt: prompts/do.md }
    permissions: { contents: write }
  review:
    label: Review
    needs: [build]
    agent: { use: default, prompt: prompts/do.md, consumes: [diff] }
    permissions: { contents: read }
    output: { schema: verdict.json }
    fix: { until: review.output.verdict == \"approve\", with: build, max: 1, on_exhausted: pause }
  open:
    label: Open
    needs: [review]
    forge: open_change_request
    outputs: { change_request: { max: 1, draft: true } }
";

#[tokio::test]
async fn a_review_that_is_never_content_is_put_to_a_person() {
    let world = World::with(|settings| {
        let verdict = r#"{"type":"object","required":["verdict"],"properties":{"verdict":{"enum":["approve","request_changes"]}}}"#;
        settings.workflows.insert("build/workflow.yaml".into(), PAUSES.into());
        settings.workflows.insert("build/prompts/do.md".into(), "{{ request }}\n{{ outputs_guide }}\n".into());
        settings.workflows.insert("build/verdict.json".into(), verdict.into());
    });
    world.script("review", vec![objected("The FAQ still says $9.")]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ❓
        Signalbox: Changing acme/website: I'll build and review it, then open a draft change request.
            ▸ Build      done · 0 s
            ▸ Review     waits for a person, 24 h left
            ▸ Open       —
            0 s · $0.90 of $8
            [Stop] [Why here?]
        Signalbox: Review is still not content. Shall I go on with it as it is?
            Review says:
            > The FAQ still says $9.
            If you approve, a draft change request is opened. If you deny, nothing more is done.
            Any member can decide, by button or by writing approve or deny · 24 h left · exactly this: (digest)
            [Approve] [Deny]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.press(&thread, "Ana", "Approve").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12  ✅
        Signalbox: acme/website: done.
            ▸ Build      done · 0 s
            ▸ Review     done · 0 s · 2nd round
            ▸ Open       done
            5 min · $0.90 of $8
        Signalbox: Review is still not content. Shall I go on with it as it is? — approved by Ana
        Signalbox: Ready for review: “Pricing: $9 → $12”
            One file changed (+1 −1). No checks ran, reviewed twice, review still not content.
            acme/website · build → review · 5 min · $0.90 · run:1
            [View change request]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
}
