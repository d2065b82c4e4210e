-- How many mentions of others name the person who is asked for, and whether they were forgotten before.

SELECT
    (SELECT count(*) FROM elsewhere) AS others,
    EXISTS (
        SELECT 1 FROM ops.forgotten
        WHERE
            mention_id IN (SELECT mention_id FROM asked_ids)
            OR author_hash IN (SELECT author_hash FROM asked_authors)
    ) AS is_known;
