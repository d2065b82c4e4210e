-- Lays mentions of the load bench straight into the warehouse, as if they had been landed and read long ago.
-- Reads the view `corpus`. The ids are as random as the real ones, and never asked for by a round.

INSERT INTO mentions BY NAME
SELECT
    hash(native_id)::UBIGINT AS mention_id,
    'forum' AS source,
    'forum-' || number % 20 AS feed,
    'forum' AS kind,
    native_id,
    url,
    text,
    author,
    'en' AS language,
    posted_at,
    TRUE AS posted_at_known,
    posted_at::DATE AS day,
    rating,
    IF(rating IS NULL, NULL, 5) AS rating_max,
    'read' AS reading,
    ['negative', 'neutral', 'positive'][1 + number % 3] AS sentiment,
    (number % 3 - 1) / 2 AS score,
    0.8 AS confidence,
    'none' AS emotion,
    'bench' AS model,
    hash(text)::UBIGINT AS story_id,
    posted_at AS first_seen_at,
    hash(text)::UBIGINT AS text_hash,
    hash(native_id, text)::UBIGINT AS item_hash
FROM corpus
ORDER BY number;
