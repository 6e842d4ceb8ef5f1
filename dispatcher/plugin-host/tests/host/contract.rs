//! The contract in `wit/`: everything in it is said in words, what was released stays as it was, and what is released
//! next only adds.

use std::fs;
use std::path::{Path, PathBuf};

use wit_component::semver_check;
use wit_parser::{Docs, Interface, PackageId, Resolve, TypeDefKind, WorldItem};

/// The versions of the track that were released, oldest first. The last is what `wit/` says.
const RELEASED: &[&str] = &["0.1.0"];
const WORLDS: [&str; 2] = ["router-plugin", "prefetcher-plugin"];

fn wit() -> PathBuf {
    Path::new("../../wit").to_path_buf()
}

fn released(version: &str) -> PathBuf {
    wit().join("released").join(version)
}

fn read(folder: &Path) -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder).unwrap();
    (resolve, package)
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "wit"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_released_file_does_not_change() {
    let (resolve, package) = read(&wit());
    let version = resolve.packages[package].name.version.clone().unwrap().to_string();
    assert_eq!(RELEASED.last().copied(), Some(version.as_str()), "write the new version into RELEASED");
    assert!(
        files(&wit()) == files(&released(&version)),
        "wit/ is not what was released as {version}: raise the version in every file of it, and copy them to \
         wit/released/<version>/. Within the track only imports and functions of theirs may be added"
    );
}

/// Whether a plugin of the older package still fits the newer: what it imports is still there, and what it exports is
/// still what is called.
fn fits(older: &Path, newer: &Path) -> Result<(), String> {
    for world in WORLDS {
        let (mut resolve, old) = read(older);
        let (other, new) = read(newer);
        let moved = resolve.merge(other).unwrap();
        let new = moved.packages[new.index()];
        let world_of = |package| resolve.select_world(&[package], Some(world)).unwrap();
        let (old, new) = (world_of(old), world_of(new));
        semver_check(resolve, old, new).map_err(|error| format!("{world}: {error:#}"))?;
    }
    Ok(())
}

#[test]
fn what_is_released_next_only_adds() {
    for pair in RELEASED.windows(2) {
        assert_eq!(fits(&released(pair[0]), &released(pair[1])), Ok(()), "{} is a new track", pair[1]);
    }
}

/// The current package with something changed, as the next version of it.
fn changed(name: &str, change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files(&wit()) {
        let text = text.replace("@0.1.0", "@0.1.1");
        let text = if file == name { change(&text) } else { text };
        fs::write(folder.path().join(file), text).unwrap();
    }
    folder
}

#[test]
fn the_gate_lets_additions_through_and_nothing_else() {
    let more = changed("log.wit", |text| {
        text.replace("    write: func", "    enabled: func(level: level) -> bool;\n    write: func")
    });
    assert_eq!(fits(&wit(), more.path()), Ok(()), "a function of log may be added");
    for (file, from, to) in [
        ("types.wit", "        seed: u64,", "        seed: u64,\n        mood: string,"),
        ("types.wit", "        admin,", "        admin,\n        owner,"),
        ("router.wit", "        score: u16,", "        score: u32,"),
        ("router.wit", "    route: func(event: event, config: string)", "    route: func(event: event)"),
        ("router.wit", "    route: func", "    explain: func() -> string;\n    route: func"),
        ("log.wit", "    write: func(level: level, message: string);", ""),
    ] {
        let other = changed(file, |text| {
            assert!(text.contains(from), "{file} has no {from:?}");
            text.replacen(from, to, 1)
        });
        assert!(fits(&wit(), other.path()).is_err(), "{file}: {from:?} became {to:?}");
    }
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "a new kind of type is told by the panic")]
fn everything_in_the_contract_is_said_in_words() {
    let (resolve, package) = read(&wit());
    let mut silent = Vec::new();
    let mut check = |name: String, docs: &Docs| {
        if docs.contents.as_deref().is_none_or(|it| it.trim().is_empty()) {
            silent.push(name);
        }
    };
    for (name, id) in &resolve.packages[package].interfaces {
        let interface: &Interface = &resolve.interfaces[*id];
        check(name.clone(), &interface.docs);
        for (function, it) in &interface.functions {
            check(format!("{name}.{function}"), &it.docs);
        }
        for (ty, id) in &interface.types {
            let it = &resolve.types[*id];
            let mut parts: Vec<(&str, &Docs)> = Vec::new();
            match &it.kind {
                TypeDefKind::Record(record) => {
                    parts.extend(record.fields.iter().map(|it| (it.name.as_str(), &it.docs)))
                }
                TypeDefKind::Variant(variant) => {
                    parts.extend(variant.cases.iter().map(|it| (it.name.as_str(), &it.docs)))
                }
                TypeDefKind::Enum(all) => parts.extend(all.cases.iter().map(|it| (it.name.as_str(), &it.docs))),
                // Used from another interface, where it is looked at.
                TypeDefKind::Type(_) => continue,
                other => panic!("{name}.{ty}: nobody checks the words of {other:?}"),
            }
            check(format!("{name}.{ty}"), &it.docs);
            parts.into_iter().for_each(|(part, docs)| check(format!("{name}.{ty}.{part}"), docs));
        }
    }
    for (name, id) in &resolve.packages[package].worlds {
        let world = &resolve.worlds[*id];
        check(name.clone(), &world.docs);
        assert!(world.imports.values().all(|it| matches!(it, WorldItem::Interface { .. })), "{name}");
    }
    assert!(silent.is_empty(), "nothing is said of {}", silent.join(", "));
}
