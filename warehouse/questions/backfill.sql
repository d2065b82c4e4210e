-- What is there of each feed in $1 for a backfill named $2 from $3 to $4: its oldest mention, how many it has in that
-- time, how far a backfill of the same name came, and how its last run ended.
SELECT
    c.feed,
    m.oldest,
    coalesce(m.in_span, 0) AS in_span,
    CASE WHEN f.done THEN 'done' WHEN f.feed IS NOT NULL THEN 'unfinished' END AS backfill,
    r.status AS last_run
FROM (SELECT unnest($1::VARCHAR[]) AS feed) AS c
LEFT JOIN (
    SELECT
        feed,
        min(posted_at) AS oldest,
        count(*) FILTER (posted_at >= $3::TIMESTAMP AND posted_at < $4::TIMESTAMP) AS in_span
    FROM mentions
    WHERE posted_at_known
    GROUP BY feed
) AS m ON m.feed = c.feed
LEFT JOIN ops.feeds AS f ON f.feed = c.feed AND f.span = $2
LEFT JOIN (
    SELECT feed, status
    FROM ops.feed_runs
    QUALIFY row_number() OVER (PARTITION BY feed ORDER BY started_at DESC) = 1
) AS r ON r.feed = c.feed;
