//! `signalbox.lock`: which plugins an installation has, which bytes they are, and what each was granted by whom.

mod change;
mod entry;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use change::Updated;
pub use entry::{Entry, Granted};

use crate::error::Error;
use crate::store::write;

/// What a person who opens the file reads first.
const COMMENT: &str = "\
# Which plugins this installation has, which bytes they are, and what each was granted. Keep it with signalbox.toml.
# It is written by `signalbox plugin`: an entry that was changed by hand no longer fits its seal, and is refused.
";
/// The form of the file.
const FORM: u32 = 1;

/// The plugins of an installation that it did not bring along itself, by id; and which of those it did are not asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    form: u32,
    #[serde(default, rename = "left-out", skip_serializing_if = "BTreeSet::is_empty")]
    left_out: BTreeSet<String>,
    #[serde(default, rename = "plugin", skip_serializing_if = "Vec::is_empty")]
    plugins: Vec<Entry>,
}

impl Default for Lock {
    fn default() -> Self {
        Self { form: FORM, left_out: BTreeSet::new(), plugins: Vec::new() }
    }
}

impl Lock {
    /// The lock in a file; an empty one if there is none.
    pub fn read(file: &Path) -> Result<Self, Error> {
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(&text).map_err(|error| Error::Refused(format!("{}: {error}", file.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::files("read", file, &error)),
        }
    }

    /// Reads a lock, and refuses one that does not agree with itself.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let lock: Self = toml::from_str(text).map_err(|error| {
            Error::refused(format!("{}\nTake the last version that was in order", error.to_string().trim_end()))
        })?;
        if lock.form != FORM {
            return Err(Error::refused(format!(
                "it has the form {}, and this program reads {FORM}. Use the version of signalbox that wrote it",
                lock.form
            )));
        }
        for pair in lock.plugins.windows(2) {
            let [first, second] = pair else { continue };
            if first.id >= second.id {
                return Err(Error::refused(format!(
                    "{} is there twice or not in its place; take the last version that was in order",
                    second.id
                )));
            }
        }
        lock.plugins.iter().try_for_each(Entry::check)?;
        Ok(lock)
    }

    /// The file's text. The same lock gives the same text.
    pub fn text(&self) -> Result<String, Error> {
        let text = toml::to_string_pretty(self);
        Ok(format!("{COMMENT}\n{}", text.map_err(|error| Error::refused(format!("failed to write a lock: {error}")))?))
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, file: &Path) -> Result<(), Error> {
        write(file, self.text()?.as_bytes())
    }

    /// The plugins, by id.
    pub fn plugins(&self) -> &[Entry] {
        &self.plugins
    }

    /// The ids of the plugins that came with this program and are not asked.
    pub fn left_out(&self) -> &BTreeSet<String> {
        &self.left_out
    }

    /// A plugin by its id.
    pub fn get(&self, id: &str) -> Result<&Entry, Error> {
        self.plugins.iter().find(|entry| entry.id == id).ok_or_else(|| self.unknown(id))
    }

    fn unknown(&self, id: &str) -> Error {
        let names: Vec<_> = self.plugins.iter().map(|entry| entry.id.as_str()).collect();
        Error::refused(match names.as_slice() {
            [] => format!("there is no plugin {id} here; `signalbox plugin add` takes one in"),
            [..] => format!("there is no plugin {id} here; there are {}", names.join(", ")),
        })
    }
}
