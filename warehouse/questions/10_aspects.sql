-- title: Aspects that people like or dislike, ours and the competitors'
-- answers: Which aspects (price, delivery, support …) do people like or hate, ours against the competitors'?
-- brand: brands = own; our side
-- competitors: brands = competitors; the other side, taken together
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- least: number = 3; an aspect of which fewer mentions speak is left out
-- chart: bar aspect net_sentiment by brand

-- A mention counts once for an aspect. `gap` is our net sentiment minus theirs.

WITH counts AS (
    SELECT
        IF(list_contains($brand::VARCHAR[], brand), brand, NULL) AS ours,
        aspect,
        sum(mentions)::BIGINT AS mentions,
        sum(positive)::BIGINT AS positive,
        sum(negative)::BIGINT AS negative
    FROM daily_aspect
    WHERE
        list_contains(list_concat($brand::VARCHAR[], $competitors::VARCHAR[]), brand)
        AND day BETWEEN $since::DATE AND $until::DATE
    GROUP BY ALL
),

sides AS (
    SELECT
        o.ours AS brand,
        o.aspect,
        o.mentions,
        o.positive,
        o.negative,
        net_sentiment(o.positive, o.negative, o.mentions) AS net,
        net_low(o.positive, o.negative, o.mentions) AS low,
        net_high(o.positive, o.negative, o.mentions) AS high,
        t.mentions AS theirs,
        net_sentiment(t.positive, t.negative, t.mentions) AS their_net,
        net_low(t.positive, t.negative, t.mentions) AS their_low,
        net_high(t.positive, t.negative, t.mentions) AS their_high
    FROM counts AS o
    LEFT JOIN counts AS t ON t.ours IS NULL AND t.aspect = o.aspect
    WHERE o.ours IS NOT NULL AND o.mentions >= $least
)

SELECT
    brand,
    aspect,
    mentions,
    positive,
    negative,
    net AS net_sentiment,
    low AS net_sentiment_low,
    high AS net_sentiment_high,
    coalesce(theirs, 0) AS competitors_mentions,
    their_net AS competitors_net_sentiment,
    their_low AS competitors_net_sentiment_low,
    their_high AS competitors_net_sentiment_high,
    net - their_net AS gap,
    change_low(net, low, their_net, their_high) AS gap_low,
    change_high(net, high, their_net, their_low) AS gap_high,
    CASE verdict(gap_low, gap_high) WHEN 'up' THEN 'better' WHEN 'down' THEN 'worse' ELSE verdict(gap_low, gap_high) END AS verdict
FROM sides
ORDER BY mentions DESC, brand, aspect;
