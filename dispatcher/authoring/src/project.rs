//! A plugin's folder: where its parts are.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use signalbox_plugin_host::manifest::{Manifest, World};
use signalbox_plugin_host::settings::Holds;
use signalbox_plugin_host::{Config, Host, Plugin};

use crate::error::Error;
use crate::language::Language;
use crate::system::MadeUp;

/// Where the component goes.
pub const COMPONENT: &str = "plugin.wasm";
/// What can be thrown away: compiled components.
const SCRATCH: &str = ".signalbox";

/// A plugin's folder.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// Its `plugin.toml`, as text.
    pub text: String,
    /// Its `plugin.toml`, read.
    pub manifest: Manifest,
    /// What it is written in.
    pub language: Language,
    /// Whether it is tried on a made-up system.
    develops: bool,
}

impl Project {
    /// The plugin in a folder or in one above it.
    pub fn find(folder: &Path) -> Result<Self, Error> {
        let absolute = folder.canonicalize().map_err(Error::files("find", folder))?;
        let above = absolute.ancestors().find(|folder| folder.join("plugin.toml").is_file());
        let folder = above.ok_or_else(|| {
            Error::wrong(format!(
                "there is no plugin.toml in {} or above it; go to a plugin's folder, or begin one with \
                 `signalbox plugin new`",
                absolute.display()
            ))
        })?;
        let file = folder.join("plugin.toml");
        let text = fs::read_to_string(&file).map_err(Error::files("read", &file))?;
        let manifest = Manifest::parse(&text)
            .map_err(|problem| Error::wrong(format!("{} is wrong: {problem}", file.display())))?;
        let found: Vec<_> = Language::ALL.into_iter().filter(|it| folder.join(it.source()).is_file()).collect();
        let language = match found.as_slice() {
            [language] => *language,
            [] => {
                let sources: Vec<_> = Language::ALL.iter().map(|it| it.source()).collect();
                return Err(Error::wrong(format!(
                    "there are no sources in {}; a plugin begins with one of {}",
                    folder.display(),
                    sources.join(", ")
                )));
            }
            [first, second, ..] => {
                return Err(Error::wrong(format!(
                    "{} holds both {} and {}; a plugin is written in one language",
                    folder.display(),
                    first.source(),
                    second.source()
                )));
            }
        };
        Ok(Self { folder: folder.to_path_buf(), text, manifest, language, develops: false })
    }

    /// The same, tried as it is: where it imports WASI it is given a system that is made up, the same every time. No host
    /// has one, and [`check`](crate::check) says so whatever it is tried on.
    #[must_use]
    pub fn developing(self) -> Self {
        Self { develops: true, ..self }
    }

    pub(crate) fn as_installed(&self) -> Self {
        Self { develops: false, ..self.clone() }
    }

    /// A path below the folder.
    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// The component as it was built last.
    pub fn component(&self) -> Result<Vec<u8>, Error> {
        let file = self.at(COMPONENT);
        if !file.is_file() {
            return Err(Error::wrong(format!("there is no {}; run `signalbox plugin build` first", file.display())));
        }
        fs::read(&file).map_err(Error::files("read", &file))
    }

    /// The host with this plugin and no other, without anything compiled before.
    pub(crate) fn fresh_host(&self) -> Result<Host, Error> {
        let scratch = self.at(SCRATCH);
        match fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::files("empty", &scratch)(error));
            }
            Ok(()) | Err(_) => {}
        }
        self.open(&scratch)
    }

    /// The host with this plugin and no other.
    pub(crate) fn host(&self) -> Result<Host, Error> {
        let scratch = self.at(SCRATCH);
        // Every build is another component, and some are large: of the compiled ones only the newest is kept.
        let built = fs::metadata(self.at(COMPONENT)).and_then(|it| it.modified());
        let compiled = fs::metadata(&scratch).and_then(|it| it.modified());
        match (built, compiled) {
            (Ok(built), Ok(compiled)) if built > compiled => self.fresh_host(),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => self.open(&scratch),
        }
    }

    fn open(&self, cache: &Path) -> Result<Host, Error> {
        let plugin = Plugin {
            manifest: self.text.clone().into(),
            component: self.component()?.into(),
            settings: self.some_settings(),
            pin: None,
        };
        let config = Config { plugins: vec![plugin], ..Config::default() };
        let host = match self.develops {
            true => Host::develop(config, cache, Box::new(MadeUp)),
            false => Host::open(config, cache),
        };
        host.map_err(|refusals| Error::wrong(refusals.to_string()))
    }

    /// Settings that the manifest takes: each case has its own, and a host wants some to begin with.
    fn some_settings(&self) -> Map<String, Value> {
        let missing = self.manifest.config.iter().filter(|(_, setting)| setting.default.is_none());
        missing
            .map(|(name, setting)| {
                let some = match setting.holds {
                    Holds::Text => Value::from(""),
                    Holds::Number => Value::from(0),
                    Holds::Flag => Value::from(false),
                    Holds::List => Value::Array(Vec::new()),
                    Holds::Table => Value::Object(Map::new()),
                };
                (name.clone(), some)
            })
            .collect()
    }

    pub(crate) fn is_router(&self) -> bool {
        self.manifest.world == World::Router
    }
}
