-- What people may ask of the one who keeps this file: to be forgotten, and that nothing is kept for longer than said.

-- What was forgotten and is not collected again: a mention by its id; an author by 64 bits of BLAKE2b over source and
-- name, as tables.author_hash computes it, so that no name is kept; an item that could not be read by 64 bits of MD5 over
-- its feed and content. `cleaned_at` is NULL until no copy and no free block of the file holds it any more.
CREATE TABLE ops.forgotten (
    mention_id UBIGINT, author_hash UBIGINT, reject_hash UBIGINT, forgotten_at TIMESTAMP, cleaned_at TIMESTAMP
);

-- What a run was offered and did not keep: of people who were forgotten, and older than [retention] allows.
ALTER TABLE ops.feed_runs ADD COLUMN forgotten BIGINT DEFAULT 0;
ALTER TABLE ops.feed_runs ADD COLUMN too_old BIGINT DEFAULT 0;

-- What mentions that were kept long enough had added to daily_brand and daily_topic: numbers outlive the texts.
CREATE TABLE ops.past_brand AS FROM daily_brand LIMIT 0;
CREATE TABLE ops.past_topic AS FROM daily_topic LIMIT 0;
