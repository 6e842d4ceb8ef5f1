//! GitHub's own checks of what was made: what fails goes back to the agent with its log.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_github::{Ci, CiJob};

use super::World;
use super::asked::SITE;
use super::code::{asked, draft, proposed};
use super::stories::acts::{built, wrote};

/// The repository has workflows: what they say of a push is the last of these that still counts.
fn checked(world: &World, scripts: Vec<Ci>) {
    let max = world.vendor.person("Max");
    max.push(SITE, "main", "CI", &[(".github/workflows/ci.yml", Some("on: push\n"))]).unwrap();
    for script in scripts {
        world.vendor.ci(SITE, script).unwrap();
    }
}

#[tokio::test]
async fn a_check_that_fails_is_mended_with_its_log_and_then_it_closes() {
    let world = World::forged();
    let log = format!("{}assert price == 12: it is 13\n", "line\n".repeat(3_000));
    checked(&world, vec![Ci::of([CiJob::green("unit")]), Ci::of([CiJob::red("unit", &log)]).once()]);
    world.script("build", vec![wrote("<p>$13</p>\n", "Pricing"), built()]);
    let thread = asked(&world);
    world.hear(Span::minutes(30)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Ready for review") && transcript.contains("all checks pass"), "{transcript}");
    let builds = world.boxes.assignments().into_iter().filter(|told| told.attempt.phase.0 == "build");
    let told: Vec<bool> = builds.map(|told| format!("{:?}", told.task).contains("it is 13")).collect();
    assert_eq!(told, [false, true], "the second attempt was given the end of the log");
    let (number, read) = draft(&world);
    assert_eq!(proposed(&world, &read, "src/pricing.html"), "<p>$12</p>\n");
    assert_eq!(world.vendor.pulls(SITE), [number], "one pull request, mended");
    assert_eq!(world.store.runs(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn checks_that_fail_again_and_again_are_handed_over_and_said_to() {
    let world = World::forged();
    checked(&world, vec![Ci::of([CiJob::red("unit", "flaky\n")])]);
    let pages = ["<p>$13</p>\n", "<p>$14</p>\n", "<p>$15</p>\n", "<p>$16</p>\n", "<p>$17</p>\n"];
    world.script("build", pages.map(|page| wrote(page, "Pricing")).to_vec());
    let thread = asked(&world);
    world.hear(Span::hours(2)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("At the forge these fail: unit."), "{transcript}");
    assert!(transcript.contains("CI still fails after 3 rounds") && transcript.contains("> flaky"), "{transcript}");
    assert!(world.run(&thread).await.unwrap().ended());
}

#[tokio::test]
async fn checks_that_wait_for_a_person_are_said_to_once_and_gone_on_with() {
    let world = World::forged();
    checked(&world, vec![Ci { approval: true, ..Ci::of([CiJob::green("unit")]) }]);
    let thread = asked(&world);
    world.hear(Span::minutes(10)).await;
    let transcript = world.transcript(&thread).await;
    assert_eq!(transcript.matches("waits for a person with write access").count(), 1, "{transcript}");
    let max = world.vendor.person("Max");
    let waiting = max.call("GET", SITE, "actions/runs", serde_json::Value::Null).unwrap();
    max.approve_run(SITE, waiting["workflow_runs"][0]["id"].as_u64().unwrap()).unwrap();
    world.hear(Span::minutes(10)).await;
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Ready for review"), "{transcript}");
}
