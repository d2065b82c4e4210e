-- Writes the temporary table `due`: the mentions to read again, the newest first, those that are staged without a place.
-- Reads the temporary table `readers` (language, and a model that would read it or NULL where none would) and the
-- variables `reader`, `since` and `everything`. A mention without words has no model; an older release, to
-- which emoji were no words, gave it one.

CREATE OR REPLACE TEMP TABLE due AS
WITH picked AS (
    SELECT m.mention_id, m.posted_at, m.model, m.text_hash
    FROM mentions AS m
    WHERE
        m.reading <> 'unread'
        AND (getvariable('since') IS NULL OR m.day >= getvariable('since'))
        AND (
            getvariable('everything')
            OR (
                (m.reading <> 'empty' OR m.model IS NOT NULL)
                AND NOT EXISTS (
                    SELECT 1 FROM readers AS r
                    WHERE r.language IS NOT DISTINCT FROM m.language AND r.model IS NOT DISTINCT FROM m.model
                )
            )
        )
),

marked AS (
    SELECT p.*, r.mention_id IS NOT NULL AS is_staged
    FROM picked AS p
    LEFT JOIN ops.rereadings AS r
        ON r.mention_id = p.mention_id AND r.text_hash = p.text_hash AND r.reader = getvariable('reader')
)

SELECT
    mention_id,
    model,
    is_staged,
    IF(is_staged, NULL, row_number() OVER (PARTITION BY is_staged ORDER BY posted_at DESC, mention_id)) AS place
FROM marked;
