//! What takes more than it was given, and the neighbours who do not notice.

use std::fs;

use signalbox_domain::devbox::{End, Finish};
use signalbox_runner::jail::{Controller, Hierarchy};
use signalbox_runner::sizes::Sizes;

use crate::world::{World, assignment, script};

const MB: u64 = 1 << 20;

/// Whether this machine hands the controller on to who runs the tests. Where it does not, the story cannot be told.
fn bounds(controller: Controller) -> bool {
    let bounds = Hierarchy::find().bounds().any(|one| one == controller);
    if !bounds {
        eprintln!("SKIPPED: this machine hands no control group for {controller:?} on");
    }
    bounds
}

fn world(sizes: Sizes) -> World {
    let mut world = World::new();
    world.sizes = sizes;
    world
}

/// Takes memory until there is none.
const HOG: &str = "exec /usr/bin/python3 -c 'x = []\nwhile True: x.append(bytearray(8 << 20))'";
/// Starts itself twice, for ever.
const BOMB: &str = "bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1; /bin/true | /bin/true | /bin/true; exit 7";
/// Writes until there is no room.
const FILLER: &str = "exec dd if=/dev/zero of=big bs=1M count=400 2>/dev/null";
/// Turns for two seconds, and says how much of a processor it had.
const SPINNER: &str = "exec /usr/bin/python3 -c 'import time\nend = time.monotonic() + 2\n\
                       while time.monotonic() < end: pass\nprint(time.process_time() / 2)'";

fn broken(finish: &Finish) -> &str {
    let End::Broken { transient: false, detail } = &finish.end else { panic!("{:?} {}", finish.end, finish.summary) };
    detail
}

#[test]
fn a_hog_of_memory_is_ended_and_told_why() {
    if !bounds(Controller::Memory) {
        return;
    }
    let world = world(Sizes { memory: 256 * MB, ..Sizes::default() });
    let finish = world.run(assignment(script(HOG), None));
    assert_eq!(broken(&finish), "it used more than 256 MB of memory and was ended");
}

#[test]
fn memory_counts_what_lies_in_tmp() {
    if !bounds(Controller::Memory) {
        return;
    }
    let world = world(Sizes { memory: 128 * MB, ..Sizes::default() });
    let finish = world.run(assignment(
        script("dd if=/dev/zero of=/tmp/big bs=1M count=400; dd if=/dev/zero of=/dev/shm/big bs=1M count=400"),
        None,
    ));
    assert_eq!(broken(&finish), "it used more than 128 MB of memory and was ended");
}

#[test]
fn a_fork_bomb_is_given_no_more_processes_and_told_so() {
    if !bounds(Controller::Pids) {
        return;
    }
    let world = world(Sizes { processes: 64, ..Sizes::default() });
    let finish = world.run(assignment(script(BOMB), None));
    assert_eq!(broken(&finish), "it wanted more than 64 processes at once, and was given no more of them");
}

#[test]
fn who_fills_the_disk_fills_its_own() {
    if !rustix::process::geteuid().is_root() {
        return; // The next story is theirs.
    }
    let world = world(Sizes { disk: 128 * MB, ..Sizes::default() });
    let finish = world.run(assignment(script(FILLER), None));
    assert_eq!(broken(&finish), "it filled its disk of 128 MB, and nothing more could be written");
    let left = fs::metadata(world.place().folder().join("disk.img"));
    assert!(left.is_ok_and(|image| image.len() == 128 * MB));
}

#[test]
fn many_empty_files_fill_it_too_and_what_was_unlinked_counts_while_it_is_open() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for filler in [
        "exec /usr/bin/python3 -c 'for n in range(1 << 30): open(str(n), \"w\").close()'",
        "exec 9>gone; rm gone; dd if=/dev/zero bs=1M count=400 >&9 || sleep 2; exit 3",
    ] {
        let world = world(Sizes { disk: 64 * MB, ..Sizes::default() });
        let finish = world.run(assignment(script(filler), None));
        assert_eq!(broken(&finish), "it filled its disk of 64 MB, and nothing more could be written");
    }
}

#[test]
fn without_a_disk_of_its_own_who_takes_more_is_ended() {
    let mut world = world(Sizes { disk: 64 * MB, ..Sizes::default() });
    world.user = rustix::process::geteuid().is_root().then_some(65_534);
    let finish = world.run(assignment(
        script("n=0; while :; do n=$((n+1)); dd if=/dev/zero of=big-$n bs=1M count=4 2>/dev/null; sleep 0.02; done"),
        None,
    ));
    assert_eq!(broken(&finish), "it wrote more than the 64 MB its disk may hold and was ended");
}

#[test]
fn who_only_turns_has_the_processor_time_it_was_given() {
    if !bounds(Controller::Cpu) {
        return;
    }
    let world = world(Sizes { cpu: 50, ..Sizes::default() });
    let finish = world.run(assignment(script(SPINNER), None));
    let had: f64 = finish.summary.trim().parse().unwrap();
    // What the kernel promises, and a little for the period it is counted in.
    assert!(had <= 0.6, "{had}");
}

#[test]
fn a_neighbour_of_all_of_them_does_its_work() {
    let sizes = Sizes { memory: 256 * MB, cpu: 50, processes: 128, disk: 64 * MB };
    // Started one after the other: a program that is being written cannot be started.
    let bad = [HOG, BOMB, FILLER, SPINNER].map(|what| {
        let world = world(sizes);
        let runner = world.start(assignment(script(what), None));
        (world, runner)
    });
    let neighbour = world(sizes);
    let start = neighbour.commit("main", &[("README.md", "A shop.\n")]);
    let work = "echo fine > fine.md; for n in 1 2 3 4 5 6 7 8; do /bin/true & done; wait; echo done";
    let finish = neighbour.run(assignment(script(work), Some(neighbour.checkout(&start))));
    assert_eq!((finish.end, finish.summary.as_str()), (End::Ok, "done\n"));
    assert_eq!(neighbour.pushed("fine.md").as_deref(), Some("fine"));
    for (bad, mut runner) in bad {
        let _ended = bad.dispatcher.finish();
        assert!(runner.ended().success());
    }
}

#[test]
fn nothing_of_a_box_is_left_where_it_was_bounded() {
    let world = world(Sizes::default());
    let finish =
        world.run(assignment(script("cat /proc/self/cgroup; grep -c cgroup /proc/self/mountinfo || true"), None));
    if bounds(Controller::Pids) {
        assert!(finish.summary.contains("signalbox-"), "{}", finish.summary);
    }
    let groups: Vec<&str> = finish.summary.lines().filter_map(|line| line.rsplit('/').next()).collect();
    let group = groups.iter().find(|name| name.starts_with("signalbox-")).copied().unwrap_or("signalbox-none");
    for controller in ["memory", "pids", "cpu", "unified"] {
        let found = find(format!("/sys/fs/cgroup/{controller}").as_ref(), group);
        assert!(!found, "{controller} still has {group}");
    }
}

fn find(folder: &std::path::Path, name: &str) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        entry.file_type().is_ok_and(|kind| kind.is_dir()) && (entry.file_name() == name || find(&entry.path(), name))
    })
}
