-- title: Replies to reviews
-- answers: What share of reviews got a reply, and how long did it take (median and 90th percentile)?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- chart: bar source answered_share by brand

-- A source that never shows a reply looks unanswered. Ends of intervals that are missing cannot be told from so few
-- replies: they lie beyond the shortest or the longest of them.

WITH reviews AS (
    SELECT
        b.brand,
        m.source,
        is_answered(m.reply_text, m.replied_at) AS is_answered,
        response_hours(m.posted_at, m.replied_at) AS hours
    FROM mentions AS m
    JOIN brand_mentions AS b ON b.mention_id = m.mention_id AND b.day = m.day
    WHERE
        m.day BETWEEN $since::DATE AND $until::DATE
        AND m.kind = 'review'
        AND list_contains($brand::VARCHAR[], b.brand)
),

counts AS (
    SELECT
        brand,
        source,
        count(*) AS reviews,
        count(*) FILTER (is_answered) AS answered,
        list(hours ORDER BY hours) FILTER (hours IS NOT NULL) AS hours
    FROM reviews
    GROUP BY ALL
)

SELECT
    brand,
    source,
    reviews,
    answered,
    share(answered, reviews) AS answered_share,
    wilson_low(answered, reviews) AS answered_share_low,
    wilson_high(answered, reviews) AS answered_share_high,
    list_aggregate(hours, 'quantile_cont', 0.5) AS median_hours,
    quantile_low(hours, 0.5) AS median_hours_low,
    quantile_high(hours, 0.5) AS median_hours_high,
    list_aggregate(hours, 'quantile_cont', 0.9) AS p90_hours,
    quantile_low(hours, 0.9) AS p90_hours_low,
    quantile_high(hours, 0.9) AS p90_hours_high
FROM counts
ORDER BY reviews DESC, brand, source;
