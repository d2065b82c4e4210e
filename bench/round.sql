-- One batch of the load bench, in no order: mentions that the store holds, some of them edited since, and new ones.
-- Reads the view `corpus` and the variables `seen_from`, `seen_to`, `new_from`, `new_to` (the ends are not in it) and
-- `edited_every`.

WITH seen AS (
    SELECT * REPLACE (IF(number % getvariable('edited_every') = 0, text || ' edited since', text) AS text)
    FROM corpus
    WHERE number >= getvariable('seen_from') AND number < getvariable('seen_to')
),

new AS (
    SELECT * FROM corpus
    WHERE number >= getvariable('new_from') AND number < getvariable('new_to')
)

SELECT
    native_id,
    text,
    author,
    'psn_' || md5(author) AS pseudonym,
    rating,
    url,
    strftime(posted_at, '%xT%XZ') AS posted_at
FROM (SELECT * FROM seen UNION ALL SELECT * FROM new)
ORDER BY hash(number)
