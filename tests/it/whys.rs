//! Why something went where it went: the record of every decision, those that look on beside it, and what nothing came
//! of.

use std::sync::Arc;

use expect_test::expect;
use signalbox_domain::id::Digest;
use signalbox_domain::route::{Claim, EXPLICIT, Opinion, Place, Said};
use signalbox_domain::time::Span;
use signalbox_engine::beside::{Beside, Other};
use signalbox_engine::corpus::told;
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, Plugins, Prefetcher, Scope, Turn};
use signalbox_world::World;
use signalbox_world::chat::Recall;

/// A router that would have everything go to the API: another version of the one that decides.
struct Next;

impl Plugins for Next {
    fn route(&self, _: &Event) -> Vec<Opinion> {
        let said = Said::Claim(Claim {
            workflow: Some("answer".into()),
            place: Place::Repository("acme/api".into()),
            branch: None,
            inputs: [].into(),
            score: EXPLICIT,
            reason: "everything is about the API".into(),
            rule: "all".into(),
            matched: Vec::new(),
        });
        let (digest, log) = (Digest::of(b"next"), Vec::new());
        vec![Opinion { router: "rules@2".into(), priority: 0, digest, settings: None, fuel: 1, log, said }]
    }

    fn prefetchers(&self, _: &Event, _: &Scope) -> Vec<Prefetcher> {
        Vec::new()
    }

    fn gather(&self, _: &str, _: &Event, _: &Scope, _: u32, _: &[(Fetch, Fetched)]) -> Turn {
        Turn { gave: Gathered::Done(Vec::new()), fuel: 0, log: Vec::new(), denied: Vec::new() }
    }
}

/// A world in which that router decides in these rooms. In none: it looks on.
fn beside(rooms: &[&str]) -> World {
    let rooms = rooms.iter().map(|room| (*room).to_owned()).collect();
    World::made(
        |_| {},
        Recall::Slots,
        |mut ports| {
            ports.plugins = Arc::new(Beside::new(ports.plugins, vec![Other { plugins: Arc::new(Next), rooms }]));
            ports
        },
    )
}

#[tokio::test]
async fn a_plugin_that_looks_on_decides_nothing_and_its_disagreement_is_recorded() {
    let world = beside(&[]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    let run = world.run(&thread).await.unwrap();
    assert_eq!(run.target().unwrap().repository, Some("acme/website".into()));
    let records = world.engine.decisions(&run.id).await.unwrap();
    let [record] = records.as_slice() else { panic!("{records:?}") };
    let otherwise: Vec<_> = record.disagreements().map(|it| (&*it.opinion.router, told(&it.decision))).collect();
    assert_eq!(otherwise, [("rules@2", "acme/api answer".to_owned())]);
    assert_eq!(world.engine.replay(&run.id).await.unwrap().differences, [""; 0]);
}

#[tokio::test]
async fn a_plugin_that_is_tried_in_a_room_decides_there_and_nowhere_else() {
    let world = beside(&["lab"]);
    let there = world.ask("lab", "Ana", "the price should say $12").await;
    let here = world.ask("web", "Ben", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    let went = |run: Option<signalbox_domain::run::Run>| run.unwrap().target().unwrap().repository.clone().unwrap().0;
    assert_eq!(went(world.run(&there).await), "acme/api");
    assert_eq!(went(world.run(&here).await), "acme/website");
}

#[tokio::test]
async fn a_decision_is_made_again_from_its_record_byte_for_byte_and_its_context_without_the_world() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    let run = world.run(&thread).await.unwrap();
    let replayed = world.engine.replay(&run.id).await.unwrap();
    assert_eq!((replayed.routes, replayed.prefetches, replayed.differences.len()), (1, 1, 0), "{replayed:?}");
    // The trace names the bytes: the same decision has the same name.
    let record = world.engine.decisions(&run.id).await.unwrap().remove(0);
    assert_eq!(Digest::of(&record.bytes()), run.route.as_ref().unwrap().trace);
    let again = signalbox_engine::record::Record::make(&*world.plugins, record.event.clone());
    assert_eq!(again.bytes(), record.bytes());
    // A router that says something else is a difference, in words.
    world.plugins.fail("it trapped", false);
    let replayed = world.engine.replay(&run.id).await.unwrap();
    expect![[r#"
        [
            "broken@1 was not there then",
            "the decision is another one now: for other reasons",
        ]
    "#]]
    .assert_debug_eq(&replayed.differences);
    // It would find the same once more.
    world.abandon();
}

#[tokio::test]
async fn why_is_told_of_a_run_a_message_and_a_link_also_where_nothing_came_of_it() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    world.chatter(&thread, "Ben", "looks good").await;
    world.pass(Span::minutes(1)).await;
    let run = world.run(&thread).await.unwrap();
    let why = world.engine.explain(&run.id.0[..12]).await.unwrap();
    let told = why.post.plain();
    expect![[r#"
        I chose acme/website because it is what this room is about · router rules@1, rule room, 50 % sure
        • rules@1 said acme/website, 50 % sure: it is what this room is about
        What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow.
        The agent was given: AGENTS.md
    "#]].assert_eq(&told.split("Decided by rules").next().unwrap().trim_end().lines().map(|line| format!("{line}\n")).collect::<String>());
    let message = format!("{}:{}:{}", thread.chat, thread.room, run.request.id.0);
    assert_eq!(world.engine.explain(&message).await.unwrap(), why);
    let change = run.job().unwrap().change.as_ref().unwrap().url.clone();
    assert_eq!(world.engine.explain(&change).await.unwrap(), why);

    let ignored = signalbox_ports::store::Store::ignored(&*world.store, &thread).await.unwrap();
    let (delivery, _) = ignored.last().unwrap();
    let nothing = world.engine.explain(&delivery.event.id.0).await.unwrap();
    assert_eq!(nothing.run, None);
    assert_eq!(
        nothing.post.plain().trim_end(),
        "Nothing came of that message: it was not addressed to Signalbox\nMention me in it, and I'll take it up."
    );
    let error = world.engine.explain("the other day").await.unwrap_err().to_string();
    assert!(error.contains("nothing is known of `the other day`"), "{error}");
}

#[tokio::test]
async fn a_workflow_that_only_one_repository_has_can_be_asked_for() {
    let world = World::default();
    let files = [(
        ".signalbox/workflows/release.yaml",
        "name: release\ndescription: Releases.\nphases:\n  do:\n    agent: { use: default, prompt: prompts/do.md }\n"
            .into(),
    )];
    world.forge.commit("acme/website", "main", &files).unwrap();
    let prompt = [(".signalbox/workflows/prompts/do.md", "{{ request }}\n{{ outputs_guide }}\n".into())];
    world.forge.commit("acme/website", "main", &prompt).unwrap();
    let thread = world.ask("web", "Ana", "workflow:release the spring version").await;
    world.pass(Span::minutes(1)).await;
    let run = world.run(&thread).await.unwrap();
    let target = run.target().unwrap();
    assert_eq!((target.workflow.as_str(), target.repository.as_ref().unwrap().as_str()), ("release", "acme/website"));
    world.reply(&thread, "Ana", "stop").await;
    world.pass(Span::minutes(1)).await;
}
