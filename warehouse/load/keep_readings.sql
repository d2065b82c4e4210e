-- Keeps what the models read in some mentions; runs inside one transaction. What a person said instead is shown again
-- by show_corrections.sql, before anything is rolled up.
-- Reads the temporary tables `readings`, `read_aspects` (what the mentions say of single things) and `unplaced`
-- (embeddings of mentions that no topic is near to).
-- A mention that changed while it was being read stays unread: its text_hash no longer agrees.

CREATE OR REPLACE TEMP TABLE now_read AS
SELECT m.mention_id, m.day, m.posted_at, m.text_hash
FROM mentions AS m
JOIN readings AS r ON m.mention_id = r.mention_id AND m.text_hash = r.text_hash;

INSERT INTO ops.touched SELECT mention_id, day FROM now_read;

UPDATE mentions
SET
    language = coalesce(r.language, mentions.language),
    reading = r.reading,
    sentiment = r.sentiment,
    score = r.score,
    confidence = r.confidence,
    mixed = r.mixed,
    emotion = r.emotion,
    signals = r.signals,
    corrected = FALSE,
    model = r.model,
    topic_id = r.topic_id,
    topic = r.topic
FROM readings AS r
WHERE
    mentions.mention_id = r.mention_id
    AND mentions.text_hash = r.text_hash
    AND mentions.day IN (SELECT day FROM now_read);

DELETE FROM ops.overruled WHERE mention_id IN (SELECT mention_id FROM now_read);
DELETE FROM aspects WHERE day IN (SELECT day FROM now_read) AND mention_id IN (SELECT mention_id FROM now_read);

INSERT INTO aspects
SELECT a.mention_id, n.day, a.aspect, a.term, a.quote, a.sentiment, a.score, a.confidence
FROM read_aspects AS a
JOIN now_read AS n ON n.mention_id = a.mention_id AND n.text_hash = a.text_hash
ORDER BY n.day;

DELETE FROM ops.unplaced WHERE mention_id IN (SELECT mention_id FROM readings);

INSERT INTO ops.unplaced
SELECT n.mention_id, n.posted_at, u.embedding
FROM unplaced AS u
JOIN now_read AS n ON n.mention_id = u.mention_id;
