//! What every peer is measured by: it opens twenty plugins, asks each about one event, and is compared with what the
//! native function says.
//!
//! `PEER FOLDER cold` opens, asks once and stops; whoever starts it says in `BENCH_BEGAN` (nanoseconds since 1970) when it
//! began to, so that starting the process is in the time. `PEER FOLDER warm` goes on asking and prints what it took.
//! `FOLDER` holds `event.json` and what else the peer needs.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// How many plugins an event goes through.
pub const PLUGINS: usize = 20;
const ROUNDS: usize = 500;
const WARM_UP: usize = 50;

/// What a plugin is to say.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Claim {
    pub place: String,
    pub score: u16,
    pub reason: String,
    pub matched: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Event {
    text: String,
    repositories: Vec<Repository>,
}

#[derive(serde::Deserialize)]
struct Repository {
    name: String,
    description: String,
}

/// What it is about, and where its files are.
pub struct Setting {
    /// The folder.
    pub folder: PathBuf,
    /// The event as JSON, as it is on disk.
    pub json: String,
    began: Instant,
    warm: bool,
}

impl Setting {
    /// From the command line.
    pub fn read() -> Self {
        let began = Instant::now();
        let mut arguments = std::env::args().skip(1);
        let folder = PathBuf::from(arguments.next().expect("the folder"));
        let warm = arguments.next().expect("cold or warm") == "warm";
        let json = fs::read_to_string(folder.join("event.json")).expect("the folder has an event.json");
        Self { folder, json, began, warm }
    }

    /// Asks all plugins about the event, which `ask` gives the claims of; as often as the command line says.
    pub fn measure(self, mut ask: impl FnMut() -> Vec<Claim>) {
        let opened = self.began.elapsed();
        let claims = ask();
        let first = self.began.elapsed();
        let process = since_exec();
        let expected = expected(&self.json);
        assert_eq!(claims.len(), PLUGINS);
        for claim in claims {
            assert_eq!(claim, expected);
        }
        if !self.warm {
            println!(
                r#"{{"opened_us": {}, "first_us": {}, "process_us": {}}}"#,
                opened.as_micros(),
                first.as_micros(),
                process.as_micros()
            );
            return;
        }
        let mut took: Vec<Duration> = (0..WARM_UP + ROUNDS)
            .map(|_| {
                let began = Instant::now();
                std::hint::black_box(ask());
                began.elapsed()
            })
            .skip(WARM_UP)
            .collect();
        took.sort();
        let micros = |place: usize| took[place].as_nanos() as f64 / 1000.0;
        println!(
            r#"{{"p50_us": {:.1}, "p99_us": {:.1}, "least_us": {:.1}, "memory_kib": {}}}"#,
            micros(ROUNDS / 2),
            micros(ROUNDS * 99 / 100),
            micros(0),
            memory_kib()
        );
    }
}

/// How long ago this process was begun by whoever began it.
fn since_exec() -> Duration {
    let began = std::env::var("BENCH_BEGAN").ok().and_then(|it| it.parse().ok()).unwrap_or_default();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    now.saturating_sub(Duration::from_nanos(began))
}

/// What the work is: the native function's answer.
pub fn expected(json: &str) -> Claim {
    let event: Event = serde_json::from_str(json).expect("it is an event");
    let all = event.repositories.iter().map(|it| (it.name.as_str(), it.description.as_str()));
    let found = rules::find(&event.text, all);
    let place = event.repositories[found.best].name.clone();
    let reason = format!("the request speaks of {place}");
    Claim { place, score: found.score, reason, matched: found.matched }
}

/// What the process holds by now.
fn memory_kib() -> u64 {
    let smaps = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let pss = smaps.lines().find_map(|line| line.strip_prefix("Pss:"));
    pss.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
