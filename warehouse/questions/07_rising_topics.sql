-- title: Topics on the rise
-- answers: Which topics grew most against the period before?
-- brand: brands = own; whose mentions
-- since: day = 7d; the first day
-- until: day = newest; the last day
-- least: number = 3; a topic with fewer mentions is left out
-- top: number = 10; topics for each brand
-- chart: bar topic mentions by brand

-- The time before is as long as the one asked for. The first topics are those whose growth is least likely chance, by
-- its distance from the time before in standard deviations of a Poisson count.

WITH counts AS (
    SELECT
        brand,
        topic_id,
        topic,
        coalesce(sum(mentions) FILTER (day >= $since::DATE), 0)::BIGINT AS mentions,
        coalesce(sum(negative) FILTER (day >= $since::DATE), 0)::BIGINT AS negative,
        coalesce(sum(negative + neutral + positive) FILTER (day >= $since::DATE), 0)::BIGINT AS read,
        coalesce(sum(mentions) FILTER (day < $since::DATE), 0)::BIGINT AS before
    FROM daily_topic
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN first_before($since::DATE, $until::DATE) AND $until::DATE
    GROUP BY ALL
),

growths AS (
    SELECT
        *,
        (mentions - before) / sqrt(greatest(before, 1)) AS surprise,
        growth(mentions, before, 1) AS growth,
        growth_low(mentions, before, 1) AS growth_low,
        growth_high(mentions, before, 1) AS growth_high
    FROM counts
    WHERE mentions >= $least AND mentions > before
)

SELECT
    brand,
    topic,
    mentions,
    before,
    growth,
    growth_low,
    growth_high,
    verdict(growth_low, growth_high) AS verdict,
    negative,
    share(negative, read) AS negative_share,
    wilson_low(negative, read) AS negative_share_low,
    wilson_high(negative, read) AS negative_share_high
FROM growths
QUALIFY row_number() OVER (PARTITION BY brand ORDER BY surprise DESC, topic_id) <= $top
ORDER BY surprise DESC, brand, topic_id;
