-- Removes what else names a person, and notes that it is not collected again; runs inside one transaction, before
-- remove.sql, which changes rowids. Reads the temporary tables `doomed`, `asked_ids` (mention_id), `asked_authors` (source, author_hash, is_sure),
-- and of what names them `doomed_rejects`, `doomed_alerts` and `doomed_messages`; and the variable `forgotten_at`. Another
-- source's author of the same name is another person, unless something of theirs went too.

DELETE FROM corrections WHERE mention_id IN (SELECT mention_id FROM asked_ids);

INSERT INTO ops.forgotten (reject_hash, forgotten_at)
SELECT DISTINCT md5_number_lower(feed || chr(31) || raw), getvariable('forgotten_at')
FROM ops.rejects
WHERE rowid IN (SELECT row FROM doomed_rejects);

DELETE FROM ops.rejects WHERE rowid IN (SELECT row FROM doomed_rejects);
DELETE FROM alerts WHERE rowid IN (SELECT row FROM doomed_alerts);

UPDATE ops.feed_runs
SET message = '[forgotten]'
WHERE message IN (SELECT message FROM doomed_messages);

UPDATE ops.runs
SET message = '[forgotten]'
WHERE message IN (SELECT message FROM doomed_messages);

UPDATE freshness
SET reason = '[forgotten]'
WHERE reason IN (SELECT message FROM doomed_messages);

INSERT INTO ops.forgotten (mention_id, forgotten_at)
SELECT mention_id, getvariable('forgotten_at')
FROM (SELECT mention_id FROM doomed UNION SELECT mention_id FROM asked_ids)
WHERE mention_id NOT IN (SELECT mention_id FROM ops.forgotten WHERE mention_id IS NOT NULL);

INSERT INTO ops.forgotten (author_hash, forgotten_at)
SELECT DISTINCT author_hash, getvariable('forgotten_at')
FROM asked_authors
WHERE
    (is_sure OR source IN (SELECT source FROM doomed))
    AND author_hash NOT IN (SELECT author_hash FROM ops.forgotten WHERE author_hash IS NOT NULL);

-- Copies and free blocks are to be looked through again, also where the same was asked before.
UPDATE ops.forgotten
SET cleaned_at = NULL
WHERE
    mention_id IN (SELECT mention_id FROM doomed)
    OR mention_id IN (SELECT mention_id FROM asked_ids)
    OR author_hash IN (SELECT author_hash FROM asked_authors);
