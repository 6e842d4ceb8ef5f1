//! Whether everything in the folder can still be read, for people and for tests.

use rusqlite::Transaction;
use signalbox_domain::effect::Effect;
use signalbox_domain::event::{Delivery, Event};
use signalbox_domain::run::Run;
use signalbox_ports::Error;

use crate::Folder;
use crate::error::Trouble;
use crate::stored::decode;

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Deliveries read.
    pub deliveries: usize,
    /// Runs read.
    pub runs: usize,
    /// Steps of histories read.
    pub steps: usize,
    /// Effects read.
    pub effects: usize,
    /// What is wrong, a line each. Empty: every history can be folded.
    pub problems: Vec<String>,
}

impl Folder {
    /// Reads everything: the file is whole, every value is of a shape this program knows, and every history leads
    /// without a gap from version 1 to its run's version. Takes as long as the folder is large.
    pub async fn verify(&self) -> Result<Findings, Error> {
        self.read(|tx| {
            let mut found = Findings::default();
            found.file(tx)?;
            found.deliveries = found.bodies::<Delivery>(tx, "SELECT 'the delivery ' || id, body FROM delivery")?;
            found.runs = found.bodies::<Run>(tx, "SELECT 'the run ' || id, body FROM run")?;
            found.steps =
                found.bodies::<Event>(tx, "SELECT 'step ' || version || ' of the run ' || run, body FROM history")?;
            found.effects = found.bodies::<Effect>(
                tx,
                "SELECT 'the effect ' || run || '.' || version || '.' || place, body FROM effect",
            )?;
            found.histories(tx)?;
            Ok(found)
        })
        .await
    }
}

impl Findings {
    fn file(&mut self, tx: &Transaction<'_>) -> Result<(), Trouble> {
        let mut sql = tx.prepare("PRAGMA integrity_check")?;
        for line in sql.query_map([], |row| row.get::<_, String>(0))? {
            self.problems.extend(Some(line?).filter(|line| line != "ok"));
        }
        let mut sql = tx.prepare("SELECT \"table\", COUNT(*) FROM pragma_foreign_key_check GROUP BY 1")?;
        let mut found = sql.query([])?;
        while let Some(row) = found.next()? {
            let (table, count): (String, i64) = (row.get(0)?, row.get(1)?);
            self.problems.push(format!("{count} rows of {table} belong to something that is not there"));
        }
        Ok(())
    }

    /// Reads the bodies of a table, and counts them.
    fn bodies<T: serde::de::DeserializeOwned>(&mut self, tx: &Transaction<'_>, sql: &str) -> Result<usize, Trouble> {
        let mut sql = tx.prepare(sql)?;
        let mut found = sql.query([])?;
        let mut count = 0;
        while let Some(row) = found.next()? {
            count += 1;
            let (what, body): (String, String) = (row.get(0)?, row.get(1)?);
            self.problems.extend(decode::<T>(&body, &what).err().map(|error| error.to_string()));
        }
        Ok(count)
    }

    fn histories(&mut self, tx: &Transaction<'_>) -> Result<(), Trouble> {
        let mut sql = tx.prepare(
            "SELECT run.id, run.version, COUNT(history.version), COALESCE(MIN(history.version), 0),
                    COALESCE(MAX(history.version), 0)
             FROM run LEFT JOIN history ON history.run = run.id GROUP BY run.id",
        )?;
        let mut found = sql.query([])?;
        while let Some(row) = found.next()? {
            let (run, version, steps): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (first, last): (i64, i64) = (row.get(3)?, row.get(4)?);
            if (first, last, steps) != (1, version, version) {
                self.problems.push(format!(
                    "the run {run} is at version {version}, and its history has {steps} steps from {first} to {last}"
                ));
            }
        }
        Ok(())
    }
}
