//! Every call on a port meets every trouble, alone and in pairs: nothing is lost, and nothing is seen twice.

mod harness;
mod scenario;
mod verdict;

use harness::{Harness, Plan, Trouble};
use scenario::{ALL, Scenario};
use signalbox_engine::Ports;
use signalbox_world::chat::Recall;
use verdict::judge;

/// What came of many schedules.
#[derive(Default)]
struct Tally {
    schedules: usize,
    planned: usize,
    fired: usize,
    lost: Vec<String>,
    duplicated: Vec<String>,
}

impl Tally {
    async fn one(&mut self, scenario: &Scenario, recall: Recall, plan: &Plan, through: impl FnOnce(Ports) -> Ports) {
        let mut harness = Harness::new(scenario, recall, plan, through);
        harness.tell(scenario).await;
        let verdict = judge(&harness, scenario).await;
        self.schedules += 1;
        self.planned += plan.len();
        self.fired += harness.world.faults.fired();
        let hits = harness.world.faults.hits();
        let which: Vec<String> = plan
            .iter()
            .map(|(nth, trouble)| format!("{trouble:?} at {nth} ({})", hits.get(*nth).unwrap_or(&"-")))
            .collect();
        let name = format!("{} [{}]", scenario.name, which.join(", "));
        self.lost.extend(verdict.lost.iter().map(|wrong| format!("{name}: {wrong}")));
        self.duplicated.extend(verdict.duplicated.iter().map(|wrong| format!("{name}: {wrong}")));
        harness.world.abandon();
    }
}

/// Every trouble a call may meet.
const TROUBLES: [Trouble; 5] =
    [Trouble::CrashBefore, Trouble::CrashAfter, Trouble::FailBefore, Trouble::FailAfter, Trouble::Stall];

/// How many calls the story makes when there is no trouble.
async fn calm(scenario: &Scenario, recall: Recall) -> usize {
    let mut harness = Harness::new(scenario, recall, &Vec::new(), |ports| ports);
    harness.tell(scenario).await;
    let verdict = judge(&harness, scenario).await;
    let calls = harness.world.faults.hits().len();
    harness.world.abandon();
    assert!(verdict.clean(), "{}: {verdict:#?}", scenario.name);
    calls
}

fn from_env(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

async fn singles(scenario: &Scenario) {
    let mut tally = Tally::default();
    let only = std::env::var("TROUBLE").ok();
    for recall in [Recall::Slots, Recall::Markers] {
        let calls = calm(scenario, recall).await;
        for trouble in TROUBLES {
            if only.as_ref().is_some_and(|only| *only != format!("{trouble:?}")) {
                continue;
            }
            for nth in (0..calls).step_by(from_env("STEP", 1)) {
                tally.one(scenario, recall, &vec![(nth, trouble)], |ports| ports).await;
            }
        }
    }
    println!(
        "{}: {} schedules, {} fired, {} lost, {} dup",
        scenario.name,
        tally.schedules,
        tally.fired,
        tally.lost.len(),
        tally.duplicated.len()
    );
    for wrong in tally.lost.iter().chain(&tally.duplicated).take(from_env("SHOW", 12)) {
        println!("    {wrong}");
    }
}

#[tokio::test]
async fn every_call() {
    let only = std::env::var("SCENARIO").ok();
    for scenario in &ALL {
        if only.as_ref().is_some_and(|only| *only != scenario.name) {
            continue;
        }
        singles(scenario).await;
    }
}
