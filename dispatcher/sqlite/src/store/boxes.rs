//! Boxes and the deadlines by which they must be heard of.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use signalbox_domain::devbox::Control;
use signalbox_domain::id::{DevboxId, RunId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::Lease;

use super::rows;
use crate::error::Trouble;
use crate::stored::{self, key, ms, time};

pub(super) fn keep(tx: &Transaction<'_>, lease: &Lease) -> Result<(), Trouble> {
    let Lease { devbox, run, thread, epoch, deadline, claimed, control } = lease;
    tx.prepare_cached(
        "INSERT INTO box (id, run, thread, epoch, deadline, claimed, control) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO NOTHING",
    )?
    .execute(params![devbox.0, run.0, key(thread)?, epoch, ms(*deadline), claimed, word(control)])?;
    Ok(())
}

pub(super) fn find(tx: &Transaction<'_>, devbox: &DevboxId) -> Result<Option<Lease>, Trouble> {
    let mut sql = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM box WHERE id = ?1"))?;
    let mut found = sql.query([&devbox.0])?;
    found.next()?.map(read).transpose()
}

pub(super) fn take(tx: &Transaction<'_>, devbox: &DevboxId, deadline: Time) -> Result<bool, Trouble> {
    let sql = "UPDATE box SET claimed = 1, deadline = ?2 WHERE id = ?1 AND claimed = 0 AND control <> 'gone'";
    Ok(tx.prepare_cached(sql)?.execute(params![devbox.0, ms(deadline)])? == 1)
}

pub(super) fn beat(tx: &Transaction<'_>, devbox: &DevboxId, epoch: u32, deadline: Time) -> Result<Control, Trouble> {
    let mut sql = tx.prepare_cached(
        "UPDATE box SET deadline = ?3 WHERE id = ?1 AND epoch = ?2 AND control <> 'gone' RETURNING control",
    )?;
    let told: Option<String> = sql.query_row(params![devbox.0, epoch, ms(deadline)], |row| row.get(0)).optional()?;
    Ok(told.map_or(Ok(Control::Gone), |word| control(&word))?)
}

pub(super) fn direct(tx: &Transaction<'_>, devbox: &DevboxId, control: &Control) -> Result<(), Trouble> {
    tx.prepare_cached("UPDATE box SET control = ?2 WHERE id = ?1 AND control <> 'gone'")?
        .execute(params![devbox.0, word(control)])?;
    Ok(())
}

pub(super) fn lapsed(tx: &Transaction<'_>, now: Time, limit: usize) -> Result<Vec<Lease>, Trouble> {
    let mut sql = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM box WHERE control <> 'gone' AND deadline <= ?1 ORDER BY deadline, id LIMIT ?2"
    ))?;
    let mut found = sql.query(params![ms(now), rows(limit)])?;
    let mut lapsed = Vec::new();
    while let Some(row) = found.next()? {
        lapsed.push(read(row)?);
    }
    Ok(lapsed)
}

pub(super) fn next_due(tx: &Transaction<'_>) -> Result<Option<Time>, Trouble> {
    let mut sql = tx.prepare_cached("SELECT MIN(deadline) FROM box WHERE control <> 'gone'")?;
    Ok(sql.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(time))
}

/// What [`read`] reads.
const COLUMNS: &str = "id, run, thread, epoch, deadline, claimed, control";

fn read(row: &Row<'_>) -> Result<Lease, Trouble> {
    let devbox = DevboxId(row.get(0)?);
    Ok(Lease {
        run: RunId(row.get(1)?),
        thread: stored::thread(&row.get::<_, String>(2)?)?,
        epoch: row.get(3)?,
        deadline: time(row.get(4)?),
        claimed: row.get(5)?,
        control: control(&row.get::<_, String>(6)?)?,
        devbox,
    })
}

fn word(control: &Control) -> &'static str {
    match control {
        Control::Continue => "continue",
        Control::Stop => "stop",
        Control::Gone => "gone",
    }
}

fn control(word: &str) -> Result<Control, Error> {
    match word {
        "continue" => Ok(Control::Continue),
        "stop" => Ok(Control::Stop),
        "gone" => Ok(Control::Gone),
        other => Err(Error::rejected(format!("the database tells a box `{other}`, which this program does not know"))),
    }
}
