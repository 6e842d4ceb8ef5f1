//! `agents`: other people's coding agents, installed in the versions that were tried, each file by its digest.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::json;
use signalbox_agents::{PINS, Pin, pin};

use crate::home::Home;
use crate::print;

/// What can be asked of agents.
#[derive(Debug, Subcommand)]
pub(crate) enum Agents {
    /// Install agents with npm, in the versions that were tried
    Install {
        /// Which: claude-code, codex, opencode, gemini, pi
        #[arg(required = true, value_name = "AGENT")]
        names: Vec<String>,
    },
    /// Show which there are, in which versions, and which are installed
    List,
}

pub(crate) fn run(home: &Home, asked: &Agents) -> Result<ExitCode> {
    match asked {
        Agents::Install { names } => {
            let pins = names.iter().map(|name| known(name)).collect::<Result<Vec<_>>>()?;
            for pin in pins {
                install(home, &pin)?;
            }
        }
        Agents::List => {
            for pin in PINS {
                let there = if is_installed(home, &pin) { "installed" } else { "" };
                print::line(format_args!("{:<12} {:<10} {:<32} {there}", pin.name, pin.version, pin.package));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of everything installed: `bin/` in it has the programs. Boxes see it at the same place, to read.
pub(crate) fn folder(home: &Home) -> PathBuf {
    home.at("agents")
}

/// Whether that very version is installed.
pub(crate) fn is_installed(home: &Home, pin: &Pin) -> bool {
    let linked = fs::read_link(folder(home).join("bin").join(pin.program));
    linked.is_ok_and(|to| to == Path::new("..").join(place(pin)).join(pin.at)) && program(home, pin).is_file()
}

fn known(name: &str) -> Result<Pin> {
    let all = || PINS.map(|pin| pin.name).join(", ");
    pin(name).with_context(|| format!("there is no agent `{name}` to install; there are {}", all()))
}

/// Where a version lies, below the folder.
fn place(pin: &Pin) -> String {
    format!("{}-{}", pin.name, pin.version)
}

fn program(home: &Home, pin: &Pin) -> PathBuf {
    folder(home).join(place(pin)).join(pin.at)
}

fn install(home: &Home, pin: &Pin) -> Result<()> {
    if is_installed(home, pin) {
        print::line(format_args!("{} {} is installed already", pin.name, pin.version));
        return Ok(());
    }
    print::line(format_args!("installing {} {} ({})", pin.name, pin.version, pin.package));
    let version = place(pin);
    let (place, fresh) = (folder(home).join(&version), folder(home).join(format!("{version}.new")));
    let failed = || format!("failed to install {} in {}", pin.name, place.display());
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(failed)?;
    }
    fs::create_dir_all(&fresh).with_context(failed)?;
    let wanted = json!({ "name": "signalbox-agent", "private": true, "dependencies": { pin.package: pin.version } });
    fs::write(fresh.join("package.json"), wanted.to_string()).with_context(failed)?;
    fs::write(fresh.join("package-lock.json"), pin.lock).with_context(failed)?;
    npm(&fresh)?;
    if !fresh.join(pin.at).is_file() {
        bail!("npm installed {} without {}; is this machine Linux on x86-64 or arm64?", pin.package, pin.at);
    }
    if place.exists() {
        fs::remove_dir_all(&place).with_context(failed)?;
    }
    fs::rename(&fresh, &place).with_context(failed)?;
    let link = folder(home).join("bin").join(pin.program);
    let beside = link.with_extension("new");
    fs::create_dir_all(folder(home).join("bin")).with_context(failed)?;
    let _ = fs::remove_file(&beside);
    symlink(Path::new("..").join(&version).join(pin.at), &beside).with_context(failed)?;
    fs::rename(&beside, &link).with_context(failed)?;
    print::line(format_args!("{} {} is installed", pin.name, pin.version));
    Ok(())
}

/// Installs exactly what the lock in `folder` says, and refuses what has another digest. No script of a package is run.
fn npm(folder: &Path) -> Result<()> {
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    let output = command.output().context("npm cannot be started: install Node 20 or later, which brings it along")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = said.lines().filter(|line| line.starts_with("npm error")).take(12).collect();
        bail!("npm could not install it:\n{}", said.join("\n"));
    }
    Ok(())
}
