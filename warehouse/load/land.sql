-- Keeps a few pages of one or more feeds together with the cursors that follow them; runs inside one transaction.
-- Reads the temporary tables `arrived` (mentions in the order they came), `refused` (items that could not be read),
-- `gone` (ids that the source says it has deleted), each with its feed, and `feed_state` (one row for each feed: feed,
-- source, options_hash, span, cursor, done). Leaves its counts, by feed, in the temporary table `landed`.

-- Who was forgotten stays so.
CREATE OR REPLACE TEMP TABLE unwanted AS
SELECT ordinal, feed
FROM arrived
WHERE
    mention_id IN (SELECT mention_id FROM ops.forgotten WHERE mention_id IS NOT NULL)
    OR coalesce(author_hash IN (SELECT author_hash FROM ops.forgotten WHERE author_hash IS NOT NULL), FALSE);

CREATE OR REPLACE TEMP TABLE stage AS
SELECT
    * EXCLUDE (ordinal, author_hash),
    'unread' AS reading,
    NULL::VARCHAR AS sentiment,
    NULL::DOUBLE AS score,
    NULL::DOUBLE AS confidence,
    NULL::BOOLEAN AS mixed,
    NULL::VARCHAR AS emotion,
    NULL::VARCHAR[] AS signals,
    FALSE AS corrected,
    NULL::VARCHAR AS model,
    NULL::BIGINT AS topic_id,
    NULL::VARCHAR AS topic,
    NULL::TIMESTAMP AS changed_at
FROM arrived
WHERE ordinal NOT IN (SELECT ordinal FROM unwanted)
QUALIFY row_number() OVER (PARTITION BY mention_id, native_id ORDER BY ordinal DESC) = 1;

CREATE OR REPLACE TEMP TABLE known AS
SELECT
    m.rowid AS known_row,
    m.mention_id,
    m.native_id,
    m.feed,
    m.day,
    m.item_hash <> s.item_hash AS is_changed
FROM mentions AS m
JOIN stage AS s ON m.mention_id = s.mention_id AND m.source = s.source AND m.native_id = s.native_id;

-- The new content with the old first sight; the reading stays while the words do.
CREATE OR REPLACE TEMP TABLE changed AS
SELECT s.* REPLACE (
    m.feed AS feed,
    CASE WHEN s.posted_at_known THEN s.posted_at ELSE m.posted_at END AS posted_at,
    CASE WHEN s.posted_at_known THEN s.day ELSE m.day END AS day,
    CASE WHEN s.text_hash = m.text_hash THEN m.language ELSE s.language END AS language,
    CASE WHEN s.text_hash = m.text_hash THEN m.reading ELSE s.reading END AS reading,
    CASE WHEN s.text_hash = m.text_hash THEN m.sentiment END AS sentiment,
    CASE WHEN s.text_hash = m.text_hash THEN m.score END AS score,
    CASE WHEN s.text_hash = m.text_hash THEN m.confidence END AS confidence,
    CASE WHEN s.text_hash = m.text_hash THEN m.mixed END AS mixed,
    CASE WHEN s.text_hash = m.text_hash THEN m.emotion END AS emotion,
    CASE WHEN s.text_hash = m.text_hash THEN m.signals END AS signals,
    s.text_hash = m.text_hash AND m.corrected AS corrected,
    CASE WHEN s.text_hash = m.text_hash THEN m.model END AS model,
    CASE WHEN s.text_hash = m.text_hash THEN m.topic_id END AS topic_id,
    CASE WHEN s.text_hash = m.text_hash THEN m.topic END AS topic,
    m.first_seen_at AS first_seen_at,
    s.first_seen_at AS changed_at
)
FROM mentions AS m
JOIN stage AS s ON m.mention_id = s.mention_id AND m.source = s.source AND m.native_id = s.native_id
WHERE m.rowid IN (SELECT known_row FROM known WHERE is_changed);

INSERT INTO ops.touched
SELECT mention_id, day FROM known WHERE is_changed;

DELETE FROM mentions
WHERE rowid IN (SELECT known_row FROM known WHERE is_changed);

INSERT INTO mentions BY NAME
SELECT * FROM changed
UNION ALL BY NAME
SELECT * FROM stage ANTI JOIN known USING (mention_id, native_id)
ORDER BY posted_at;

INSERT INTO ops.touched
SELECT mention_id, day FROM changed
UNION ALL
SELECT mention_id, day FROM stage ANTI JOIN known USING (mention_id, native_id);

-- What was read in the words goes with them, and moves with them to another day.
DELETE FROM aspects
WHERE
    day IN (SELECT day FROM known WHERE is_changed)
    AND mention_id IN (SELECT mention_id FROM changed WHERE reading = 'unread');

DELETE FROM ops.overruled WHERE mention_id IN (SELECT mention_id FROM changed WHERE NOT corrected);

UPDATE aspects
SET day = c.day
FROM changed AS c
WHERE
    aspects.mention_id = c.mention_id
    AND aspects.day <> c.day
    AND aspects.day IN (SELECT day FROM known WHERE is_changed);

-- What two feeds bring belongs to the first, and counts for the brands of both.
CREATE OR REPLACE TEMP TABLE seen_again AS
SELECT DISTINCT a.mention_id, a.feed, coalesce(k.day, s.day) AS day
FROM arrived AS a
JOIN stage AS s ON a.mention_id = s.mention_id
LEFT JOIN known AS k ON a.mention_id = k.mention_id
WHERE
    a.feed <> coalesce(k.feed, s.feed)
    AND (a.mention_id, a.feed) NOT IN (SELECT (mention_id, feed) FROM ops.also_seen);

INSERT INTO ops.also_seen SELECT mention_id, feed FROM seen_again;
INSERT INTO ops.touched SELECT mention_id, day FROM seen_again;

CREATE OR REPLACE TEMP TABLE new_rejects AS
SELECT DISTINCT ON (feed, place, raw) feed, place, reason, raw, seen_at
FROM refused
WHERE
    (feed, place, raw) NOT IN (SELECT (feed, place, raw) FROM ops.rejects)
    AND md5_number_lower(feed || chr(31) || raw)
    NOT IN (SELECT reject_hash FROM ops.forgotten WHERE reject_hash IS NOT NULL);

INSERT INTO ops.rejects SELECT * FROM new_rejects;

-- What its source has deleted goes, with what was computed from it and the quotes of it in alerts.
CREATE OR REPLACE TEMP TABLE deleted AS
SELECT
    g.feed,
    m.mention_id,
    m.day,
    m.url,
    trim(regexp_replace(concat_ws(' – ', nullif(m.title, ''), nullif(m.text, '')), '\s+', ' ', 'g')) AS words
FROM mentions AS m
JOIN (SELECT mention_id, min(feed) AS feed FROM gone GROUP BY mention_id) AS g ON g.mention_id = m.mention_id;

INSERT INTO ops.touched SELECT mention_id, day FROM deleted;
DELETE FROM mentions WHERE mention_id IN (SELECT mention_id FROM deleted);
DELETE FROM ops.also_seen WHERE mention_id IN (SELECT mention_id FROM deleted);
DELETE FROM ops.unplaced WHERE mention_id IN (SELECT mention_id FROM deleted);
DELETE FROM ops.overruled WHERE mention_id IN (SELECT mention_id FROM deleted);
DELETE FROM aspects WHERE mention_id IN (SELECT mention_id FROM deleted);

UPDATE alerts
SET quotes = kept.quotes
FROM (
    SELECT
        q.alert_row,
        coalesce(list(q.quote) FILTER (d.mention_id IS NULL), []) AS quotes
    FROM (SELECT rowid AS alert_row, unnest(quotes) AS quote FROM alerts) AS q
    LEFT JOIN deleted AS d
        ON d.url IS NOT DISTINCT FROM q.quote.url AND starts_with(d.words, left(rtrim(q.quote.text, '…'), 120))
    GROUP BY q.alert_row
    HAVING count(d.mention_id) > 0
) AS kept
WHERE alerts.rowid = kept.alert_row;

DELETE FROM ops.feeds WHERE (feed, span) IN (SELECT (feed, span) FROM feed_state);
INSERT INTO ops.feeds BY NAME SELECT * FROM feed_state;

CREATE OR REPLACE TEMP TABLE landed AS
SELECT
    f.feed,
    (SELECT count(*) FROM stage AS s ANTI JOIN known USING (mention_id, native_id) WHERE s.feed = f.feed) AS new,
    (SELECT count(*) FROM stage AS s SEMI JOIN changed AS c ON c.mention_id = s.mention_id WHERE s.feed = f.feed) AS changed,
    (SELECT count(*) FROM new_rejects AS r WHERE r.feed = f.feed) AS rejects,
    (SELECT count(*) FROM deleted AS d WHERE d.feed = f.feed) AS deleted,
    (SELECT count(*) FROM unwanted AS u WHERE u.feed = f.feed) AS forgotten
FROM feed_state AS f;
