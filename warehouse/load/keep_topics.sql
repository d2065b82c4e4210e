-- Adds newly found topics and gives them the mentions they were found in; runs inside one transaction.
-- Reads the temporary tables `found` (topic_id, topic, words, centroid, found_at) and `placed` (mention_id, topic_id).

INSERT INTO topics
SELECT topic_id, topic, words, found_at FROM found;

INSERT INTO ops.centroids
SELECT topic_id, centroid FROM found;

INSERT INTO ops.touched
SELECT m.mention_id, m.day
FROM mentions AS m
JOIN placed AS p ON m.mention_id = p.mention_id;

UPDATE mentions
SET topic_id = p.topic_id, topic = t.topic
FROM placed AS p
JOIN topics AS t ON t.topic_id = p.topic_id
WHERE mentions.mention_id = p.mention_id;

DELETE FROM ops.unplaced WHERE mention_id IN (SELECT mention_id FROM placed);
