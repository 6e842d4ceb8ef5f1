//! A marked secret for every credential there is, looked for wherever a box could have left it, in every disguise.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use memchr::memmem::Finder;
use rustix::process::Pid;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::agents::{KEY, Models, REQUEST, calls, claude, installed, over, world};
use crate::program::{PATIENCE, World, able, processes, said, until};
use crate::repository::{bare, git};
use crate::site::{Site, Thread};

/// The most that is unpacked of anything, in bytes.
const UNPACKED: u64 = 64 << 20;
/// How often a box at work is looked at.
const ROUNDS: u32 = 3;
/// The most that is read of one piece of a process's memory, in bytes.
const MEMORY: u64 = 64 << 20;

/// Marked secrets, each as it is and as it could be disguised.
#[derive(Default)]
struct Canaries(BTreeMap<String, Vec<(&'static str, Finder<'static>)>>);

impl Canaries {
    fn add(&mut self, name: &str, secret: &str) {
        assert!(secret.len() >= 16, "{name} is too short to be looked for");
        self.0.entry(name.to_owned()).or_insert_with(|| {
            forms(secret).into_iter().map(|(form, bytes)| (form, Finder::new(&bytes).into_owned())).collect()
        });
    }

    /// Which of them are in `bytes` as they are.
    fn plainly(&self, bytes: &[u8]) -> Vec<String> {
        let there =
            |forms: &[(&str, Finder<'_>)]| forms.first().is_some_and(|(_, finder)| finder.find(bytes).is_some());
        self.0.iter().filter(|(_, forms)| there(forms)).map(|(name, _)| name.clone()).collect()
    }

    /// Which of them are in `bytes`, also once those are unpacked.
    fn found(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for layer in layers(bytes) {
            for (name, forms) in &self.0 {
                found.extend(
                    forms
                        .iter()
                        .filter(|(_, finder)| finder.find(&layer).is_some())
                        .map(|(form, _)| format!("{name}, {form}")),
                );
            }
        }
        found
    }
}

/// A secret as it is, encoded at each of the places base64 can begin at, in hex, backwards, and its halves.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let mut forms = vec![("plain", bytes.to_vec()), ("reversed", bytes.iter().rev().copied().collect())];
    for shift in 0..3 {
        let shifted = [vec![b'?'; shift], bytes.to_vec()].concat();
        // What the neighbours take part in is left out.
        let inner = |text: String| text.as_bytes()[[0, 2, 3][shift]..text.len() - 2].to_vec();
        forms.push(("base64", inner(STANDARD_NO_PAD.encode(&shifted))));
        forms.push(("base64", inner(URL_SAFE_NO_PAD.encode(&shifted))));
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.push(("hex", hex.to_uppercase().into_bytes()));
    forms.push(("hex", hex.into_bytes()));
    let (first, second) = bytes.split_at(bytes.len() / 2);
    forms.push(("split", first.to_vec()));
    forms.push(("split", second.to_vec()));
    forms
}

/// The bytes, what is packed in them, and both without what only looks like an end of a line.
fn layers(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut layers = vec![bytes.to_vec()];
    layers.extend(unzipped(bytes));
    // What was packed and then written as text, in one line or many.
    let joined: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let text = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    for whole in [bytes, &joined] {
        for run in whole.split(|byte| !text(byte)).filter(|run| run.len() > 80 && run.starts_with(b"H4s")) {
            let run = &run[..run.len() - run.len() % 4];
            layers.extend(STANDARD_NO_PAD.decode(run).iter().flat_map(|decoded| unzipped(decoded)));
        }
    }
    layers.push(joined);
    layers
}

fn unzipped(bytes: &[u8]) -> Vec<Vec<u8>> {
    let begins = memchr::memmem::find_iter(bytes, b"\x1f\x8b\x08");
    begins
        .filter_map(|at| {
            let mut whole = Vec::new();
            // What is cut off is read as far as it goes.
            let _ = flate2::read::GzDecoder::new(&bytes[at..]).take(UNPACKED).read_to_end(&mut whole);
            (!whole.is_empty()).then_some(whole)
        })
        .collect()
}

#[test]
fn a_canary_is_found_in_every_disguise() {
    let mut canaries = Canaries::default();
    canaries.add("key", KEY);
    let zipped = |text: &str| {
        let mut zipped = Vec::new();
        flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::default()).read_to_end(&mut zipped).unwrap();
        zipped
    };
    let text = format!("{} key={KEY} and more {}", "before ".repeat(20), "after ".repeat(20));
    let lines = |text: &str| text.as_bytes().chunks(76).map(|line| [line, b"\n"].concat()).collect::<Vec<_>>().concat();
    let disguises: [Vec<u8>; 9] = [
        text.clone().into_bytes(),
        STANDARD_NO_PAD.encode(&text).into_bytes(),
        lines(&STANDARD_NO_PAD.encode(&text)),
        text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
        text.chars().rev().collect::<String>().into_bytes(),
        KEY.chars().map(|letter| format!("{letter} ")).collect::<String>().into_bytes(),
        format!("{}|{}", &KEY[..15], &KEY[15..]).into_bytes(),
        zipped(&text),
        lines(&STANDARD_NO_PAD.encode(zipped(&text))),
    ];
    for (number, disguise) in disguises.iter().enumerate() {
        assert!(!canaries.found(disguise).is_empty(), "disguise {number}");
    }
    assert!(canaries.found("nothing of it".repeat(100).as_bytes()).is_empty());
}

/// What was looked at, and what was found.
struct Search {
    canaries: Canaries,
    /// How often each box was looked at.
    rounds: BTreeMap<PathBuf, u32>,
    looked: usize,
    bytes: usize,
    found: Vec<String>,
}

impl Search {
    /// With every credential that lies in the world's files, some of them there for this only.
    fn new(world: &World) -> Self {
        let mut canaries = Canaries::default();
        canaries.add("model key", KEY);
        let others = "[slack]\napp = \"A1\"\nsigning = [\"canary-slack-signing-51b0e7\"]\n\n[slack.workspaces]\nT1 = \"xoxb-canary-77ad0c93be\"\n\n\
                      [github]\napp_id = 1\nmention = \"m\"\nprivate_key = \"canary-private-key-0d8813fe52\"\nwebhook = [\"canary-github-hook-9ae17c\"]\n";
        for secret in [
            "canary-slack-signing-51b0e7",
            "xoxb-canary-77ad0c93be",
            "canary-private-key-0d8813fe52",
            "canary-github-hook-9ae17c",
        ] {
            canaries.add(secret, secret);
        }
        let file = world.data().join("secrets.toml");
        fs::write(&file, others).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        Self { canaries, rounds: BTreeMap::new(), looked: 0, bytes: 0, found: Vec::new() }
    }

    /// What tokens are made with, which is there once the dispatcher is.
    fn learn(&mut self, world: &World) {
        for name in ["secret", "token"] {
            self.canaries.add(name, fs::read_to_string(world.data().join(name)).unwrap().trim());
        }
    }

    fn look(&mut self, place: &str, bytes: &[u8]) {
        self.looked += 1;
        self.bytes += bytes.len();
        self.found.extend(self.canaries.found(bytes).into_iter().map(|what| format!("{place}: {what}")));
    }

    /// Looks at every box whose agent is at work: its files, and the processes of its jail with their memory.
    fn boxes(&mut self, world: &World) {
        let all = processes();
        for (runner, place) in world.runners() {
            let jailed: Vec<Pid> = all.iter().map(|(pid, _)| *pid).filter(|pid| jailed(*pid, runner)).collect();
            let rounds = self.rounds.entry(place.clone()).or_default();
            if jailed.is_empty() || *rounds == ROUNDS {
                continue;
            }
            *rounds += 1;
            self.tokens(world, &place, runner);
            for file in files(&place) {
                let bytes = fs::read(&file).unwrap_or_default();
                self.look(&file.display().to_string(), &bytes);
            }
            for pid in jailed {
                let pid = pid.as_raw_nonzero();
                for name in ["environ", "cmdline", "mountinfo"] {
                    let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
                    self.look(&format!("{name} of {pid}"), &bytes);
                }
                for piece in memory(pid.get()) {
                    self.looked += 1;
                    self.bytes += piece.len();
                    let found = self.canaries.plainly(&piece);
                    self.found.extend(found.into_iter().map(|name| format!("memory of {pid}: {name}")));
                }
            }
            // The runner holds its own tokens, and nobody's key.
            for piece in memory(runner.as_raw_nonzero().get()) {
                self.looked += 1;
                let key = Finder::new(KEY).find(&piece).is_some();
                self.found.extend(key.then(|| "memory of the runner: model key".to_owned()));
            }
        }
    }

    /// Learns what this box was given: its claim, its report token, its token for git.
    fn tokens(&mut self, world: &World, place: &Path, runner: Pid) {
        let orders: Value =
            serde_json::from_slice(&fs::read(place.join("orders.json")).unwrap_or_default()).unwrap_or_default();
        let Some(devbox) = orders["devbox"].as_str() else { return };
        let hex = fs::read_to_string(world.data().join("secret")).unwrap();
        let secret: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        for what in ["claim", "report"] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
            mac.update(format!("{what}\n{devbox}").as_bytes());
            let tag: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            self.canaries.add(&format!("{what} of {devbox}"), &tag);
        }
        // Only its hash is in a file. Half of the name in front of it is the box's, which is no secret.
        for piece in memory(runner.as_raw_nonzero().get()) {
            for at in memchr::memmem::find_iter(&piece, b"sbx_") {
                let token = piece[at + 4..]
                    .split(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte))
                    .next()
                    .unwrap();
                let secret = std::str::from_utf8(token).unwrap().split_once('_').map(|(_, secret)| secret);
                if let Some(secret) = secret.filter(|secret| secret.len() == 43) {
                    self.canaries.add(&format!("git token of {devbox} ({})", &secret[..4]), secret);
                }
            }
        }
    }

    /// Looks at everything that is kept: files of the dispatcher, its log, every object of the forge, the thread, the
    /// transcripts as they are shown.
    fn rest(&mut self, world: &World, site: &Site, thread: &Thread) {
        let own = ["secret", "token", "secrets.toml"].map(|name| world.data().join(name));
        for file in files(&world.data()).into_iter().filter(|file| !own.contains(file)) {
            let bytes = fs::read(&file).unwrap();
            self.look(&file.display().to_string(), &bytes);
        }
        self.look("log", &fs::read(world.path().join("log")).unwrap());
        let objects = std::process::Command::new("git")
            .arg("-C")
            .arg(bare(&world.data(), "acme/shop"))
            .args(["cat-file", "--batch-all-objects", "--batch"])
            .output()
            .unwrap();
        assert!(objects.stdout.len() > 1_000);
        self.look("git objects", &objects.stdout);
        let messages = Value::Array(site.messages(thread).unwrap());
        self.look("thread", messages.to_string().as_bytes());
        self.look("runs", Value::Array(site.runs().unwrap()).to_string().as_bytes());
        for words in
            [&["show", "last"][..], &["show", "last", "--json"], &["transcript", "last", "--json"], &["why", "last"]]
        {
            self.look("what is shown", said(&world.run(words)).as_bytes());
        }
    }

    fn over(self, least: usize) {
        let Self { canaries, looked, bytes, found, .. } = self;
        let git = canaries.0.keys().filter(|name| name.starts_with("git token")).count();
        println!("{} canaries ({git} of git), {looked} places, {bytes} bytes: found {}", canaries.0.len(), found.len());
        assert!(found.is_empty(), "{found:#?}");
        assert!(canaries.0.len() >= least && looked > 100, "{:?}", canaries.0.keys());
    }
}

/// Whether it runs in a jail of that runner: below it, and in another network.
fn jailed(pid: Pid, runner: Pid) -> bool {
    let network = |pid: Pid| fs::read_link(format!("/proc/{}/ns/net", pid.as_raw_nonzero())).ok();
    let (own, theirs) = (network(runner), network(pid));
    theirs.is_some() && own != theirs && below(pid, runner)
}

fn below(pid: Pid, above: Pid) -> bool {
    let mut pid = pid.as_raw_nonzero().get();
    while pid > 1 {
        if pid == above.as_raw_nonzero().get() {
            return true;
        }
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        pid = after.split_whitespace().nth(1).and_then(|parent| parent.parse().ok()).unwrap_or(0);
    }
    false
}

/// What a process has written in its memory, as far as we may look.
fn memory(pid: i32) -> Vec<Vec<u8>> {
    let Ok(file) = fs::File::open(format!("/proc/{pid}/mem")) else { return Vec::new() };
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let writable = maps.lines().filter(|line| line.split_whitespace().nth(1).is_some_and(|may| may.starts_with("rw")));
    let ranges = writable.filter_map(|line| {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        Some((u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?))
    });
    ranges
        .filter(|(from, to)| to - from <= MEMORY)
        .filter_map(|(from, to)| {
            let mut piece = vec![0; usize::try_from(to - from).ok()?];
            let read = file.read_at(&mut piece, from).ok()?;
            piece.truncate(read);
            piece.iter().any(|byte| *byte != 0).then_some(piece)
        })
        .collect()
}

/// Every file below `folder` that is not large; what agents are installed in is not anybody's to write.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            files.extend(self::files(&entry.path()));
        } else if kind.is_file() && entry.metadata().is_ok_and(|about| about.len() < MEMORY) {
            files.push(entry.path());
        }
    }
    files
}

/// Shows everything that can be read from where it runs.
const DUMP: &str = "env; for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; tr '\\0' ' ' < $p/cmdline; cat $p/mountinfo; done 2>/dev/null; \
     find / \\( -path /proc -o -path /sys -o -path /usr -o -path '*/agents' -o -path /etc/ssl \\) -prune -o -type f -readable -size -400k -print0 2>/dev/null \
     | xargs -0 cat 2>/dev/null | head -c 3000000";

/// Asks, and looks at the boxes for as long as they work.
fn watched(world: &World, least: usize) {
    let mut search = Search::new(world);
    let (dispatcher, site) = world.serve();
    search.learn(world);
    let thread = site.write(&site.room("web"), None, REQUEST, "one").unwrap();
    until("the run is over", PATIENCE * 3, || {
        search.boxes(world);
        let messages = site.messages(&thread).ok()?;
        messages.iter().any(|message| message["kind"] == "closing").then_some(())
    });
    let (_, run) = over(&site, &thread);
    world.assert_vacated();
    search.rest(world, &site, &thread);
    let branches = git(&bare(&world.data(), "acme/shop"), &["for-each-ref", "--format=%(refname)"]);
    println!("{branches}\n{}", run["state"]["outcome"]);
    search.over(least);
    dispatcher.end();
}

#[test]
fn no_credential_is_anywhere_in_a_box_of_a_real_agent_or_in_what_comes_of_it() {
    let Some(agents) = able().then(installed).flatten() else { return };
    let mut sessions = claude();
    for session in &mut sessions {
        let tokens = session.turns[0].tokens;
        let dump = json!({ "command": format!("({DUMP}) | tee /tmp/loot | head -c 20000; sleep 2"), "description": "Look around" });
        session.turns.insert(1, calls("", &[("Bash", dump)]).tokens(tokens));
    }
    let models = Models::say(sessions);
    let agent = "[agents.default]\nadapter = \"claude-code\"\nmodel = \"claude-sonnet-4-5\"\n";
    let world = world(agents, &models, "anthropic", agent);
    watched(&world, 10);
    assert_eq!(models.world.billed().0, 13);
}

#[test]
fn an_agent_that_hands_out_everything_it_can_read_in_every_disguise_hands_out_no_credential() {
    if !able() {
        return;
    }
    let models = Models::say(Vec::new());
    let script = format!(
        "mkdir -p \"$SIGNALBOX_OUT/proposals\" loot\n({DUMP}) > /tmp/loot\nsleep 2\n\
         cat /tmp/loot | head -c 200000; base64 < /tmp/loot | head -c 200000; od -An -v -tx1 < /tmp/loot | tr -d ' \\n' | head -c 200000; \
         rev < /tmp/loot | head -c 200000; gzip < /tmp/loot | base64 | head -c 400000\n\
         gzip < /tmp/loot > loot/loot.gz; head -c 500000 /tmp/loot > loot/loot.txt\n\
         cp loot/* \"$SIGNALBOX_OUT/\"; head -c 100000 /tmp/loot > \"$SIGNALBOX_OUT/summary.md\"; cp \"$SIGNALBOX_OUT/summary.md\" \"$SIGNALBOX_OUT/plan.md\"\n\
         echo '{{\"summary\": \"Looked around.\", \"risk\": \"low\", \"files\": [\"loot\"], \"verdict\": \"approve\", \"comments\": []}}' > \"$SIGNALBOX_OUT/output.json\"\n"
    );
    let agent = format!("[agents.default]\nadapter = \"command\"\ncommand = '''{script}'''\n");
    let nowhere = tempfile::tempdir().unwrap();
    let world = world(nowhere.path(), &models, "anthropic", &agent);
    watched(&world, 10);
    assert!(models.world.seen().is_empty());
}
