-- title: New topics
-- answers: Which topics are new in the last 7 days?
-- brand: brands = own; whose mentions
-- since: day = 7d; the first day
-- until: day = newest; the last day
-- least: number = 3; a topic with fewer mentions is left out
-- chart: bar topic mentions by brand

-- A topic is new to a brand when at most one in ten of its mentions up to the last day is from before the first day:
-- ids keep their meaning for ever, so a few older mentions can be near to a topic that nobody talked of.

-- What was talked of on as many days before is not new, which spares looking through all of history for it.
WITH recent AS (
    SELECT brand, topic_id
    FROM daily_topic
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN first_before($since::DATE, $until::DATE) AND $until::DATE
    GROUP BY ALL
    HAVING
        sum(mentions) FILTER (day >= $since::DATE) >= $least
        AND sum(mentions) FILTER (day >= $since::DATE) >= 0.9 * sum(mentions)
),

histories AS (
    SELECT
        brand,
        topic_id,
        topic,
        min(day) AS first_day,
        coalesce(sum(mentions) FILTER (day >= $since::DATE), 0)::BIGINT AS mentions,
        coalesce(sum(negative) FILTER (day >= $since::DATE), 0)::BIGINT AS negative,
        coalesce(sum(negative + neutral + positive) FILTER (day >= $since::DATE), 0)::BIGINT AS read,
        sum(mentions)::BIGINT AS ever
    FROM daily_topic
    WHERE
        topic_id IN (SELECT topic_id FROM recent)
        AND list_contains($brand::VARCHAR[], brand)
        AND day <= $until::DATE
    GROUP BY ALL
)

SELECT
    h.brand,
    h.topic,
    h.mentions,
    h.ever - h.mentions AS before,
    share(h.mentions, h.ever) AS new_share,
    wilson_low(h.mentions, h.ever) AS new_share_low,
    wilson_high(h.mentions, h.ever) AS new_share_high,
    h.first_day,
    t.found_at,
    h.negative,
    share(h.negative, h.read) AS negative_share,
    wilson_low(h.negative, h.read) AS negative_share_low,
    wilson_high(h.negative, h.read) AS negative_share_high,
    t.words
FROM histories AS h
LEFT JOIN topics AS t ON t.topic_id = h.topic_id
WHERE h.mentions >= $least AND h.mentions >= 0.9 * h.ever
ORDER BY h.mentions DESC, h.brand, h.topic_id;
