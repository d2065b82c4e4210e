-- title: The channel with the worst sentiment
-- answers: Which channel has the worst sentiment, and is it one channel or all?
-- brand: brands = own; whose mentions
-- since: day = 30d; the first day
-- until: day = newest; the last day
-- chart: bar source net_sentiment by brand

-- `gap` is against all other channels of the brand together: one channel is worse when its gap is. `change` is against
-- as many days before: all channels are worse when all of them went down.

WITH counts AS (
    SELECT
        brand,
        source,
        coalesce(sum(read) FILTER (day >= $since::DATE), 0)::BIGINT AS read,
        coalesce(sum(positive) FILTER (day >= $since::DATE), 0)::BIGINT AS positive,
        coalesce(sum(negative) FILTER (day >= $since::DATE), 0)::BIGINT AS negative,
        coalesce(sum(read) FILTER (day < $since::DATE), 0)::BIGINT AS read_before,
        coalesce(sum(positive) FILTER (day < $since::DATE), 0)::BIGINT AS positive_before,
        coalesce(sum(negative) FILTER (day < $since::DATE), 0)::BIGINT AS negative_before
    FROM daily_brand
    WHERE
        list_contains($brand::VARCHAR[], brand)
        AND day BETWEEN first_before($since::DATE, $until::DATE) AND $until::DATE
    GROUP BY ALL
),

rests AS (
    SELECT
        *,
        (sum(read) OVER whole - read)::BIGINT AS rest_read,
        (sum(positive) OVER whole - positive)::BIGINT AS rest_positive,
        (sum(negative) OVER whole - negative)::BIGINT AS rest_negative
    FROM counts
    WINDOW whole AS (PARTITION BY brand)
),

moods AS (
    SELECT
        *,
        net_sentiment(positive, negative, read) AS net,
        net_low(positive, negative, read) AS low,
        net_high(positive, negative, read) AS high,
        net_sentiment(rest_positive, rest_negative, rest_read) AS rest,
        net_low(rest_positive, rest_negative, rest_read) AS rest_low,
        net_high(rest_positive, rest_negative, rest_read) AS rest_high,
        net_sentiment(positive_before, negative_before, read_before) AS before,
        net_low(positive_before, negative_before, read_before) AS before_low,
        net_high(positive_before, negative_before, read_before) AS before_high
    FROM rests
    WHERE read > 0
)

SELECT
    brand,
    source,
    read,
    positive,
    negative,
    net AS net_sentiment,
    low AS net_sentiment_low,
    high AS net_sentiment_high,
    net - rest AS gap,
    change_low(net, low, rest, rest_high) AS gap_low,
    change_high(net, high, rest, rest_low) AS gap_high,
    CASE verdict(gap_low, gap_high)
        WHEN 'up' THEN 'better than the rest' WHEN 'down' THEN 'worse than the rest' WHEN 'within chance' THEN 'like the rest'
    END AS beside_the_rest,
    net - before AS change,
    change_low(net, low, before, before_high) AS change_low,
    change_high(net, high, before, before_low) AS change_high,
    verdict(change_low, change_high) AS verdict
FROM moods
ORDER BY brand, net, source;
