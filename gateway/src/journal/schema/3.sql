-- Every commit writes a page of each index that it touches, so a message gets along with one less: its time
-- and, beside it, what a second copy is known by. It is also read at the start, the newest first.
DROP INDEX message_by_wall;
DROP INDEX message_remembered;
CREATE INDEX message_by_wall ON message (wall, identity);
