//! The order of deliveries, in the same database as what they do.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use signalbox_domain::id::DeliveryId;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::queue::{Queue, Ticket};

use crate::Folder;
use crate::stored::{self, key, ms};

#[async_trait]
impl Queue for Folder {
    async fn send(&self, thread: &ThreadId, delivery: &DeliveryId) -> Result<(), Error> {
        let (thread, delivery) = (key(thread)?, delivery.clone());
        self.write(move |tx| {
            let sql = "INSERT INTO queue (thread, delivery) VALUES (?1, ?2) ON CONFLICT (delivery) DO NOTHING";
            tx.prepare_cached(sql)?.execute(params![thread, delivery.0])?;
            Ok(())
        })
        .await
    }

    async fn receive(&self, now: Time, until: Time) -> Result<Option<Ticket>, Error> {
        self.write(move |tx| {
            let first = "SELECT seq, thread, delivery, tries FROM queue AS mine
                WHERE due <= ?1 AND until <= ?1
                AND NOT EXISTS (SELECT 1 FROM queue WHERE thread = mine.thread AND seq < mine.seq)
                ORDER BY seq LIMIT 1";
            let found = tx
                .prepare_cached(first)?
                .query_row([ms(now)], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, u32>(3)?))
                })
                .optional()?;
            let Some((seq, thread, delivery, before)) = found else { return Ok(None) };
            let tries = before + 1;
            // A row's number is never given again, so no two leases have the same name.
            let receipt = format!("{seq}.{tries}");
            tx.prepare_cached("UPDATE queue SET until = ?2, receipt = ?3, tries = ?4 WHERE seq = ?1")?
                .execute(params![seq, ms(until), receipt, tries])?;
            let thread = stored::thread(&thread)?;
            Ok(Some(Ticket { delivery: DeliveryId(delivery), thread, receipt, tries }))
        })
        .await
    }

    async fn finish(&self, ticket: &Ticket) -> Result<(), Error> {
        let Ticket { delivery, receipt, .. } = ticket.clone();
        self.write(move |tx| {
            tx.prepare_cached("DELETE FROM queue WHERE delivery = ?1 AND receipt = ?2")?
                .execute(params![delivery.0, receipt])?;
            Ok(())
        })
        .await
    }

    async fn release(&self, ticket: &Ticket, due: Time) -> Result<(), Error> {
        let Ticket { delivery, receipt, .. } = ticket.clone();
        self.write(move |tx| {
            let sql = "UPDATE queue SET due = ?3, until = 0, receipt = NULL WHERE delivery = ?1 AND receipt = ?2";
            tx.prepare_cached(sql)?.execute(params![delivery.0, receipt, ms(due)])?;
            Ok(())
        })
        .await
    }
}
