CREATE TABLE note (
    key     TEXT    PRIMARY KEY,
    version INTEGER NOT NULL,
    value   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
