-- The message log: every message in and out, whose it is, by what a second copy is known, its bytes packed.
-- The long columns stand last so that a list of messages never reads them, hence a new table.
CREATE TABLE message_log (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    wall         INTEGER NOT NULL,
    way          TEXT NOT NULL,
    endpoint     TEXT NOT NULL,
    peer         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    control_id   TEXT NOT NULL,
    patient      TEXT,
    outcome      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    alerts       TEXT NOT NULL,
    -- The first copy, where this is a second one.
    duplicate_of INTEGER,
    -- The row of the outbox, where it is ours.
    delivery     INTEGER,
    -- By what a second copy is known; NULL where every arrival is one of its own.
    identity     BLOB,
    -- How many bytes it has. Where fewer are kept they are packed (zstd).
    length       INTEGER NOT NULL,
    -- What came back for it, in the same way.
    answered     INTEGER NOT NULL,
    answer       BLOB NOT NULL,
    bytes        BLOB NOT NULL
) STRICT;
INSERT INTO message_log
SELECT id, wall, 'in', endpoint, peer, kind, control_id, NULL, outcome, reason, alerts, NULL, NULL, NULL,
       length(bytes), 0, x'', bytes
FROM message;
DROP TABLE message;
ALTER TABLE message_log RENAME TO message;
CREATE INDEX message_by_wall ON message (wall);
CREATE INDEX message_by_patient ON message (patient, id) WHERE patient IS NOT NULL;
CREATE INDEX message_by_delivery ON message (delivery) WHERE delivery IS NOT NULL;
-- Read at the start, the newest first: what a second copy is known by.
CREATE INDEX message_remembered ON message (id, identity) WHERE identity IS NOT NULL;

-- Which messages led to an alert; the other way round stands in the message.
CREATE TABLE message_alert (
    alert   TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (alert, message)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER message_gone AFTER DELETE ON message WHEN old.alerts <> '[]'
BEGIN DELETE FROM message_alert WHERE message = old.id AND alert IN (SELECT value FROM json_each(old.alerts)); END;

-- When it became owed, on the ward's line of time: how old a queue is.
ALTER TABLE outbox ADD COLUMN owed_at INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET owed_at = due;
