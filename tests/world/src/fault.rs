//! Trouble on demand: what a call meets before or after it has its effect.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use signalbox_ports::Error;

/// What a call meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// It fails and has no effect.
    FailBefore(Error),
    /// It has its effect, and the answer is lost.
    FailAfter(Error),
    /// It hangs, and has its effect only when it is [let go](Faults::free): long after whoever made it was given up on.
    Stall,
}

/// Asked by every call on a world port, which names its point: `store.commit`, `chat.say`.
pub trait Faults: Send + Sync {
    /// What the call at that point meets.
    fn at(&self, point: &'static str) -> Fault;

    /// Whether calls that hang are let go.
    fn free(&self) -> bool {
        true
    }
}

/// No trouble at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calm;

impl Faults for Calm {
    fn at(&self, _point: &'static str) -> Fault {
        Fault::Pass
    }
}

/// Trouble by plan. Counts every call, so that a harness can first see how many there are and then fail each of them.
#[derive(Debug, Default)]
pub struct Script {
    state: Mutex<State>,
}

/// Where in a call the world ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before it has its effect.
    Before,
    /// After it had its effect, before its answer arrived.
    After,
}

#[derive(Debug, Default)]
struct State {
    hits: Vec<&'static str>,
    planned: BTreeMap<usize, Fault>,
    next: BTreeMap<&'static str, Vec<Fault>>,
    crash: Option<(usize, Moment)>,
    down: bool,
    aside: bool,
    free: bool,
    fired: usize,
}

impl Script {
    /// The call number `nth` (from 0, over all ports) meets the fault.
    pub fn fail(&self, nth: usize, fault: Fault) {
        self.state().planned.insert(nth, fault);
    }

    /// The next call at `point` that nothing else is planned for meets the fault; faults for one point queue up.
    pub fn fail_next(&self, point: &'static str, fault: Fault) {
        self.state().next.entry(point).or_default().push(fault);
    }

    /// The process dies in call number `nth`: from then on every call fails without effect, until [`Self::restart`].
    pub fn crash(&self, nth: usize, moment: Moment) {
        self.state().crash = Some((nth, moment));
    }

    /// Whether calls are looks at the world from outside of it: not counted, and never in trouble.
    pub fn aside(&self, aside: bool) {
        self.state().aside = aside;
    }

    /// Calls that hang go on.
    pub fn release(&self) {
        self.state().free = true;
    }

    /// Whether the process is dead.
    pub fn crashed(&self) -> bool {
        self.state().down
    }

    /// The process is started again; nothing planned is left.
    pub fn restart(&self) {
        let mut state = self.state();
        state.down = false;
        state.crash = None;
        state.planned.clear();
        state.next.clear();
    }

    /// The points of all calls so far, in order.
    pub fn hits(&self) -> Vec<&'static str> {
        self.state().hits.clone()
    }

    /// How many planned faults (a crash is one) were met: a plan that was never met proves nothing.
    pub fn fired(&self) -> usize {
        self.state().fired
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Faults for Script {
    fn at(&self, point: &'static str) -> Fault {
        let dead = || Error::unavailable("the process died");
        let mut state = self.state();
        if state.aside {
            return Fault::Pass;
        }
        let nth = state.hits.len();
        state.hits.push(point);
        if state.down {
            return Fault::FailBefore(dead());
        }
        if let Some((at, moment)) = state.crash
            && at == nth
        {
            state.down = true;
            state.fired += 1;
            return match moment {
                Moment::Before => Fault::FailBefore(dead()),
                Moment::After => Fault::FailAfter(dead()),
            };
        }
        let planned = state.planned.remove(&nth).or_else(|| {
            let queued = state.next.get_mut(point)?;
            (!queued.is_empty()).then(|| queued.remove(0))
        });
        match planned {
            Some(fault) => {
                state.fired += 1;
                fault
            }
            None => Fault::Pass,
        }
    }

    fn free(&self) -> bool {
        self.state().free
    }
}

/// Makes one call of a world port: asks what it meets, and does the work in between.
pub async fn call<T>(
    faults: &dyn Faults,
    point: &'static str,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    match faults.at(point) {
        Fault::Pass => work(),
        Fault::FailBefore(error) => Err(error),
        Fault::FailAfter(error) => work().and(Err(error)),
        Fault::Stall => {
            // Nobody wakes it: whoever let it go polls it again.
            poll_fn(|_| if faults.free() { Poll::Ready(()) } else { Poll::Pending }).await;
            work()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn make(script: &Script, point: &'static str, done: &Mutex<u32>) -> Result<(), Error> {
        call(script, point, || {
            *done.lock().unwrap() += 1;
            Ok(())
        })
        .await
    }

    #[tokio::test]
    async fn a_crash_after_a_call_keeps_its_effect_and_stops_everything_until_the_restart() {
        let (script, done) = (Script::default(), Mutex::new(0));
        script.crash(1, Moment::After);
        assert!(make(&script, "store.record", &done).await.is_ok());
        assert!(make(&script, "queue.send", &done).await.is_err());
        assert!(make(&script, "queue.receive", &done).await.is_err());
        script.restart();
        assert!(make(&script, "queue.receive", &done).await.is_ok());
        assert_eq!((*done.lock().unwrap(), script.fired()), (3, 1));
        assert_eq!(script.hits(), ["store.record", "queue.send", "queue.receive", "queue.receive"]);
    }

    #[tokio::test]
    async fn a_call_that_hangs_has_its_effect_when_it_is_let_go() {
        let (script, done) = (Script::default(), Mutex::new(0));
        script.fail(0, Fault::Stall);
        let mut hangs = Box::pin(make(&script, "chat.say", &done));
        assert!(futures::poll!(&mut hangs).is_pending());
        assert!(make(&script, "chat.say", &done).await.is_ok());
        assert_eq!(*done.lock().unwrap(), 1);
        script.release();
        assert!(hangs.await.is_ok());
        assert_eq!((*done.lock().unwrap(), script.fired()), (2, 1));
    }

    #[test]
    fn a_fault_for_a_point_waits_for_that_point() {
        let script = Script::default();
        script.fail_next("chat.say", Fault::FailBefore(Error::unavailable("down")));
        assert_eq!(script.at("store.load"), Fault::Pass);
        assert_eq!(script.at("chat.say"), Fault::FailBefore(Error::unavailable("down")));
        assert_eq!(script.at("chat.say"), Fault::Pass);
    }
}
