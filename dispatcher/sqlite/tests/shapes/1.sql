PRAGMA application_id = 1397178968;
PRAGMA user_version = 2;
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
CREATE TABLE note (
    key     TEXT    PRIMARY KEY,
    version INTEGER NOT NULL,
    value   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO delivery (seq, id, thread, at, worked, reason, about, body) VALUES (1, 'said:test:C1:t.1', '["test","C1","t"]', 1700000000001, 1, NULL, NULL, '{"v":1,"is":{"thread":{"chat":"test","room":"C1","root":"t"},"run":null,"event":{"id":"said:test:C1:t.1","at":1700000000001,"fact":{"fact":"said","message":{"id":"t.1","by":{"id":"test:ana","name":"Ana","role":"member"},"text":"make it 1 times nicer"},"addressed":true}}}}');
INSERT INTO delivery (seq, id, thread, at, worked, reason, about, body) VALUES (2, 'routed', '["test","C1","t"]', 1700000002001, 1, NULL, NULL, '{"v":1,"is":{"thread":{"chat":"test","room":"C1","root":"t"},"run":null,"event":{"id":"routed","at":1700000002001,"fact":{"fact":"routed","asked":1,"decision":{"decision":"ask","candidates":[{"target":{"workflow":"fix","repository":"acme/site","branch":null,"inputs":{"depth":"2"}},"reason":"it was worked on last"}],"question":"Which one?","failed":[["keywords@1.0.0","out of fuel"]]},"trace":"sha256:eafe895eb8119e6e5d06463590b2ef81b3651c157d5c8e18f1889186c7fd0ac0"}}}}');
INSERT INTO delivery (seq, id, thread, at, worked, reason, about, body) VALUES (3, 'said:test:C1:t.2', '["test","C1","t"]', 1700000000002, 1, '{"v":1,"is":"not_addressed"}', '01HF7YAT01R6CQNT7BSHJR63GG', '{"v":1,"is":{"thread":{"chat":"test","room":"C1","root":"t"},"run":null,"event":{"id":"said:test:C1:t.2","at":1700000000002,"fact":{"fact":"said","message":{"id":"t.2","by":{"id":"test:ana","name":"Ana","role":"member"},"text":"make it 2 times nicer"},"addressed":false}}}}');
INSERT INTO delivery (seq, id, thread, at, worked, reason, about, body) VALUES (4, 'said:test:C1:u.3', '["test","C1","u"]', 1700000000003, 0, NULL, NULL, '{"v":1,"is":{"thread":{"chat":"test","room":"C1","root":"u"},"run":null,"event":{"id":"said:test:C1:u.3","at":1700000000003,"fact":{"fact":"said","message":{"id":"u.3","by":{"id":"test:ana","name":"Ana","role":"member"},"text":"make it 3 times nicer"},"addressed":true}}}}');
INSERT INTO run (id, thread, version, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', '["test","C1","t"]', 2, '{"v":1,"is":{"id":"01HF7YAT01R6CQNT7BSHJR63GG","version":2,"thread":{"chat":"test","room":"C1","root":"t"},"request":{"id":"t.1","by":{"id":"test:ana","name":"Ana","role":"member"},"text":"make it 1 times nicer"},"asked":1700000000001,"followups":[],"state":{"state":"choosing","candidates":[{"target":{"workflow":"fix","repository":"acme/site","branch":null,"inputs":{"depth":"2"}},"reason":"it was worked on last"}],"asked":2},"route":{"decision":{"decision":"ask","candidates":[{"target":{"workflow":"fix","repository":"acme/site","branch":null,"inputs":{"depth":"2"}},"reason":"it was worked on last"}],"question":"Which one?","failed":[["keywords@1.0.0","out of fuel"]]},"trace":"sha256:eafe895eb8119e6e5d06463590b2ef81b3651c157d5c8e18f1889186c7fd0ac0","chosen":null},"epoch":0,"boxes":[],"spent":{"micro_usd":0,"tokens_in":0,"tokens_out":0,"turns":0},"voice":"quiet","memory":null,"before":null,"again":false,"origin":null,"starter":null,"reviews":[],"shown":false}}');
INSERT INTO thread (id, latest) VALUES ('["test","C1","t"]', '01HF7YAT01R6CQNT7BSHJR63GG');
INSERT INTO history (run, version, delivery, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', 1, 'said:test:C1:t.1', '{"v":1,"is":{"id":"said:test:C1:t.1","at":1700000000001,"fact":{"fact":"said","message":{"id":"t.1","by":{"id":"test:ana","name":"Ana","role":"member"},"text":"make it 1 times nicer"},"addressed":true}}}');
INSERT INTO history (run, version, delivery, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', 2, 'routed', '{"v":1,"is":{"id":"routed","at":1700000002001,"fact":{"fact":"routed","asked":1,"decision":{"decision":"ask","candidates":[{"target":{"workflow":"fix","repository":"acme/site","branch":null,"inputs":{"depth":"2"}},"reason":"it was worked on last"}],"question":"Which one?","failed":[["keywords@1.0.0","out of fuel"]]},"trace":"sha256:eafe895eb8119e6e5d06463590b2ef81b3651c157d5c8e18f1889186c7fd0ac0"}}}');
INSERT INTO effect (run, version, place, lane, slot, due, until, tries, settled, why, message, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', 1, 0, 'chat', NULL, 1700000000001, 0, 1, 1, NULL, 'm1', '{"v":1,"is":{"effect":"mark","message":"t.1","mark":"seen"}}');
INSERT INTO effect (run, version, place, lane, slot, due, until, tries, settled, why, message, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', 1, 1, 'decide', NULL, 1700000060001, 0, 1, 0, 'the chat is busy', NULL, '{"v":1,"is":{"effect":"route"}}');
INSERT INTO effect (run, version, place, lane, slot, due, until, tries, settled, why, message, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', 2, 0, 'chat', 'question:2', 1700000002001, 0, 0, 0, NULL, NULL, '{"v":1,"is":{"effect":"say","slot":{"slot":"question","of":2},"post":{"lines":[{"line":"text","spans":[{"span":"untrusted","of":"Which one?"}]},{"line":"text","spans":[{"span":"plain","of":"• "},{"span":"strong","of":"acme/site"},{"span":"plain","of":" — "},{"span":"untrusted","of":"it was worked on last"}]},{"line":"text","spans":[{"span":"plain","of":"A routing plugin failed and was passed over: "},{"span":"untrusted","of":"keywords@1.0.0 (out of fuel)"}]}],"buttons":[{"label":"acme/site","action":{"action":"choose","target":{"workflow":"fix","repository":"acme/site","branch":null,"inputs":{"depth":"2"}}}}],"footer":[{"span":"plain","of":"Ana can answer by button, or by writing repo:owner/name. I''ll wait a day."}]}}}');
INSERT INTO effect (run, version, place, lane, slot, due, until, tries, settled, why, message, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', 2, 1, 'alarm', NULL, 1700086402001, 0, 0, 0, NULL, NULL, '{"v":1,"is":{"effect":"wake","alarm":{"alarm":"question","asked":2},"at":1700086402001}}');
INSERT INTO effect (run, version, place, lane, slot, due, until, tries, settled, why, message, body) VALUES ('01HF7YAT01R6CQNT7BSHJR63GG', 2, 2, 'chat', NULL, 1700000002001, 0, 0, 0, NULL, NULL, '{"v":1,"is":{"effect":"mark","message":"t.1","mark":"waiting"}}');
INSERT INTO box (id, run, thread, epoch, deadline, claimed, control) VALUES ('01hf7yat01r6cqnt7bshjr63gg-1', '01HF7YAT01R6CQNT7BSHJR63GG', '["test","C1","t"]', 1, 1700000060001, 1, 'stop');
INSERT INTO place (seq, limiter, run, inside) VALUES (1, 'all', '01HF7YAT01R6CQNT7BSHJR63GG', 1);
INSERT INTO place (seq, limiter, run, inside) VALUES (2, 'all', 'another', 0);
INSERT INTO queue (seq, thread, delivery, due, until, receipt, tries) VALUES (1, '["test","C1","t"]', 'said:test:C1:t.1', 0, 0, NULL, 0);
INSERT INTO queue (seq, thread, delivery, due, until, receipt, tries) VALUES (2, '["test","C1","u"]', 'said:test:C1:u.3', 0, 0, NULL, 0);
