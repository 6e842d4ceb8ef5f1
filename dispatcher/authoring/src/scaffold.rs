//! A plugin to begin with: it builds, its cases hold, and it is a model to write one's own by.

use std::fs;
use std::path::{Path, PathBuf};

use signalbox_plugin_host::manifest::{Manifest, World};

use crate::error::Error;
use crate::language::{self, Language};
use crate::project::Project;
use crate::sdk;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../templates/", $path))
    };
}

/// What to begin.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its id: `word`, or `acme/word`.
    pub id: String,
    /// What to write it in.
    pub language: Language,
    /// What it is.
    pub world: World,
}

/// Begins a plugin in a new folder below `parent`, which is named as the plugin, and gives that folder.
pub fn create(parent: &Path, plan: &Plan) -> Result<PathBuf, Error> {
    let manifest = manifest(plan);
    Manifest::parse(&manifest).map_err(Error::wrong)?;
    let name = plan.id.rsplit('/').next().unwrap_or(&plan.id);
    let folder = parent.join(name);
    if folder.exists() {
        return Err(Error::wrong(format!("{} is there already; take another name", folder.display())));
    }
    let mut files = vec![
        ("plugin.toml", manifest),
        ("README.md", fill(template!("README.md"), plan)),
        (".gitignore", template!("gitignore").to_string()),
    ];
    files.extend(cases(plan.world).into_iter().map(|(path, text)| (path, text.to_string())));
    files.extend(sources(plan).into_iter().map(|(path, text)| (path, fill(text, plan))));
    for (path, text) in files {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(Error::files("make", parent))?;
        fs::write(&file, text).map_err(Error::files("write", &file))?;
    }
    sdk::write(&folder.join("sdk"), plan.language, plan.world)?;
    Ok(folder)
}

/// Replaces the SDK in a plugin's folder by the one of this program.
pub fn renew(project: &Project) -> Result<(), Error> {
    let sdk = project.at("sdk");
    if sdk.exists() {
        fs::remove_dir_all(&sdk).map_err(Error::files("empty", &sdk))?;
    }
    sdk::write(&sdk, project.language, project.manifest.world)
}

fn manifest(plan: &Plan) -> String {
    let manifest = match plan.world {
        World::Router => template!("router/plugin.toml"),
        World::Prefetcher => template!("prefetcher/plugin.toml"),
    };
    let limits = match plan.language {
        Language::Rust | Language::JavaScript => "",
        Language::Python => template!("python/limits.toml"),
    };
    fill(&format!("{manifest}{limits}"), plan)
}

fn cases(world: World) -> [(&'static str, &'static str); 2] {
    match world {
        World::Router => [
            ("cases/event.json", template!("router/cases/event.json")),
            ("cases/word.json", template!("router/cases/word.json")),
        ],
        World::Prefetcher => [
            ("cases/event.json", template!("prefetcher/cases/event.json")),
            ("cases/runbook.json", template!("prefetcher/cases/runbook.json")),
        ],
    }
}

fn sources(plan: &Plan) -> Vec<(&'static str, &'static str)> {
    match (plan.language, plan.world) {
        (Language::Rust, World::Router) => vec![
            ("Cargo.toml", template!("rust/Cargo.toml")),
            ("Cargo.lock", template!("rust/Cargo.lock")),
            ("src/lib.rs", template!("rust/router/lib.rs")),
            ("src/component.rs", template!("rust/router/component.rs")),
        ],
        (Language::Rust, World::Prefetcher) => vec![
            ("Cargo.toml", template!("rust/Cargo.toml")),
            ("Cargo.lock", template!("rust/Cargo.lock")),
            ("src/lib.rs", template!("rust/prefetcher/lib.rs")),
            ("src/component.rs", template!("rust/prefetcher/component.rs")),
        ],
        (Language::JavaScript, World::Router) => vec![
            ("src/plugin.js", template!("javascript/router.js")),
            ("jsconfig.json", template!("javascript/jsconfig.json")),
        ],
        (Language::JavaScript, World::Prefetcher) => vec![
            ("src/plugin.js", template!("javascript/prefetcher.js")),
            ("jsconfig.json", template!("javascript/jsconfig.json")),
        ],
        (Language::Python, World::Router) => vec![
            ("src/plugin.py", template!("python/router.py")),
            ("pyproject.toml", template!("python/pyproject.toml")),
        ],
        (Language::Python, World::Prefetcher) => vec![
            ("src/plugin.py", template!("python/prefetcher.py")),
            ("pyproject.toml", template!("python/pyproject.toml")),
        ],
    }
}

fn fill(text: &str, plan: &Plan) -> String {
    text.replace("{{id}}", &plan.id)
        .replace("{{crate}}", &plan.id.replace('/', "-"))
        .replace("{{world}}", language::word(plan.world))
        .replace("{{source}}", plan.language.source())
}
