-- Every feed of the run that wrote `freshness` must be in it, once; each row returned is a fault, in words.

WITH checked AS (
    SELECT max(checked_at) AS checked_at FROM freshness
),

last_run AS (
    SELECT r.run_id
    FROM ops.feed_runs AS r, checked AS c
    WHERE r.started_at <= c.checked_at
    ORDER BY r.started_at DESC
    LIMIT 1
)

SELECT 'freshness lacks ' || count(DISTINCT feed) || ' feeds that were collected, such as ' || min(feed) AS fault
FROM ops.feed_runs
WHERE
    run_id IN (SELECT run_id FROM last_run)
    AND span = ''
    AND started_at <= (SELECT checked_at FROM checked)
    AND feed NOT IN (SELECT feed FROM freshness)
HAVING count(*) > 0
UNION ALL
SELECT 'freshness names a feed twice, or holds two checks, such as of ' || min(feed)
FROM (
    SELECT feed
    FROM freshness
    GROUP BY feed
    HAVING count(*) > 1 OR max(checked_at) < (SELECT checked_at FROM checked)
)
HAVING count(*) > 0;
