//! `context`: what the agents of a run knew.

use std::process::ExitCode;

use anyhow::Result;
use signalbox_engine::context::{Context, Counted};

use crate::arguments::Knew;
use crate::client::Client;
use crate::print;

pub(crate) fn context(client: &Client, asked: &Knew) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    let known = client.context(&run.id)?;
    if asked.json {
        print::line(serde_json::to_string_pretty(&known)?);
    } else if asked.prompt {
        match &known.given {
            Some(given) => print::exactly(given),
            None => {
                eprintln!("Nothing was gathered for run:{}; its agents had the words of the request alone.", run.id)
            }
        }
    } else {
        print::line(told(&run.request.text, &known));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is known, for people.
fn told(request: &str, known: &Context) -> String {
    let mut lines = vec![format!("run:{} {}", known.run, super::route::brief(request))];
    lines.push(match known.pieces.len() {
        0 => "Its agents had the words of the request alone; nothing was gathered besides.".into(),
        1 => format!("Its agents were given one piece, {} tokens:", known.tokens),
        many => format!("Its agents were given {many} pieces, {} tokens:", known.tokens),
    });
    for (number, Counted { item, standing, tokens }) in (1..).zip(&known.pieces) {
        let author = item.author.as_ref().map_or(String::new(), |author| format!(" · by {author}"));
        lines.push(format!("\n{number:>3}  {} · {tokens} tokens · {standing}{author}", item.title));
        lines.push(format!("     from {}, brought by {}", item.source, item.prefetcher));
    }
    if !known.omissions.is_empty() {
        lines.push("\nLeft out:".into());
        lines.extend(known.omissions.iter().map(|left| format!("  -  {}: {}", left.what, left.why)));
    }
    if !known.pieces.is_empty() {
        lines.push(format!(
            "\nKept as {}. The texts: add --json; what an agent reads, byte for byte: --prompt",
            known.bundle.short()
        ));
    }
    lines.join("\n")
}
