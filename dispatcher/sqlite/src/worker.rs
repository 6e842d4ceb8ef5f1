//! A thread of its own for what blocks, so that nothing asynchronous ever waits for a disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread::JoinHandle;

use futures::channel::oneshot;
use signalbox_ports::Error;

use crate::error::Trouble;

/// Does jobs on a state that only it sees, one after the other, in the order they were asked for.
pub(crate) struct Worker<S> {
    jobs: Option<mpsc::Sender<Job<S>>>,
    thread: Option<JoinHandle<()>>,
}

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

impl<S: Send + 'static> Worker<S> {
    /// Starts the thread.
    pub(crate) fn start(name: &str, mut state: S) -> Result<Self, Error> {
        let (jobs, asked) = mpsc::channel::<Job<S>>();
        let work = move || {
            for job in asked {
                // A job that panics answers nobody; the transaction it was in is rolled back as it unwinds.
                drop(catch_unwind(AssertUnwindSafe(|| job(&mut state))));
            }
        };
        let thread = std::thread::Builder::new().name(name.into()).spawn(work).map_err(Error::unavailable)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does the job. It is done even if nobody waits for the answer any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| drop(answer.send(work(state))));
        let gone = || Error::unavailable("the folder's worker ended before it answered");
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(gone)?;
        Ok(answered.await.map_err(|_| gone())??)
    }
}

/// Waits until everything that was asked for is done: whoever opens the folder next finds it at rest.
impl<S> Drop for Worker<S> {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
