//! A thread, live in a terminal: each message once, and again where it changed.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use signalbox_domain::run::Run;
use signalbox_domain::talk::ThreadId;

use crate::client::Client;
use crate::print;

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
                None => show(&said.by, &said.text),
                Some(before) if before != said.text => show(&said.by, &changed(&before, &said.text)),
                Some(_) => {}
            }
        }
        if let Some(run) = now.run.filter(Run::ended)
            // The run has ended once its closing message is owed; for people it is over once that stands there.
            && now.messages.iter().any(|said| said.text.contains(&format!("run:{}", run.id)))
        {
            if let Some(change) = run.job().and_then(|job| job.change.as_ref()) {
                print::line(format_args!("{:>10}  {}", "", change.url));
            }
            return Ok(run);
        }
        std::thread::sleep(TICK);
    }
}

/// The lines that changed; the footer, with its clock, only along with another.
fn changed(before: &str, after: &str) -> String {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().filter(|line| !old.contains(line)).collect();
    new.join("\n")
}

fn show(by: &str, text: &str) {
    // What can be pressed on the page cannot be pressed here.
    let buttons = |line: &&str| line.starts_with('[') && line.ends_with(']');
    let lines: Vec<&str> = text.lines().filter(|line| !buttons(line)).collect();
    if let Some((first, rest)) = lines.split_first() {
        print::line(format_args!("{by:>10}  {first}"));
        rest.iter().for_each(|line| print::line(format_args!("{:>10}  {line}", "")));
    }
}
