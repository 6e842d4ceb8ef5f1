//! The demo, as the README has people start it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{World, able, complained, said};
use crate::repository::{bare, git};

#[test]
fn the_demo_goes_from_a_sentence_to_a_change_request() {
    if !able() {
        return;
    }
    let world = World::new("");
    let demo = world.run(["demo", "--exit", "--fast"]);
    let thread = said(&demo);
    assert!(demo.status.success(), "{thread}\n{}", complained(&demo));
    assert_eq!(thread.matches("Ready for review").count(), 1, "{thread}");
    world.assert_vacated();

    the_change_is_real(&world);
    what_it_did_can_be_looked_at(&world);
    where_it_went_can_be_tried_out(&world);
    no_secret_was_kept(&world, &thread);

    // Again on the same folder: an earlier demo makes room.
    let again = world.run(["demo", "--exit", "--fast"]);
    assert!(again.status.success(), "{}\n{}", said(&again), complained(&again));
}

/// The branch on the forge changes both pages, and the sample's own checks pass on it.
fn the_change_is_real(world: &World) {
    let forge = bare(&world.data(), "mosskit/website");
    let branches = git(&forge, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    let branch: Vec<&str> = branches.lines().filter(|branch| *branch != "main").collect();
    let [branch] = branch[..] else { panic!("one branch was expected: {branches}") };
    let changed = git(&forge, &["diff", "--name-only", &format!("main...{branch}"), "--", "src"]);
    assert_eq!(changed.lines().collect::<Vec<_>>(), ["src/faq.html", "src/pricing.html"]);

    let clone = world.path().join("clone");
    git(world.path(), &["clone", "--quiet", "--branch", branch, forge.to_str().unwrap(), clone.to_str().unwrap()]);
    for page in ["src/faq.html", "src/pricing.html"] {
        let text = fs::read_to_string(clone.join(page)).unwrap();
        assert!(text.contains("$12") && !text.contains("$9"), "{page}: {text}");
    }
    assert!(checks(&clone), "the checks of the sample fail on the branch");
    git(&clone, &["checkout", "--quiet", branch, "--"]);
    git(&clone, &["checkout", "--quiet", "origin/main", "--", "src/faq.html"]);
    assert!(!checks(&clone), "the checks of the sample do not look");
}

fn checks(clone: &Path) -> bool {
    Command::new("sh").arg("tests/run.sh").current_dir(clone).output().unwrap().status.success()
}

fn what_it_did_can_be_looked_at(world: &World) {
    let show = world.run(["show", "last"]);
    for part in ["Ready for review", "── Plan · attempt 1", "── Build · attempt 2", "$ recorded session"] {
        let part = part.trim_start_matches("$ ");
        assert!(said(&show).contains(part), "`{part}` is missing in\n{}", said(&show));
    }
    let played = said(&world.run(["transcript", "last", "--phase", "build"]));
    for part in ["── Build · attempt 1", "── Build · attempt 2", "tool call", "src/"] {
        assert!(played.contains(part), "`{part}` is missing in\n{played}");
    }
    assert!(!played.contains("── Plan"), "only what was asked for:\n{played}");
    let wrong = world.run(["transcript", "last", "--phase", "bild"]);
    assert!(!wrong.status.success() && complained(&wrong).contains("it has: plan, build, check, review"), "{wrong:?}");
    let why = said(&world.run(["why", "last"]));
    for part in ["mosskit/website", "keywords@0.1.0 said", "channel@0.1.0 said", "`repo:owner/name` sends it"] {
        assert!(why.contains(part), "`{part}` is missing in\n{why}");
    }

    let runs: Vec<Value> = serde_json::from_slice(&world.run(["runs", "--json"]).stdout).unwrap();
    let [run] = &runs[..] else { panic!("one run was expected: {runs:?}") };
    assert_eq!(run["request"]["text"], "the pricing page says $9, it should say $12");

    let replay = world.run(["replay", "last", "--json"]);
    assert!(replay.status.success(), "{}{}", said(&replay), complained(&replay));
    let replay: Value = serde_json::from_slice(&replay.stdout).unwrap();
    assert_eq!(replay["differences"].as_array().map(Vec::len), Some(0), "{replay}");
    assert_eq!((&replay["routes"], &replay["prefetches"]), (&Value::from(1), &Value::from(1)), "{replay}");
}

/// Where it went is decided again, and otherwise: with another setting it would have been another workflow.
fn where_it_went_can_be_tried_out(world: &World) {
    let replay = world.run(["route", "replay", "--all"]);
    assert!(replay.status.success(), "{}{}", said(&replay), complained(&replay));
    assert_eq!(said(&replay).trim(), "1 runs: 1 decisions and 1 prefetches made again. Differences: none");

    let settings = world.path().join("keywords.toml");
    fs::write(&settings, "workflows = { \"pricing page\" = \"answer\" }\n").unwrap();
    let diff = world.run(["route", "diff", "keywords", "--settings", settings.to_str().unwrap()]);
    assert!(diff.status.success(), "{}{}", said(&diff), complained(&diff));
    let moved = said(&diff);
    for part in ["went to mosskit/website, build, and would go to", "answer", "1 of 1 recorded decisions"] {
        assert!(moved.contains(part), "`{part}` is missing in\n{moved}");
    }
    let same = said(&world.run(["route", "diff", "keywords"]));
    assert!(same.contains("0 of 1 recorded decisions"), "{same}");
    let shadow = said(&world.run(["route", "shadow"]));
    assert!(shadow.contains("No plugin looks on"), "{shadow}");
}

/// What lets somebody in, or a box, stands nowhere but in the file it was made in.
fn no_secret_was_kept(world: &World, thread: &str) {
    let secrets = ["secret", "token"].map(|name| fs::read_to_string(world.data().join(name)).unwrap());
    let mut looked = 0;
    each_file(&world.data(), &mut |file| {
        if ["secret", "token"].iter().any(|name| file == world.data().join(name)) {
            return;
        }
        let bytes = fs::read(file).unwrap();
        for secret in &secrets {
            let secret = secret.trim().as_bytes();
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{} holds a secret", file.display());
        }
        looked += 1;
    });
    assert!(looked > 50, "only {looked} files were looked at");
    // The page's address is for the person at the terminal; the secret of boxes is for nobody.
    assert!(!thread.contains(secrets[0].trim()));
}

fn each_file(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            each_file(&entry.path(), look);
        } else if kind.is_file() {
            look(&entry.path());
        }
    }
}
