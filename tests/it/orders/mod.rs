//! Whatever happens in whatever order: a step never fails, nothing is left undone, every run ends, and is told of once.

mod letter;
mod model;
mod workflow;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use letter::Letter;
use letter::Letter::*;
use model::{Model, place};

/// How far every order is tried from every landmark. `SIGNALBOX_ORDERS_DEPTH` goes further.
const DEPTH: usize = 2;
/// How many walks are made. `SIGNALBOX_WALKS` makes more.
const WALKS: usize = 800;
/// How long a walk is.
const LENGTH: usize = 60;
/// Where the walks begin. `SIGNALBOX_SEED` begins elsewhere.
const SEED: u64 = 7;

/// Where a run can be, and a way there.
const LANDMARKS: [(&str, &[Letter]); 16] = [
    ("nothing", &[]),
    ("routing", &[Ask]),
    ("choosing", &[Ask, AnswerOtherwise]),
    ("resolving", &[Ask, Answer]),
    ("waiting in line", &[Ask, Answer, Answer, AnswerOtherwise]),
    ("gathering", &[Ask, Answer, Answer, Answer]),
    ("planning", &[Ask, Answer, Answer, Answer, Answer, Claimed]),
    ("at the gate", &[Ask, Answer, Answer, Answer, Answer, Claimed, Done, Released]),
    (
        "building, with a follow-up",
        &[Ask, Answer, Answer, Answer, Answer, Claimed, Done, Released, Approve, Claimed, Ask],
    ),
    (
        "checking and reviewing",
        &[
            Ask, Answer, Answer, Answer, Answer, Claimed, Done, Released, Approve, Claimed, Done, Released, Claimed,
            Claimed,
        ],
    ),
    (
        "opening",
        &[
            Ask, Answer, Answer, Answer, Answer, Claimed, Done, Released, Approve, Claimed, Done, Released, Claimed,
            Claimed, Done, Released, Done, Released,
        ],
    ),
    (
        "watching",
        &[
            Ask, Answer, Answer, Answer, Answer, Claimed, Done, Released, Approve, Claimed, Done, Released, Claimed,
            Claimed, Done, Released, Done, Released, Opened,
        ],
    ),
    (
        "delivered, and reviewed",
        &[
            Ask,
            Answer,
            Answer,
            Answer,
            Answer,
            Claimed,
            Done,
            Released,
            Approve,
            Claimed,
            Done,
            Released,
            Claimed,
            Claimed,
            Done,
            Released,
            Done,
            Released,
            Opened,
            ChecksPassed,
            Letter::Review,
        ],
    ),
    ("unlinked", &[Ask, Answer, Unlinked]),
    ("closing", &[Ask, Answer, Answer, Answer, Answer, Claimed, Done, Released, Approve, Claimed, Letter::Stop]),
    (
        "over",
        &[
            Ask,
            Answer,
            Answer,
            Answer,
            Answer,
            Claimed,
            Done,
            Released,
            Approve,
            Claimed,
            Letter::Stop,
            Stopped,
            Released,
        ],
    ),
];

fn from_env<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Whether a run that was left anywhere comes to its end, well and by alarms alone.
fn ends(model: &Model) -> Result<usize, String> {
    model.folds()?;
    let mut longest = 0;
    for well in [true, false] {
        let mut healed = model.clone();
        longest = longest.max(healed.heal(well).map_err(|wrong| format!("healing (well: {well}): {wrong}"))?);
        healed.folds()?;
    }
    Ok(longest)
}

/// One example of each thing that is wrong.
fn note(wrong: &mut BTreeMap<String, String>, why: String, landmark: &str, path: &[Letter]) {
    let kind = why.chars().take(40).collect();
    wrong.entry(kind).or_insert(format!("{landmark}, then {path:?}: {why}"));
}

#[test]
fn every_order_of_events_leads_to_an_end() {
    let depth = from_env("SIGNALBOX_ORDERS_DEPTH", DEPTH);
    let (mut steps, mut ignored, mut states, mut longest) = (0_u64, 0_u64, 0_u64, 0);
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for (name, way) in LANDMARKS {
        let mut start = Model::default();
        for letter in way {
            start.take(*letter).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        }
        let mut seen = HashSet::new();
        let mut open = VecDeque::from([(start, Vec::new())]);
        while let Some((model, path)) = open.pop_front() {
            for letter in Letter::ALL {
                steps += 1;
                pairs.insert((place(model.run.as_ref()).0, format!("{letter:?}")));
                let mut next = model.clone();
                let mut path: Vec<Letter> = path.clone();
                path.push(letter);
                match next.take(letter) {
                    Err(why) => note(&mut wrong, why, name, &path),
                    // What was ignored changed nothing: what follows is tried without it.
                    Ok(Some(_)) => ignored += 1,
                    Ok(None) => {
                        let mut hasher = DefaultHasher::new();
                        next.print().hash(&mut hasher);
                        if !seen.insert(hasher.finish()) {
                            continue;
                        }
                        states += 1;
                        match ends(&next) {
                            Ok(steps) => longest = longest.max(steps),
                            Err(why) => drop(
                                wrong
                                    .entry(why.chars().take(60).collect())
                                    .or_insert(format!("{name}, {path:?}: {why}")),
                            ),
                        }
                        if path.len() < depth {
                            open.push_back((next, path));
                        }
                    }
                }
            }
        }
    }
    println!(
        "orders: {} landmarks x {} letters to depth {depth}: {steps} steps ({ignored} ignored), {states} states, {} pairs of \
         state and letter, {} wrong; every run healed, in {longest} steps at most",
        LANDMARKS.len(),
        Letter::ALL.len(),
        pairs.len(),
        wrong.len(),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Numbers that are the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize % sides
    }
}

/// What usually happens; the rest is mixed in.
const USUAL: [Letter; 11] =
    [Ask, Answer, Answer, Claimed, Done, Released, Opened, ChecksPassed, Approve, Alarm, Progressed];

#[test]
fn long_walks_lead_to_an_end() {
    let (walks, seed) = (from_env("SIGNALBOX_WALKS", WALKS), from_env("SIGNALBOX_SEED", SEED));
    let (mut steps, mut longest) = (0_u64, 0);
    let mut visited = BTreeSet::new();
    for walk in 0..walks {
        let mut dice = Dice(seed.wrapping_add(walk as u64));
        let mut model = Model::default();
        let (_, way) = LANDMARKS[dice.roll(LANDMARKS.len())];
        let mut path = Vec::new();
        for letter in way {
            assert!(model.take(*letter).is_ok(), "the way to a landmark");
        }
        for _ in 0..LENGTH {
            let letter = if dice.roll(3) > 0 {
                USUAL[dice.roll(USUAL.len())]
            } else {
                Letter::ALL[dice.roll(Letter::ALL.len())]
            };
            path.push(letter);
            steps += 1;
            let taken = model.take(letter);
            assert!(taken.is_ok(), "SIGNALBOX_SEED={} SIGNALBOX_WALKS=1, {path:?}: {taken:?}", seed + walk as u64);
            let (state, stages) = place(model.run.as_ref());
            visited.insert(state);
            visited.extend(stages);
        }
        match ends(&model) {
            Ok(steps) => longest = longest.max(steps),
            Err(why) => panic!("SIGNALBOX_SEED={} SIGNALBOX_WALKS=1, {path:?}: {why}", seed + walk as u64),
        }
    }
    println!(
        "orders: {walks} walks from seed {seed}, {steps} steps, healed in {longest} steps at most; visited {visited:?}"
    );
    let all = "None Routing Choosing Resolving Waiting Gathering Working Closing Ended \
               Pending Starting Resting Deciding Opening Watching Done Skipped Failed";
    let missed: Vec<&str> = all.split_whitespace().filter(|name| !visited.contains(*name)).collect();
    assert!(missed.is_empty(), "never visited: {missed:?}");
}
