-- Every commit writes each page that it touches, and AUTOINCREMENT keeps the last number on a page of its own.
-- The number of a message is one above the highest, and the newest message is never removed: so none is given
-- twice, and the page is not needed. SQLite cannot take the word back, hence a new table.
CREATE TABLE message_log (
    id           INTEGER PRIMARY KEY,
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
INSERT INTO message_log SELECT * FROM message;
DROP TABLE message;
ALTER TABLE message_log RENAME TO message;
CREATE INDEX message_by_wall ON message (wall, identity);
CREATE INDEX message_by_patient ON message (patient, id) WHERE patient IS NOT NULL;
CREATE INDEX message_by_delivery ON message (delivery) WHERE delivery IS NOT NULL;
CREATE TRIGGER message_gone AFTER DELETE ON message WHEN old.alerts <> '[]'
BEGIN DELETE FROM message_alert WHERE message = old.id AND alert IN (SELECT value FROM json_each(old.alerts)); END;
