//! A thread, live in a terminal: each message once, and again where it changed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use signalbox_domain::run::Run;
use signalbox_domain::talk::ThreadId;

use crate::client::Client;

/// How often to look.
const TICK: Duration = Duration::from_millis(200);

/// Prints the thread as it grows, until its run has ended and its last word is printed. Returns the run.
pub(crate) fn follow(client: &Client, thread: &ThreadId) -> Result<Run> {
    let mut printed: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let now = client.thread(thread)?;
        for said in &now.messages {
            let before = printed.insert(said.id.clone(), said.text.clone());
            match before {
                None => print(&said.by, &said.text),
                Some(before) if before != said.text => print(&said.by, &changed(&before, &said.text)),
                Some(_) => {}
            }
        }
        if let Some(run) = now.run.filter(Run::ended) {
            let closing = signalbox_domain::reply::closing(&run, run_end(&run));
            // The run has ended once its closing message is owed; it is over for people once it stands there.
            let first = closing.plain().lines().next().unwrap_or_default().to_owned();
            if printed.values().any(|text| text.contains(&first)) {
                return Ok(run);
            }
        }
        std::thread::sleep(TICK);
    }
}

fn run_end(run: &Run) -> signalbox_domain::time::Time {
    match &run.state {
        signalbox_domain::run::State::Ended { at, .. } => *at,
        signalbox_domain::run::State::Routing { .. }
        | signalbox_domain::run::State::Choosing { .. }
        | signalbox_domain::run::State::Resolving { .. }
        | signalbox_domain::run::State::Waiting { .. }
        | signalbox_domain::run::State::Gathering { .. }
        | signalbox_domain::run::State::Working(_)
        | signalbox_domain::run::State::Closing { .. } => run.asked,
    }
}

/// The lines that changed; the footer, with its clock, only along with another.
fn changed(before: &str, after: &str) -> String {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().filter(|line| !old.contains(line)).collect();
    new.join("\n")
}

fn print(by: &str, text: &str) {
    let mut out = std::io::stdout().lock();
    let mut lines = text.lines();
    let _ = writeln!(out, "{by:>10}  {}", lines.next().unwrap_or_default());
    for line in lines {
        let _ = writeln!(out, "{:>10}  {line}", "");
    }
    let _ = out.flush();
}
