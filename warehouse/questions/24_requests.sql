-- title: Who asks for a feature
-- answers: Which people ask for feature X, how many a month, with links?
-- brand: brands = own; whose mentions
-- feature: text = any; words that a request must hold, all of them; any takes every request
-- since: day = 90d; the first day
-- until: day = newest; the last day
-- top: number = 50; how many are listed
-- chart: bar month in_month by brand

-- A request is a mention with the signal request. `in_month` counts all requests of that month that were asked for, also
-- those beyond `top`; `share` is of all mentions of that month whose signals are known.

WITH asked AS (
    SELECT brand, day, mention_id
    FROM signal_mentions
    WHERE
        day BETWEEN $since::DATE AND $until::DATE
        AND signal = 'request'
        AND list_contains($brand::VARCHAR[], brand)
),

-- Before it is asked for words: else every mention of these days is, request or not.
worded AS MATERIALIZED (
    SELECT a.brand, a.day, a.mention_id, lower(concat_ws(' ', m.title, m.text)) AS said
    FROM asked AS a
    JOIN mentions AS m ON m.mention_id = a.mention_id AND m.day = a.day
    WHERE $feature::VARCHAR IS NOT NULL AND m.day BETWEEN $since::DATE AND $until::DATE
),

words AS (
    SELECT unnest(string_split(lower(trim($feature::VARCHAR)), ' ')) AS word
),

requests AS MATERIALIZED (
    SELECT * FROM asked WHERE $feature::VARCHAR IS NULL
    UNION ALL
    SELECT w.brand, w.day, w.mention_id
    FROM worded AS w
    WHERE NOT EXISTS (SELECT 1 FROM words AS x WHERE NOT contains(w.said, x.word))
),

months AS (
    SELECT brand, date_trunc('month', day)::DATE AS month, sum(mentions)::BIGINT AS mentions
    FROM daily_signal
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

counts AS (
    SELECT brand, date_trunc('month', day)::DATE AS month, count(*) AS in_month FROM requests GROUP BY ALL
),

-- As many of the newest days as `top` requests were made on.
newest AS (
    SELECT day
    FROM (SELECT day, count(*) AS requests FROM requests GROUP BY day)
    QUALIFY coalesce(sum(requests) OVER (ORDER BY day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $top
),

listed AS (
    SELECT
        r.brand,
        date_trunc('month', m.day)::DATE AS month,
        m.posted_at,
        m.source,
        m.author,
        heard_by(m.reach, m.likes, m.replies) AS heard_by,
        m.topic,
        m.title,
        m.text,
        m.url,
        m.mention_id
    FROM (SELECT * FROM requests WHERE day IN (SELECT day FROM newest)) AS r
    JOIN mentions AS m ON m.mention_id = r.mention_id AND m.day = r.day
    WHERE m.day BETWEEN $since::DATE AND $until::DATE
    ORDER BY m.posted_at DESC, m.mention_id
    LIMIT $top
)

SELECT
    l.brand,
    l.month,
    c.in_month,
    share(c.in_month, t.mentions) AS share,
    wilson_low(c.in_month, t.mentions) AS share_low,
    wilson_high(c.in_month, t.mentions) AS share_high,
    l.posted_at,
    l.source,
    l.author,
    l.heard_by,
    l.topic,
    quote_of(l.title, l.text) AS quote,
    l.url
FROM listed AS l
JOIN counts AS c ON c.brand = l.brand AND c.month = l.month
JOIN months AS t ON t.brand = l.brand AND t.month = l.month
ORDER BY l.posted_at DESC, l.mention_id;
