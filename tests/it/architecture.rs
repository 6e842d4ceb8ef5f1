//! The dependency rule, kept: who may know whom, who may hold what is heavy, and whose names are nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Whom each crate of the dispatcher and each plugin knows, of ours: arrows point down.
const EDGES: [(&str, &[&str]); 28] = [
    ("domain", &[]),
    ("workflow", &["domain"]),
    ("ports", &["domain"]),
    ("engine", &["domain", "ports", "workflow"]),
    // What every edge, and every chat, has to be careful of in the same way.
    ("posting", &["domain"]),
    ("webhook", &["domain", "ports", "posting"]),
    // Adapters know the ports they fill, and no other adapter.
    ("console", &["domain", "ports"]),
    ("git", &["domain", "ports"]),
    ("ingress", &["domain", "ports"]),
    ("plugin-host", &["domain", "ports"]),
    ("address", &[]),
    ("web", &["address", "ports"]),
    // What a lock holds a plugin to is what the host checks: its manifest, its grants, its pin.
    ("registry", &["domain", "plugin-host"]),
    // What an author tries is tried in the host that will run it.
    ("authoring", &["domain", "plugin-host"]),
    ("sqlite", &["domain", "ports"]),
    ("slack", &["domain", "ports", "posting", "webhook"]),
    ("github", &["domain", "ports", "posting", "webhook"]),
    // The runner is no adapter: it is the program inside the boxes that the sandbox makes.
    ("runner", &["agents", "domain", "gateway", "workflow"]),
    ("sandbox", &["domain", "ports", "runner"]),
    // The way out of a box: it can be had without the rest, and by a broker.
    ("gateway", &["address"]),
    // What other people's agents print: it changes with their versions, and is tried without a box.
    ("agents", &["domain"]),
    // The other side of an adapter: it knows the protocol, and nothing of ours.
    ("world-slack", &[]),
    ("world-github", &[]),
    ("world-model", &[]),
    // The guest's side: no host crate at all.
    ("plugin", &[]),
    ("shipped", &[]),
    // Guests that mean no good.
    ("hostile-router", &["plugin"]),
    ("hostile-prefetcher", &["plugin"]),
];

/// Mains: nothing of the dispatcher depends on them.
const MAINS: [&str; 1] = ["cli"];

/// Who may hold what is heavy, or leads outside.
const HEAVY: [(&str, &[&str]); 16] = [
    ("wasmtime", &["plugin-host"]),
    // A system is made up for authors, and for nobody else.
    ("wasmtime-wasi", &["authoring"]),
    ("rusqlite", &["sqlite"]),
    ("hakoniwa", &["runner"]),
    ("landlock", &["runner"]),
    ("saphyr", &["workflow"]),
    ("cel", &["workflow"]),
    ("jsonschema", &["workflow", "world-github"]),
    ("slack-morphism", &["slack"]),
    ("octocrab", &["github"]),
    ("oci-client", &["registry"]),
    ("wit-bindgen", &["plugin"]),
    ("clap", &["cli"]),
    ("axum", &["cli", "console", "git", "github", "ingress", "slack", "webhook", "world-model", "world-slack"]),
    ("ureq", &["cli", "runner", "world-github"]),
    (
        "tokio",
        &[
            "cli",
            "console",
            "engine",
            "gateway",
            "git",
            "github",
            "ingress",
            "registry",
            "runner",
            "sandbox",
            "slack",
            "web",
            "world-github",
            "world-model",
            "world-slack",
        ],
    ),
];

/// Vendors' names, and the crate that is theirs: elsewhere only the mains, the worlds and the tests name them.
const VENDORS: [(&str, &str); 8] = [
    ("slack", "slack"),
    ("octocrab", "github"),
    ("github", "github"),
    ("gitlab", "gitlab"),
    ("dynamodb", "aws"),
    ("aws", "aws"),
    ("lambda", "lambda"),
    ("bedrock", "aws"),
];

/// Everything the default members must never compile.
const SLOW: [&str; 6] = ["wasmtime", "rusqlite", "aws-sdk-", "slack-morphism", "octocrab", "lambda_"];

fn metadata() -> Metadata {
    let manifest = root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).exec().expect("cargo metadata")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A crate's name without our prefix; nothing for crates that are not ours.
fn ours(name: &str) -> Option<&str> {
    name.strip_prefix("signalbox-")
}

/// Whether a crate is a test or a measurement: those know whatever they look at.
fn is_test(package: &Package) -> bool {
    let folder = package.manifest_path.components().rev().nth(2);
    folder.is_some_and(|folder| ["tests", "bench"].contains(&folder.as_str()))
}

/// Whether a crate may name a vendor.
fn names(name: &str, home: &str) -> bool {
    name == home || MAINS.contains(&name) || name.strip_prefix("world-").is_some()
}

fn needs(package: &Package) -> BTreeSet<&str> {
    let built = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    built.map(|dependency| dependency.name.as_str()).collect()
}

#[test]
fn every_crate_knows_only_what_is_below_it() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        EDGES.iter().map(|(name, edges)| (*name, edges.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    let mut edges = 0;
    for package in metadata.workspace_packages().into_iter().filter(|package| !is_test(package)) {
        let name = ours(&package.name).expect("every member has our prefix");
        let known: BTreeSet<&str> = needs(package).into_iter().filter_map(ours).collect();
        edges += known.len();
        let main = known.iter().find(|other| MAINS.contains(other));
        wrong.extend(main.map(|main| format!("{name} depends on {main}, a main")));
        if MAINS.contains(&name) {
            continue;
        }
        let plugin: BTreeSet<&str> = BTreeSet::from(["plugin"]);
        match allowed.get(name).or_else(|| name.starts_with("plugin-").then_some(&plugin)) {
            Some(allowed) if *allowed == known => {}
            Some(allowed) => wrong.push(format!("{name} knows {known:?}; the table says {allowed:?}")),
            None => wrong.push(format!("{name} is not in the table: give it a line, and say why it is a crate")),
        }
    }
    println!("architecture: {edges} edges between {} crates", metadata.workspace_packages().len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_heavy_has_one_home() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages().into_iter().filter(|package| !is_test(package)) {
        let name = ours(&package.name).unwrap_or(&package.name);
        for dependency in needs(package) {
            let home = HEAVY.iter().find(|(heavy, _)| *heavy == dependency);
            if home.is_some_and(|(_, homes)| !homes.contains(&name)) {
                wrong.push(format!("{name} holds {dependency}"));
            }
            let vendor = VENDORS.iter().find(|(vendor, _)| dependency.contains(*vendor));
            if vendor.is_some_and(|(_, home)| !names(name, home)) {
                wrong.push(format!("{name} holds {dependency}, a vendor's"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_fast_loop_compiles_nothing_slow() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("a whole resolution was asked for");
    let members: BTreeSet<_> = metadata.workspace_default_packages().iter().map(|package| &package.id).collect();
    let mut reached: BTreeSet<_> = members.clone();
    let mut open: Vec<_> = members.iter().copied().collect();
    while let Some(id) = open.pop() {
        let Some(node) = resolve.nodes.iter().find(|node| node.id == *id) else { continue };
        for dependency in &node.deps {
            let built = dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            if (built || members.contains(id)) && reached.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    let names: BTreeSet<&str> = metadata
        .packages
        .iter()
        .filter(|package| reached.contains(&package.id))
        .map(|package| &**package.name)
        .collect();
    assert!(names.contains("signalbox-engine") && names.len() > 50, "{names:?}");
    let slow: Vec<_> = names.iter().filter(|name| SLOW.iter().any(|slow| name.starts_with(slow))).collect();
    println!("architecture: the default members reach {} crates, none of them slow", names.len());
    assert!(slow.is_empty(), "the default members reach {slow:?}");
}

#[test]
fn folders_are_named_as_crates_and_none_is_a_drawer() {
    for package in metadata().workspace_packages() {
        let name = ours(&package.name).expect("every member has our prefix");
        let folder = package.manifest_path.parent().and_then(|folder| folder.file_name()).unwrap_or_default();
        let kinds = ["plugin-", "world-", "bench-", "hostile-"];
        let kind = kinds.iter().find_map(|kind| name.strip_prefix(kind)).filter(|_| name != "plugin-host");
        let called = kind.unwrap_or(name);
        assert!(called == folder || (called == "plugin" && folder == "sdk"), "{name} is in the folder {folder}");
        assert!(!["common", "utils", "util", "shared", "types", "helpers", "core"].contains(&name), "{name}");
    }
}

/// Every text below a folder with one of these endings, with its path.
fn texts(folder: &Path, endings: &[&str], found: &mut Vec<(PathBuf, String)>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            texts(&path, endings, found);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            let text = std::fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
}

#[test]
fn no_vendor_is_named_outside_its_own_crate() {
    let mut found = Vec::new();
    let metadata = metadata();
    for package in metadata.workspace_packages().into_iter().filter(|package| !is_test(package)) {
        let name = ours(&package.name).unwrap_or(&package.name);
        let folder = package.manifest_path.parent().expect("a folder").join("src");
        let mut theirs = Vec::new();
        texts(folder.as_std_path(), &["rs", "js", "html", "css", "wit"], &mut theirs);
        found.extend(theirs.into_iter().map(|(path, text)| (name, path, text)));
    }
    let mut contract = Vec::new();
    texts(&root().join("wit"), &["wit"], &mut contract);
    found.extend(contract.into_iter().map(|(path, text)| ("wit", path, text)));
    let mut named = Vec::new();
    for (name, path, text) in &found {
        for (number, line) in (1..).zip(text.lines()) {
            // Names of files in repositories are no vendor's name.
            let line = line.to_lowercase().replace(".github/", "");
            let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).collect();
            named.extend(
                VENDORS
                    .iter()
                    .filter(|(vendor, home)| words.contains(vendor) && !names(name, home))
                    .map(|(vendor, _)| format!("{}:{number} names {vendor}", path.display())),
            );
        }
    }
    println!("architecture: {} files name no vendor", found.len());
    assert!(found.len() > 100 && named.is_empty(), "{}", named.join("\n"));
}

#[test]
fn what_decides_cannot_reach_the_world() {
    let source = |name: &str| {
        let mut found = Vec::new();
        texts(&root().join("dispatcher").join(name).join("src"), &["rs"], &mut found);
        assert!(found.len() > 10);
        found
    };
    let lib = std::fs::read_to_string(root().join("dispatcher/domain/src/lib.rs")).expect("lib.rs");
    assert!(lib.contains("#![no_std]"), "domain is no_std");
    for (path, text) in source("domain") {
        for word in ["extern crate std", "async fn", ".await", "std::"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
    let reaches = ["tokio", "async fn", ".await", "std::fs", "std::env", "std::net", "std::process", "std::time"];
    for (path, text) in source("workflow") {
        for word in reaches {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
    let metadata = metadata();
    let domain = metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == "signalbox-domain");
    let domain = domain.expect("the domain");
    assert_eq!(needs(domain), BTreeSet::from(["serde", "serde_json", "sha2"]));
}
