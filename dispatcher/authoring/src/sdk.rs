//! The SDKs, whole, as they go into a plugin's folder: there is nothing to download for it, and it is of this very
//! version.

use std::fs;
use std::path::Path;

use signalbox_plugin_host::manifest::World;

use crate::contract::WIT;
use crate::error::Error;
use crate::language::Language;
use crate::typescript;

macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../plugins/", $folder, "/", $path)))),*]
    };
}

const RUST: &[(&str, &str)] = files!("sdk":
    "src/arena.rs", "src/bindings.rs", "src/config.rs", "src/export.rs", "src/lib.rs", "src/log.rs", "src/path.rs", "src/talk.rs", "src/testing.rs", "src/text.rs",
);
const RUST_MANIFEST: &str = include_str!("../templates/rust/sdk.toml");
const JAVASCRIPT: &[(&str, &str)] = files!("sdk-js":
    "errors.js", "log.js", "prefetcher.js", "router.js", "component/prefetcher.js", "component/router.js",
);
const PYTHON: &[(&str, &str)] = files!("sdk-python":
    "requirements.txt", "signalbox/__init__.py", "signalbox/errors.py", "signalbox/log.py", "signalbox/prefetcher.py",
    "signalbox/router.py", "component/prefetcher.py", "component/router.py",
);

/// Writes the SDK and the contract into the folder `sdk`, whatever was there.
pub(crate) fn write(sdk: &Path, language: Language, world: World) -> Result<(), Error> {
    for (path, text) in files(language, world)? {
        let file = sdk.join(path);
        let folder = file.parent().unwrap_or(sdk);
        fs::create_dir_all(folder).map_err(Error::files("make", folder))?;
        fs::write(&file, text).map_err(Error::files("write", &file))?;
    }
    Ok(())
}

fn files(language: Language, world: World) -> Result<Vec<(String, String)>, Error> {
    let this = crate::language::word(world);
    let other = match world {
        World::Router => "prefetcher",
        World::Prefetcher => "router",
    };
    let mut files: Vec<(String, String)> =
        WIT.iter().map(|(name, text)| (format!("wit/{name}"), (*text).to_string())).collect();
    let sources = match language {
        Language::Rust => RUST,
        Language::JavaScript => JAVASCRIPT,
        Language::Python => PYTHON,
    };
    for (path, text) in sources {
        let stem = path.rsplit('/').next().and_then(|name| name.split('.').next());
        // A Rust crate has both worlds; of the others a plugin gets the one it is of.
        if language != Language::Rust && stem == Some(other) {
            continue;
        }
        let path = path.replace(&format!("component/{this}."), "component.");
        files.push((path, (*text).to_string()));
    }
    match language {
        Language::Rust => files.push(("Cargo.toml".into(), RUST_MANIFEST.into())),
        Language::JavaScript => files.push(("contract.d.ts".into(), typescript::declare(world)?)),
        Language::Python => {}
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every source below a folder, by its path from there.
    fn below(root: &Path, ending: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![root.to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let hidden = path.file_name().is_some_and(|it| it == "wit" || it == "compiler" || it == "__pycache__");
                if path.is_dir() && !hidden {
                    open.push(path);
                } else if path.extension().is_some_and(|it| it == ending) {
                    found.push(path.strip_prefix(root).unwrap().display().to_string());
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn no_source_of_an_sdk_is_left_behind() {
        for (folder, ending, known) in [("sdk", "rs", RUST), ("sdk-js", "js", JAVASCRIPT), ("sdk-python", "py", PYTHON)]
        {
            let mut known: Vec<_> =
                known.iter().map(|(path, _)| (*path).to_string()).filter(|it| it.ends_with(ending)).collect();
            known.sort();
            assert_eq!(below(&Path::new("../../plugins").join(folder), ending), known);
        }
    }

    #[test]
    fn a_plugins_sdk_is_built_with_the_versions_of_this_workspace() {
        let workspace: toml::Table = fs::read_to_string("../../Cargo.toml").unwrap().parse().unwrap();
        let sdk: toml::Table = RUST_MANIFEST.parse().unwrap();
        for (name, dependency) in sdk["dependencies"].as_table().unwrap() {
            let ours = &workspace["workspace"]["dependencies"][name]["version"];
            assert_eq!(dependency["version"], *ours, "{name}");
        }
    }
}
