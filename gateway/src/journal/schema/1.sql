-- The first shape of the store. A shape once shipped is never edited: the next change is the next file.
-- `at` is the ward's own time (Moment), `wall` and every `*_at` is Unix time; both in milliseconds.

-- One row for each device frame. `seq` is shared with `event`: together they are the order of the ward's
-- life.
CREATE TABLE frame (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    wall   INTEGER NOT NULL,
    bed    TEXT,
    device TEXT NOT NULL,
    key    INTEGER NOT NULL,
    body   BLOB NOT NULL
) STRICT;
CREATE INDEX frame_by_bed ON frame (bed, wall);
CREATE INDEX frame_by_wall ON frame (wall);

-- Everything else that happened.
CREATE TABLE event (
    seq  INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    wall INTEGER NOT NULL,
    bed  TEXT,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX event_by_wall ON event (wall);

-- The message log. The bytes stand last so that a list of messages never reads them.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    wall       INTEGER NOT NULL,
    endpoint   TEXT NOT NULL,
    peer       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    control_id TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    alerts     TEXT NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;
CREATE INDEX message_by_wall ON message (wall);

-- The newest state of each alert, and all that led to it.
CREATE TABLE alert (
    id         TEXT PRIMARY KEY,
    bed        TEXT,
    state      TEXT NOT NULL,
    raised_at  INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    body       TEXT NOT NULL
) STRICT;
CREATE INDEX alert_open ON alert (raised_at) WHERE state <> 'resolved';
CREATE INDEX alert_by_bed ON alert (bed, raised_at);
CREATE INDEX alert_by_change ON alert (changed_at);

CREATE TABLE alert_change (
    id      INTEGER PRIMARY KEY,
    alert   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    what    TEXT NOT NULL,
    actor   TEXT NOT NULL,
    station TEXT NOT NULL,
    reason  TEXT NOT NULL
) STRICT;
CREATE INDEX alert_change_by_alert ON alert_change (alert);
CREATE TRIGGER alert_change_stands BEFORE UPDATE ON alert_change
BEGIN SELECT RAISE(ABORT, 'what happened to an alert is never rewritten'); END;

-- What is owed to others. `trying` is set before bytes leave and cleared by the answer.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL UNIQUE,
    destination TEXT NOT NULL,
    patient     TEXT,
    alert       TEXT,
    step        INTEGER,
    due         INTEGER NOT NULL,
    parcel      TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting',
    tries       INTEGER NOT NULL DEFAULT 0,
    trying      INTEGER NOT NULL DEFAULT 0,
    uncertain   INTEGER NOT NULL DEFAULT 0,
    why         TEXT NOT NULL DEFAULT '',
    proof       TEXT NOT NULL DEFAULT '',
    settled_at  INTEGER
) STRICT;
CREATE INDEX outbox_line ON outbox (destination, patient, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_state ON outbox (state, id);
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;

-- The ward's beds as values. `seq` is the last event that the checkpoint covers, `sum` the SHA-256 of its
-- body.
CREATE TABLE checkpoint (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    rules  INTEGER NOT NULL,
    policy BLOB NOT NULL,
    body   BLOB NOT NULL,
    sum    BLOB NOT NULL
) STRICT;

CREATE TABLE clock_step (
    id    INTEGER PRIMARY KEY,
    wall  INTEGER NOT NULL,
    by_ms INTEGER NOT NULL
) STRICT;

-- Each row holds the sum of the row before it, so that none can be changed or taken out unseen.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    wall    INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    station TEXT NOT NULL,
    what    TEXT NOT NULL,
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL,
    sum     BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_stands BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;

CREATE TABLE account (
    name     TEXT PRIMARY KEY,
    role     TEXT NOT NULL,
    pin_hash TEXT NOT NULL
) STRICT;

-- Only the SHA-256 of a token is kept.
CREATE TABLE token (
    hash       BLOB PRIMARY KEY,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- How far frames have been thinned, on the wall clock.
CREATE TABLE sweep (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    thinned_to INTEGER NOT NULL
) STRICT;
INSERT INTO sweep VALUES (1, 0);
