//! A folder of boxes and a dispatcher that hands every box the same script.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::json;
use signalbox_domain::id::Digest;
use signalbox_ports::devbox::{Devbox as _, Spec};
use signalbox_runner::jail::{Identity, identity};
use signalbox_runner::place::{Orders, Place};
use signalbox_sandbox::{Config, Sandbox, Sizes};
use tempfile::TempDir;

pub(crate) struct World {
    folder: TempDir,
    pub(crate) sandbox: Sandbox,
    /// The name of the folder of the box called `box`.
    pub(crate) name: String,
    open: bool,
    gone: Arc<AtomicBool>,
    claimed: Arc<AtomicBool>,
}

impl World {
    pub(crate) fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        fs::write(folder.path().join("endpoint"), format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (gone, claimed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (is_gone, is_claimed, script) = (Arc::clone(&gone), Arc::clone(&claimed), script.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (is_gone, is_claimed, script) = (Arc::clone(&is_gone), Arc::clone(&is_claimed), script.clone());
                std::thread::spawn(move || serve(&stream.unwrap(), &script, &is_gone, &is_claimed));
            }
        });
        let sandbox = Sandbox::new(config(folder.path(), false));
        Self { folder, sandbox, name: format!("box-{}", Digest::of(b"box").short()), open: false, gone, claimed }
    }

    pub(crate) fn config(&self) -> Config {
        config(self.folder.path(), self.open)
    }

    /// What the next dispatcher would have.
    pub(crate) fn another(&self) -> Sandbox {
        Sandbox::new(self.config())
    }

    pub(crate) fn without_a_jail(&mut self) {
        self.open = true;
        self.sandbox = self.another();
    }

    /// Tells every box that it is not wanted.
    pub(crate) fn gone(&self) {
        self.gone.store(true, Ordering::SeqCst);
    }

    /// Waits until a box has claimed its work.
    pub(crate) fn claimed(&self) {
        until("nobody claims the work", || self.claimed.load(Ordering::SeqCst));
    }

    pub(crate) async fn provision(&self, name: &str) -> Spec {
        let spec = Spec { devbox: name.into(), claim_token: "once".to_owned() };
        self.sandbox.provision(&spec).await.unwrap();
        spec
    }

    /// Another process makes a box and is killed.
    pub(crate) fn provision_and_die(&self, name: &str) {
        let status = Command::new(env!("CARGO_BIN_EXE_sandboxed-runner"))
            .args(["provision", "and die", self.folder.path().to_str().unwrap(), name])
            .status();
        assert_eq!(status.unwrap().code(), None);
    }

    pub(crate) fn boxes(&self) -> PathBuf {
        self.folder.path().join("boxes")
    }

    pub(crate) fn folders(&self) -> Vec<String> {
        let entries = fs::read_dir(self.boxes()).into_iter().flatten().map(Result::unwrap);
        let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
        folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    pub(crate) fn occupant(&self) -> Identity {
        Place::at(self.boxes().join(&self.name)).occupant().unwrap()
    }

    /// Waits until nobody is in the box called `box`.
    pub(crate) fn vacant(&self) {
        let place = Place::at(self.boxes().join(&self.name));
        until("the box does not end", || place.vacant().unwrap().is_some());
    }

    pub(crate) fn set_occupant(&self, occupant: Identity) {
        let file = self.boxes().join(&self.name).join("occupant.json");
        fs::write(file, serde_json::to_vec(&occupant).unwrap()).unwrap();
    }

    /// A box whose runner was never started.
    pub(crate) fn unstarted(&self, folder: &Path, spec: &Spec) {
        let orders = Orders {
            devbox: spec.devbox.clone(),
            since: signalbox_domain::time::Time(1),
            endpoint: self.config().endpoint,
            patience: signalbox_domain::time::Span::minutes(1),
            mirrors: self.folder.path().join("mirrors"),
            tools: vec![],
            sizes: Sizes::default(),
            unsandboxed_i_accept_the_risk: false,
        };
        Place::at(folder).make(&orders, &spec.claim_token).unwrap();
    }

    /// How many runners there are, alive.
    pub(crate) fn runners(&self) -> usize {
        processes(self.boxes().to_str().unwrap()).iter().filter(|line| line.contains("\0--box\0")).count()
    }
}

/// Nothing of a story is left running, however it ended.
impl Drop for World {
    fn drop(&mut self) {
        for folder in self.folders() {
            let Some(occupant) = Place::at(self.boxes().join(folder)).occupant() else { continue };
            let left = signalbox_runner::jail::belongings(occupant);
            signalbox_runner::jail::kill(occupant);
            left.into_iter().for_each(signalbox_runner::jail::kill);
        }
    }
}

pub(crate) fn config(folder: &Path, open: bool) -> Config {
    Config {
        folder: folder.to_path_buf(),
        program: env!("CARGO_BIN_EXE_sandboxed-runner").into(),
        endpoint: folder.join("endpoint"),
        tools: vec![],
        sizes: Sizes::default(),
        warm: 0,
        unsandboxed_i_accept_the_risk: open,
    }
}

pub(crate) fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}

/// Host processes whose command line holds `word`. What a broken run left behind earlier is not ours.
pub(crate) fn processes(word: &str) -> Vec<String> {
    let own = identity(std::process::id()).unwrap();
    let numbers = fs::read_dir("/proc").unwrap().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let ours = numbers.filter(|number| identity(*number).is_some_and(|process| process.started >= own.started));
    let lines = ours.filter_map(|number| fs::read(format!("/proc/{number}/cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).filter(|line| line.contains(word)).collect()
}

/// Waits until it is so. Only a broken test waits long.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

fn serve(mut stream: &TcpStream, script: &str, gone: &AtomicBool, claimed: &AtomicBool) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut request, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            request.push_str(&line);
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let answer = if request.contains("/boxes/claim") {
            claimed.store(true, Ordering::SeqCst);
            work(script)
        } else {
            json!({"control": "continue"})
        };
        let status = if gone.load(Ordering::SeqCst) { "410 Gone" } else { "200 OK" };
        let answer = answer.to_string();
        if write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).is_err() {
            return;
        }
    }
}

fn work(script: &str) -> serde_json::Value {
    json!({
        "devbox": "box",
        "attempt": {"run": "01J", "phase": "check", "epoch": 1},
        "checkout": null,
        "task": {"task": "script", "script": script},
        "files": {},
        "produces": [],
        "output_schema": null,
        "network": [],
        "timeout": {"wall": 600_000, "idle": 600_000, "start": 60_000},
        "budget": {"micro_usd": 1, "wall": 600_000, "turns": 1},
        "heartbeat": 100,
        "author": {"name": "Dana", "email": "dana@acme.example"},
        "report_token": "report"
    })
}
