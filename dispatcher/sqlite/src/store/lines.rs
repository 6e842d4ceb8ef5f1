//! Places at limiters, and the lines before them.

use rusqlite::{OptionalExtension, Transaction, params};
use signalbox_domain::id::RunId;
use signalbox_ports::store::Place;

use crate::error::Trouble;

pub(super) fn admit(tx: &Transaction<'_>, limiter: &str, limit: u32, run: &RunId) -> Result<Place, Trouble> {
    // In only past an empty line: a larger limit lets nobody overtake those who wait.
    tx.prepare_cached(
        "INSERT INTO place (limiter, run, inside)
         SELECT ?1, ?2, COUNT(*) < ?3 AND COUNT(*) = COALESCE(SUM(inside), 0) FROM place WHERE limiter = ?1
         ON CONFLICT (limiter, run) DO NOTHING",
    )?
    .execute(params![limiter, run.0, limit])?;
    let mut sql = tx.prepare_cached(
        "SELECT (SELECT COUNT(*) FROM place WHERE limiter = mine.limiter AND inside = 0 AND seq <= mine.seq)
         FROM place AS mine WHERE limiter = ?1 AND run = ?2 AND inside = 0",
    )?;
    let waiting = sql.query_row(params![limiter, run.0], |row| row.get(0)).optional()?;
    Ok(waiting.map_or(Place::In, Place::Line))
}

pub(super) fn leave(tx: &Transaction<'_>, limiter: &str, limit: u32, run: &RunId) -> Result<Vec<RunId>, Trouble> {
    tx.prepare_cached("DELETE FROM place WHERE limiter = ?1 AND run = ?2")?.execute(params![limiter, run.0])?;
    tx.prepare_cached(
        "UPDATE place SET inside = 1 WHERE seq IN (
            SELECT seq FROM place WHERE limiter = ?1 AND inside = 0 ORDER BY seq
            LIMIT MAX(0, ?2 - (SELECT COUNT(*) FROM place WHERE limiter = ?1 AND inside = 1)))",
    )?
    .execute(params![limiter, limit])?;
    let mut sql = tx.prepare_cached("SELECT run FROM place WHERE limiter = ?1 AND inside = 1 ORDER BY seq")?;
    let inside = sql.query_map([limiter], |row| row.get(0).map(RunId))?;
    Ok(inside.collect::<Result<_, _>>()?)
}

pub(super) fn line(tx: &Transaction<'_>, limiter: &str, limit: usize) -> Result<Vec<RunId>, Trouble> {
    let mut sql = tx.prepare_cached("SELECT run FROM place WHERE limiter = ?1 AND inside = 0 ORDER BY seq LIMIT ?2")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let waiting = sql.query_map(params![limiter, limit], |row| row.get(0).map(RunId))?;
    Ok(waiting.collect::<Result<_, _>>()?)
}
