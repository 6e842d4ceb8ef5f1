//! A router that does, by its settings, whatever a router should not: in Rust, with the SDK, as an author would write it
//! by mistake or on purpose.

use std::hint::black_box;

use fancy_regex::RegexBuilder;
use signalbox_plugin::router::{Candidate, Claim, Outcome, Place, Question};
use signalbox_plugin::{Attr, Event, PluginError, log};

signalbox_plugin::router!(route, Config);

/// What it does.
#[derive(serde::Deserialize)]
pub struct Config {
    does: String,
}

/// Does it.
pub fn route(event: &Event, config: &Config) -> Result<Outcome, PluginError> {
    let fair = Claim {
        workflow: None,
        place: Place::Open,
        branch: None,
        inputs: Vec::new(),
        score: 1,
        reason: String::new(),
        rule: String::new(),
        matched: Vec::new(),
    };
    let words = |bytes: usize| "x".repeat(bytes);
    let answer = match config.does.as_str() {
        "spin" => loop {
            black_box(&event);
        },
        "hoard" => {
            let mut all = Vec::new();
            loop {
                all.push(black_box(vec![1u8; 1 << 20]));
            }
        }
        "churn" => loop {
            black_box(vec![1u8; 16 << 20]);
        },
        "recurse" => Outcome::Pass(deeper(1).to_string()),
        "regex" => {
            let nested = RegexBuilder::new(r"^(?:(a+)\1?)+b$").backtrack_limit(usize::MAX).build();
            let found = nested.map(|it| it.is_match(&"a".repeat(64)));
            Outcome::Pass(format!("{found:?}"))
        }
        "panic" => panic!("nobody knows {}", event.repositories[999].name),
        "chatter" => {
            for number in 0..10_000 {
                log::info(&format!("line {number}"));
            }
            Outcome::Pass("it has said it all".to_string())
        }
        "tome" => Outcome::Pass(words(2 << 20)),
        "long" => Outcome::Pass(words(4097)),
        "score" => Outcome::Claim(Claim { score: 1001, ..fair }),
        "repository" => Outcome::Claim(Claim { place: Place::Repository("acme/secrets".to_string()), ..fair }),
        "workflow" => Outcome::Claim(Claim { workflow: Some("deploy".to_string()), ..fair }),
        "matched" => Outcome::Claim(Claim { matched: vec![String::new(); 33], ..fair }),
        "inputs" => {
            let input = Attr { key: "model".to_string(), value: "large".to_string() };
            Outcome::Claim(Claim { inputs: vec![input; 10_000], ..fair })
        }
        "candidates" => {
            let candidate = Candidate { workflow: None, place: Place::Nowhere, reason: String::new() };
            Outcome::Ask(Question { text: String::new(), candidates: vec![candidate; 33], score: 1 })
        }
        unknown => return Err(PluginError::Config(format!("it cannot do {unknown}"))),
    };
    Ok(answer)
}

#[inline(never)]
fn deeper(depth: u64) -> u64 {
    match black_box(depth) {
        0 => 0,
        depth => deeper(depth + 1) + depth,
    }
}
