-- Moments are milliseconds since 1970 UTC. Bodies are JSON that names the version of its shape.
-- What is in a column is there to be searched by; the body is the value.

CREATE TABLE delivery (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order they were recorded in
    id     TEXT    NOT NULL UNIQUE,
    thread TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    worked INTEGER NOT NULL DEFAULT 0,
    reason TEXT,                               -- why it was ignored
    about  TEXT,                               -- the run it was ignored by
    body   TEXT    NOT NULL
) STRICT;
CREATE INDEX delivery_unworked ON delivery (seq) WHERE worked = 0;
CREATE INDEX delivery_ignored ON delivery (thread) WHERE reason IS NOT NULL;
CREATE INDEX delivery_about ON delivery (about) WHERE about IS NOT NULL;

CREATE TABLE run (
    id      TEXT    PRIMARY KEY,
    thread  TEXT    NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT    NOT NULL
) STRICT;
CREATE INDEX run_thread ON run (thread);

CREATE TABLE thread (
    id     TEXT PRIMARY KEY,
    latest TEXT NOT NULL REFERENCES run (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
    run      TEXT    NOT NULL REFERENCES run (id),
    version  INTEGER NOT NULL,
    delivery TEXT    NOT NULL UNIQUE REFERENCES delivery (id),
    body     TEXT    NOT NULL,
    PRIMARY KEY (run, version)
) STRICT;

CREATE TABLE effect (
    run     TEXT    NOT NULL REFERENCES run (id),
    version INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    lane    TEXT    NOT NULL,
    slot    TEXT,                              -- the key of the slot it says
    due     INTEGER NOT NULL,
    until   INTEGER NOT NULL DEFAULT 0,        -- its lease's deadline; 0: nobody holds it
    tries   INTEGER NOT NULL DEFAULT 0,
    settled INTEGER NOT NULL DEFAULT 0,
    why     TEXT,
    message TEXT,
    body    TEXT    NOT NULL,
    PRIMARY KEY (run, version, place)
) STRICT;
CREATE INDEX effect_owed ON effect (run, lane, version, place) WHERE settled = 0;
CREATE INDEX effect_slot ON effect (run, slot) WHERE slot IS NOT NULL;

CREATE TABLE box (
    id       TEXT    PRIMARY KEY,
    run      TEXT    NOT NULL,
    thread   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    claimed  INTEGER NOT NULL,
    control  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX box_deadline ON box (deadline) WHERE control <> 'gone';

CREATE TABLE place (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT, -- the order they came in
    limiter TEXT    NOT NULL,
    run     TEXT    NOT NULL,
    inside  INTEGER NOT NULL,
    UNIQUE (limiter, run)
) STRICT;

CREATE TABLE queue (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    thread   TEXT    NOT NULL,
    delivery TEXT    NOT NULL UNIQUE,
    due      INTEGER NOT NULL DEFAULT 0,
    until    INTEGER NOT NULL DEFAULT 0,       -- its lease's deadline; 0: nobody holds it
    receipt  TEXT,                             -- names the lease
    tries    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_thread ON queue (thread, seq);
