//! `transcript`: what the agents of a run were told, said and did, whole, with the time of each.

use std::process::ExitCode;

use anyhow::{Result, bail};
use signalbox_domain::workflow::Phase;

use crate::arguments::Transcript;
use crate::client::{Client, Entry};
use crate::print;

pub(crate) fn transcript(client: &Client, asked: &Transcript) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    let Some(job) = run.job() else { bail!("run:{} has done nothing yet, so there is no transcript of it", run.id) };
    let phases = &job.plan.workflow.phases;
    let wanted = |phase: &&Phase| asked.phase.as_ref().is_none_or(|name| *name == phase.name.0);
    if let Some(name) = &asked.phase
        && !phases.iter().any(|phase| wanted(&phase))
    {
        let known: Vec<&str> = phases.iter().filter(|phase| phase.boxed()).map(|phase| phase.name.as_str()).collect();
        bail!("run:{} has no phase `{name}`; it has: {}", run.id, known.join(", "));
    }
    let mut shown = 0;
    for phase in phases.iter().filter(wanted) {
        let digests = job.phases.get(&phase.name).map(|progress| progress.transcripts.as_slice()).unwrap_or_default();
        for (number, digest) in (1..).zip(digests) {
            shown += 1;
            if !asked.json {
                print::line(format_args!("── {} · attempt {number} · {digest}", phase.label));
            }
            for entry in client.transcript(&run.id, digest)? {
                let json = || serde_json::json!({ "phase": phase.name, "attempt": number, "entry": entry });
                print::line(if asked.json { json().to_string() } else { told(&entry) });
            }
        }
    }
    if shown == 0 && !asked.json {
        print::line("No attempt is over yet; a transcript is kept when one is.");
    }
    Ok(ExitCode::SUCCESS)
}

/// One entry: when, what, and all of its text.
fn told(entry: &Entry) -> String {
    let seconds =
        entry.at_ms.map_or_else(String::new, |at| format!("{}:{:02}.{}", at / 60_000, at / 1000 % 60, at / 100 % 10));
    let title = if entry.ok { entry.title.clone() } else { format!("{} (failed)", entry.title).trim().to_owned() };
    let head = format!("{seconds:>8}  {:<12} {title}", entry.kind.replace('_', " "));
    let text = entry.text.trim_end();
    match text.lines().count() {
        0 => head.trim_end().to_owned(),
        1 => format!("{} {text}", head.trim_end()),
        _ => text.lines().fold(head.trim_end().to_owned(), |told, line| format!("{told}\n{:>10}{line}", "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_said_with_its_time_and_all_of_its_text() {
        let entry = |kind: &str, title: &str, text: &str, ok| Entry {
            kind: kind.into(),
            at_ms: Some(61_250),
            title: title.into(),
            text: text.into(),
            ok,
        };
        assert_eq!(told(&entry("tool_call", "edit", "a.txt", true)), "  1:01.2  tool call    edit a.txt");
        let failed = told(&entry("tool_result", "", "one\ntwo\n", false));
        assert_eq!(failed, "  1:01.2  tool result  (failed)\n          one\n          two");
    }
}
