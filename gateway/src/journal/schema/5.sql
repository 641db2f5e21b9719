-- Every commit writes each page that it touches, and AUTOINCREMENT keeps the last number on a page of its own.
-- The number of a message is one above the highest, and the newest message is never removed: so from here on
-- none is given twice, and the page is not needed. Rows with and without the word are the same, so only the
-- word goes: a store of many gigabytes must not be copied while a ward waits for its start.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' AUTOINCREMENT', '') WHERE type = 'table' AND name = 'message';
PRAGMA writable_schema = RESET;
DELETE FROM sqlite_sequence WHERE name = 'message';
