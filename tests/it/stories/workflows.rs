//! Workflows of a repository's own.

use super::World;
use expect_test::expect;
use signalbox_domain::time::Span;

/// A repository whose way to build is this.
fn building(workflow: &str) -> World {
    let world = World::default();
    let files = [
        (".signalbox/workflows/build/workflow.yaml", workflow.into()),
        (".signalbox/workflows/build/prompts/do.md", "{{ request }}\n{{ outputs_guide }}\n".into()),
    ];
    world.forge.commit("acme/website", "main", &files).expect("the repository is there");
    world
}

#[tokio::test]
async fn a_workflow_with_a_mistake_is_told_with_its_place() {
    let world = building("name: build\nphases:\n  plan:\n    agnet: { use: default, prompt: prompts/do.md }\n");
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    assert!(world.press(&thread, "Ana", "Details").await);
    world.pass(Span::minutes(1)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
        Signalbox: acme/website: .signalbox/workflows/build/workflow.yaml:1:1: the file has no `description` (add it: What it does, in a sentence shown to people.)
            Nothing was changed. Once that is put right, press Retry.
            0 s · $0.00 · run:1
            [Retry] [Details]
        Signalbox: acme/website: .signalbox/workflows/build/workflow.yaml:1:1: the file has no `description` (add it: What it does, in a sentence shown to people.)
            > acme/website: .signalbox/workflows/build/workflow.yaml:4:5: unknown key `agnet` in `plan` (did you mean `agent`?)
    "#]].assert_eq(&world.transcript(&thread).await);
}

#[tokio::test]
async fn a_workflow_nobody_knows_is_told() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $12 workflow:deploy").await;
    world.pass(Span::minutes(5)).await;
    expect![[r#"
        Ana: the price should say $12 workflow:deploy  ❓
        Signalbox: Which repository is this about?
            • acme/api — a repository I know
            • acme/website — a repository I know
            A routing plugin failed and was passed over: rules@1 (claimed the workflow deploy, which does not exist)
            Ana can answer by button, or by writing repo:owner/name. I'll wait a day.
            [acme/api] [acme/website]
    "#]]
    .assert_eq(&world.transcript(&thread).await);
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
}

#[tokio::test]
async fn an_agent_nobody_set_up_is_told() {
    let world = building(
        "name: build\ndescription: Builds.\nphases:\n  do:\n    agent: { use: copilot, prompt: prompts/do.md }\n    \
         permissions: { contents: write }\n",
    );
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(30)).await;
    expect![[r#"
        Ana: the price should say $12  ❌
        Signalbox: acme/website: failed.
            ▸ Do         failed
            0 s · $0.00 of $8
        Signalbox: Do could not begin: the workflow asks for the agent `copilot`, which is not set up (there are: default). Set it up under [agents.copilot].
            acme/website · 0 s · $0.00 · run:1
            [Retry]
    "#]].assert_eq(&world.transcript(&thread).await);
}
