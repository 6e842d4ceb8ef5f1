//! From asking for a box to its agent's first instruction, on a repository of 100,000 files, beside what git takes to lay
//! out the same files; then thirty boxes at once.
#![expect(clippy::unwrap_used, reason = "a broken measurement stops where it breaks")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use signalbox_domain::devbox::Checkout;
use signalbox_domain::id::Commit;
use signalbox_domain::patch::Rules;
use signalbox_ports::devbox::{Devbox as _, Spec};
use signalbox_sandbox::{Config, Sandbox, Sizes};

/// Folders of the repository, and files in each.
const FOLDERS: usize = 1_000;
const FILES: usize = 100;
/// Boxes one after the other, and at once.
const SINGLE: usize = 10;
const MANY: usize = 30;

/// When the agent of each box began, in seconds since 1970, and what its box held of the machine at its end.
type Begun = Arc<Mutex<BTreeMap<String, f64>>>;

fn main() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("large.git");
    let start = large(&source);
    let scratch = home.path().join("scratch");
    let [clone, worktree] =
        [vec!["clone", "--quiet", source.to_str().unwrap()], vec!["worktree", "add", "--quiet", "--detach"]].map(
            |words| {
                let times: Vec<f64> = (0..2)
                    .map(|_| {
                        let began = Instant::now();
                        git(&source, &[&words[..], &[scratch.to_str().unwrap()]].concat());
                        let took = began.elapsed().as_secs_f64();
                        fs::remove_dir_all(&scratch).unwrap();
                        git(&source, &["worktree", "prune"]);
                        took
                    })
                    .collect();
                times.into_iter().fold(f64::MAX, f64::min)
            },
        );

    let begun = Begun::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(home.path().join("endpoint"), format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let checkout = Checkout {
        repository: "bench/large".into(),
        url: source.to_str().unwrap().to_owned(),
        token: None,
        start: Commit(start.clone()),
        base: Commit(start),
        trusted: None,
        branch: "signalbox/bench".to_owned(),
        push: false,
        subject: String::new(),
        trailers: vec![],
        rules: Rules::default(),
    };
    let (seen, work) = (Arc::clone(&begun), serde_json::to_value(&checkout).unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (seen, work) = (Arc::clone(&seen), work.clone());
            std::thread::spawn(move || serve(&stream.unwrap(), &work, &seen));
        }
    });

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let sandbox = Sandbox::new(Config {
        folder: home.path().to_path_buf(),
        program: env!("CARGO_BIN_EXE_sandboxed-runner").into(),
        endpoint: home.path().join("endpoint"),
        tools: vec![],
        sizes: Sizes { disk: 2 << 30, ..Sizes::default() },
        warm: 4,
        unsandboxed_i_accept_the_risk: false,
    });
    runtime.block_on(async {
        let cold = Instant::now();
        sandbox.prewarm(Some(&checkout)).await.unwrap();
        println!("fetched and laid out once, before anybody asks      {:6.2} s", cold.elapsed().as_secs_f64());
        println!("`git clone` of the same, best of two                {clone:6.2} s");
        println!("`git worktree add`, best of two                     {worktree:6.2} s");
        let mut times = Vec::new();
        for number in 0..SINGLE {
            times.push(one(&sandbox, &begun, format!("single-{number}")).await);
            sandbox.stop(&format!("single-{number}").as_str().into()).await.unwrap();
            sandbox.prewarm(None).await.unwrap();
        }
        say("box asked for → first instruction, one at a time", &mut times);
        let (ready, made) = sandbox.pool();
        println!("of them ready when they were asked for              {ready} of {}", ready + made);
        let free = available();
        let asked = (0..MANY).map(|number| {
            let (sandbox, begun) = (sandbox.clone(), Arc::clone(&begun));
            tokio::spawn(async move { one(&sandbox, &begun, format!("many-{number}")).await })
        });
        let asked: Vec<_> = asked.collect();
        let mut times = Vec::new();
        for asked in asked {
            times.push(asked.await.unwrap());
        }
        say("the same, thirty at once", &mut times);
        let (ready_now, made_now) = sandbox.pool();
        println!(
            "of them ready when they were asked for              {} of {}",
            ready_now - ready,
            ready_now + made_now - ready - made
        );
        let disks: Vec<u64> = images(&home.path().join("boxes"));
        println!(
            "a box's disk while it works, at most                {:6.1} MB",
            disks.iter().max().copied().unwrap_or(0) as f64 / 1e6
        );
        println!("memory of the machine a box, while thirty work      {:6.1} MB", (free - available()) / MANY as f64);
        for number in 0..MANY {
            sandbox.stop(&format!("many-{number}").as_str().into()).await.unwrap();
        }
    });
}

/// Asks for a box, and waits until its agent has begun.
async fn one(sandbox: &Sandbox, begun: &Begun, name: String) -> f64 {
    let asked = now();
    sandbox.provision(&Spec { devbox: name.as_str().into(), claim_token: name.clone() }).await.unwrap();
    loop {
        if let Some(began) = begun.lock().unwrap().get(&name) {
            return began - asked;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn say(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    println!("{what:<52}{:6.2} s at the median, {:.2} s at most", times[times.len() / 2], times[times.len() - 1]);
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Memory that is available, in MB.
fn available() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1e3
}

fn images(boxes: &Path) -> Vec<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let folders = fs::read_dir(boxes).unwrap().flatten();
    let folders = folders.filter(|entry| entry.file_name().to_string_lossy().starts_with("many-"));
    folders.filter_map(|entry| Some(fs::metadata(entry.path().join("disk.img")).ok()?.blocks() * 512)).collect()
}

/// A bare repository of 100,000 files in one commit.
fn large(folder: &Path) -> String {
    fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "--quiet", "--bare", "--initial-branch=main"]);
    let mut import = command(folder, &["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stream = std::io::BufWriter::new(import.stdin.take().unwrap());
    write!(stream, "commit refs/heads/main\ncommitter B <b@localhost> 1700000000 +0000\ndata 4\nAll\n\n").unwrap();
    for (folder, file) in (0..FOLDERS).flat_map(|folder| (0..FILES).map(move |file| (folder, file))) {
        let mut text = String::new();
        for line in 0..20 {
            let _ = writeln!(text, "let line_{line} = {folder} * {file} + {line}; // a line of a program");
        }
        write!(stream, "M 100644 inline src/{folder:04}/{file:02}.txt\ndata {}\n{text}\n", text.len()).unwrap();
    }
    stream.flush().unwrap();
    drop(stream);
    assert!(import.wait().unwrap().success());
    let head = command(folder, &["rev-parse", "main"]).output().unwrap();
    String::from_utf8(head.stdout).unwrap().trim().to_owned()
}

fn git(folder: &Path, arguments: &[&str]) {
    assert!(command(folder, arguments).status().unwrap().success(), "git {arguments:?}");
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// Hands out the work, and notes when the agent of a box begins: its first line is the time.
fn serve(mut stream: &TcpStream, checkout: &serde_json::Value, begun: &Begun) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let name =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("authorization: bearer ").map(str::to_owned));
        let name = name.unwrap_or_default().trim().to_owned();
        if head.contains("/boxes/blobs/") {
            // Its output: the time at which it began.
            let began = String::from_utf8_lossy(&body).trim().parse::<f64>().ok();
            if let Some(began) = began {
                begun.lock().unwrap().insert(name, began / 1e9);
            }
            let _ = write!(stream, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
            continue;
        }
        let answer = if head.contains("/boxes/claim") { work(&name, checkout) } else { json!({"control": "continue"}) };
        let answer = answer.to_string();
        if write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).is_err() {
            return;
        }
    }
}

fn work(name: &str, checkout: &serde_json::Value) -> serde_json::Value {
    json!({
        "devbox": name,
        "attempt": {"run": "01J", "phase": "check", "epoch": 1},
        "checkout": checkout,
        "task": {"task": "script", "script": "date +%s%N"},
        "files": {},
        "produces": [],
        "output_schema": null,
        "network": [],
        "timeout": {"wall": 600_000, "idle": 600_000, "start": 60_000},
        "budget": {"micro_usd": 1, "wall": 600_000, "turns": 1},
        "heartbeat": 1_000,
        "author": {"name": "Dana", "email": "dana@acme.example"},
        "report_token": name
    })
}
