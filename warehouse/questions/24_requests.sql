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

WITH requests AS (
    SELECT
        b.brand,
        date_trunc('month', m.day)::DATE AS month,
        m.mention_id,
        m.day,
        m.posted_at,
        heard_by(m.reach, m.likes, m.replies) AS heard_by
    FROM signal_mentions AS b
    JOIN mentions AS m ON m.mention_id = b.mention_id AND m.day = b.day
    WHERE
        b.day BETWEEN $since::DATE AND $until::DATE
        AND m.day BETWEEN $since::DATE AND $until::DATE
        AND b.signal = 'request'
        AND list_contains($brand::VARCHAR[], b.brand)
        AND (
            $feature::VARCHAR IS NULL
            OR len(
                list_filter(
                    string_split(lower(trim($feature::VARCHAR)), ' '),
                    lambda word: NOT contains(lower(concat_ws(' ', m.title, m.text)), word)
                )
            ) = 0
        )
),

months AS (
    SELECT brand, date_trunc('month', day)::DATE AS month, sum(mentions)::BIGINT AS mentions
    FROM daily_signal
    WHERE list_contains($brand::VARCHAR[], brand) AND day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

counted AS (
    SELECT *, count(*) OVER (PARTITION BY brand, month) AS in_month
    FROM requests
    QUALIFY row_number() OVER (ORDER BY posted_at DESC, mention_id) <= $top
)

SELECT
    c.brand,
    c.month,
    c.in_month,
    share(c.in_month, t.mentions) AS share,
    wilson_low(c.in_month, t.mentions) AS share_low,
    wilson_high(c.in_month, t.mentions) AS share_high,
    c.posted_at,
    m.source,
    m.author,
    c.heard_by,
    m.topic,
    quote_of(m.title, m.text) AS quote,
    m.url
FROM counted AS c
JOIN months AS t ON t.brand = c.brand AND t.month = c.month
JOIN mentions AS m ON m.mention_id = c.mention_id AND m.day = c.day
ORDER BY c.posted_at DESC, c.mention_id;
