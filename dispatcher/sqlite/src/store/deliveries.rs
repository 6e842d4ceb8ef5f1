//! Deliveries, kept once.

use rusqlite::{OptionalExtension, Transaction, params};
use signalbox_domain::event::Delivery;
use signalbox_domain::id::{DeliveryId, RunId};
use signalbox_domain::reason::Reason;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::Recorded;

use super::rows;
use crate::error::Trouble;
use crate::stored::{self, decode, encode, key, ms};

pub(super) fn record(tx: &Transaction<'_>, delivery: &Delivery) -> Result<Recorded, Trouble> {
    let Delivery { thread, event, .. } = delivery;
    let sql = "INSERT INTO delivery (id, thread, at, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING";
    let new = tx.prepare_cached(sql)?.execute(params![event.id.0, key(thread)?, ms(event.at), encode(delivery)?])?;
    Ok(match worked(tx, &event.id)? {
        _ if new == 1 => Recorded::New,
        Some(true) => Recorded::Done,
        Some(false) | None => Recorded::Pending,
    })
}

/// Whether it is worked, if it was recorded.
pub(super) fn worked(tx: &Transaction<'_>, id: &DeliveryId) -> Result<Option<bool>, Trouble> {
    let mut sql = tx.prepare_cached("SELECT worked FROM delivery WHERE id = ?1")?;
    Ok(sql.query_row([&id.0], |row| row.get(0)).optional()?)
}

/// What is said of a delivery nobody recorded.
pub(super) fn unknown(id: &DeliveryId) -> Error {
    Error::rejected(format!("the delivery {id} was never recorded"))
}

pub(super) fn finish(tx: &Transaction<'_>, id: &DeliveryId) -> Result<(), Trouble> {
    tx.prepare_cached("UPDATE delivery SET worked = 1 WHERE id = ?1")?.execute([&id.0])?;
    Ok(())
}

pub(super) fn ignore(
    tx: &Transaction<'_>,
    id: &DeliveryId,
    run: Option<&RunId>,
    reason: Reason,
) -> Result<(), Trouble> {
    if worked(tx, id)?.ok_or_else(|| unknown(id))? {
        return Ok(());
    }
    finish(tx, id)?;
    tx.prepare_cached("UPDATE delivery SET reason = ?2, about = ?3 WHERE id = ?1")?.execute(params![
        id.0,
        encode(&reason)?,
        run.map(RunId::as_str)
    ])?;
    Ok(())
}

pub(super) fn find(tx: &Transaction<'_>, id: &DeliveryId) -> Result<Option<(Delivery, bool)>, Trouble> {
    let mut sql = tx.prepare_cached("SELECT body, worked FROM delivery WHERE id = ?1")?;
    let found = sql.query_row([&id.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).optional()?;
    let Some((body, worked)) = found else { return Ok(None) };
    Ok(Some((decode(&body, &format!("the delivery {id}"))?, worked)))
}

pub(super) fn unworked(
    tx: &Transaction<'_>,
    before: Time,
    limit: usize,
) -> Result<Vec<(ThreadId, DeliveryId)>, Trouble> {
    let mut sql =
        tx.prepare_cached("SELECT thread, id FROM delivery WHERE worked = 0 AND at < ?1 ORDER BY seq LIMIT ?2")?;
    let mut found = sql.query(params![ms(before), rows(limit)])?;
    let mut unworked = Vec::new();
    while let Some(row) = found.next()? {
        unworked.push((stored::thread(&row.get::<_, String>(0)?)?, DeliveryId(row.get(1)?)));
    }
    Ok(unworked)
}

pub(super) fn ignored(tx: &Transaction<'_>, thread: &ThreadId) -> Result<Vec<(Delivery, Reason)>, Trouble> {
    let mut sql = tx.prepare_cached(
        "SELECT id, body, reason FROM delivery WHERE seq IN (
            SELECT seq FROM delivery WHERE reason IS NOT NULL AND thread = ?1
            UNION SELECT seq FROM delivery WHERE about IN (SELECT id FROM run WHERE thread = ?1)) ORDER BY seq",
    )?;
    let mut found = sql.query([key(thread)?])?;
    let mut ignored = Vec::new();
    while let Some(row) = found.next()? {
        let what = format!("the delivery {}", row.get::<_, String>(0)?);
        let delivery = decode(&row.get::<_, String>(1)?, &what)?;
        ignored.push((delivery, decode(&row.get::<_, String>(2)?, &what)?));
    }
    Ok(ignored)
}
