//! Where requests went and what was gathered for them, looked at afterwards: shown, made again, tried with another version.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::program::{PATIENCE, World, able, complained, said, until};
use crate::repository::{bare, git, make};
use crate::serve;
use crate::site::Site;

#[track_caller]
fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}\n{}", said(output), complained(output));
    said(output)
}

#[track_caller]
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}\n{}", said(output), complained(output));
    said(output) + &complained(output)
}

#[test]
fn what_the_agent_knew_is_shown_to_the_byte_and_gathered_again_without_the_world() {
    if !able() {
        return;
    }
    // The agent commits what it was given, so that it can be compared.
    let settings = serve::settings("cp \"$SIGNALBOX_IN/context.md\" knew.md; sh agent.sh");
    let guide = ("AGENTS.md", "Be brief.<!-- and obey -->\n");
    let world = serve::world(&settings, &[guide]);
    let (dispatcher, _) = world.serve();
    succeeded(&world.run(["ask", "make the greeting friendlier", "--room", "web"]));
    until("it is ready", PATIENCE, || said(&world.run(["show", "last"])).contains("Ready for review").then_some(()));

    let shown = succeeded(&world.run(["context", "last"]));
    println!("{shown}");
    assert!(shown.contains("  1  AGENTS.md · 3 tokens · reviewed\n"), "{shown}");
    assert!(shown.contains(":AGENTS.md, brought by repo-guide@0.1.0\n"), "{shown}");
    let given = succeeded(&world.run(["context", "last", "--prompt"]));
    assert!(given.contains("Be brief.") && !given.contains("obey"), "{given}");
    let forge = bare(&world.data(), "acme/hello");
    let branches = git(&forge, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    let branch = branches.lines().find(|branch| *branch != "main").unwrap();
    assert_eq!(git(&forge, &["show", &format!("{branch}:knew.md")]), given.trim_end(), "the bytes it was given");
    let whole: Value = serde_json::from_str(&succeeded(&world.run(["context", "last", "--json"]))).unwrap();
    assert_eq!(whole["pieces"][0]["text"], "Be brief.");
    assert_eq!(whole["given"], given);

    let again = succeeded(&world.run(["route", "replay", "--all"]));
    assert_eq!(again, "1 runs: 1 decisions and 1 prefetches made again. Differences: none\n");
    dispatcher.end();

    // Set otherwise, a prefetcher asks for what nobody asked for then: it is not fetched now either.
    fs::write(world.path().join("signalbox.toml"), format!("{settings}\n[plugins.thread]\nmessages = 7\n")).unwrap();
    let diverged = failed(&world.run(["route", "replay", "--all"]));
    println!("{diverged}");
    let asked = "diverged at round 1: it asked for the last 7 messages of the conversation, which nobody did then \
                 (thread@0.1.0); nothing was fetched";
    assert!(diverged.contains(asked), "{diverged}");
    assert!(diverged.contains("Differences: 1\n"), "{diverged}");
    // What was given then stays what it was.
    assert_eq!(succeeded(&world.run(["context", "last", "--prompt"])), given);
}

/// A router of that version that takes the zebra crossing for the business of `place`.
fn written(world: &World, version: &str, place: &str) -> PathBuf {
    let shipped = signalbox_shipped::ALL.iter().find(|it| it.manifest.contains("id = \"keywords\"")).unwrap();
    let folder = world.path().join(format!("word-{version}"));
    fs::create_dir_all(&folder).unwrap();
    let manifest = shipped
        .manifest
        .replace("id = \"keywords\"", "id = \"acme/word\"")
        .replace("version = \"0.1.0\"", &format!("version = \"{version}\""))
        .replacen("default = {}", &format!("default = {{ \"zebra crossing\" = \"{place}\" }}"), 1);
    fs::write(folder.join("plugin.toml"), manifest).unwrap();
    fs::write(folder.join("word.wasm"), shipped.component).unwrap();
    folder
}

/// Why a request that is made now in that room goes where it goes.
fn asked(world: &World, site: &Site, room: &str) -> String {
    let before = site.runs().unwrap().len();
    let key = format!("{room}-{before}");
    site.write(&site.room(room), None, "the zebra crossing flickers, please mend it", &key).unwrap();
    until("the request is decided on", PATIENCE, || {
        (site.runs().unwrap().len() > before).then_some(())?;
        let why = world.run(["why", "last"]);
        why.status.success().then(|| said(&why)).filter(|why| why.contains("I chose"))
    })
}

#[test]
fn another_version_looks_on_then_decides_in_one_room_then_everywhere_and_goes_back() {
    let settings = "[[rooms]]\nname = \"general\"\n\n[[rooms]]\nname = \"lab\"\n\n[[repositories]]\nfrom = \"hello\"\n\
                    name = \"acme/hello\"\n\n[[repositories]]\nfrom = \"other\"\nname = \"acme/other\"\n";
    let world = World::new(settings);
    for name in ["hello", "other"] {
        make(&world.path().join(name), &[("README.md", "# A repository\n")]);
    }
    let (first, second) = (written(&world, "1.0.0", "acme/hello"), written(&world, "2.0.0", "acme/other"));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    succeeded(&world.run(["plugin", "add", first]));
    succeeded(&world.run(["plugin", "grant", "acme/word", "--yes"]));
    succeeded(&world.run(["plugin", "enable", "acme/word"]));
    let (dispatcher, site) = world.serve();
    let goes = |room: &str, place: &str, version: &str| {
        let why = asked(&world, &site, room);
        assert!(why.contains(&format!("I chose {place}")), "{room}: {why}");
        assert!(why.contains(&format!("router acme/word@{version}")), "{room}: {why}");
    };
    goes("general", "acme/hello", "1.0.0");

    // A folder that is on this machine, before anything is let in.
    let diff = succeeded(&world.run(["route", "diff", &format!("acme/word={second}")]));
    println!("{diff}");
    assert!(diff.contains("went to acme/hello, build, and would go to acme/other, build: "), "{diff}");
    assert!(diff.contains("With acme/word@2.0.0, 1 of 1 recorded decisions would have been others\n"), "{diff}");

    // It looks on: the version before decides.
    let shadowed = succeeded(&world.run(["plugin", "update", "acme/word", second, "--shadow"]));
    println!("{shadowed}");
    goes("general", "acme/hello", "1.0.0");
    let shadow = succeeded(&world.run(["route", "shadow"]));
    println!("{shadow}");
    assert!(shadow.contains("with acme/word@2.0.0 it would have gone to acme/other, build"), "{shadow}");
    assert!(
        shadow.contains("acme/word@2.0.0 looked on at 1 decisions and would have made 1 of them otherwise"),
        "{shadow}"
    );

    // It decides in one room, and there alone.
    succeeded(&world.run(["plugin", "enable", "acme/word", "--room", "lab"]));
    goes("lab", "acme/other", "2.0.0");
    goes("general", "acme/hello", "1.0.0");
    // One command goes back, and lets what was tried in nowhere; the same once more tries it again.
    let back = succeeded(&world.run(["plugin", "rollback", "acme/word"]));
    println!("{back}");
    goes("lab", "acme/hello", "1.0.0");
    succeeded(&world.run(["plugin", "rollback", "acme/word"]));
    // Then everywhere; and back.
    succeeded(&world.run(["plugin", "enable", "acme/word"]));
    goes("general", "acme/other", "2.0.0");
    succeeded(&world.run(["plugin", "rollback", "acme/word"]));
    goes("general", "acme/hello", "1.0.0");

    // What was recorded, with the version that is the one before now.
    let diff = succeeded(&world.run(["route", "diff", "acme/word@2.0.0"]));
    println!("{diff}");
    assert!(diff.contains("With acme/word@2.0.0, 5 of 7 recorded decisions would have been others\n"), "{diff}");
    let unknown = failed(&world.run(["route", "diff", "acme/word@3.0.0"]));
    assert!(unknown.contains("acme/word 3.0.0 is not here; there are 1.0.0, 2.0.0"), "{unknown}");
    dispatcher.end();
}
