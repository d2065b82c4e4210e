-- Writes what names a person, as the variable `named`, a pattern, tells it: the temporary tables `doomed_rejects` (row),
-- `doomed_alerts` (row) and `doomed_messages` (message), which are to go, and `elsewhere` (mention_id, source, url), what
-- others said. Runs after find_person.sql. An alert that has the words of a removed mention in its own goes too.

CREATE OR REPLACE TEMP TABLE doomed_rejects AS
SELECT rowid AS row
FROM ops.rejects
WHERE coalesce(regexp_matches(concat_ws(' ', place, reason, raw), getvariable('named'), 'i'), FALSE);

CREATE OR REPLACE TEMP TABLE doomed_alerts AS
SELECT rowid AS row
FROM alerts AS a
WHERE
    coalesce(regexp_matches(concat_ws(' ', key, title, reason), getvariable('named'), 'i'), FALSE)
    OR EXISTS (
        SELECT 1 FROM doomed AS d
        WHERE length(d.words) >= 20 AND contains(a.title || ' ' || a.reason, left(d.words, 100))
    );

CREATE OR REPLACE TEMP TABLE doomed_messages AS
WITH messages AS (
    SELECT message FROM ops.feed_runs
    UNION
    SELECT message FROM ops.runs
    UNION
    SELECT reason FROM freshness
)

SELECT message
FROM messages
WHERE coalesce(regexp_matches(message, getvariable('named'), 'i'), FALSE);

CREATE OR REPLACE TEMP TABLE elsewhere AS
SELECT mention_id, source, url
FROM mentions
WHERE
    coalesce(regexp_matches(concat_ws(' ', title, text, reply_text), getvariable('named'), 'i'), FALSE)
    AND mention_id NOT IN (SELECT mention_id FROM doomed)
ORDER BY day DESC, mention_id;
