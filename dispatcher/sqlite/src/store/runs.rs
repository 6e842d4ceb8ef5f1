//! Runs, their histories, and the step that writes both.

use rusqlite::{OptionalExtension, Transaction, params};
use signalbox_domain::id::RunId;
use signalbox_domain::run::Run;
use signalbox_domain::talk::ThreadId;
use signalbox_ports::Error;
use signalbox_ports::store::{Commit, Entry, Subject};

use super::{deliveries, effects, rows};
use crate::error::Trouble;
use crate::stored::{decode, encode, key};

pub(super) fn load(tx: &Transaction<'_>, subject: &Subject) -> Result<Option<Run>, Trouble> {
    let id = match subject {
        Subject::Run(id) => Some(id.clone()),
        Subject::Thread(thread) => latest(tx, thread)?,
    };
    let Some(id) = id else { return Ok(None) };
    let mut sql = tx.prepare_cached("SELECT body FROM run WHERE id = ?1")?;
    let found = sql.query_row([&id.0], |row| row.get::<_, String>(0)).optional()?;
    Ok(found.map(|body| decode(&body, &format!("the run {id}"))).transpose()?)
}

fn latest(tx: &Transaction<'_>, thread: &ThreadId) -> Result<Option<RunId>, Trouble> {
    let mut sql = tx.prepare_cached("SELECT latest FROM thread WHERE id = ?1")?;
    Ok(sql.query_row([key(thread)?], |row| row.get(0).map(RunId)).optional()?)
}

pub(super) fn commit(tx: &Transaction<'_>, commit: &Commit) -> Result<(), Trouble> {
    let Commit { delivery, run, loaded, .. } = commit;
    let worked = deliveries::worked(tx, delivery)?.ok_or_else(|| deliveries::unknown(delivery))?;
    if worked || !current(tx, commit)? {
        return Err(Error::Conflict.into());
    }
    deliveries::finish(tx, delivery)?;
    let thread = key(&run.thread)?;
    tx.prepare_cached(
        "INSERT INTO run (id, thread, version, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body",
    )?
    .execute(params![run.id.0, thread, number(run.version), encode(run)?])?;
    if *loaded == 0 {
        tx.prepare_cached(
            "INSERT INTO thread (id, latest) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET latest = excluded.latest",
        )?
        .execute(params![thread, run.id.0])?;
    }
    tx.prepare_cached("INSERT INTO history (run, version, delivery, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![run.id.0, number(run.version), delivery.0, encode(&commit.event)?])?;
    commit.effects.iter().try_for_each(|owed| effects::owe(tx, owed))
}

/// Whether nobody was here since the run was loaded.
fn current(tx: &Transaction<'_>, commit: &Commit) -> Result<bool, Trouble> {
    let mut sql = tx.prepare_cached("SELECT version FROM run WHERE id = ?1")?;
    let version: Option<i64> = sql.query_row([&commit.run.id.0], |row| row.get(0)).optional()?;
    Ok(match version {
        Some(version) => version == number(commit.loaded),
        None => commit.loaded == 0 && latest(tx, &commit.run.thread)? == commit.after,
    })
}

pub(super) fn history(tx: &Transaction<'_>, run: &RunId) -> Result<Vec<Entry>, Trouble> {
    let mut sql = tx.prepare_cached("SELECT version, body FROM history WHERE run = ?1 ORDER BY version")?;
    let mut found = sql.query([&run.0])?;
    let mut history = Vec::new();
    while let Some(row) = found.next()? {
        let version = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        let event = decode(&row.get::<_, String>(1)?, &format!("step {version} of the run {run}"))?;
        history.push(Entry { version, event });
    }
    Ok(history)
}

pub(super) fn newest(tx: &Transaction<'_>, limit: usize) -> Result<Vec<Run>, Trouble> {
    // Ids sort by the time they were asked for.
    let mut sql = tx.prepare_cached("SELECT id, body FROM run ORDER BY id DESC LIMIT ?1")?;
    let mut found = sql.query([rows(limit)])?;
    let mut runs = Vec::new();
    while let Some(row) = found.next()? {
        runs.push(decode(&row.get::<_, String>(1)?, &format!("the run {}", row.get::<_, String>(0)?))?);
    }
    Ok(runs)
}

/// A version as the database counts.
pub(super) fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
