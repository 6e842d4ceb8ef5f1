//! The handle: where it listens, what it was asked, what it says next.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::protocol::Heard;
use crate::script::{Fault, Script, Tokens, Turn};
use crate::seen::Seen;
use crate::server;

/// Providers of models, all at one address, until it is dropped.
#[derive(Debug)]
pub struct World {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) script: Script,
    pub(crate) seen: Vec<Seen>,
    /// How many faults of each turn happened already. The aside is turn 0 of no session.
    happened: HashMap<(Option<usize>, usize), usize>,
}

/// What a request is answered with.
pub(crate) struct Cue {
    pub(crate) turn: Turn,
    pub(crate) fault: Option<Fault>,
    pub(crate) answered: Option<(usize, usize)>,
}

impl World {
    /// Listens on a free port of loopback and says what `script` says.
    pub async fn start(script: Script) -> std::io::Result<Self> {
        Self::serve(TcpListener::bind("127.0.0.1:0").await?, script)
    }

    /// Answers on `listener`.
    pub fn serve(listener: TcpListener, script: Script) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State { script, ..State::default() }));
        let routes = server::routes(Arc::clone(&state));
        let server = tokio::spawn(async move {
            // It ends with the handle.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, state, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as the beginning of an address: `http://127.0.0.1:1234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says what `script` says from now on. What was seen is kept.
    pub fn play(&self, script: Script) {
        let mut state = lock(&self.state);
        state.script = script;
        state.happened.clear();
    }

    /// Every request so far, in order.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    /// What was billed so far, for how many answers, all together.
    pub fn billed(&self) -> (usize, Tokens) {
        let state = lock(&self.state);
        let none = Tokens { input: 0, cached: 0, kept: 0, kept_long: 0, output: 0, thought: 0 };
        state.seen.iter().filter_map(|seen| seen.billed).fold((0, none), |(count, sum), one| {
            let sum = Tokens {
                input: sum.input + one.input,
                cached: sum.cached + one.cached,
                kept: sum.kept + one.kept,
                kept_long: sum.kept_long + one.kept_long,
                output: sum.output + one.output,
                thought: sum.thought + one.thought,
            };
            (count + 1, sum)
        })
    }

    /// The turns of sessions that were said so far.
    pub fn said(&self) -> Vec<(usize, usize)> {
        lock(&self.state).seen.iter().filter_map(|seen| seen.answered).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    /// What is due for what was heard; or why nothing is.
    pub(crate) fn cue(&mut self, heard: &Heard) -> Result<Cue, String> {
        let session = self.script.sessions.iter().position(|session| session.when.fits(heard));
        let (turn, place) = match (session, &self.script.aside) {
            (Some(session), _) => {
                let turns = &self.script.sessions[session].turns;
                let turn = turns.get(heard.turns).ok_or_else(|| {
                    format!("the script of session {session} ends after {} turns, and more is asked", turns.len())
                })?;
                (turn.clone(), heard.turns)
            }
            (None, Some(aside)) => (aside.clone(), 0),
            (None, None) => return Err("no session of the script fits this request".to_owned()),
        };
        if let Some(after) = turn.after.as_ref().filter(|after| !heard.results.contains(*after)) {
            return Err(format!("this turn comes after a result with {after:?}, and the last was {:?}", heard.results));
        }
        let happened = self.happened.entry((session, place)).or_default();
        let fault = turn.faults.get(*happened).copied();
        *happened += usize::from(fault.is_some());
        Ok(Cue { turn, fault, answered: session.map(|session| (session, place)) })
    }
}

pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
