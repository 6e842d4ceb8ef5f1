//! A plugin as it is passed on: its `plugin.toml` and its component. Never a compiled file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use signalbox_domain::id::Digest;
use signalbox_plugin_host::limits::COMPONENT;
use signalbox_plugin_host::manifest::Manifest;
use wasmparser::{Encoding, Parser, Payload};

use crate::error::Error;

/// The most bytes of a `plugin.toml`.
pub(crate) const MANIFEST: usize = 64 * 1024;

/// What is passed on of a plugin. It was read and bounded; that it may run is for the host to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its `plugin.toml`.
    pub manifest: String,
    /// Its component.
    pub component: Vec<u8>,
}

impl Artifact {
    /// The plugin in a folder: `plugin.toml`, and the component beside it or where `signalbox plugin build` leaves it.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let file = folder.join("plugin.toml");
        let manifest = read(&file, MANIFEST as u64)?;
        let manifest =
            String::from_utf8(manifest).map_err(|_| Error::refused(format!("{} is not text", file.display())))?;
        let component = read(&component_of(folder)?, COMPONENT.ceiling)?;
        Self { manifest, component }.checked()
    }

    /// The artifact, if it is one: a manifest that reads, and a component of a size that can be.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        self.parsed()?;
        self.imports()?;
        Ok(self)
    }

    /// What its manifest says.
    pub fn parsed(&self) -> Result<Manifest, Error> {
        if self.manifest.len() > MANIFEST {
            return Err(Error::refused(format!("its plugin.toml is larger than {} KiB", MANIFEST / 1024)));
        }
        Manifest::parse(&self.manifest).map_err(|error| Error::refused(format!("its plugin.toml is wrong: {error}")))
    }

    /// What its component asks to be given, by name.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other section names an import of the component itself")]
    pub fn imports(&self) -> Result<BTreeSet<String>, Error> {
        let wrong = |why: String| Error::refused(format!("its component is no component: {why}. Build it anew"));
        let mut imports = BTreeSet::new();
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(&self.component) {
            match payload.map_err(|error| wrong(error.to_string()))? {
                Payload::Version { encoding, .. } => {
                    if depth == 0 && encoding != Encoding::Component {
                        return Err(wrong("it is a core module, or a compiled file".into()));
                    }
                    depth += 1;
                }
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        imports.insert(import.map_err(|error| wrong(error.to_string()))?.name.name.to_string());
                    }
                }
                _ => {}
            }
        }
        Ok(imports)
    }

    /// The digests of its two parts.
    pub fn digests(&self) -> (Digest, Digest) {
        (Digest::of(self.manifest.as_bytes()), Digest::of(&self.component))
    }
}

/// The one component of a plugin's folder.
fn component_of(folder: &Path) -> Result<PathBuf, Error> {
    let mut found = Vec::new();
    for place in [folder.to_path_buf(), folder.join("target")] {
        let entries = fs::read_dir(&place).into_iter().flatten().flatten().map(|entry| entry.path());
        found.extend(entries.filter(|path| path.extension().is_some_and(|it| it == "wasm") && path.is_file()));
    }
    match found.as_slice() {
        [component] => Ok(component.clone()),
        [] => Err(Error::refused(format!(
            "there is no component in {}; run `signalbox plugin build` there first",
            folder.display()
        ))),
        [first, second, ..] => Err(Error::refused(format!(
            "there are several components in {}: {} and {}. Remove those that are not meant",
            folder.display(),
            first.display(),
            second.display()
        ))),
    }
}

/// A file of at most so many bytes.
fn read(file: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let size = fs::metadata(file).map_err(|error| Error::files("read", file, &error))?.len();
    if size > most {
        return Err(Error::refused(format!("{} has {} KiB; {} is the most", file.display(), size / 1024, most / 1024)));
    }
    fs::read(file).map_err(|error| Error::files("read", file, &error))
}
