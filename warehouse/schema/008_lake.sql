-- Types that a lake knows too: DuckLake has no BIT and no arrays of a fixed length. From here on every schema file runs
-- on both: ADD COLUMN without a default that is an expression, no keys, and neither of these types.

ALTER TABLE ops.signatures ALTER low TYPE BLOB;
ALTER TABLE ops.signatures ALTER high TYPE BLOB;
ALTER TABLE ops.centroids ALTER centroid TYPE FLOAT[];
ALTER TABLE ops.unplaced ALTER embedding TYPE FLOAT[];

-- Who must act on what a feed ended with, refused, changed or unavailable: read by a run whose feeds others collected.
ALTER TABLE ops.feed_runs ADD COLUMN fault VARCHAR;

-- Which of the processes that share a run read how many mentions, and in how many seconds.
CREATE TABLE ops.chunks (run_id VARCHAR, hand VARCHAR, mentions BIGINT, new_topics BIGINT, seconds DOUBLE, read_at TIMESTAMP);
