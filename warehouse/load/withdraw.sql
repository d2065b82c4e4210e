-- Takes back the corrections of the mentions in the temporary table `matched` (mention_id) and shows again what the
-- model says of them; runs inside one transaction.

INSERT INTO ops.touched
SELECT mention_id, day FROM mentions
WHERE corrected AND mention_id IN (SELECT mention_id FROM matched);

UPDATE mentions
SET sentiment = o.sentiment, score = o.score, confidence = o.confidence, corrected = FALSE
FROM ops.overruled AS o
WHERE
    mentions.mention_id = o.mention_id
    AND mentions.corrected
    AND o.mention_id IN (SELECT mention_id FROM matched);

DELETE FROM ops.overruled WHERE mention_id IN (SELECT mention_id FROM matched);
DELETE FROM corrections WHERE mention_id IN (SELECT mention_id FROM matched);
