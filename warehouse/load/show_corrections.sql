-- Shows the corrections whose text is the mention's text still, and keeps what the model says of it aside; runs inside
-- one transaction. A mention that shows its correction already is left as it is.

CREATE OR REPLACE TEMP TABLE to_correct AS
SELECT m.mention_id, m.day, m.sentiment, m.score, m.confidence, c.sentiment AS correct
FROM mentions AS m
JOIN corrections AS c
    ON m.mention_id = c.mention_id AND m.source = c.source AND m.native_id = c.native_id AND m.text_hash = c.text_hash
WHERE NOT m.corrected;

INSERT INTO ops.overruled SELECT mention_id, sentiment, score, confidence FROM to_correct;
INSERT INTO ops.touched SELECT mention_id, day FROM to_correct;

UPDATE mentions
SET
    sentiment = c.correct,
    score = CASE c.correct WHEN 'negative' THEN -1 WHEN 'positive' THEN 1 ELSE 0 END,
    confidence = 1,
    corrected = TRUE
FROM to_correct AS c
WHERE mentions.mention_id = c.mention_id;
