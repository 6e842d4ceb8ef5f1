//! Files that are lent: there at once, changed by one box, and as they were for the next.

use std::fs;

use signalbox_domain::devbox::{Assignment, Checkout, End, Finish};

use crate::world::{BRANCH, World, agent, assignment};

/// Another box of the same world.
fn next(world: &World, work: Assignment) -> Finish {
    let _ = fs::remove_dir_all(world.place().folder());
    world.dispatcher.forget();
    world.run(work)
}

fn work(command: &str, checkout: Checkout) -> Assignment {
    assignment(agent("command", "command", command), Some(checkout))
}

fn told(world: &World, finish: &Finish) -> String {
    world.dispatcher.blob(finish.transcript.as_ref().unwrap())
}

/// Only root may mount what is lent. Everybody else's files are laid out by git, as the other stories tell.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn what_one_box_changes_another_does_not_see() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let files = [("README.md", "A shop.\n"), ("src/a.txt", "a\n"), ("src/b.txt", "b\n"), ("run.sh", "true\n")];
    let start = world.commit("main", &files);
    let mut looks = world.checkout(&start);
    looks.push = false;
    let look = "grep -q ' /checkout .* - overlay ' /proc/self/mountinfo && echo lent; git status --short; \
                cat README.md src/*.txt; ls -A; find . -not -user $(id -u) | wc -l";
    let clean = "lent\nA shop.\na\nb\n.git\nREADME.md\nrun.sh\nsrc\n0";
    let of = |finish: &Finish, world: &World| {
        let said = told(world, finish);
        let lines =
            said.lines().filter_map(|line| line.split_once(r#""text":"#)?.1.split('"').nth(1)).map(str::to_owned);
        lines.skip(1).collect::<Vec<_>>().join("\n")
    };
    let first = world.run(work(look, looks.clone()));
    assert_eq!(of(&first, &world), clean);
    let change = "echo A better shop. > README.md; rm src/a.txt; mv src source; chmod +x run.sh; echo c > source/c.txt; \
                  git status --short | sort";
    let finish = next(&world, work(change, world.checkout(&start)));
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    let pushed = world.git(&["ls-tree", "-r", BRANCH, "--format=%(objectmode) %(path)"], world.forge());
    assert_eq!(pushed, "100644 README.md\n100755 run.sh\n100644 source/b.txt\n100644 source/c.txt");
    assert_eq!(of(&next(&world, work(look, looks)), &world), clean);
}

#[test]
fn a_commit_near_a_tree_is_laid_over_it() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let base = world.commit("main", &[("README.md", "A shop.\n"), ("src/a.txt", "a\n")]);
    world.run(work("true", world.checkout(&base)));
    let start = world.commit("main", &[("README.md", "A large shop.\n"), ("new.txt", "new\n")]);
    let mut checkout = world.checkout(&start);
    checkout.base = base;
    let finish =
        next(&world, work("git status --short; cat README.md new.txt src/a.txt > all.txt; cat all.txt", checkout));
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    assert_eq!(world.pushed("all.txt").as_deref(), Some("A large shop.\nnew\na"));
    let trees = fs::read_dir(world.path().join("mirrors/acme__shop.trees")).unwrap().flatten();
    assert_eq!(trees.filter(|entry| entry.file_type().unwrap().is_dir()).count(), 1);
}

const CACHED: &str = "setup: |\n  mkdir -p vendor; cat lock > vendor/made; echo setup-ran\nbefore: echo before-ran\n\
                      caches:\n  vendor: {path: vendor, key: [lock]}\n";

#[test]
fn what_setup_makes_of_a_lock_file_is_kept_and_no_agent_changes_it() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let start =
        world.commit("main", &[(".signalbox/devbox.yaml", CACHED), ("lock", "one\n"), (".gitignore", "vendor\n")]);
    let look = "cat vendor/made; echo poisoned > vendor/made; echo poison > vendor/more; ls vendor";
    let first = told(&world, &world.run(work(look, world.checkout(&start))));
    assert!(first.contains("setup-ran") && first.contains(r#""text":"one""#), "{first}");
    for _ in 0..2 {
        let again = told(&world, &next(&world, work(look, world.checkout(&start))));
        assert!(again.contains("before-ran") && again.contains("everything it makes is kept"), "{again}");
        assert!(!again.contains("setup-ran\"") && again.contains(r#""text":"one""#), "{again}");
        assert!(!again.contains(r#""text":"poisoned""#), "{again}");
    }
    // Another lock file is another folder.
    let start = world.commit("main", &[("lock", "two\n")]);
    let other = told(&world, &next(&world, work(look, world.checkout(&start))));
    assert!(other.contains("setup-ran") && other.contains(r#""text":"two""#), "{other}");
}

#[test]
fn work_that_is_not_on_the_default_branch_reads_what_is_kept_and_keeps_nothing() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let main = world.commit("main", &[(".signalbox/devbox.yaml", CACHED), ("lock", "one\n")]);
    let stranger =
        world.commit(BRANCH, &[("lock", "theirs\n"), (".signalbox/devbox.yaml", "setup: echo their-setup\n")]);
    let mut checkout = world.checkout(&stranger);
    (checkout.base, checkout.trusted) = (stranger.clone(), Some(main));
    for _ in 0..2 {
        // Nobody kept anything the first time, so it is made the second time as well.
        let said = told(&world, &next(&world, work("cat vendor/made", checkout.clone())));
        assert!(said.contains("setup-ran") && said.contains(r#""text":"theirs""#), "{said}");
        assert!(!said.contains("their-setup"), "{said}");
    }
    let kept = fs::read_dir(world.path().join("mirrors/acme__shop.caches"));
    assert_eq!(kept.map_or(0, Iterator::count), 0);
}

#[test]
fn what_the_repository_says_is_done_before_and_after_and_its_failing_is_told() {
    let world = World::new();
    let said = |text: &str| {
        let start = world.commit("main", &[(".signalbox/devbox.yaml", text), ("README.md", "A shop.\n")]);
        next(&world, work("echo work >> README.md; echo the work", world.checkout(&start))).end
    };
    assert_eq!(said("size: {memory: 1 GB, disk: 256 MB}\nbefore: test ! -e x\nafter: grep work README.md\n"), End::Ok);
    for (text, words) in [
        (
            "after: echo two tests failed; exit 3\n",
            "`after` of the repository's .signalbox/devbox.yaml exited with 3. It said at its end: two tests failed",
        ),
        ("setup: exit 4\n", "`setup` of the repository's .signalbox/devbox.yaml exited with 4"),
        ("size: {memory: 999 GB}\n", "memory: 999 GB is more than the 8 GB this installation gives a box"),
        ("services: {db: {}}\n", "start what the work needs in `before`"),
        ("setpu: x\n", "did you mean `setup`"),
    ] {
        let End::Broken { transient: false, detail } = said(text) else { panic!("{text}") };
        assert!(detail.contains(words), "{text}: {detail}");
    }
}
