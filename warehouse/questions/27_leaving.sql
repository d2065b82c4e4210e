-- title: People about to leave
-- answers: Who says that they are leaving, and are they more than before?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- top: number = 50; how many are listed
-- chart: bar week in_week by brand

-- Mentions with the signal leaving, the newest first. `in_week` counts all of that week, also those beyond `top`;
-- `share` is of the mentions of that week whose signals are known.

WITH weeks AS (
    SELECT
        brand,
        date_trunc('week', day)::DATE AS week,
        sum(leaving)::BIGINT AS in_week,
        sum(mentions)::BIGINT AS mentions
    FROM daily_signal
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN date_trunc('week', $since::DATE)::DATE AND $until::DATE
    GROUP BY ALL
),

said AS MATERIALIZED (
    SELECT brand, day, mention_id
    FROM signal_mentions
    WHERE
        day BETWEEN $since::DATE AND $until::DATE
        AND signal = 'leaving'
        AND list_contains($brand::VARCHAR[], brand)
),

-- As many of the newest days as `top` mentions are from.
newest AS (
    SELECT day
    FROM (SELECT day, count(*) AS mentions FROM said GROUP BY day)
    QUALIFY coalesce(sum(mentions) OVER (ORDER BY day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $top
),

leaving AS (
    SELECT s.brand, m.*
    FROM (SELECT * FROM said WHERE day IN (SELECT day FROM newest)) AS s
    JOIN mentions AS m ON m.mention_id = s.mention_id AND m.day = s.day
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    ORDER BY m.posted_at DESC, m.mention_id
    LIMIT $top
)

SELECT
    l.brand,
    w.week,
    w.in_week,
    share(w.in_week, w.mentions) AS share,
    wilson_low(w.in_week, w.mentions) AS share_low,
    wilson_high(w.in_week, w.mentions) AS share_high,
    l.posted_at,
    l.source,
    l.author,
    heard_by(l.reach, l.likes, l.replies) AS heard_by,
    l.topic,
    l.sentiment,
    quote_of(l.title, l.text) AS quote,
    l.url,
    l.mention_id
FROM leaving AS l
JOIN weeks AS w ON w.brand = l.brand AND w.week = date_trunc('week', l.day)::DATE
ORDER BY l.posted_at DESC, l.mention_id;
