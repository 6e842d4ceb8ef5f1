//! The tables, and how an older database becomes a newer one.

use rusqlite::{Connection, TransactionBehavior};
use signalbox_ports::Error;

use crate::error::Trouble;

/// Each brings the database from the version of its place to the next. Never edit one that was released: add another.
const MIGRATIONS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// Marks a database as one of ours: `SGBX`.
const APPLICATION: i32 = 0x5347_4258;

/// How long a call waits for a lock that another process holds (a backup, a person looking in), in milliseconds.
const PATIENCE_MS: u64 = 5_000;

/// Statements a connection keeps prepared: more than this crate has.
const STATEMENTS: usize = 64;

/// Sets up a connection.
pub(crate) fn prepare(connection: &Connection) -> Result<(), Trouble> {
    connection.busy_timeout(std::time::Duration::from_millis(PATIENCE_MS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)?;
    // Every transaction is on the disk before it is acknowledged; on a Mac, really on it.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(())
}

/// Brings the database to this program's version.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Trouble> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    for (version, migration) in (1_u32..).zip(MIGRATIONS).skip(checked(connection)?) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Refuses a database that is not at this program's version.
pub(crate) fn current(connection: &Connection) -> Result<(), Trouble> {
    match checked(connection)? {
        version if version == MIGRATIONS.len() => Ok(()),
        older => Err(Error::rejected(format!(
            "the database has schema {older}, this program works with {}: start the dispatcher once to bring it up to date",
            MIGRATIONS.len()
        ))
        .into()),
    }
}

/// The database's version, if it is ours and not newer than this program.
fn checked(connection: &Connection) -> Result<usize, Trouble> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if application != i64::from(APPLICATION) && (application != 0 || version != 0) {
        return Err(
            Error::rejected("signalbox.db is another program's database: give Signalbox a folder of its own").into()
        );
    }
    if version > MIGRATIONS.len() {
        return Err(Error::rejected(format!(
            "the database has schema {version}, written by a newer Signalbox; this one knows {}: use the newer one",
            MIGRATIONS.len()
        ))
        .into());
    }
    Ok(version)
}
