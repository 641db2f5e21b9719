-- A person has one badge at most and a badge one person. Only its HMAC-SHA256 by the store's own secret is
-- kept; it goes with its account.
ALTER TABLE account ADD COLUMN badge BLOB;
CREATE UNIQUE INDEX account_by_badge ON account (badge) WHERE badge IS NOT NULL;
