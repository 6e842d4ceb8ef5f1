//! The same requests decided again, in another process: the same bytes, to the unit of fuel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use signalbox_engine::record::Record;

use crate::{host, messages, team};

/// How many requests, unless the environment names another number.
const REQUESTS: usize = 1_000;
/// Where a process that only decides writes what it decided; also a file of another build to compare with.
const RECORDS: &str = "SIGNALBOX_RECORDS";

/// The records of so many requests, a line each: every message of the corpus, from one room and person after the other.
fn records() -> String {
    let (team, wanted) = (team(), std::env::var("SIGNALBOX_REQUESTS"));
    let wanted = wanted.ok().and_then(|it| it.parse().ok()).unwrap_or(REQUESTS);
    let host = host(&team);
    let all: Vec<_> =
        ["known", "held", "fresh"].into_iter().flat_map(|it| messages(it).into_values().flatten()).collect();
    let rooms: Vec<&String> = team.rooms.keys().collect();
    let people = ["ana", "ben", "cleo", "dana", "eva", "finn"];
    let requests = (0..).flat_map(|round| all.iter().map(move |message| (round, message))).take(wanted);
    let mut lines = String::new();
    for (round, message) in requests {
        let mut message = message.clone();
        if round > 0 {
            message.room = Some(rooms[round % rooms.len()].clone());
            message.by = Some(people[round % people.len()].to_owned());
            message.text = format!("{} {round}", message.text);
        }
        let record = Record::make(&host, message.event(&team));
        lines.push_str(&String::from_utf8_lossy(&record.bytes()));
        lines.push('\n');
    }
    lines
}

#[test]
fn what_was_decided_is_decided_again_in_another_process_byte_for_byte() {
    if let Some(file) = std::env::var_os(RECORDS) {
        let file = PathBuf::from(file);
        match fs::read_to_string(&file) {
            // The records of another build: `SIGNALBOX_RECORDS=FILE` with one, then with the other.
            Ok(then) => compare(&then, &records()),
            Err(_) => fs::write(file, records()).unwrap(),
        }
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("records-{}.jsonl", std::process::id()));
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", "again::what_was_decided_is_decided_again_in_another_process_byte_for_byte"]);
    assert!(other.env(RECORDS, &file).status().unwrap().success());
    let then = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    compare(&then, &records());
}

fn compare(then: &str, now: &str) {
    let (then, now): (Vec<&str>, Vec<&str>) = (then.lines().collect(), now.lines().collect());
    assert_eq!(then.len(), now.len(), "not the same number of requests");
    let different = then.iter().zip(&now).filter(|(then, now)| then != now).count();
    println!("{} requests decided twice: {different} differ", now.len());
    assert_eq!(different, 0);
}
