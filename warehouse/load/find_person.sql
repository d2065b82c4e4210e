-- Writes the temporary table `doomed`: what a person said, to be removed. Reads the temporary tables `asked_authors`
-- (source, author) and `asked_ids` (mention_id). `words` are what alerts quote.

CREATE OR REPLACE TEMP TABLE doomed AS
SELECT
    mention_id,
    source,
    native_id,
    feed,
    day,
    url,
    author,
    story_id,
    trim(regexp_replace(concat_ws(' – ', nullif(title, ''), nullif(text, '')), '\s+', ' ', 'g')) AS words
FROM mentions
WHERE
    mention_id IN (SELECT mention_id FROM asked_ids)
    OR coalesce((source, author) IN (SELECT (source, author) FROM asked_authors), FALSE);
