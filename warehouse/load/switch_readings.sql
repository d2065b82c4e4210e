-- Makes what `reader`, a variable, has read again the readings that are shown: writes the temporary tables that
-- keep_readings.sql reads, and `relabelled`, how many mentions go from which label to which; runs inside one
-- transaction, before keep_readings.sql. A mention that changed since keeps what it has, and one whose topic was found
-- since keeps that.

CREATE OR REPLACE TEMP TABLE readings AS
SELECT r.* REPLACE (
    IF(m.topic_id > r.newest_topic, m.topic_id, r.topic_id) AS topic_id,
    IF(m.topic_id > r.newest_topic, m.topic, r.topic) AS topic
)
FROM ops.rereadings AS r
JOIN mentions AS m ON m.mention_id = r.mention_id AND m.text_hash = r.text_hash
WHERE r.reader = getvariable('reader');

CREATE OR REPLACE TEMP TABLE read_aspects AS
FROM ops.reread_aspects WHERE reader = getvariable('reader');

-- Embeddings are the encoder's, which no other model replaces: those that were kept are still right.
CREATE OR REPLACE TEMP TABLE unplaced AS
SELECT u.mention_id, u.embedding
FROM ops.unplaced AS u
JOIN readings AS r ON r.mention_id = u.mention_id
WHERE r.topic_id IS NULL AND r.reading = 'read';

CREATE OR REPLACE TEMP TABLE relabelled AS
SELECT
    coalesce(m.sentiment, m.reading) AS before,
    coalesce(r.sentiment, r.reading) AS after,
    count(*) AS mentions
FROM readings AS r
JOIN mentions AS m ON m.mention_id = r.mention_id
WHERE NOT m.corrected
GROUP BY ALL;

DELETE FROM ops.rereadings WHERE reader = getvariable('reader');
DELETE FROM ops.reread_aspects WHERE reader = getvariable('reader');
