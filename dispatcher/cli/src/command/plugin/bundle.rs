//! `plugin bundle`: everything this installation lets in, compiled, for a host that compiles nothing.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use signalbox_authoring::Project;
use signalbox_domain::id::Digest;
use signalbox_plugin_host::{Host, bundle as packed, target};
use signalbox_registry::{Entry, Source};

use super::Installation;
use crate::plugins::{Kept, chosen};
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// The kind of machine it is for
    #[arg(long, value_enum)]
    target: Machine,
    /// The folder it is written to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Kinds of machines.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Machine {
    /// 64-bit Arm
    Aarch64,
    /// 64-bit Intel and AMD
    #[value(name = "x86_64")]
    X86_64,
}

impl Machine {
    fn name(self) -> &'static str {
        match self {
            Self::Aarch64 => "aarch64",
            Self::X86_64 => "x86_64",
        }
    }
}

pub(crate) fn bundle(here: Installation<'_>, asked: &Bundle) -> Result<ExitCode> {
    let machine = asked.target.name();
    if machine != std::env::consts::ARCH {
        bail!(
            "this program compiles for {}, the kind of machine it runs on. Run the same command on a machine that is {machine}",
            std::env::consts::ARCH
        );
    }
    let mut kept = Kept::open(here.home()?, here.config()?)?;
    for entry in kept.lock.plugins().iter().filter(|entry| entry.enabled) {
        line(cases(&kept, entry)?);
    }
    // Signatures, digests, grants; then world, imports, limits and settings.
    let chosen = chosen(&kept.home, &kept.config, &kept.lock)?;
    Host::open(chosen.live.clone(), &kept.home.at("plugins"))?;
    let pins = packed::write(&chosen.live, &asked.out).map_err(|problem| anyhow!(problem))?;
    for (id, pin) in &pins {
        let locked = kept.lock.get(id).is_ok();
        if let Some(digest) = pin.compiled.clone().filter(|_| locked) {
            kept.lock.compiled(id, &target(), digest)?;
        }
    }
    kept.lock.write(&asked.out.join("signalbox.lock"))?;
    // As the function will: nothing compiled, every file held to its digest.
    let again = packed::open(&asked.out).map_err(|problem| anyhow!(problem))?;
    Host::open(again, &packed::compiled(&asked.out)).context("the bundle does not open")?;
    line(format_args!("Bundled {} plugins for {} in {}", pins.len(), target(), asked.out.display()));
    if !chosen.beside.is_empty() {
        line("What is only tried (in some rooms, or recorded) is not in it");
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the cases of a plugin whose folder is here, and says how they went.
fn cases(kept: &Kept, entry: &Entry) -> Result<String> {
    let name = format!("{} {}", entry.id, entry.version);
    let Source::Path(path) = &entry.source else {
        return Ok(format!("{name}: its cases stay with its author, who signed it"));
    };
    let folder = kept.folder(path);
    let Ok(project) = Project::find(&folder) else { return Ok(format!("{name}: there are no cases in its folder")) };
    if Digest::of(&project.component()?) != entry.component {
        bail!("{name}: what was built in {} since is something else; update it first", folder.display());
    }
    let report = signalbox_authoring::test(&project, false)?;
    if !report.held() {
        bail!("{name}: its cases do not hold; `signalbox plugin test` in {} shows how", folder.display());
    }
    Ok(format!("{name}: {} cases hold", report.cases.len()))
}
