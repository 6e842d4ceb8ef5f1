//! `plugin publish`: to a registry, signed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use signalbox_registry::{Artifact, SigningKey, Source};

use super::Installation;
use crate::home::write_private;
use crate::plugins::{registry, wait};
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// Where to: oci://registry.example.com/acme/word; the version of its plugin.toml is added
    to: String,
    /// The plugin's folder
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    from: PathBuf,
    /// The private key to sign with; made if it is not there, with its public half beside it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub(crate) fn publish(here: Installation<'_>, asked: &Publish) -> Result<ExitCode> {
    let artifact = Artifact::read(&asked.from)?;
    let manifest = artifact.parsed()?;
    let source: Source = asked.to.parse()?;
    let Source::Oci(reference) = &source else { bail!("{} is no registry; write oci://registry/name", asked.to) };
    match reference.tag() {
        // Without a tag, the client makes it `latest`.
        None | Some("latest") => {}
        Some(tag) if tag == manifest.version => {}
        Some(tag) => {
            bail!("the tag is {tag}, and its plugin.toml says version {}; leave the tag out", manifest.version)
        }
    }
    let key = asked.key.as_deref().map(key).transpose()?;
    let tagged = source.tagged(&manifest.version);
    let registry = registry(&here.home()?)?;
    let pushed = wait(async {
        let there = registry.versions(&tagged).await.unwrap_or_default();
        if there.contains(&manifest.version) {
            bail!(
                "{} {} is published already, and a version never changes; raise the version in its plugin.toml",
                manifest.id,
                manifest.version
            );
        }
        Ok(registry.push(&artifact, &tagged, key.as_ref()).await?)
    })?;
    line(format_args!("Published {} {} as {pushed}", manifest.id, manifest.version));
    match &asked.key {
        Some(file) => line(format_args!(
            "Signed with {}. Installations that name {} under [plugins.trust] take it in",
            file.display(),
            public(file).display()
        )),
        None => line("It is not signed, and most installations will not take it in; add --key FILE"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The key in a file; a new one, if there is no such file.
fn key(file: &Path) -> Result<SigningKey> {
    if file.exists() {
        let pem = fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
        return SigningKey::from_pem(&pem).with_context(|| format!("{} cannot sign", file.display()));
    }
    let key = loop {
        let mut random = [0; 32];
        getrandom::fill(&mut random).context("failed to get randomness from the system")?;
        if let Some(key) = SigningKey::new(random) {
            break key;
        }
    };
    write_private(file, &key.to_pem()?)?;
    let beside = public(file);
    fs::write(&beside, key.public().to_pem()?).with_context(|| format!("failed to write {}", beside.display()))?;
    line(format_args!(
        "Made a key: {} signs, keep it to yourself; {} is for everybody",
        file.display(),
        beside.display()
    ));
    Ok(key)
}

/// Where the public half of a key is.
fn public(file: &Path) -> PathBuf {
    file.with_extension("pub")
}
