//! Every call on a port meets every trouble, alone and in pairs: nothing is lost, and nothing is seen twice.

mod harness;
mod scenario;
mod shortcuts;
mod verdict;

use harness::{Harness, Plan, Trouble};
use scenario::{ALL, Scenario};
use signalbox_engine::Ports;
use signalbox_ports::store::Store as _;
use signalbox_world::chat::Recall;
use verdict::judge;

/// How many single troubles a story meets: at every call, if it has no more calls than that; `SIGNALBOX_SINGLES=0` is
/// every call of every story.
const SINGLES: usize = 100;
/// How many pairs of troubles a story meets. `SIGNALBOX_PAIRS` is another number.
const PAIRS: usize = 20;
/// Where pairs, and the singles that are left out, are drawn from. `SIGNALBOX_SEED` is another one.
const SEED: u64 = 7;

/// Every trouble a call may meet.
const TROUBLES: [Trouble; 5] =
    [Trouble::CrashBefore, Trouble::CrashAfter, Trouble::FailBefore, Trouble::FailAfter, Trouble::Stall];

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
        let point = |nth: usize| hits.get(nth).copied().unwrap_or("never made");
        let which: Vec<String> =
            plan.iter().map(|(nth, trouble)| format!("{trouble:?} at call {nth} ({})", point(*nth))).collect();
        let name = format!("{}, {recall:?}, {}", scenario.name, which.join(" and "));
        self.lost.extend(verdict.lost.iter().map(|wrong| format!("{name}: {wrong}")));
        self.duplicated.extend(verdict.duplicated.iter().map(|wrong| format!("{name}: {wrong}")));
        harness.world.abandon();
    }

    /// Nothing is lost, nothing is seen twice, and nearly every trouble that was planned was met.
    fn settle(&self, name: &str) {
        let share = self.fired as f64 * 100.0 / self.planned.max(1) as f64;
        println!(
            "crashes: {name}: {} schedules, {} of {} faults fired ({share:.1} %), {} lost, {} surviving duplicates",
            self.schedules,
            self.fired,
            self.planned,
            self.lost.len(),
            self.duplicated.len(),
        );
        let wrong: Vec<&str> = self.lost.iter().chain(&self.duplicated).map(String::as_str).take(20).collect();
        assert!(wrong.is_empty(), "seed {}:\n{}", seed(), wrong.join("\n"));
        assert!(share >= 95.0, "a fault that never fires proves nothing: {share:.1} %");
    }
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

fn seed() -> u64 {
    from_env("SIGNALBOX_SEED").unwrap_or(SEED)
}

/// The calls that the story makes when there is no trouble.
async fn calm(scenario: &Scenario, recall: Recall) -> Vec<&'static str> {
    let mut harness = Harness::new(scenario, recall, &Vec::new(), |ports| ports);
    harness.tell(scenario).await;
    let verdict = judge(&harness, scenario).await;
    let calls = harness.world.faults.hits();
    harness.world.abandon();
    assert!(verdict.lost.is_empty() && verdict.duplicated.is_empty(), "{}: {verdict:#?}", scenario.name);
    calls
}

/// The next of numbers that are the same on every machine.
fn roll(state: &mut u64, sides: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) as usize % sides.max(1)
}

/// A story meets every trouble at every call (or at so many, evenly drawn), and then pairs of them.
async fn meet(name: &str) {
    let scenario = ALL.iter().find(|scenario| scenario.name == name).expect("a story of that name");
    let mut dice = seed();
    let mut tally = Tally::default();
    let (slots, markers) = (calm(scenario, Recall::Slots).await.len(), calm(scenario, Recall::Markers).await.len());
    let most = from_env("SIGNALBOX_SINGLES").map_or(SINGLES, |most| most as usize);
    for (recall, calls) in [(Recall::Slots, slots), (Recall::Markers, markers)] {
        let every = calls * TROUBLES.len();
        for place in 0..every {
            if most == 0 || roll(&mut dice, every) < most / 2 {
                let plan = vec![(place / TROUBLES.len(), TROUBLES[place % TROUBLES.len()])];
                tally.one(scenario, recall, &plan, |ports| ports).await;
            }
        }
    }
    for _ in 0..from_env("SIGNALBOX_PAIRS").map_or(PAIRS, |pairs| pairs as usize) {
        let first = roll(&mut dice, slots - 1);
        let second = first + 1 + roll(&mut dice, slots - 1 - first);
        // A process that hangs and one that dies: two of each other.
        let plan = vec![(first, TROUBLES[roll(&mut dice, 4)]), (second, TROUBLES[roll(&mut dice, 4)])];
        tally.one(scenario, [Recall::Slots, Recall::Markers][roll(&mut dice, 2)], &plan, |ports| ports).await;
    }
    tally.settle(name);
}

#[tokio::test]
async fn a_build_survives_every_trouble() {
    meet("build").await;
}

#[tokio::test]
async fn an_approval_survives_every_trouble() {
    meet("gate").await;
}

#[tokio::test]
async fn a_stop_survives_every_trouble() {
    meet("stop").await;
}

#[tokio::test]
async fn a_stop_and_a_retry_survive_every_trouble() {
    meet("stop, then again").await;
}

#[tokio::test]
async fn an_agent_that_does_not_listen_is_ended_whatever_the_trouble() {
    meet("deaf").await;
}

#[tokio::test]
async fn a_lost_box_survives_every_trouble() {
    meet("lost box").await;
}

#[tokio::test]
async fn a_follow_up_survives_every_trouble() {
    meet("follow-up").await;
}

#[tokio::test]
async fn second_thoughts_survive_every_trouble() {
    meet("second thoughts").await;
}

#[tokio::test]
async fn checks_and_a_review_survive_every_trouble() {
    meet("checks and a review").await;
}

#[tokio::test]
async fn what_is_received_raw_from_somebody_unknown_survives_every_trouble() {
    meet("raw, from somebody unknown").await;
}

#[tokio::test]
async fn two_threads_survive_every_trouble() {
    meet("two threads, one place").await;
}

/// Tells one schedule aloud, such as `SIGNALBOX_TROUBLE="follow-up: 76 FailBefore, 90 Stall"`.
#[tokio::test]
async fn the_schedule_that_was_asked_for() {
    let Ok(asked) = std::env::var("SIGNALBOX_TROUBLE") else { return };
    let (name, troubles) = asked.split_once(": ").expect("a story, a colon, and troubles");
    let scenario = ALL.iter().find(|scenario| scenario.name == name).expect("a story of that name");
    let read = |trouble: &str| {
        let (nth, kind) = trouble.split_once(' ').expect("a number and a trouble");
        let kind = TROUBLES.into_iter().find(|known| format!("{known:?}") == kind);
        (nth.parse().expect("a number"), kind.expect("a trouble"))
    };
    let plan: Plan = troubles.split(", ").map(read).collect();
    for recall in [Recall::Slots, Recall::Markers] {
        let mut harness = Harness::new(scenario, recall, &plan, |ports| ports);
        harness.tell(scenario).await;
        let hits = harness.world.faults.hits();
        for (nth, _) in &plan {
            println!("around call {nth}: {:?}", &hits[nth.saturating_sub(20)..hits.len().min(nth + 20)]);
        }
        println!("{recall:?}: {:#?}", judge(&harness, scenario).await);
        for thread in &harness.threads {
            println!("{}", harness.world.transcript(thread).await);
            let run = harness.world.run(thread).await.expect("a run");
            for entry in harness.world.store.history(&run.id).await.expect("memory") {
                let fact = format!("{:?}", entry.event.fact);
                println!(
                    "{} {} {}",
                    entry.version,
                    entry.event.at.0 % 10_000_000,
                    fact.chars().take(150).collect::<String>()
                );
            }
        }
        harness.world.abandon();
    }
}
