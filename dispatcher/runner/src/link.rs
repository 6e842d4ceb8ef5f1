//! The line to the dispatcher: the claim, the reports, the blobs, and what it answers. Outbound only.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use signalbox_domain::devbox::{Assignment, Control, Finish, News, Report, Usage};
use signalbox_domain::id::{DevboxId, Digest};
use ureq::Agent;

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(30);
/// The first wait after a request that failed; each is twice the one before.
const BACKOFF: Duration = Duration::from_millis(100);
/// The longest wait between two tries.
const BACKOFF_MOST: Duration = Duration::from_secs(5);
/// The least time between two reports of progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);
/// The largest answer read.
const ANSWER_BYTES: u64 = 64 << 20;

/// Why the dispatcher was not heard, or not obeyed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No answer, or one that may be different soon.
    #[error("the dispatcher did not answer: {0}")]
    Silent(String),
    /// It does not take this, however often it is said.
    #[error("the dispatcher refused what was sent to it: it answered {0}")]
    Refused(u16),
    /// The box is not wanted any more, or its token was used before.
    #[error("the dispatcher does not know this box any more")]
    Gone,
}

/// The line of one box that has claimed its assignment.
pub(crate) struct Link {
    http: Agent,
    endpoint: PathBuf,
    token: String,
    devbox: DevboxId,
    epoch: u32,
    heartbeat: Duration,
    /// How long the dispatcher may be silent. One that restarts takes seconds.
    patience: Duration,
    /// Held while a report is on its way, so that they arrive in the order of their numbers.
    line: Mutex<Line>,
    control: AtomicU8,
    pending: Mutex<Pending>,
    wake: Condvar,
}

struct Line {
    sequence: u64,
    heard: Instant,
}

#[derive(Default)]
struct Pending {
    progress: Option<(String, Usage)>,
    closed: bool,
}

impl Link {
    /// Claims the assignment that `token` stands for. A dispatcher that is silent for longer than `patience` is given
    /// up, now and later.
    pub(crate) fn claim(endpoint: &Path, token: &str, patience: Duration) -> Result<(Self, Assignment), Error> {
        let http: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(REQUEST))
            .build()
            .into();
        let body = patiently(patience, || {
            let request = http.post(address(endpoint, "claim")?).header("Authorization", format!("Bearer {token}"));
            read(request.send_empty())
        })?;
        let assignment: Assignment = serde_json::from_slice(&body)
            .map_err(|error| Error::Silent(format!("its assignment cannot be read: {error}")))?;
        let link = Self {
            http,
            endpoint: endpoint.to_path_buf(),
            token: assignment.report_token.clone(),
            devbox: assignment.devbox.clone(),
            epoch: assignment.attempt.epoch,
            heartbeat: Duration::from_millis(assignment.heartbeat.0.max(10)),
            patience,
            line: Mutex::new(Line { sequence: 0, heard: Instant::now() }),
            control: AtomicU8::new(CONTINUE),
            pending: Mutex::default(),
            wake: Condvar::new(),
        };
        Ok((link, assignment))
    }

    /// The last word of the dispatcher. Gone stays gone, and a stop stays one.
    pub(crate) fn control(&self) -> Control {
        match self.control.load(Ordering::SeqCst) {
            CONTINUE => Control::Continue,
            STOP => Control::Stop,
            _ => Control::Gone,
        }
    }

    /// Says what the agent is at, when it is time to. What comes quicker replaces what was not said yet.
    pub(crate) fn progress(&self, activity: String, usage: Usage) {
        locked(&self.pending).progress = Some((activity, usage));
        self.wake.notify_all();
    }

    /// Reports progress and that the box is alive, until the line is closed or the box is not wanted any more.
    pub(crate) fn keep_alive(&self) {
        let (mut progressed, mut beat) = (Instant::now() - PROGRESS_EVERY, Instant::now());
        let mut backoff = BACKOFF;
        while let Some(news) = self.next(&mut progressed, beat) {
            match self.report(&news) {
                Ok(Control::Gone) => return,
                Ok(Control::Continue | Control::Stop) => (backoff, beat) = (BACKOFF, Instant::now() + self.heartbeat),
                // What was not heard is not said again: the next report says more.
                Err(_) => {
                    beat = Instant::now() + backoff.min(self.heartbeat);
                    backoff = (backoff * 2).min(BACKOFF_MOST);
                    if locked(&self.line).heard.elapsed() > self.patience {
                        self.control.store(GONE, Ordering::SeqCst);
                        return;
                    }
                }
            }
        }
    }

    /// The next thing to say, when its time has come; nothing once the line is closed.
    fn next(&self, progressed: &mut Instant, beat: Instant) -> Option<News> {
        let mut pending = locked(&self.pending);
        loop {
            let now = Instant::now();
            let due = *progressed + PROGRESS_EVERY;
            if pending.closed {
                return None;
            }
            if due <= now
                && let Some((activity, usage)) = pending.progress.take()
            {
                *progressed = now;
                return Some(News::Progress { activity, usage });
            }
            if beat <= now {
                return Some(News::Beat);
            }
            let until = if pending.progress.is_some() { beat.min(due) } else { beat };
            pending = self.wake.wait_timeout(pending, until - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Asks whether this box may still write anything, and waits for the answer.
    pub(crate) fn confirm(&self) -> Result<Control, Error> {
        match patiently(self.patience, || self.report(&News::Beat))? {
            Control::Gone => Err(Error::Gone),
            control @ (Control::Continue | Control::Stop) => Ok(control),
        }
    }

    /// A token for the checkout that was made now; nothing where its forge asks for none.
    pub(crate) fn renew(&self) -> Result<Option<String>, Error> {
        let answer = patiently(self.patience, || {
            let request = self.http.post(address(&self.endpoint, "token")?);
            read(request.header("Authorization", format!("Bearer {}", self.token)).send_empty())
        })?;
        serde_json::from_slice(&answer).map_err(|error| Error::Silent(format!("its token cannot be read: {error}")))
    }

    /// Keeps `bytes` with the dispatcher.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::of(bytes);
        patiently(self.patience, || {
            let address = address(&self.endpoint, &format!("blobs/{digest}"))?;
            read(self.http.put(address).header("Authorization", format!("Bearer {}", self.token)).send(bytes))
        })?;
        Ok(digest)
    }

    /// Says how it ended, until it is heard.
    pub(crate) fn finish(&self, finish: Finish) -> Result<(), Error> {
        self.close();
        let mut line = locked(&self.line);
        line.sequence += 1;
        // The same number each time: a report whose answer was lost counts once.
        let report = self.numbered(line.sequence, News::Finished(finish));
        patiently(self.patience, || self.send(&report)).map(drop)
    }

    /// Says nothing more by itself.
    pub(crate) fn close(&self) {
        locked(&self.pending).closed = true;
        self.wake.notify_all();
    }

    fn report(&self, news: &News) -> Result<Control, Error> {
        let mut line = locked(&self.line);
        line.sequence += 1;
        let control = self.send(&self.numbered(line.sequence, news.clone()))?;
        line.heard = Instant::now();
        let code = match control {
            Control::Continue => CONTINUE,
            Control::Stop => STOP,
            Control::Gone => GONE,
        };
        self.control.fetch_max(code, Ordering::SeqCst);
        Ok(control)
    }

    fn send(&self, report: &Report) -> Result<Control, Error> {
        let body = serde_json::to_vec(report).map_err(|error| Error::Silent(error.to_string()))?;
        let request = self.http.post(address(&self.endpoint, "report")?);
        let request = request
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json");
        match read(request.send(&body[..])) {
            Ok(answer) => serde_json::from_slice(&answer).map_err(|error| Error::Silent(error.to_string())),
            Err(Error::Gone) => Ok(Control::Gone),
            Err(error @ (Error::Silent(_) | Error::Refused(_))) => Err(error),
        }
    }

    fn numbered(&self, sequence: u64, news: News) -> Report {
        Report { devbox: self.devbox.clone(), epoch: self.epoch, sequence, news }
    }
}

const CONTINUE: u8 = 0;
const STOP: u8 = 1;
const GONE: u8 = 2;

fn address(endpoint: &Path, path: &str) -> Result<String, Error> {
    let silent = |error| Error::Silent(format!("{} cannot be read: {error}", endpoint.display()));
    let base = fs::read_to_string(endpoint).map_err(silent)?;
    Ok(format!("{}/boxes/{path}", base.trim().trim_end_matches('/')))
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, Error> {
    let silent = |error: ureq::Error| Error::Silent(error.to_string());
    let mut answer = answer.map_err(silent)?;
    match answer.status().as_u16() {
        200..=299 => answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec().map_err(silent),
        // Claimed by another, or over.
        409 | 410 => Err(Error::Gone),
        status @ (400 | 411 | 413 | 415 | 422) => Err(Error::Refused(status)),
        status => Err(Error::Silent(format!("it answered {status}"))),
    }
}

/// Tries until it works, the box is gone or the patience is.
fn patiently<T>(patience: Duration, mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let (deadline, mut backoff) = (Instant::now() + patience, BACKOFF);
    loop {
        match attempt() {
            Err(Error::Silent(_)) if Instant::now() < deadline => {
                thread::sleep(backoff);
                backoff = (backoff * 2).min(BACKOFF_MOST);
            }
            result => return result,
        }
    }
}

/// What a thread that panicked held is still whole: each of these is written in one go.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
