//! A plugin from the registry to the decision it makes, and back out again.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use crate::depot::Depot;
use crate::program::{PATIENCE, World, complained, said, until};
use crate::repository::make;
use crate::site::Site;

const SETTINGS: &str = "
[[repositories]]
from = \"hello\"
name = \"acme/hello\"

[[repositories]]
from = \"other\"
name = \"acme/other\"

[plugins.trust]
keys = [\"acme.pub\"]
unsigned = []
";

/// A world with two repositories and the public key of those who publish.
fn world() -> World {
    let world = World::new("");
    for name in ["hello", "other"] {
        make(&world.path().join(name), &[("README.md", "# A repository\n")]);
    }
    world
}

/// The folder of a router that knows words, as its author has it.
fn written(world: &World, version: &str, more: &str) -> PathBuf {
    let shipped = signalbox_shipped::ALL.iter().find(|it| it.manifest.contains("id = \"keywords\"")).unwrap();
    let folder = world.path().join(format!("word-{version}"));
    fs::create_dir_all(&folder).unwrap();
    let manifest = shipped
        .manifest
        .replace("id = \"keywords\"", "id = \"acme/word\"")
        .replace("version = \"0.1.0\"", &format!("version = \"{version}\""));
    fs::write(folder.join("plugin.toml"), manifest + more).unwrap();
    fs::write(folder.join("word.wasm"), shipped.component).unwrap();
    folder
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}\n{}", said(output), complained(output));
    said(output)
}

#[track_caller]
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}\n{}", said(output), complained(output));
    complained(output)
}

/// Who had a say in where a request goes, `id@version` with what it said, of a request that is made now.
fn decided(world: &World, site: &Site, key: &str) -> String {
    let before = site.runs().unwrap().len();
    site.write(&site.room("general"), None, "the zebra crossing flickers, please mend it", key).unwrap();
    until("the request is decided on", PATIENCE, || {
        (site.runs().unwrap().len() > before).then_some(())?;
        let why = world.run(["why", "last"]);
        why.status.success().then(|| said(&why)).filter(|why| why.contains("keywords"))
    })
}

#[test]
fn a_plugin_comes_signed_does_what_it_was_granted_and_goes() {
    let Some(depot) = Depot::start() else { return };
    let world = world();
    let place = format!("oci://{}/acme/word", depot.address);
    let publish = |version: &str, more: &str| {
        let folder = written(&world, version, more);
        let words = ["plugin", "publish", &place, "--from", folder.to_str().unwrap(), "--key", "acme.key"];
        world.run(words)
    };
    let published = succeeded(&publish("1.0.0", ""));
    assert!(published.contains("Published acme/word 1.0.0 as oci://"), "{published}");
    let again = failed(&publish("1.0.0", ""));
    assert!(again.contains("is published already"), "{again}");

    // Nobody is trusted by itself, and what is not signed is not taken in.
    let first = format!("{place}:1.0.0");
    let error = failed(&world.run(["plugin", "add", &first]));
    assert!(error.contains("names no key"), "{error}");
    fs::write(world.path().join("signalbox.toml"), SETTINGS).unwrap();

    let (dispatcher, site) = world.serve();
    assert!(!decided(&world, &site, "1").contains("acme/word"));

    let added = succeeded(&world.run(["plugin", "add", &first]));
    assert!(added.contains("It is signed by acme.") && added.contains("- say where requests go"), "{added}");
    let settings = "\n[plugins.\"acme/word\".repositories]\n\"zebra crossing\" = \"acme/other\"\n";
    fs::write(world.path().join("signalbox.toml"), format!("{SETTINGS}{settings}")).unwrap();
    let error = failed(&world.run(["plugin", "enable", "acme/word"]));
    assert!(error.contains("signalbox plugin grant acme/word"), "{error}");
    let error = failed(&world.run(["plugin", "grant", "acme/word"]));
    assert!(error.contains("add --yes"), "{error}");
    succeeded(&world.run(["plugin", "grant", "acme/word", "--yes"]));
    assert!(!decided(&world, &site, "2").contains("acme/word"), "it is not asked before it is enabled");
    succeeded(&world.run(["plugin", "enable", "acme/word"]));
    let why = decided(&world, &site, "3");
    assert!(why.contains("acme/word@1.0.0") && why.contains("acme/other"), "{why}");

    // A version that wants more is not loaded, whatever it is signed with.
    succeeded(&publish("1.1.0", "\n[limits]\nfuel = 100000000\n"));
    let error = failed(&world.run(["plugin", "update", "acme/word"]));
    assert!(error.contains("asks for more than acme/word was granted"), "{error}");
    assert!(error.contains("- use 100 million instructions a call instead of 50 million"), "{error}");
    assert!(error.contains("signalbox plugin grant acme/word"), "{error}");
    assert!(decided(&world, &site, "4").contains("acme/word@1.0.0"));
    let granted = succeeded(&world.run(["plugin", "grant", "acme/word", "--yes"]));
    assert!(granted.contains("acme/word 1.1.0 is asked now, in place of 1.0.0"), "{granted}");
    assert!(decided(&world, &site, "5").contains("acme/word@1.1.0"));

    succeeded(&world.run(["plugin", "rollback", "acme/word"]));
    assert!(decided(&world, &site, "6").contains("acme/word@1.0.0"));
    let info = succeeded(&world.run(["plugin", "info", "acme/word"]));
    assert!(info.contains("Granted by") && info.contains("Before it: 1.1.0"), "{info}");
    succeeded(&world.run(["plugin", "disable", "acme/word"]));
    assert!(!decided(&world, &site, "7").contains("acme/word"));
    let list = succeeded(&world.run(["plugin", "list"]));
    assert!(list.lines().any(|line| line.contains("acme/word") && line.contains("not asked")), "{list}");

    // What came with the program can be left out, too.
    assert!(decided(&world, &site, "8").contains("channel@"));
    let error = failed(&world.run(["plugin", "disable", "channel", "--remove"]));
    assert!(error.contains("channel comes with signalbox"), "{error}");
    succeeded(&world.run(["plugin", "disable", "channel"]));
    assert!(!decided(&world, &site, "9").contains("channel@"));
    let list = succeeded(&world.run(["plugin", "list"]));
    assert!(list.lines().any(|line| line.starts_with("channel ") && line.contains("not asked")), "{list}");
    succeeded(&world.run(["plugin", "enable", "channel"]));
    assert!(decided(&world, &site, "10").contains("channel@"));
    dispatcher.end();
}

#[test]
fn a_lock_that_was_changed_by_hand_lets_nothing_start() {
    let world = world();
    let folder = written(&world, "1.0.0", "");
    succeeded(&world.run(["plugin", "add", folder.to_str().unwrap()]));
    succeeded(&world.run(["plugin", "grant", "acme/word", "--yes"]));
    let lock = world.path().join("signalbox.lock");
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, text.replace("enabled = false", "enabled = true")).unwrap();
    let error = failed(&world.run(["plugin", "list"]));
    assert!(error.contains("was changed by hand"), "{error}");
    let error = failed(&world.run(["serve", "--listen", "127.0.0.1:0"]));
    assert!(error.contains("was changed by hand"), "{error}");
}

#[test]
fn a_file_that_was_changed_lets_nothing_start() {
    let world = world();
    let folder = written(&world, "1.0.0", "");
    succeeded(&world.run(["plugin", "add", folder.to_str().unwrap()]));
    succeeded(&world.run(["plugin", "grant", "acme/word", "--yes"]));
    succeeded(&world.run(["plugin", "enable", "acme/word"]));
    for entry in fs::read_dir(world.data().join("plugins/files")).unwrap().flatten() {
        let mut bytes = fs::read(entry.path()).unwrap();
        bytes[100] ^= 1;
        fs::write(entry.path(), bytes).unwrap();
    }
    let error = failed(&world.run(["serve", "--listen", "127.0.0.1:0"]));
    assert!(error.contains("acme/word 1.0.0 was not loaded") && error.contains("was changed"), "{error}");
}

#[test]
fn a_bundle_opens_where_nothing_is_compiled_and_only_as_it_was_bundled() {
    let world = world();
    let folder = written(&world, "1.0.0", "");
    succeeded(&world.run(["plugin", "add", folder.to_str().unwrap()]));
    succeeded(&world.run(["plugin", "grant", "acme/word", "--yes"]));
    succeeded(&world.run(["plugin", "enable", "acme/word"]));
    let words = ["plugin", "bundle", "--target", std::env::consts::ARCH, "--out", "packed"];
    let bundled = succeeded(&world.run(words));
    assert!(bundled.contains("Bundled 12 plugins for"), "{bundled}");
    let packed = world.path().join("packed");
    let lock = fs::read_to_string(packed.join("signalbox.lock")).unwrap();
    assert!(lock.contains(&format!("\"{}\" = \"sha256:", signalbox_plugin_host::target())), "{lock}");

    let open = || {
        let config = signalbox_plugin_host::bundle::open(&packed).unwrap();
        assert!(config.plugins.iter().all(|plugin| plugin.component.is_empty()));
        signalbox_plugin_host::Host::open(config, &signalbox_plugin_host::bundle::compiled(&packed)).map(drop)
    };
    open().unwrap();
    let compiled = fs::read_dir(packed.join("compiled")).unwrap().flatten().map(|entry| entry.path());
    let file = compiled.into_iter().find(|path| path.extension().is_some_and(|it| it == "cwasm")).unwrap();
    let bytes = fs::read(&file).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    fs::write(&file, flipped).unwrap();
    let refused = open().unwrap_err().to_string();
    assert!(refused.contains("is not the one that was pinned"), "{refused}");
    fs::remove_file(&file).unwrap();
    let refused = open().unwrap_err().to_string();
    assert!(refused.contains("to run without compiling"), "{refused}");
}
