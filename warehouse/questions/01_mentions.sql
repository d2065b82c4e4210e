-- title: Mentions and how many more or fewer they are
-- answers: How many mentions did we get this week, and what is the % change against the week before?
-- brand: brands = own; whose mentions
-- since: day = 7d; the first day
-- until: day = newest; the last day
-- chart: bar brand mentions

-- The time before is as long as the one asked for and ends where that begins. Copies of one text count in `mentions`
-- and not in `stories`. The interval is for mentions that come singly; a story that everybody shares is beyond it.

WITH counts AS (
    SELECT
        brand,
        coalesce(sum(mentions) FILTER (day >= $since::DATE), 0)::BIGINT AS mentions,
        coalesce(sum(stories) FILTER (day >= $since::DATE), 0)::BIGINT AS stories,
        coalesce(sum(mentions) FILTER (day < $since::DATE), 0)::BIGINT AS before
    FROM daily_feed
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN first_before($since::DATE, $until::DATE) AND $until::DATE
    GROUP BY brand
),

growths AS (
    SELECT
        *,
        growth(mentions, before, 1) AS growth,
        growth_low(mentions, before, 1) AS growth_low,
        growth_high(mentions, before, 1) AS growth_high
    FROM counts
)

SELECT
    a.brand,
    coalesce(c.mentions, 0) AS mentions,
    coalesce(c.stories, 0) AS stories,
    coalesce(c.before, 0) AS before,
    c.growth,
    c.growth_low,
    c.growth_high,
    verdict(c.growth_low, c.growth_high) AS verdict
FROM (SELECT unnest($brand::VARCHAR[]) AS brand) AS a
LEFT JOIN growths AS c ON c.brand = a.brand
ORDER BY mentions DESC, a.brand;
