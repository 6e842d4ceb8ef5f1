//! Small values, each a row that is replaced only by who has read it.

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, params};
use signalbox_ports::Error;
use signalbox_ports::notes::{MAX_NOTE, Note, Notes};

use crate::Folder;

#[async_trait]
impl Notes for Folder {
    async fn get(&self, key: &str) -> Result<Option<Note>, Error> {
        let key = key.to_owned();
        self.read(move |tx| {
            let mut sql = tx.prepare_cached("SELECT value, version FROM note WHERE key = ?1")?;
            let found = sql.query_row([key], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?))).optional()?;
            Ok(found.map(|(value, version)| Note { value, version: version.unsigned_abs() }))
        })
        .await
    }

    async fn put(&self, key: &str, value: &str, version: u64) -> Result<u64, Error> {
        if value.len() > MAX_NOTE {
            return Err(Error::rejected(format!("a note of {} bytes is over the limit of {MAX_NOTE}", value.len())));
        }
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(move |tx| {
            let seen = i64::try_from(version).map_err(|_| Error::Conflict)?;
            let sql = if seen == 0 {
                "INSERT INTO note (key, value, version) VALUES (?1, ?2, ?3 + 1) ON CONFLICT (key) DO NOTHING"
            } else {
                "UPDATE note SET value = ?2, version = ?3 + 1 WHERE key = ?1 AND version = ?3"
            };
            match tx.prepare_cached(sql)?.execute(params![key, value, seen])? {
                0 => Err(Error::Conflict.into()),
                _ => Ok(version + 1),
            }
        })
        .await
    }

    async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<(String, Note)>, Error> {
        let prefix = prefix.to_owned();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |tx| {
            let mut sql = tx.prepare_cached(
                "SELECT key, value, version FROM note WHERE substr(key, 1, length(?1)) = ?1 AND key >= ?1
                 ORDER BY key LIMIT ?2",
            )?;
            let mut found = sql.query(params![prefix, limit])?;
            let mut notes = Vec::new();
            while let Some(row) = found.next()? {
                let version = row.get::<_, i64>(2)?.unsigned_abs();
                notes.push((row.get(0)?, Note { value: row.get(1)?, version }));
            }
            Ok(notes)
        })
        .await
    }
}
