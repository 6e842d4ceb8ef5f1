//! Watches a program in its jail: what it prints, how long it takes, what it uses up, and whether it is still wanted.

use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use signalbox_domain::devbox::{Control, Limit, Usage};
use signalbox_domain::workflow::Budget;

use crate::agent::Agent;
use crate::gateway::Gate;
use crate::git::tail;
use crate::jail::Inmate;
use crate::link::Link;
use crate::transcript::{Entry, Transcript};

/// How often the limits are looked at.
const TICK: Duration = Duration::from_millis(20);
/// How often the processor time of the jail is looked at.
const SAMPLE: Duration = Duration::from_secs(1);
/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);
/// The longest line that is read at once, in bytes.
const LINE_BYTES: u64 = 1 << 20;
/// The most output that is kept whole, in bytes.
const OUTPUT_BYTES: usize = 4 << 20;
/// The end of the output that stands for all of it, in bytes.
const SUMMARY_BYTES: usize = 8 << 10;
/// Lines that may wait to be read.
const LINES: usize = 256;

/// How long and how much.
pub(crate) struct Limits {
    /// Until when.
    pub(crate) until: Instant,
    /// How long without a sign of activity: no output, and no processor time used.
    pub(crate) idle: Duration,
    /// What may be used up.
    pub(crate) budget: Budget,
}

/// Why a program was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It was told to stop.
    Stopped,
    /// The box is not wanted any more.
    Gone,
    /// It took too long.
    TimedOut(Limit),
    /// It used up too much.
    Budget,
    /// It wrote more than it may, and nothing else would have kept it from going on.
    Disk,
}

/// What was seen.
pub(crate) struct Seen {
    /// What it exited with, if it ended by itself.
    pub(crate) ended: Result<i32, Cut>,
    /// The agent's last words, or the end of the script's output.
    pub(crate) summary: String,
    /// Everything a script printed, up to a limit.
    pub(crate) output: Vec<u8>,
    /// The last line on standard error.
    pub(crate) complaint: String,
    /// Sizes of its box that it reached, in words.
    pub(crate) reached: Vec<String>,
    /// Used up.
    pub(crate) usage: Usage,
}

enum Line {
    Output(Vec<u8>),
    Error(Vec<u8>),
}

/// Watches `inmate` until it and everything it started is gone. Without an `agent` it is a script.
pub(crate) fn watch(
    inmate: &mut Inmate,
    agent: Option<&mut (dyn Agent + 'static)>,
    link: &Link,
    mut gate: Option<&mut Gate>,
    transcript: &mut Transcript,
    limits: &Limits,
) -> io::Result<Seen> {
    let (sender, lines) = mpsc::sync_channel(LINES);
    read(inmate.child.stdout.take(), sender.clone(), Line::Output);
    read(inmate.child.stderr.take(), sender, Line::Error);
    let mut seen = Seen {
        ended: Ok(0),
        summary: String::new(),
        output: Vec::new(),
        complaint: String::new(),
        reached: Vec::new(),
        usage: gate.as_ref().map(|gate| gate.used()).unwrap_or_default(),
    };
    let is_agent = agent.is_some();
    let mut ear = Ear { activity: "thinking".to_owned(), agent, link, transcript, seen: &mut seen };
    let (mut active, mut ticks, mut sampled) = (Instant::now(), 0, Instant::now());
    let ended = loop {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                active = Instant::now();
                ear.hear(line)?;
            }
            // It closed its output and may still be at work.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(TICK),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(gate) = gate.as_deref_mut() {
            ear.gate(gate)?;
            if gate.is_busy() {
                active = Instant::now();
            }
        }
        if let Some(code) = inmate.ended()? {
            break Ok(code);
        }
        if inmate.overflows() {
            break Err(Cut::Disk);
        }
        if sampled.elapsed() > SAMPLE.min(limits.idle / 4) {
            let now = inmate.ticks();
            if now != ticks {
                active = Instant::now();
            }
            (ticks, sampled) = (now, Instant::now());
            ear.reached(inmate)?;
        }
        if let Some(cut) = cut(link, limits, active, ear.seen.usage) {
            if cut != Cut::Gone {
                inmate.terminate();
                let deadline = Instant::now() + GRACE;
                while inmate.ended()?.is_none() && Instant::now() < deadline && link.control() != Control::Gone {
                    match lines.recv_timeout(TICK) {
                        Ok(line) => ear.hear(line)?,
                        Err(RecvTimeoutError::Disconnected) => thread::sleep(TICK),
                        Err(RecvTimeoutError::Timeout) => {}
                    }
                }
            }
            break Err(cut);
        }
    };
    ear.reached(inmate)?;
    // What it left running ends with it. After that no one can write, and the readers come to the end.
    inmate.kill()?;
    for line in lines {
        ear.hear(line)?;
    }
    if let Some(gate) = gate {
        ear.gate(gate)?;
    }
    if ended.is_ok_and(|code| code != 0) && is_agent && !seen.complaint.is_empty() {
        // An agent that failed says why there.
        seen.summary = format!("{}\n{}", seen.summary, seen.complaint).trim().to_owned();
    }
    seen.ended = ended;
    Ok(seen)
}

fn cut(link: &Link, limits: &Limits, active: Instant, usage: Usage) -> Option<Cut> {
    match link.control() {
        Control::Stop => return Some(Cut::Stopped),
        Control::Gone => return Some(Cut::Gone),
        Control::Continue => {}
    }
    if usage.micro_usd > limits.budget.micro_usd || usage.turns > limits.budget.turns {
        return Some(Cut::Budget);
    }
    if Instant::now() > limits.until {
        return Some(Cut::TimedOut(Limit::Wall));
    }
    (active.elapsed() > limits.idle).then_some(Cut::TimedOut(Limit::Idle))
}

/// Turns lines into what was seen.
struct Ear<'a> {
    /// What the agent was at last.
    activity: String,
    agent: Option<&'a mut (dyn Agent + 'static)>,
    link: &'a Link,
    transcript: &'a mut Transcript,
    seen: &'a mut Seen,
}

impl Ear<'_> {
    /// Notes which sizes of its box it reached.
    fn reached(&mut self, inmate: &mut Inmate) -> io::Result<()> {
        for words in inmate.reached() {
            self.transcript.note(&words)?;
            if !self.seen.reached.contains(&words) {
                self.seen.reached.push(words);
            }
        }
        Ok(())
    }

    fn hear(&mut self, line: Line) -> io::Result<()> {
        let (bytes, error) = match line {
            Line::Output(bytes) => (bytes, false),
            Line::Error(bytes) => (bytes, true),
        };
        let text = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
        if error && !text.trim().is_empty() {
            self.seen.complaint.clone_from(&text);
        }
        let Some(agent) = self.agent.as_deref_mut() else {
            let room = OUTPUT_BYTES.saturating_sub(self.seen.output.len());
            self.seen.output.extend_from_slice(&bytes[..bytes.len().min(room)]);
            self.seen.summary.push_str(&text);
            self.seen.summary.push('\n');
            if self.seen.summary.len() > 2 * SUMMARY_BYTES {
                self.seen.summary = tail(&self.seen.summary, SUMMARY_BYTES).to_owned();
            }
            let text = if error { Entry::Complaint { text } } else { Entry::Text { text } };
            return self.transcript.add(&text);
        };
        if error {
            return self.transcript.add(&Entry::Complaint { text });
        }
        for entry in agent.read(&text) {
            self.take(&entry)?;
        }
        Ok(())
    }

    /// What happened at the gateway.
    fn gate(&mut self, gate: &mut Gate) -> io::Result<()> {
        for entry in gate.news() {
            self.take(&entry)?;
            if let Entry::Usage(_) = entry {
                self.link.progress(self.activity.clone(), self.seen.usage);
            }
        }
        Ok(())
    }

    fn take(&mut self, entry: &Entry) -> io::Result<()> {
        self.transcript.add(entry)?;
        match entry {
            Entry::Usage(used) => self.seen.usage = self.seen.usage + *used,
            Entry::Text { text } if !text.trim().is_empty() => self.seen.summary.clone_from(text),
            Entry::Begin { .. }
            | Entry::Prompt { .. }
            | Entry::Session { .. }
            | Entry::Failover { .. }
            | Entry::Text { .. }
            | Entry::ToolCall { .. }
            | Entry::ToolResult { .. }
            | Entry::Complaint { .. }
            | Entry::Note { .. }
            | Entry::End(_) => {}
        }
        if let Some(activity) = entry.activity() {
            self.activity.clone_from(&activity);
            self.link.progress(activity, self.seen.usage);
        }
        Ok(())
    }
}

impl Seen {
    /// The summary, no longer than it may be.
    pub(crate) fn summary(&self) -> &str {
        tail(&self.summary, SUMMARY_BYTES)
    }
}

fn read(stream: Option<impl Read + Send + 'static>, sender: SyncSender<Line>, line: fn(Vec<u8>) -> Line) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        loop {
            let mut bytes = Vec::new();
            match stream.by_ref().take(LINE_BYTES).read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if sender.send(line(bytes)).is_err() {
                return;
            }
        }
    });
}
