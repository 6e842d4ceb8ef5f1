//! `route shadow`: where plugins that only look on would have decided otherwise.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{brief, goes, recorded};
use crate::client::Client;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Shadow {
    /// How many of the newest runs are looked at
    #[arg(long, default_value_t = 200)]
    limit: usize,
}

pub(crate) fn shadow(client: &Client, asked: &Shadow) -> Result<ExitCode> {
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for decided in recorded(client, asked.limit)? {
        let record = &decided.record;
        for shadow in &record.shadows {
            counts.entry(shadow.opinion.router.clone()).or_default().0 += 1;
        }
        for shadow in record.disagreements() {
            counts.entry(shadow.opinion.router.clone()).or_default().1 += 1;
            line(format_args!(
                "run:{} {} went {}; with {} it would have gone {}: it {}",
                decided.run,
                brief(&record.event.text),
                goes(&record.decision),
                shadow.opinion.router,
                goes(&shadow.decision),
                shadow.opinion.part().said
            ));
        }
    }
    for (router, (asked, otherwise)) in &counts {
        line(format_args!("{router} looked on at {asked} decisions and would have made {otherwise} of them otherwise"));
    }
    if counts.is_empty() {
        line("No plugin looks on. Let one: signalbox plugin enable ID --shadow");
    }
    Ok(ExitCode::SUCCESS)
}
