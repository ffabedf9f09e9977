//! Tables of the study file.

use rusqlite::{Connection, OptionalExtension};

use crate::EngineError;

/// Written to `PRAGMA application_id`, so that `file` and others can tell a study ("LENS").
const APPLICATION_ID: i32 = 0x4C45_4E53;

/// Raised with every change that an older program could not read.
const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
-- Pair sets are never changed once written: an import adds one and moves the current state to it.
CREATE TABLE pair_set (
    id     INTEGER PRIMARY KEY,
    report TEXT NOT NULL
);
CREATE TABLE pair (
    set_id  INTEGER NOT NULL REFERENCES pair_set(id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    pair    TEXT NOT NULL,
    PRIMARY KEY (set_id, ordinal)
) WITHOUT ROWID;
-- The state before each edit, latest last.
CREATE TABLE undo (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    state TEXT NOT NULL
);
-- Results by the digest of everything they rest on.
CREATE TABLE result (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
";

/// Opens or makes the tables.
///
/// # Errors
/// When the file is not a study, or was written by a newer program.
pub(super) fn prepare(db: &Connection) -> Result<(), EngineError> {
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    if tables == 0 {
        db.execute_batch(&format!(
            "BEGIN; {TABLES}
             PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    let application: i32 = db.query_row("PRAGMA application_id", [], |r| r.get(0))?;
    let version: i32 = db.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    if application != APPLICATION_ID {
        return Err(EngineError::NotAStudy);
    }
    if version > VERSION {
        return Err(EngineError::NewerStudy);
    }
    // One file at rest: the journal is merged when the study closes.
    db.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;")?;
    Ok(())
}

/// A value of the `meta` table.
pub(super) fn meta(db: &Connection, key: &str) -> Result<Option<String>, rusqlite::Error> {
    db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |r| r.get(0)).optional()
}

/// Writes a value of the `meta` table.
pub(super) fn set_meta(db: &Connection, key: &str, value: &str) -> Result<(), rusqlite::Error> {
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
    )?;
    Ok(())
}
