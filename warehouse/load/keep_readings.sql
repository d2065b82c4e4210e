-- Keeps what the model read in some mentions; runs inside one transaction.
-- Reads the temporary tables `readings` and `unplaced` (embeddings of mentions that no topic is near to).
-- A mention that changed while it was being read stays unread: its text_hash no longer agrees.

INSERT INTO ops.touched
SELECT m.mention_id, m.day
FROM mentions AS m
JOIN readings AS r ON m.mention_id = r.mention_id AND m.text_hash = r.text_hash;

UPDATE mentions
SET
    language = coalesce(r.language, mentions.language),
    reading = r.reading,
    sentiment = r.sentiment,
    score = r.score,
    confidence = r.confidence,
    emotion = r.emotion,
    model = r.model,
    topic_id = r.topic_id,
    topic = r.topic
FROM readings AS r
WHERE mentions.mention_id = r.mention_id AND mentions.text_hash = r.text_hash;

DELETE FROM ops.unplaced WHERE mention_id IN (SELECT mention_id FROM readings);

INSERT INTO ops.unplaced
SELECT m.mention_id, m.posted_at, u.embedding
FROM unplaced AS u
JOIN mentions AS m ON m.mention_id = u.mention_id;
