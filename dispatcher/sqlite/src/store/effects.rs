//! Effects: owed, taken up lane by lane, settled once.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use signalbox_domain::effect::{Effect, Lane, Owed};
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::talk::MessageId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::{Claimed, Settlement, Standing};

use super::runs::number;
use super::{deliveries, rows};
use crate::error::Trouble;
use crate::stored::{decode, encode, ms, time};

/// The effects whose turn it is: the first unsettled one of each lane, and every alarm.
const TURNS: &str = "FROM effect AS mine WHERE settled = 0 AND (lane = 'alarm' OR NOT EXISTS (
    SELECT 1 FROM effect WHERE run = mine.run AND lane = mine.lane AND settled = 0
    AND (version, place) < (mine.version, mine.place)))";

pub(super) fn owe(tx: &Transaction<'_>, owed: &Owed) -> Result<(), Trouble> {
    let Owed { id, effect, due } = owed;
    let slot = if let Effect::Say { slot, .. } = effect { Some(slot.key()) } else { None };
    tx.prepare_cached(
        "INSERT INTO effect (run, version, place, lane, slot, due, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        id.run.0,
        number(id.version),
        id.index,
        lane(effect.lane()),
        slot,
        ms(*due),
        encode(effect)?
    ])?;
    Ok(())
}

pub(super) fn due(tx: &Transaction<'_>, now: Time, limit: usize) -> Result<Vec<RunId>, Trouble> {
    let mut sql = tx.prepare_cached(&format!(
        "SELECT run {TURNS} AND due <= ?1 AND until <= ?1 GROUP BY run ORDER BY MIN(due), run LIMIT ?2"
    ))?;
    let found = sql.query_map(params![ms(now), rows(limit)], |row| row.get(0).map(RunId))?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn next_due(tx: &Transaction<'_>) -> Result<Option<Time>, Trouble> {
    let mut sql = tx.prepare_cached(&format!("SELECT MIN(MAX(due, until)) {TURNS}"))?;
    Ok(sql.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(time))
}

pub(super) fn claim(tx: &Transaction<'_>, run: &RunId, now: Time, until: Time) -> Result<Vec<Claimed>, Trouble> {
    let mut free = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} {TURNS} AND run = ?1 AND due <= ?2 AND until <= ?2 ORDER BY version, place"
    ))?;
    let mut found = free.query(params![run.0, ms(now)])?;
    let mut claimed = Vec::new();
    while let Some(row) = found.next()? {
        let Standing { owed, tries, .. } = read(row, run)?;
        claimed.push(Claimed { owed, tries: tries + 1, until });
    }
    let mut take =
        tx.prepare_cached("UPDATE effect SET tries = ?4, until = ?5 WHERE run = ?1 AND version = ?2 AND place = ?3")?;
    for Claimed { owed, tries, until } in &claimed {
        take.execute(params![run.0, number(owed.id.version), owed.id.index, tries, ms(*until)])?;
    }
    Ok(claimed)
}

pub(super) fn settle(tx: &Transaction<'_>, claimed: &Claimed, settlement: &Settlement) -> Result<(), Trouble> {
    let id = &claimed.owed.id;
    let key = (&id.run.0, number(id.version), id.index);
    let mut sql =
        tx.prepare_cached("SELECT settled, until, tries FROM effect WHERE run = ?1 AND version = ?2 AND place = ?3")?;
    let held = sql.query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    match held {
        None => return Err(Error::rejected(format!("there is no effect {id}")).into()),
        // The lease: whoever took it up since has tried it more often.
        Some(held) if held != (false, ms(claimed.until), claimed.tries) => return Ok(()),
        Some(_) => {}
    }
    let (settled, due, why, message, result) = match settlement {
        Settlement::Done { message, result } => (true, None, None, message.as_ref(), result.as_ref()),
        Settlement::Dropped => (true, None, None, None, None),
        Settlement::Failed { why, result } => (true, None, Some(why), None, result.as_ref()),
        Settlement::Later { due, why } => (false, Some(ms(*due)), Some(why), None, None),
    };
    tx.prepare_cached(
        "UPDATE effect SET until = 0, settled = ?4, due = COALESCE(?5, due), why = COALESCE(?6, why), message = ?7
         WHERE run = ?1 AND version = ?2 AND place = ?3",
    )?
    .execute(params![key.0, key.1, key.2, settled, due, why, message.map(|message| &message.0)])?;
    if let Some(result) = result {
        deliveries::record(tx, result)?;
    }
    Ok(())
}

pub(super) fn slot(
    tx: &Transaction<'_>,
    run: &RunId,
    slot: &str,
) -> Result<(Option<EffectId>, Option<MessageId>), Trouble> {
    let mut sql = tx.prepare_cached(
        "SELECT version, place, message FROM effect WHERE run = ?1 AND slot = ?2 ORDER BY version, place",
    )?;
    let mut found = sql.query([&run.0, slot])?;
    let mut said = (None, None);
    while let Some(row) = found.next()? {
        said.0 = Some(id(row, run)?);
        said.1 = row.get::<_, Option<String>>(2)?.map(MessageId).or(said.1);
    }
    Ok(said)
}

pub(super) fn standing(tx: &Transaction<'_>, run: &RunId) -> Result<Vec<Standing>, Trouble> {
    let mut sql = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM effect WHERE run = ?1 ORDER BY version, place"))?;
    let mut found = sql.query([&run.0])?;
    let mut effects = Vec::new();
    while let Some(row) = found.next()? {
        effects.push(read(row, run)?);
    }
    Ok(effects)
}

/// What [`read`] reads.
const COLUMNS: &str = "version, place, body, due, tries, settled, why";

fn read(row: &Row<'_>, run: &RunId) -> Result<Standing, Trouble> {
    let id = id(row, run)?;
    let effect = decode(&row.get::<_, String>(2)?, &format!("the effect {id}"))?;
    let owed = Owed { id, effect, due: time(row.get(3)?) };
    Ok(Standing { owed, tries: row.get(4)?, settled: row.get(5)?, why: row.get(6)? })
}

/// The effect a row is, which begins with its version and its place.
fn id(row: &Row<'_>, run: &RunId) -> Result<EffectId, Trouble> {
    let version = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
    Ok(EffectId { run: run.clone(), version, index: row.get(1)? })
}

fn lane(lane: Lane) -> &'static str {
    match lane {
        Lane::Decide => "decide",
        Lane::Devbox => "devbox",
        Lane::Forge => "forge",
        Lane::Chat => "chat",
        Lane::Alarm => "alarm",
    }
}
