//! The thread that writes: what is asked for while the disk is busy is written together, in one transaction.
//!
//! Everything waits for the disk once per transaction, not once per job. Jobs stay apart all the same: one that fails
//! takes back what it did and nothing else, and each is answered only when the transaction it was in is on the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

use futures::channel::oneshot;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use signalbox_ports::Error;

use crate::error::Trouble;

/// The most jobs written together.
const TOGETHER: usize = 128;

/// Writes jobs to the database that only it writes to, in the order they were asked for.
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// Does its part of a transaction, or hears why there is none. What it gives back is called once it is known what became
/// of the transaction.
type Job = Box<dyn FnOnce(Result<&Transaction<'_>, Error>) -> Done + Send>;

/// What a job came to.
struct Done {
    /// Whether what it did counts.
    well: bool,
    /// Tells whoever asked; the error is the transaction's.
    answer: Box<dyn FnOnce(Result<(), Error>) + Send>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(name: &str, mut connection: Connection) -> Result<Self, Error> {
        let (jobs, asked) = mpsc::channel::<Job>();
        let work = move || {
            while let Some(batch) = batch(&asked) {
                write(&mut connection, batch);
            }
        };
        let thread = std::thread::Builder::new().name(name.into()).spawn(work).map_err(Error::unavailable)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does the job, and answers when it is on the disk, or when nothing of it is. It is done even if nobody waits for
    /// the answer any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let done = transaction.map_err(Trouble::from).and_then(work);
            Done {
                well: done.is_ok(),
                answer: Box::new(move |written: Result<(), Error>| {
                    let told = done.map_err(Error::from).and_then(|done| written.map(|()| done));
                    drop(answer.send(told));
                }),
            }
        });
        let gone = || Error::unavailable("the folder's writer ended before it answered");
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(gone)?;
        answered.await.map_err(|_| gone())?
    }
}

/// Waits until everything that was asked for is done: whoever opens the folder next finds it at rest.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The next job and those that were asked for meanwhile; nothing once nobody can ask any more.
fn batch(asked: &Receiver<Job>) -> Option<Vec<Job>> {
    let mut batch = vec![asked.recv().ok()?];
    batch.extend(asked.try_iter().take(TOGETHER - 1));
    Some(batch)
}

fn write(connection: &mut Connection, batch: Vec<Job>) {
    let mut left = batch.into_iter();
    while left.len() > 0 {
        let mut done = Vec::with_capacity(left.len());
        let written = together(connection, &mut left, &mut done);
        for Done { answer, .. } in done {
            answer(written.clone());
        }
    }
}

/// Writes as many jobs as go together: all of them, unless one ends the transaction.
fn together(
    connection: &mut Connection,
    left: &mut impl Iterator<Item = Job>,
    done: &mut Vec<Done>,
) -> Result<(), Error> {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = Error::from(Trouble::from(error));
            done.extend(left.map(|job| job(Err(error.clone()))));
            return Err(error);
        }
    };
    for job in left {
        transaction.execute_batch("SAVEPOINT job").map_err(Trouble::from)?;
        // A job that panics answers nobody, and what it did is taken back.
        let made = catch_unwind(AssertUnwindSafe(|| job(Ok(&transaction)))).ok();
        let well = made.as_ref().is_some_and(|made| made.well);
        done.extend(made);
        // A full or failing disk ends the whole transaction by itself: none of it was written.
        if transaction.is_autocommit() {
            return Err(Error::unavailable("the database ended the transaction; nothing of it was written"));
        }
        let end = if well { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        transaction.execute_batch(end).map_err(Trouble::from)?;
    }
    Ok(transaction.commit().map_err(Trouble::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn jobs_that_are_written_together_stay_apart() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("together.db")).unwrap();
        connection.execute_batch("CREATE TABLE number (value INTEGER PRIMARY KEY)").unwrap();
        let writer = std::sync::Arc::new(Writer::start("together", connection).unwrap());

        // The first job holds the thread until the others have been asked for: they come together.
        let (go, wait) = mpsc::channel::<()>();
        let first = {
            let writer = writer.clone();
            tokio::spawn(async move {
                writer
                    .run(move |_| {
                        wait.recv().ok();
                        Ok(())
                    })
                    .await
            })
        };
        let mut jobs = Vec::new();
        for value in 0..10_i64 {
            let writer = writer.clone();
            jobs.push(tokio::spawn(async move {
                writer
                    .run(move |transaction| {
                        transaction.execute("INSERT INTO number VALUES (?1)", [value])?;
                        match value {
                            3 => Err(Error::Conflict.into()),
                            5 => panic!("a fault of ours"),
                            value => Ok(value),
                        }
                    })
                    .await
            }));
            tokio::task::yield_now().await;
        }
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        let mut answers = Vec::new();
        for job in jobs {
            answers.push(job.await.unwrap());
        }
        assert_eq!(answers[3], Err(Error::Conflict));
        assert!(matches!(answers[5], Err(Error::Unavailable(_))), "{:?}", answers[5]);
        assert!(answers.iter().enumerate().all(|(value, answer)| [3, 5].contains(&value) || answer.is_ok()));
        let kept = writer
            .run(|transaction| {
                let mut statement = transaction.prepare("SELECT value FROM number ORDER BY value")?;
                let kept = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
                Ok(kept)
            })
            .await;
        assert_eq!(kept, Ok(vec![0, 1, 2, 4, 6, 7, 8, 9]));
    }
}
