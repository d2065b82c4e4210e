-- title: Share of voice by week
-- answers: How has share of voice moved over 12 weeks?
-- brand: brands = own; our side
-- competitors: brands = competitors; the other side
-- since: day = 12w; the first day
-- until: day = newest; the last day
-- chart: line week share by brand

-- Of public mentions, as in question 02. A week begins on Monday and the first is taken whole; `days` says how
-- many days of a week there are.

WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        brand,
        sum(mentions)::BIGINT AS mentions,
        sum(reach)::BIGINT AS reach
    FROM daily_feed
    WHERE
        list_contains(list_concat($brand::VARCHAR[], $competitors::VARCHAR[]), brand)
        AND day BETWEEN date_trunc('week', $since::DATE)::DATE AND $until::DATE
        AND kind <> 'own'
    GROUP BY ALL
),

voices AS (
    SELECT *, (sum(mentions) OVER (PARTITION BY week))::BIGINT AS all_mentions FROM weeks
)

SELECT
    week,
    least(week + 6, $until::DATE) - week + 1 AS days,
    brand,
    mentions,
    share(mentions, all_mentions) AS share,
    wilson_low(mentions, all_mentions) AS share_low,
    wilson_high(mentions, all_mentions) AS share_high,
    reach
FROM voices
ORDER BY week, mentions DESC, brand;
