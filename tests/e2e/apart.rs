//! The process that plugins run in: what is in its memory, what becomes of it, what it costs.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::process::Command;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use signalbox_domain::route::Said;
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_plugin_host::{Apart, Config, Host, Plugin};
use signalbox_ports::plugins::{Event, Plugins as _};

use crate::program::{PATIENCE, World, processes, program, until};

/// How many events are measured.
const EVENTS: u32 = 200;

fn shipped() -> Config {
    let plugins = signalbox_shipped::ALL.iter().map(|it| Plugin {
        manifest: it.manifest.into(),
        component: it.component.into(),
        settings: serde_json::Map::new(),
        pin: None,
    });
    Config { plugins: plugins.collect(), ..Config::default() }
}

fn event(text: &str) -> Event {
    Event {
        id: "said:web:R1:1".to_string(),
        received_at: Time(1_700_000_000_000),
        seed: 7,
        text: text.to_string(),
        author: Person { id: "web:ana".to_string(), name: "Ana".to_string(), role: Role::Member },
        thread: ThreadId { chat: "web".to_string(), room: "R1".to_string(), root: "1".to_string() },
        room_name: "general".to_string(),
        room_topic: String::new(),
        memory: None,
        usual: None,
        attrs: [].into(),
        repositories: Vec::new(),
        workflows: Vec::new(),
    }
}

fn start() -> Command {
    let mut command = Command::new(program());
    command.arg("plugin-host");
    command
}

/// How often each of `words` is in the memory of a process.
fn found(pid: Pid, words: &[&[u8]]) -> Vec<usize> {
    let pid = pid.as_raw_nonzero();
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut counts = vec![0; words.len()];
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with('r') || rest.contains("[v") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap().min(1 << 28)];
        // What is reserved and was never touched cannot be read, and holds nothing.
        let Ok(read) = memory.read_at(&mut bytes, from) else { continue };
        for (count, word) in counts.iter_mut().zip(words) {
            *count += bytes[..read].windows(word.len()).filter(|it| it == word).count();
        }
    }
    counts
}

#[test]
fn no_secret_is_in_the_memory_that_plugins_run_in() {
    let world = World::new("");
    fs::create_dir_all(world.data()).unwrap();
    let canary = "canary-9f2b6c41d8";
    let secrets = world.data().join("secrets.toml");
    let login =
        format!("[registries.\"registry.example.com\"]\nuser = \"ana\"\npassword = \"{canary}-of-the-secrets\"\n");
    fs::write(&secrets, login).unwrap();
    fs::set_permissions(&secrets, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let person = "[[people]]\nid = \"ana\"\nname = \"Ana\"\nrole = \"member\"\n";
    fs::write(world.path().join("signalbox.toml"), format!("{person}token = \"{canary}-of-a-person\"\n")).unwrap();
    let mut command = world.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("SOME_TOKEN", format!("{canary}-of-the-environment"));
    let mut dispatcher = crate::program::Dispatcher::of(command);
    let site = dispatcher.site();
    site.write(&site.room("general"), None, "what does the readme say?", "1").unwrap();
    until("the request is a run", PATIENCE, || (!site.runs().unwrap().is_empty()).then_some(()));

    let token = fs::read_to_string(world.data().join("token")).unwrap();
    let secret = fs::read_to_string(world.data().join("secret")).unwrap();
    let hex = |at: usize| u8::from_str_radix(&secret[2 * at..2 * at + 2], 16).unwrap();
    let raw: Vec<u8> = (0..secret.trim().len() / 2).map(hex).collect();
    let words = [canary.as_bytes(), token.trim().as_bytes(), secret.trim().as_bytes(), &raw];
    let parent = dispatcher.pid();
    let child = processes()
        .into_iter()
        .find(|(pid, words)| words.get(1).is_some_and(|word| word == "plugin-host") && parent_of(*pid) == Some(parent));
    let (child, _) = child.expect("there is a process for plugins");
    // One filter of system calls, which nothing takes away again (`plugin-host/tests/host/confined.rs`).
    let status = fs::read_to_string(format!("/proc/{}/status", child.as_raw_nonzero())).unwrap();
    assert!(status.contains("Seccomp:\t2\n") && status.contains("NoNewPrivs:\t1\n"), "{status}");
    let theirs = found(child, &words);
    let ours = found(parent, &words);
    println!(
        "in the memory of the plugins: {theirs:?}; of the dispatcher: {ours:?} (canaries, page's token, boxes' secret as text and as it is)"
    );
    assert!(ours[0] > 0 && ours[1] > 0 && ours[3] > 0, "the search finds what is there: {ours:?}");
    assert_eq!(theirs, [0, 0, 0, 0]);
    dispatcher.end();
}

/// The process that started it.
fn parent_of(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Pid::from_raw(line.trim().parse().ok()?)
}

#[test]
fn a_process_of_plugins_that_dies_is_replaced_and_nobody_notices() {
    let cache = tempfile::tempdir().unwrap();
    let apart = Apart::open(start, shipped(), cache.path()).unwrap();
    let before = apart.route(&event("make it #12"));
    for _ in 0..3 {
        let pid = apart.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
        assert_eq!(apart.route(&event("make it #12")), before);
    }
}

#[test]
fn where_no_process_can_be_had_the_request_fails_and_says_why() {
    let cache = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("signalbox");
    std::os::unix::fs::symlink(program(), &link).unwrap();
    let named = link.clone();
    let begin = move || {
        let mut command = Command::new(&named);
        command.arg("plugin-host");
        command
    };
    let apart = Apart::open(begin, shipped(), cache.path()).unwrap();
    let pid = apart.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).unwrap();
    fs::remove_file(&link).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let opinions = apart.route(&event("make it #12"));
    let [opinion] = opinions.as_slice() else { panic!("{opinions:?}") };
    assert!(matches!(&opinion.said, Said::Failed { fail_event: true, error } if error.contains("did not start")));
}

#[test]
fn an_event_says_the_same_apart_and_here() {
    let cache = tempfile::tempdir().unwrap();
    let here = Host::open(shipped(), cache.path()).unwrap();
    let apart = Apart::open(start, shipped(), cache.path()).unwrap();
    let event = event(&format!("make it #12 {}", "and more ".repeat(400)));
    assert_eq!(here.route(&event), apart.route(&event));
    let took = |plugins: &dyn signalbox_ports::plugins::Plugins| {
        let since = Instant::now();
        drop(plugins.route(&event));
        since.elapsed().as_micros()
    };
    // In turns, so that what else the machine does costs both the same.
    let (mut near, mut far): (Vec<_>, Vec<_>) = (0..EVENTS).map(|_| (took(&here), took(&apart))).unzip();
    near.sort_unstable();
    far.sort_unstable();
    let (near, far) = (near[near.len() / 2], far[far.len() / 2]);
    println!("an event through the shipped routers, median of {EVENTS}: {near} µs here, {far} µs apart");
}
