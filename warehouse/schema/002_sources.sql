-- What twenty sources need: backfills that go on where they stopped, quotas that outlive a run, fuller freshness.

ALTER TABLE freshness ADD COLUMN pages BIGINT;
ALTER TABLE freshness ADD COLUMN quota_left BIGINT;
COMMENT ON COLUMN freshness.pages IS 'Pages read in its last run.';
COMMENT ON COLUMN freshness.quota_left IS 'Requests or units that the source still allowed when its last run ended; NULL where it does not say.';

-- `span` names the time that a backfill is for, such as 2026-01-01/; '' is the daily walk. `done` is for backfills.
ALTER TABLE ops.feeds ADD COLUMN span VARCHAR DEFAULT '';
ALTER TABLE ops.feeds ADD COLUMN done BOOLEAN DEFAULT FALSE;

ALTER TABLE ops.feed_runs ADD COLUMN deleted BIGINT DEFAULT 0;
ALTER TABLE ops.feed_runs ADD COLUMN quota_left BIGINT;
ALTER TABLE ops.feed_runs ADD COLUMN span VARCHAR DEFAULT '';

-- What was spent of a quota; the bucket names source, quota, key (hashed) and day or month.
CREATE TABLE ops.quotas (bucket VARCHAR, spent DOUBLE);
