-- Mentions that are in no story yet: new ones, and ones that landed again, whose `copy` is NULL again. A text of a few
-- words is one with its title. A short text can be a copy of the same author's, where the name is somebody's.

SELECT
    mention_id,
    text_hash,
    IF(length(text) >= 40, text, concat_ws('. ', title, nullif(text, ''))) AS text,
    IF(is_nobody(author), mention_id::VARCHAR, author) AS owner
FROM mentions
WHERE copy IS NULL
LIMIT ?;
