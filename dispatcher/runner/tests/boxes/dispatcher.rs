//! A dispatcher for one box: it hands out an assignment, remembers what is reported, and answers what it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use std::{fs, thread};

use serde_json::Value;
use signalbox_domain::devbox::{Assignment, Control, Finish, News, Report};
use signalbox_domain::id::Digest;

/// Longer than anything here takes; only a broken test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const CLAIM: &str = "claim-canary-5f1d";
pub(crate) const REPORT: &str = "report-canary-9c2e";
/// The checkout's token, renewed.
pub(crate) const FRESH: &str = "forge-canary-renewed-8d40";

#[derive(Default)]
struct State {
    assignment: Option<Assignment>,
    control: Option<Control>,
    claims: u32,
    reports: Vec<Report>,
    blobs: BTreeMap<String, Vec<u8>>,
    models: VecDeque<(u16, String)>,
    asked: Vec<(String, Value)>,
    down: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Dispatcher(Arc<(Mutex<State>, Condvar)>);

impl Dispatcher {
    /// Listens, and writes its address to `endpoint`.
    pub(crate) fn listen(&self, endpoint: &Path) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        fs::write(endpoint, format!("http://{}\n", listener.local_addr().unwrap())).unwrap();
        let dispatcher = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let dispatcher = dispatcher.clone();
                thread::spawn(move || dispatcher.serve(&stream.unwrap()));
            }
        });
    }

    pub(crate) fn assign(&self, assignment: Assignment) {
        self.state().assignment = Some(assignment);
    }

    /// Answers this to every report from now on.
    pub(crate) fn answer(&self, control: Control) {
        self.state().control = Some(control);
    }

    /// Breaks every connection from now on, or no longer.
    pub(crate) fn down(&self, down: bool) {
        self.state().down = down;
    }

    /// Answers the calls of models with these, in order.
    pub(crate) fn models(&self, answers: &[(u16, String)]) {
        self.state().models = answers.iter().cloned().collect();
    }

    /// Calls of models that came, with their bodies.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        self.state().asked.clone()
    }

    /// Forgets what was reported.
    pub(crate) fn forget(&self) {
        self.state().reports.clear();
    }

    pub(crate) fn claims(&self) -> u32 {
        self.state().claims
    }

    pub(crate) fn reports(&self) -> Vec<Report> {
        self.state().reports.clone()
    }

    pub(crate) fn blob(&self, digest: &Digest) -> String {
        String::from_utf8(self.state().blobs[digest.as_str()].clone()).unwrap()
    }

    /// Everything that ever came out of the box.
    pub(crate) fn everything(&self) -> String {
        let state = self.state();
        let blobs: Vec<_> = state.blobs.values().map(|blob| String::from_utf8_lossy(blob)).collect();
        format!("{}{}", serde_json::to_string(&state.reports).unwrap(), blobs.concat())
    }

    /// Waits for the last report.
    pub(crate) fn finish(&self) -> Finish {
        self.wait(|state| {
            state.reports.iter().find_map(|report| match &report.news {
                News::Finished(finish) => Some(finish.clone()),
                News::Beat | News::Progress { .. } => None,
            })
        })
    }

    /// Waits until so many reports came.
    pub(crate) fn reported(&self, count: usize) {
        self.wait(|state| (state.reports.len() >= count).then_some(()));
    }

    fn wait<T>(&self, found: impl Fn(&State) -> Option<T>) -> T {
        let mut state = self.state();
        loop {
            if let Some(found) = found(&state) {
                return found;
            }
            let (next, timeout) = self.0.1.wait_timeout(state, PATIENCE).unwrap();
            assert!(!timeout.timed_out(), "nothing came; so far: {:#?}", next.reports);
            state = next;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }

    fn serve(&self, mut stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some((request, token, body)) = read(&mut reader) {
            if self.state().down {
                return;
            }
            let (status, answer) = self.answer_to(&request, &token, body);
            self.0.1.notify_all();
            let head = format!(
                "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            if stream.write_all(&[head.into_bytes(), answer].concat()).is_err() {
                return;
            }
        }
    }

    fn answer_to(&self, request: &str, token: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let mut state = self.state();
        match request.split(' ').collect::<Vec<_>>()[..] {
            ["POST", "/boxes/claim", _] if token == CLAIM => {
                state.claims += 1;
                match state.assignment.take() {
                    Some(assignment) => (200, serde_json::to_vec(&assignment).unwrap()),
                    None => (409, vec![]),
                }
            }
            ["POST", "/boxes/report", _] if token == REPORT => {
                state.reports.push(serde_json::from_slice(&body).unwrap());
                match state.control.clone().unwrap_or(Control::Continue) {
                    Control::Gone => (410, vec![]),
                    control @ (Control::Continue | Control::Stop) => (200, serde_json::to_vec(&control).unwrap()),
                }
            }
            ["POST", "/boxes/token", _] if token == REPORT => (200, serde_json::to_vec(FRESH).unwrap()),
            ["PUT", path, _] if token == REPORT && path.starts_with("/boxes/blobs/") => {
                let digest = path.trim_start_matches("/boxes/blobs/").to_owned();
                assert_eq!(Digest::of(&body).as_str(), digest);
                state.blobs.insert(digest, body);
                (201, vec![])
            }
            ["POST", path, _] if token == REPORT && path.starts_with("/boxes/models/") => {
                let path = path.trim_start_matches("/boxes/models/").to_owned();
                state.asked.push((path, serde_json::from_slice(&body).unwrap_or_default()));
                state.models.pop_front().map_or((500, vec![]), |(status, answer)| (status, answer.into_bytes()))
            }
            _ => (401, vec![]),
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<(String, String, Vec<u8>)> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim().to_owned())
    };
    let (request, mut token, mut length) = (line()?, String::new(), 0);
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name.to_lowercase().as_str() {
            "authorization" => token = value.trim().trim_start_matches("Bearer ").to_owned(),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((request, token, body))
}
