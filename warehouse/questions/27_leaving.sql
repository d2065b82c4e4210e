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

leaving AS (
    SELECT b.brand, m.mention_id, m.day, m.posted_at
    FROM signal_mentions AS b
    JOIN mentions AS m ON m.mention_id = b.mention_id AND m.day = b.day
    WHERE
        b.day BETWEEN $since::DATE AND $until::DATE
        AND m.day BETWEEN $since::DATE AND $until::DATE
        AND b.signal = 'leaving'
        AND list_contains($brand::VARCHAR[], b.brand)
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
    m.source,
    m.author,
    heard_by(m.reach, m.likes, m.replies) AS heard_by,
    m.topic,
    m.sentiment,
    quote_of(m.title, m.text) AS quote,
    m.url,
    l.mention_id
FROM leaving AS l
JOIN weeks AS w ON w.brand = l.brand AND w.week = date_trunc('week', l.day)::DATE
JOIN mentions AS m ON m.mention_id = l.mention_id AND m.day = l.day
ORDER BY l.posted_at DESC, l.mention_id;
